"""Keys of the bucket's objects, and what uploads say of themselves in theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gavel.names.identities import DEFAULT_SUITE, EVALUATION_ID_PATTERN, JOB_NAME_PATTERN, job_name

SUITES_PREFIX: Final = "suites/"
DATASETS_PREFIX: Final = "datasets/"
ANSWERS_PREFIX: Final = "answers/"  # files in which a suite's sources bring their answers, beside the dataset
EVALUATIONS_PREFIX: Final = "evaluations/"
DATASET_SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".csv", ".json", ".parquet")
SHARD_SUFFIX: Final = ".jsonl"

PRICES_KEY: Final = "prices.yaml"  # a user's own prices, which override the built-in ones

# The metadata of an uploaded dataset (`x-amz-meta-…`) that says how many USD its evaluation may cost at most.
BUDGET_METADATA: Final = "gavel-budget-usd"

# The metadata that names another suite: the evaluation is of a candidate for it, is compared with that suite's baseline
# and becomes nobody's.
CANDIDATE_METADATA: Final = "gavel-candidate-for"

# The bucket's lifecycle knows Bedrock's raw output by this tag, which whoever collects it sets: a lifecycle rule's
# prefix cannot say "the folder bedrock/ of every evaluation".
RAW_OUTPUT_SUFFIX: Final = "_output.jsonl"  # the files of Bedrock's raw output that hold results
RAW_OUTPUT_TAG_KEY: Final = "gavel"
RAW_OUTPUT_TAG_VALUE: Final = "raw-output"

# A start takes note of the version of each file in the suite's folder of answers, so there cannot be any number.
MOST_ANSWER_FILES: Final = 100


def suite_key(suite: str) -> str:
    """S3 key of a suite's YAML."""
    return f"{SUITES_PREFIX}{suite}.yaml"


def dataset_key(suite: str, file_name: str) -> str:
    """S3 key under which an upload of `file_name` starts an evaluation of `suite`."""
    return f"{DATASETS_PREFIX}{suite}/{file_name}"


def form_dataset_key(suite: str, file_name: str, token: str) -> str:
    """S3 key for the one file of an upload form; `token` are twelve hexadecimal digits that nobody can guess."""
    suffix = max((end for end in DATASET_SUFFIXES if file_name.endswith(end)), key=len)
    return dataset_key(suite, f"{file_name.removesuffix(suffix)}-form-{token}{suffix}")


_FORM_KEY: Final = re.compile(rf".*-form-[0-9a-f]{{12}}(?:{'|'.join(map(re.escape, DATASET_SUFFIXES))})", re.DOTALL)


def is_form_key(key: str) -> bool:
    """Whether an upload form gave a dataset this key: only the first upload under it starts an evaluation."""
    return _FORM_KEY.fullmatch(key) is not None


def answers_folder(suite: str) -> str:
    """Folder of the files in which a suite's sources bring their answers."""
    return f"{ANSWERS_PREFIX}{suite}/"


def answers_key(suite: str, file_name: str) -> str:
    """S3 key of one of those files; an upload there starts nothing."""
    return f"{answers_folder(suite)}{file_name}"


def suite_of_dataset_key(key: str) -> str:
    """The suite that a dataset's key names; a file directly under `datasets/` belongs to the default suite."""
    folder, _, _ = key.removeprefix(DATASETS_PREFIX).rpartition("/")
    return folder or DEFAULT_SUITE


def told_key(key: str) -> str:
    """What logs, histories and errors may say of a key: no file's name, no model's, nothing that a user has chosen.

    Below `datasets/` and `answers/` users name files, and Bedrock writes a model's name into the keys of its output.
    """
    for prefix in (DATASETS_PREFIX, ANSWERS_PREFIX):
        if key.startswith(prefix):
            return f"{prefix}…"
    folder, output, _ = key.partition("/bedrock/")
    return f"{folder}{output}…" if output and folder.startswith(EVALUATIONS_PREFIX) else key


def record_numbers_key(shard_key: str) -> str:
    """Beside every shard: the numbers of its records in the dataset, which Bedrock's own format has no place for."""
    return f"{shard_key.removesuffix(SHARD_SUFFIX)}.numbers.json"


@dataclass(frozen=True)
class EvaluationKeys:
    """The S3 keys of one evaluation. Every key fits Bedrock's own pattern for S3 URIs."""

    evaluation_id: str

    @property
    def prefix(self) -> str:
        """Folder of the evaluation, with a closing slash."""
        return f"{EVALUATIONS_PREFIX}{self.evaluation_id}/"

    @property
    def suite(self) -> str:
        """The suite's YAML as it was when the evaluation started."""
        return f"{self.prefix}suite.yaml"

    @property
    def manifest(self) -> str:
        """What was evaluated, exactly enough to run it again."""
        return f"{self.prefix}manifest.json"

    @property
    def validation(self) -> str:
        """Every problem found in the suite and the dataset."""
        return f"{self.prefix}validation.json"

    @property
    def jobs(self) -> str:
        """The plan's first round: one job a line, which the Distributed Map reads."""
        return f"{self.prefix}plan/jobs.jsonl"

    @property
    def panel_jobs(self) -> str:
        """The plan's second round, where there is one: the jobs that score answers which the first round made."""
        return f"{self.prefix}plan/panel.jsonl"

    def shard(self, responses: str, index: int) -> str:
        """Dataset of one job; `responses` is `live`, or `source-<n>` for answers the dataset brings.

        `answers-<n>` are the answers that the n-th generator gave to the lead judge's job, for the panel.
        """
        return f"{self.prefix}plan/shards/{responses}/{index:05d}{SHARD_SUFFIX}"

    def map_results(self) -> str:
        """Prefix under which Step Functions writes the outcome of the Distributed Map."""
        return f"{self.prefix}plan/runs"

    @property
    def bedrock(self) -> str:
        """Prefix that Bedrock writes raw results under, untouched."""
        return f"{self.prefix}bedrock/"

    @property
    def scores_folder(self) -> str:
        """Folder that holds score files and nothing else, with a closing slash."""
        return f"{self.prefix}scores/"

    def scores(self, job_id: str) -> str:
        """Parquet file with the scores of one job."""
        return f"{self.scores_folder}{job_id}.parquet"

    @property
    def summary(self) -> str:
        """All summaries and comparisons as JSON."""
        return f"{self.prefix}summary.json"

    @property
    def summary_csv(self) -> str:
        """All summaries as CSV."""
        return f"{self.prefix}summary.csv"

    @property
    def junit(self) -> str:
        """The gates as test cases, for CI systems."""
        return f"{self.prefix}junit.xml"

    @property
    def comment(self) -> str:
        """The verdict and the figures as a comment on a pull request, in Markdown."""
        return f"{self.prefix}comment.md"

    @property
    def report(self) -> str:
        """The report for people."""
        return f"{self.prefix}report.html"


def job_of_output(key: str) -> tuple[str, str] | None:
    """Evaluation and job to which an object belongs that Bedrock has written; None for every other key.

    Bedrock's keys below an evaluation's prefix begin with the name of the job and the id that Bedrock gave it.
    """
    found = re.match(rf"{EVALUATIONS_PREFIX}(?P<evaluation>{EVALUATION_ID_PATTERN})/bedrock/(?P<name>[^/]+)/", key)
    named = found and re.fullmatch(JOB_NAME_PATTERN, found["name"])
    if not found or not named or not key.endswith(RAW_OUTPUT_SUFFIX):
        return None
    evaluation, job = found["evaluation"], named["job"]
    return (evaluation, job) if job_name(evaluation, job) == found["name"] else None
