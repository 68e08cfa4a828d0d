"""Several judges: one answer of each live generator, scored by all of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.planning.panel import Answers, collect_answers, source_id, without_answers
from gavel.planning.plan import Job, panel_jobs, plan_jobs
from gavel.planning.shards import number_lines, shard_records
from gavel.results.matching import Matcher, ShardRecord
from gavel.results.rows import ResultRow
from gavel.suites.models import SOURCE_PATTERN, parse_model
from gavel.suites.suite import Generator, Suite, load_suite

if TYPE_CHECKING:
    from random import Random

EVALUATION = "mine-0123456789abcdef"


def suite(generators: str, judges: int) -> Suite:
    models = ("amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0", "amazon.nova-premier-v1:0")[:judges]
    text = f"version: 1\ngenerators: {generators}\njudges: [{', '.join(f'{{model: "{one}"}}' for one in models)}]\n"
    return load_suite(text.encode(), name="mine", file="mine.yaml")


LIVE = '{model: "amazon.nova-lite-v1:0", name: lite}'
BROUGHT = "{source: my-app}"


def answer(prompt: str, response: str | None) -> ResultRow:
    return ResultRow(
        line=1,
        prompt=prompt,
        reference=None,
        category=None,
        model="amazon.nova-lite-v1:0",
        response=response,
        stop_reason="END_TURN",
        supplied_response=None,
        scores=(),
    )


def given_to_the_panel(answers: Answers) -> list[ShardRecord]:
    """The records as they are read back."""
    return list(shard_records(answers.lines, number_lines(list(answers.numbers))))


def test_a_live_generator_answers_in_the_lead_judge_s_job_alone() -> None:
    first = [job.job_id for job in plan_jobs(EVALUATION, suite(f"[{LIVE}]", 3), (1000, 5))]

    assert first == ["g0-j0-s0", "g0-j0-s1"]


def test_every_other_judge_scores_the_answers_of_the_lead_s_job_of_the_same_shard() -> None:
    second = list(panel_jobs(EVALUATION, suite(f"[{LIVE}]", 3), (1000, 5)))

    assert [(job.job_id, job.lead, job.shard_key.rpartition("shards/")[2]) for job in second] == [
        ("g0-j1-s0", "g0-j0-s0", "answers-0/00000.jsonl"),
        ("g0-j2-s0", "g0-j0-s0", "answers-0/00000.jsonl"),
        ("g0-j1-s1", "g0-j0-s1", "answers-0/00001.jsonl"),
        ("g0-j2-s1", "g0-j0-s1", "answers-0/00001.jsonl"),
    ]


def test_answers_that_are_brought_need_no_second_round() -> None:
    brought = suite(f"[{BROUGHT}]", 2)

    assert [job.job_id for job in plan_jobs(EVALUATION, brought, (5,))] == ["g0-j0-s0", "g0-j1-s0"]
    assert list(panel_jobs(EVALUATION, brought, (5,))) == []


@given(live=st.integers(0, 3), brought=st.integers(0, 3), judges=st.integers(1, 3), shards=st.integers(1, 4))
def test_both_rounds_together_hold_every_job_once(live: int, brought: int, judges: int, shards: int) -> None:
    generators = [f'{{model: "amazon.nova-lite-v1:0", name: m{n}}}' for n in range(live)]
    generators += [f"{{source: app{n}}}" for n in range(brought)]
    if not generators:
        return
    one = suite(f"[{', '.join(generators)}]", judges)
    sizes = (1000,) * shards

    jobs = [*plan_jobs(EVALUATION, one, sizes), *panel_jobs(EVALUATION, one, sizes)]

    places = [(job.generator, job.judge, job.shard) for job in jobs]
    assert sorted(places) == [(g, j, s) for g in range(live + brought) for j in range(judges) for s in range(shards)]
    assert len({job.token for job in jobs}) == len({job.job_name for job in jobs}) == len(jobs)
    assert [Job.from_json(json.loads(json.dumps(job.to_json()))) for job in jobs] == jobs


def test_the_answers_keep_the_records_and_name_their_source() -> None:
    records = [ShardRecord(7, "one", reference="1", category="sums"), ShardRecord(8, "two")]

    answers = collect_answers(records, {7: answer("one", "uno"), 8: answer("two", "dos")}, source="g0-lite")

    assert [json.loads(line) for line in answers.lines.split(b"\n") if line] == [
        {
            "prompt": "one",
            "referenceResponse": "1",
            "category": "sums",
            "modelResponses": [{"response": "uno", "modelIdentifier": "g0-lite"}],
        },
        {"prompt": "two", "modelResponses": [{"response": "dos", "modelIdentifier": "g0-lite"}]},
    ]


@pytest.mark.parametrize("response", [None, "", " \n"])
def test_a_record_without_an_answer_is_left_out(response: str | None) -> None:
    records = [ShardRecord(1, "same"), ShardRecord(2, "same"), ShardRecord(3, "never answered")]

    answers = collect_answers(records, {1: answer("same", response), 2: answer("same", "yes")}, source="g0")

    assert [(record.number, record.response) for record in given_to_the_panel(answers)] == [(2, "yes")]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b\u2028", '"']), st.none() | TEXTS), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_a_panel_s_row_always_finds_the_record_that_was_answered(
    asked: list[tuple[str, str | None]], random: Random
) -> None:
    """Also where prompts repeat, answers are missing, and Bedrock's rows come back in another order."""
    records = [ShardRecord(number, prompt) for number, (prompt, _) in enumerate(asked, start=1)]
    rows = {number: answer(prompt, given) for number, (prompt, given) in enumerate(asked, start=1)}

    answers = collect_answers(records, rows, source="g0")

    answered = given_to_the_panel(answers)
    numbers = {record.number for record in answered}
    assert numbers == {number for number, (_, given) in enumerate(asked, start=1) if given and given.strip()}
    sent = list(answered)
    random.shuffle(sent)
    matcher = Matcher(answered)
    for row in sent:
        number = matcher.match(answer(row.prompt, row.response))
        assert number is not None
        assert asked[number - 1] == (row.prompt, row.response)
    assert list(matcher.missing()) == []


@pytest.mark.parametrize(
    "name",
    ["amazon.nova-lite-v1:0", "Ärger", "…", "a b/c", "x" * 100, "arn:aws:bedrock:us-east-1::foundation-model/a.b"],
)
def test_a_source_id_fits_bedrock_whatever_the_generator_is_called(name: str) -> None:
    one = source_id(Generator(name=name, model=parse_model("amazon.nova-lite-v1:0")), 3)

    assert re.fullmatch(SOURCE_PATTERN, one)
    assert one.startswith("g3")


def test_a_source_keeps_its_own_id() -> None:
    assert source_id(Generator(name="shown", source="my-app"), 1) == "my-app"


def test_why_there_is_nothing_to_score_names_the_lead_job_and_its_reason() -> None:
    (job,) = panel_jobs(EVALUATION, suite(f"[{LIVE}]", 2), (5,))

    assert without_answers(job, {"status": "COLLECTED", "answers": 5}) is None
    assert "g0-j0-s0 ended without a single answer" in (
        without_answers(job, {"status": "COLLECTED", "answers": 0}) or ""
    )
    failed = without_answers(job, {"status": "FAILED", "reason": "no access to the model"}) or ""
    assert failed.endswith("g0-j0-s0, which makes the answers, is FAILED: no access to the model")
    assert without_answers(job, {}) is not None
