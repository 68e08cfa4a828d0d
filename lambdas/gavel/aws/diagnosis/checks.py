"""Every check of `gavel doctor`, one after the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gavel.aws.diagnosis.bucket import BucketCheck
from gavel.aws.diagnosis.identity import Identity, identify
from gavel.aws.diagnosis.jobs import look_at_dead_letters, look_at_jobs
from gavel.aws.diagnosis.models import SUITE, Models, find_suite
from gavel.aws.diagnosis.operations import look_at_operations
from gavel.aws.diagnosis.role import look_at_permissions, look_at_trust
from gavel.aws.diagnosis.stack import API, Deployed, look_at_api, look_at_stack
from gavel.diagnosis.deployment import STACK
from gavel.diagnosis.finding import Finding, skipped
from gavel.diagnosis.jobs import DEAD_LETTERS, JOBS
from gavel.diagnosis.permissions import Need, file_needs, merged, model_arn, model_needs
from gavel.diagnosis.suite_models import SuiteChoice, refused, uses
from gavel.names.deployed import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gavel.suites.suite import Suite

BUCKET: Final = "bucket"
MODELS: Final = "models"
ROLE: Final = "role"
OPERATIONS: Final = "operations"


def diagnose(
    stack: str,
    choice: SuiteChoice,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    operations: bool = False,
) -> Iterator[Finding]:
    """All findings about a stack and a suite, each as soon as it is known. Whatever AWS answers, it raises nothing.

    With `operations` also how the deployed system is: what an on-call engineer looks at.

    Only without credentials, Region or stack the checks that need them are skipped.
    """
    found, identity = identify(now)
    yield from found
    if identity is None:
        text = "needs credentials and a Region that AWS takes"
        yield from (skipped(name, text) for name in (STACK, API, SUITE, MODELS, BUCKET, ROLE, JOBS, DEAD_LETTERS))
        return
    found, deployed = look_at_stack(stack)
    yield from found
    yield from _api(deployed)
    found, suite = find_suite(choice, deployed.outputs.get(Output.BUCKET) if deployed else None)
    yield from found
    models = Models(identity.region)
    if suite is None:
        yield skipped(MODELS, "needs a suite that can be read")
    for use in uses(suite) if suite else ():
        yield from models.look_at(use, deployed.reach if deployed else None)
    yield from _resources(identity, deployed, suite, models)
    most = deployed.outputs.get(Output.MAX_CONCURRENT_JOBS) if deployed else None
    yield from look_at_jobs(None if most is None else int(most))
    queue = deployed.outputs.get(Output.DEAD_LETTERS) if deployed else None
    if queue is None:
        yield skipped(DEAD_LETTERS, f"the stack has no output {Output.DEAD_LETTERS}")
    else:
        yield from look_at_dead_letters(queue)
    if operations:
        yield from _operations(stack, deployed, now())


def _operations(stack: str, deployed: Deployed | None, now: datetime) -> Iterator[Finding]:
    if deployed is None:
        yield skipped(OPERATIONS, "needs a stack")
    else:
        yield from look_at_operations(stack, deployed.outputs, now)


def _api(deployed: Deployed | None) -> Iterator[Finding]:
    if deployed is None or Output.API not in deployed.outputs:
        yield skipped(API, "needs a finished stack")
    else:
        yield from look_at_api(deployed)


def _resources(identity: Identity, deployed: Deployed | None, suite: Suite | None, models: Models) -> Iterator[Finding]:
    """The bucket first: which key the role has to be allowed is the bucket's to say."""
    bucket = deployed.outputs.get(Output.BUCKET) if deployed else None
    role = deployed.outputs.get(Output.BEDROCK_ROLE) if deployed else None
    needs: list[Need] = []
    if deployed is None or bucket is None:
        yield skipped(BUCKET, "needs a finished stack")
    else:
        check = BucketCheck(bucket, region=deployed.region, partition=identity.partition)
        yield from check.look()
        needs += file_needs(bucket, partition=identity.partition, key_arn=check.key_arn)
    if deployed is None or role is None:
        yield skipped(ROLE, "needs a finished stack")
        return
    yield from look_at_trust(role, deployed.region)
    for use in uses(suite) if suite else ():
        facts = models.facts.get(use.model.text)
        if refused(use, deployed.reach) or (facts and not facts.known):
            continue  # was told already, and no policy of the role would mend it
        own = model_arn(use.model, partition=identity.partition, region=deployed.region, account=deployed.account)
        needs += model_needs(use, own=own, arns=facts.arns if facts else ())
    yield from look_at_permissions(role, merged(needs))
