"""The page of the proof, and what is broken."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from proofs import pages
from proofs.permissions.account import ACCOUNT, REGION
from proofs.permissions.examination import KEPT, OUTSIDE_REFERENCE, SEEN, subject, wildcards
from proofs.proof import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proofs.permissions.calls import Recorded
    from proofs.permissions.engines import Question, Verdict
    from proofs.permissions.examination import Examination
    from proofs.permissions.requests import Request
    from proofs.permissions.synthesis import Environment

type Found = Sequence[tuple[Environment, Examination]]
type Verdicts = Mapping[Question, Verdict]

_SHORT: Final = ((f":{REGION}:{ACCOUNT}:", ":…:"), (f"::{ACCOUNT}:", "::…:"), (f":{ACCOUNT}:", ":…:"))


def result(found: Found, verdicts: Verdicts, recorded: Recorded) -> Result:
    """Figures, tables, and a sentence for everything that does not hold."""
    broken = [*_recording(found, recorded)]
    for environment, examination in found:
        _, wrong = wildcards(environment.account, environment.reasons)
        listed = [*wrong, *examination.broken(verdicts)]
        broken += [f"{environment.title}: {sentence}" for sentence in listed]
    body = "\n".join(
        (
            *_roles(found, verdicts),
            *_wildcards(found),
            *_doors(found, verdicts),
            *_requests(found),
            *_unknown(found, verdicts),
        )
    )
    return Result(figures=tuple(_figures(found, verdicts)), body=body, broken=tuple(dict.fromkeys(broken)))


def _figures(found: Found, verdicts: Verdicts) -> Iterator[str]:
    default, widest = found[0][1], found[-1][1]
    seen = [(request, one) for request, one in default.asked if request.why == SEEN]
    allowed = sum(verdicts[one].allowed for _, one in seen)
    yield (
        f"{len(default.account.roles)} roles, {len(seen)} distinct calls seen, "
        f"{_percent(allowed, len(seen))} of them allowed"
    )
    wild = sum("*" in action for one in default.account.grants.values() for each in one for action in each.actions)
    reasons, _ = wildcards(found[0][0].account, found[0][0].reasons)
    yield f"{wild} wildcard actions, {len(reasons)} wildcard resources, each with its reason"
    for environment, examination in found:
        counts = {
            name: (sum(examination.killed(part, verdicts) for part in examination.parts(kind)), examination.parts(kind))
            for kind, name in (
                ("statement", "statements of roles"),
                ("grant", "single grants"),
                ("door", "statements of trust and resource policies"),
                ("condition", "conditions"),
            )
        }
        listed = ", ".join(f"{killed} of {len(parts)} {name}" for name, (killed, parts) in counts.items())
        yield f"missed when taken away, {environment.title}: {listed}"
    rows = [(request, one) for request, one in widest.asked if request.why != SEEN]
    right = sum(request.allowed for request, _ in rows)
    as_wanted = sum(verdicts[one].allowed == request.allowed for request, one in rows)
    yield (
        f"{len(rows)} requests that no recorder sees, {right} right and {len(rows) - right} wrong ones: "
        f"{as_wanted} answered as they have to be"
    )
    agreed = sum(verdict.agreed for verdict in verdicts.values())
    yield f"two engines agree on {agreed:,} of {len(verdicts):,} decisions"


def _percent(part: int, whole: int) -> str:
    return "100 %" if part == whole and whole else f"{part} of {whole}"


def _recording(found: Found, recorded: Recorded) -> Iterator[str]:
    account = found[0][0].account
    anew = "run `python -m proofs.permissions.record`"
    seen = {call.role for call in recorded.allowed}
    for role in sorted(set(account.roles) - seen):
        yield f"the role {role} was never seen doing anything; {anew}"
    for role in sorted(seen - set(account.roles)):
        yield f"there is no role {role}, which was seen; {anew}"


def _roles(found: Found, verdicts: Verdicts) -> Iterator[str]:
    environment, examination = found[-1]
    account = environment.account
    yield "## Roles\n"
    yield (
        f"Policies {environment.title}; by default each role has a part of them. *Calls* were seen while the tests ran "
        "on the twin, names that one run made up written in capitals. *Requests* are those of the tables below. A "
        "*grant* is one action on one resource pattern of one statement. Missed: with the part taken away, something "
        "that has to be allowed is denied, or with a condition taken away, the other way round.\n"
    )
    rows = []
    wild = Counter(role for role, _, _ in wildcards(account, environment.reasons)[0])
    for title in account.roles:
        own = [request for request, _ in examination.asked if request.who == title]
        calls = [request for request in own if request.why == SEEN]
        rows.append(
            (
                title,
                len(calls),
                len({request.action for request in calls}),
                len({request.resource for request in calls}),
                len(own) - len(calls),
                *(_missed(examination, verdicts, kind, title) for kind in ("statement", "grant", "condition")),
                wild[title],
            )
        )
    head = ("role", "calls", "actions", "resources", "requests", "statements missed", "grants missed",
            "conditions missed", "wildcard resources")  # fmt: skip
    yield pages.table(head, rows)


def _missed(examination: Examination, verdicts: Verdicts, kind: str, owner: str) -> str:
    parts = [part for part in examination.parts(kind) if part.statement.owner == owner]
    return f"{sum(examination.killed(part, verdicts) for part in parts)} of {len(parts)}"


def _wildcards(found: Found) -> Iterator[str]:
    environment, _ = found[-1]
    by_reason: dict[tuple[str, str], list[str]] = {}
    for role, resource, reason in wildcards(environment.account, environment.reasons)[0]:
        by_reason.setdefault((short(resource), reason), []).append(role)
    yield "## Wildcard resources\n"
    yield pages.table(
        ("resource", "roles", "why it cannot be narrower"),
        [(f"`{resource}`", ", ".join(roles), reason) for (resource, reason), roles in sorted(by_reason.items())],
    )


def _doors(found: Found, verdicts: Verdicts) -> Iterator[str]:
    environment, examination = found[-1]
    yield "## Trust policies and resource policies\n"
    rows = []
    for arn in environment.account.doors:
        met = [request for request, _ in examination.asked if request.resource.partition("/evaluations")[0] == arn]
        rows.append(
            (
                f"`{short(arn)}`",
                sum(request.allowed for request in met if request.why != SEEN),
                sum(not request.allowed for request in met),
                _missed(examination, verdicts, "door", arn),
                _missed(examination, verdicts, "condition", arn),
            )
        )
    yield pages.table(("what", "right requests", "wrong requests", "statements missed", "conditions missed"), rows)


def _requests(found: Found) -> Iterator[str]:
    _, examination = found[-1]
    rows: dict[tuple[str, str, str, str, str], list[str]] = {}
    for request, _ in examination.asked:
        if request.why != SEEN:
            what = (request.action, short(request.resource), _context(request), _answer(request), request.why)
            rows.setdefault(what, []).append(short(request.who))
    yield "## Requests that no recorder sees\n"
    yield pages.table(
        ("who", "action", "resource", "condition keys", "answer", "why"),
        [
            (_who(whos, examination), action, f"`{resource}`", context, answer, why)
            for (action, resource, context, answer, why), whos in rows.items()
        ],
    )


def _who(whos: Sequence[str], examination: Examination) -> str:
    distinct = list(dict.fromkeys(whos))
    everybody = set(examination.account.roles)
    if set(distinct) == everybody:
        return "every role"
    if everybody - set(distinct) == {"bedrock"}:
        return "every role but bedrock"
    return ", ".join(f"`{who}`" if ":" in who else who for who in distinct)


def _answer(request: Request) -> str:
    return "allowed" if request.allowed else "denied"


def _context(request: Request) -> str:
    return "<br>".join(
        f"{key} = {short(', '.join(value) if isinstance(value, list) else value)}"
        for key, value in request.context.items()
    )


def _unknown(found: Found, verdicts: Verdicts) -> Iterator[str]:
    asked: Counter[tuple[str, str]] = Counter()
    for _, examination in found[-1:]:
        for _, question in examination.asked:
            if verdicts[question].doubt:
                asked[question.action, subject(question, verdicts[question])] += 1
    yield "## Requests that the Service Authorization Reference does not know\n"
    yield "Both engines decide them by the policies alone.\n"
    yield pages.table(
        ("action", "what is not known", "requests", "why it is asked all the same"),
        [(*what, count, OUTSIDE_REFERENCE.get(what, "not known")) for what, count in sorted(asked.items())],
    )
    yield "## Grants that are kept although others cover them\n"
    yield pages.table(("role", "statement", "why"), [(*what, reason) for what, reason in KEPT.items()])


def short(text: str) -> str:
    """An ARN without Region and account."""
    for long, brief in _SHORT:
        text = text.replace(long, brief)
    return text
