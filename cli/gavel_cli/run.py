"""`gavel run`: upload a dataset, follow its evaluation, show the result."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.names import identities, object_keys
from gavel.problems import InvalidInputError, Problems
from gavel_cli.follow import follow_or_ask
from gavel_cli.local_input import Answers, answers_option, check_dataset
from gavel_cli.outcome import OutputFile, conclude, output_option
from gavel_cli.output import EXIT_CODES, CommandFailedError, CommandInvalidError, Exit, print_json, visible
from gavel_cli.target import chosen_stack, local_option, stack_option, told
from gavel_cli.usd import USD

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient
    from gavel.aws.deployment import Deployment
    from gavel.aws.storage import Bucket
    from gavel.pricing.budget import Budget
    from gavel.pricing.estimate import Estimate
    from gavel.suites.reach import Reach
    from gavel.suites.suite import Suite


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--suite", "suite_option", metavar="NAME|FILE", help="A suite in the bucket by name, or a YAML file to upload."
)
@answers_option
@local_option
@stack_option
@click.option("--budget", type=USD, metavar="USD", help="Refuse, or stop, what would cost more than this.")
@click.option(
    "--candidate",
    metavar="NAME",
    help="Evaluate a candidate for the suite, such as a pull request: it is kept as the suite <suite>-NAME, compared "
    "with the suite's baseline, and becomes nobody's baseline.",
)
@click.option("--detach", is_flag=True, help="Start it and do not wait; `gavel watch ID` follows it later.")
@output_option
@click.option("--report", type=OutputFile(".html"), help="The same as -o, for the HTML report.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def run(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    file: Path,
    suite_option: str | None,
    answer_files: tuple[Path, ...],
    *,
    local: bool,
    stack: str | None,
    budget: float | None,
    candidate: str | None,
    detach: bool,
    outputs: tuple[Path, ...],
    report: Path | None,
    as_json: bool,
) -> None:
    """Evaluate the dataset FILE (JSON Lines, CSV, JSON or Parquet) and show which model is better on which metric.

    FILE and suite are checked here first; nothing is uploaded, and nothing paid for, while anything is wrong with them
    or the expected cost is above the budget. The result is shown before files are saved; one that cannot be had takes
    nothing away from a verdict of 3 or 4, and makes 1 of a 0.
    """
    outputs = (*outputs, report) if report else outputs
    if detach and outputs:
        raise click.UsageError("--detach does not wait for what -o would save; use `gavel results ID -o FILE` later")
    name = chosen_stack(stack, local=local)
    with told():
        try:
            api, evaluation = _start(Input(file, suite_option, answer_files, candidate), name, budget=budget)
        except InvalidInputError as error:
            _refuse(file, error.problems, as_json=as_json)
            ctx.exit(Exit.INVALID)
        if detach:
            _say_started(evaluation, as_json=as_json)
            return
        view = follow_or_ask(api, evaluation)
    ctx.exit(conclude(api, view, outputs, as_json=as_json))


@dataclass(frozen=True)
class Input:
    """What the user names: a dataset, a suite by name or file, files of answers, and what the suite is tried as."""

    file: Path
    suite: str | None
    answers: tuple[Path, ...]
    candidate: str | None = None

    @property
    def suite_file(self) -> Path | None:
        """The suite's file; None for one in the bucket. Raises CommandInvalidError."""
        return suite_file_of(self.suite)

    @property
    def base(self) -> str:
        """The name of the suite that is meant, also where a candidate for it is evaluated."""
        return self.suite_file.stem if self.suite_file else self.suite or identities.DEFAULT_SUITE

    @property
    def name(self) -> str:
        """The name of the suite that is evaluated. Raises CommandInvalidError where a candidate's would be none."""
        if self.candidate is None:
            return self.base
        name = f"{self.base}-{self.candidate}"
        if not identities.is_suite_name(name):
            rule = "lower-case letters, digits and single hyphens, 40 at most"
            raise CommandInvalidError(
                f"--candidate {self.candidate} would make the suite {name}, which is no name: {rule}"
            )
        return name


def _start(given: Input, stack: str | None, *, budget: float | None) -> tuple[ApiClient, str]:
    """Check everything, upload it, and start the evaluation: the API and the evaluation's id."""
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415
    from gavel.aws.plain_words import in_plain_words  # noqa: PLC0415

    _check_name(given.file)
    name, suite_file = given.name, given.suite_file
    if suite_file:
        # What is wrong with a local file is said before AWS is asked for anything.
        answers = Answers(given.answers, suite_file)
        suite = _load(name, suite_file.read_bytes(), str(suite_file))
        if all(answers.path(answer) for answer in suite.answer_files.values()):
            check_dataset(given.file, suite, answers)
    deployment = find_deployment(stack)
    with in_plain_words():
        return _upload(given, deployment, budget=budget)


