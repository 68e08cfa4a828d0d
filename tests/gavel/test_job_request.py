"""What Bedrock is asked for: the same job in the same words, whoever asks and however often."""

from __future__ import annotations

from gavel.planning.plan import plan_jobs
from gavel.planning.request import evaluation_job_request
from tests.gavel.planning_builders import manifest_of, suite

EVALUATION = "mine-0123456789abcdef"
ROLE = "arn:aws:iam::123456789012:role/bedrock"


def test_a_job_is_asked_for_again_with_the_same_token_in_the_same_words() -> None:
    first, again = (
        evaluation_job_request(manifest_of(suite()), job, bucket="a-bucket", role_arn=ROLE)
        for _ in range(2)
        for job in plan_jobs(EVALUATION, suite(), [3])
    )

    assert first == again


def test_no_two_jobs_share_a_token_or_a_name() -> None:
    jobs = list(plan_jobs(EVALUATION, suite(), [3, 3, 3]))

    assert len({job.token for job in jobs}) == len({job.job_name for job in jobs}) == len(jobs) == 3
