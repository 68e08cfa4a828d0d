"""The counts of an orchestration keep their promises, in the table and in the JSON alike."""

from __future__ import annotations

import pytest

from tests.benchmarks.json_answers import answer_of


@pytest.mark.slow
def test_the_counts_of_five_jobs_are_in_the_json_and_keep_their_promises() -> None:
    answer = answer_of("orchestration", "--jobs", "5")

    assert answer["broken"] == []
    (five,) = answer["compared"]
    own, polled = (five[side]["items"]["state transitions"]["count"] for side in ("gavel", "polling"))
    assert five["jobs"] == 5
    assert polled >= 75 * own > 0
    beside = answer["beside_bedrock"]
    assert beside["usd"] == pytest.approx(sum(item["usd"] for item in beside["items"].values()))
    assert beside["share"] == pytest.approx(beside["usd"] / beside["bedrock_usd"])