def _upload(given: Input, deployment: Deployment, *, budget: float | None) -> tuple[ApiClient, str]:
    """Check everything against what the deployment has, upload it, and start the evaluation."""
    from gavel.aws.api_client import ApiClient  # noqa: PLC0415 - brings boto3
    from gavel.aws.storage import Bucket  # noqa: PLC0415 - as above
    from gavel.pricing.prices import prices_with  # noqa: PLC0415 - a usage error needs none of it
    from gavel_cli.estimate import estimate_file  # noqa: PLC0415 - as above

    file, suite_file, name, bucket = given.file, given.suite_file, given.name, Bucket(deployment.bucket)
    answers = Answers(given.answers, suite_file)
    content = suite_file.read_bytes() if suite_file else _deployed_suite(bucket, given.base)
    # Again with a local file: now it is known which models the deployment can call.
    suite = _load(name, content, str(suite_file or object_keys.suite_key(name)), deployment.reach)
    prices = prices_with(bucket.read(object_keys.PRICES_KEY, most=MAX_SUITE_BYTES), file=object_keys.PRICES_KEY)
    answers = replace(answers, elsewhere=lambda answer: bucket.open(object_keys.answers_key(name, answer)))
    result = estimate_file(
        file, suite, prices, answers, limits=deployment.limits, max_bytes=deployment.max_dataset_bytes
    )
    _say_cost(result, replace(suite.budget.with_limit(budget), ceiling=deployment.ceiling), suite.name)
    if suite_file or given.candidate:
        if suite_file and not given.candidate and bucket.read(object_keys.suite_key(name)) not in {None, content}:
            click.echo(f"suite {name} in the bucket is replaced by {suite_file.name}", err=True)
        bucket.put(object_keys.suite_key(name), content, content_type="application/yaml")
    for answer in suite.answer_files.values():
        # Before the dataset, whose upload starts the evaluation with what is there then.
        if path := answers.path(answer):
            bucket.upload(object_keys.answers_key(name, answer), path)
    key = object_keys.dataset_key(name, file.name)
    metadata = {} if budget is None else {object_keys.BUDGET_METADATA: str(budget)}
    if given.candidate:
        metadata[object_keys.CANDIDATE_METADATA] = given.base
    version = bucket.upload(key, file, metadata=metadata)
    api = ApiClient(deployment.api_url)
    started = api.start(dataset=key, version=version, suite=name)
    evaluation: str = started["evaluation_id"]
    click.echo(f"evaluation {evaluation} started", err=True)
    if api.evaluation(evaluation)["suite_sha256"] != hashlib.sha256(content).hexdigest():
        # Somebody wrote the suite between our upload and the start: the verdict would be of other gates.
        api.stop(evaluation)
        raise CommandFailedError(
            f"another run changed the suite {name} meanwhile, so {evaluation} is stopped: run again"
        )
    return api, evaluation


def _say_started(evaluation: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"evaluation_id": evaluation})
    else:
        click.echo(f"`gavel watch {evaluation}` follows it, `gavel results {evaluation}` shows what it found")


def suite_file_of(option: str | None) -> Path | None:
    """The file that --suite names, or None for a suite in the bucket; CommandInvalidError for what is neither."""
    if option is None or not option.endswith((".yaml", ".yml")):
        if option is not None and not re.fullmatch(identities.SUITE_NAME_PATTERN, option):
            raise CommandInvalidError(
                f"{option} is neither a .yaml file nor a suite's name (lower-case letters, digits and single hyphens)"
            )
        return None
    path = Path(option)
    if not path.is_file():
        raise CommandInvalidError(f"there is no file {option}")
    if not re.fullmatch(identities.SUITE_NAME_PATTERN, path.stem):
        remedy = "rename the file: lower-case letters, digits and single hyphens, 40 at most"
        raise CommandInvalidError(f"{path.name} names no suite; {remedy}")
    return path


def _load(name: str, content: bytes, file: str, reach: Reach | None = None) -> Suite:
    from gavel.suites.suite import load_suite  # noqa: PLC0415 - brings pydantic and YAML

    return load_suite(content, name=name, file=file, reach=reach)


def _deployed_suite(bucket: Bucket, name: str) -> bytes:
    from gavel.aws.start_evaluation import suite_content  # noqa: PLC0415 - brings boto3

    content = suite_content(bucket, name)
    if content is None:
        raise CommandInvalidError(f"there is no suite {name} in the bucket; give a YAML file with --suite")
    return content


def _check_name(file: Path) -> None:
    if not file.name.endswith(object_keys.DATASET_SUFFIXES):
        suffixes = ", ".join(object_keys.DATASET_SUFFIXES)
        raise CommandInvalidError(f"{file.name} ends in none of {suffixes}, so its upload would start nothing")


def _say_cost(result: Estimate, budget: Budget, suite_name: str) -> None:
    """Print what the evaluation is expected to cost. Raises InvalidInputError when that is above the budget."""
    from gavel.pricing.budget import over_budget  # noqa: PLC0415 - a usage error needs none of it
    from gavel_cli.estimate_table import sentence  # noqa: PLC0415

    click.echo(sentence(result), err=True)
    for model in result.unknown:
        click.echo(visible(f"No price known for {model}: add it to {object_keys.PRICES_KEY} in the bucket."), err=True)
    problems = over_budget(result, budget, file=object_keys.suite_key(suite_name))
    if problems:
        raise InvalidInputError(problems)


def _refuse(file: Path, problems: Problems, *, as_json: bool) -> None:
    if as_json:
        errors = [problem.to_json() for problem in problems.listed]
        print_json({"valid": False, "file": str(file), "error_count": problems.count, "errors": errors})
        return
    for problem in problems.listed:
        click.echo(visible(str(problem)), err=True)
    click.echo(f"{problems.count} error(s): nothing was uploaded.", err=True)
