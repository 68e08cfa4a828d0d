"""What PlanEvaluation does with a dataset: reads it once, with the answers beside it, and writes it down as shards."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from gavel.aws.shards import write_shard
from gavel.aws.uploads import Uploads
from gavel.datasets.answer_files import AnswerFile, with_answers
from gavel.datasets.reader import LENIENT_RULES, DatasetReader, PlainRecords, rules_for
from gavel.names.object_keys import MOST_ANSWER_FILES, EvaluationKeys, answers_key, suite_key
from gavel.planning.manifest import AnswersIdentity, DatasetIdentity, Manifest
from gavel.planning.record_pool import RecordPool
from gavel.pricing.sizes import DatasetSizes
from gavel.problems import Problem, Problems
from gavel.suites.effective import effective_suite
from gavel.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gavel.aws.storage import Bucket
    from gavel.datasets.reader import DatasetFacts, DatasetRules, Record
    from gavel.planning.record_pool import Draft
    from gavel.suites.suite import Suite


@dataclass(frozen=True)
class PlannedDataset:
    """The dataset of one evaluation, whose head names it; everything wrong with it goes to `problems`.

    `max_bytes` limits each of its files, uncompressed. With `limit_is_mine` more than that is no problem of the
    dataset's, and raises `gavel.datasets.byte_source.TooLargeError`.
    """

    bucket: Bucket
    head: Mapping[str, Any]
    problems: Problems
    max_bytes: int
    limit_is_mine: bool = False

    def validate_alone(self) -> None:
        """Report the dataset's problems too when the suite is unusable: one round of mending, not two."""
        stream = self._open_dataset()
        if stream is not None:
            file = self.head["dataset_key"]
            self._reader(stream, file, LENIENT_RULES).read_to_end()

    def planned(self, suite: Suite, price: Callable[[Manifest, DatasetSizes], Manifest]) -> Manifest | None:
        """The manifest, when nothing is wrong and the shards are written; None otherwise.

        `price` adds the estimate, and tells `problems` when the budget does not allow it.
        """
        with ExitStack() as stack:
            opened = self._opened(suite, stack, hashed=True)
            if opened is None:
                return None
            reader, records, answers = opened
            pool: RecordPool | None = None
            sizes = DatasetSizes()
            for batch in records:
                if pool is None:
                    suite = effective_suite(suite, source=_first_source(batch))
                    pool = stack.enter_context(RecordPool(suite))
                # After the first problem nothing will run: the rest is read for its problems alone.
                if self.problems:
                    continue
                if isinstance(batch, PlainRecords):
                    pool.add_all(batch)
                    sizes.add_all(batch)
                else:
                    pool.add(batch)
                    sizes.add(batch)
            draft = pool.draft(self.problems) if pool is not None and not self.problems else None
            if draft is None:
                return None
            manifest = price(self._manifest(suite, reader, draft, answers), sizes.share(draft.sampling.taken))
            if self.problems:
                return None
            self._write_shards(draft)
            return manifest

    def measured(self, suite: Suite) -> tuple[Suite, DatasetFacts, DatasetSizes] | None:
        """The suite with the generators really used, and what the dataset holds; None when there is no dataset.

        Nothing is written, and the figures mean something only where no problem was found.
        """
        with ExitStack() as stack:
            opened = self._opened(suite, stack)
            if opened is None:
                return None
            reader, records, _ = opened
            sizes = DatasetSizes()
            for batch in records:
                if not sizes.records:
                    suite = effective_suite(suite, source=_first_source(batch))
                if isinstance(batch, PlainRecords):
                    sizes.add_all(batch)
                else:
                    sizes.add(batch)
            return suite, reader.facts, sizes

    def _opened(
        self, suite: Suite, stack: ExitStack, *, hashed: bool = False
    ) -> tuple[DatasetReader, Iterable[Record | PlainRecords], tuple[AnswersIdentity, ...]] | None:
        """The reader of the dataset, its records with the answers that files bring, and which files those are."""
        files, answers = self._read_answers(suite, stack)
        stream = self._open_dataset()
        if stream is None:
            return None
        file = self.head["dataset_key"]
        reader = self._reader(stream, file, rules_for(suite), hashed=hashed)
        # Answers of a file that was not read to its end would be told as missing once for each record.
        complete = len(files) == len(suite.answer_files)
        if files and complete:
            return reader, with_answers(reader, files, file=file, problems=self.problems), answers
        return reader, reader.batches(), answers

    def _reader(self, stream: BinaryIO, file: str, rules: DatasetRules, *, hashed: bool = False) -> DatasetReader:
        return DatasetReader(
            stream,
            file=file,
            rules=rules,
            problems=self.problems,
            max_bytes=self.max_bytes,
            limit_is_mine=self.limit_is_mine,
            hashed=hashed,
        )

    def _open_dataset(self) -> BinaryIO | None:
        key, version = self.head["dataset_key"], self.head["dataset_version"]
        stream = self._open(key, version)
        if stream is None:
            reason = f"version {version} of the dataset is gone"
            self.problems.add(Problem(key, None, None, reason, "upload the dataset again"))
        return stream

    def _open(self, key: str, version: str) -> BinaryIO | None:
        return self.bucket.open(key, None if version == "null" else version)

    def _read_answers(self, suite: Suite, stack: ExitStack) -> tuple[list[AnswerFile], tuple[AnswersIdentity, ...]]:
        """The files of answers that the suite names, as they were when the evaluation started."""
        files, identities = [], []
        versions = self.head.get("answers", {})
        for position, generator in enumerate(suite.generators):
            if generator.source is None or generator.answers is None:
                continue
            key = answers_key(suite.name, generator.answers)
            version = versions.get(generator.answers)
            stream = None if version is None else self._open(key, version)
            if stream is None:
                place = f"generators[{position}].answers"
                reason = f"names {key}, which was not there when the evaluation started"
                remedy = "upload it first, and the dataset after it"
                if len(versions) >= MOST_ANSWER_FILES:
                    remedy = f"keep {MOST_ANSWER_FILES} files at most in that folder"
                self.problems.add(Problem(suite_key(suite.name), None, place, reason, remedy))
                continue
            before = self.problems.count
            file = stack.enter_context(AnswerFile(generator.source, file=key))
            facts = file.read(
                stream,
                self.problems,
                max_prompt_bytes=suite.dataset.max_prompt_bytes,
                max_bytes=self.max_bytes,
                limit_is_mine=self.limit_is_mine,
            )
            identities.append(AnswersIdentity(generator.source, key, version or "", facts.sha256, facts.records))
            if self.problems.count == before:
                files.append(file)
        return files, tuple(identities)

    def _manifest(
        self, suite: Suite, reader: DatasetReader, draft: Draft, answers: tuple[AnswersIdentity, ...]
    ) -> Manifest:
        head, facts = self.head, reader.facts
        return Manifest(
            evaluation_id=head["evaluation_id"],
            created_at=head["created_at"],
            gavel_version=VERSION,
            suite=suite,
            suite_sha256=head["suite_sha256"],
            dataset=DatasetIdentity(
                key=head["dataset_key"],
                version=head["dataset_version"],
                sha256=reader.sha256,
                records=facts.records,
                with_reference=facts.with_reference,
                duplicate_prompts=facts.duplicate_prompts,
                categories=dict(sorted(facts.categories.items())),
            ),
            answers=answers,
            sampling=draft.sampling,
            shard_sizes=draft.shard_sizes,
        )

    def _write_shards(self, draft: Draft) -> None:
        keys = EvaluationKeys(self.head["evaluation_id"])
        with Uploads() as uploads:
            for shard in draft.shards():
                numbers = shard.numbers.tolist()
                for answers, lines in shard.lines.items():
                    key = keys.shard(answers, shard.index)
                    uploads.submit(len(lines), partial(write_shard, self.bucket, key, lines, numbers))


def _first_source(batch: Record | PlainRecords) -> str | None:
    """Who answered the first of these records, None where its answer is not brought."""
    first = next(iter(batch)) if isinstance(batch, PlainRecords) else batch
    return first.responses[0].model if first.responses else None
