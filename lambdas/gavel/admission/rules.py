"""The rule by which a free slot is given away.

Two kinds of slots limit a job: those of all jobs, and those of each model that judges it (jobs on one judge are known
to throttle each other). An evaluation's share is the largest part that it holds of any kind. A free slot goes to the
waiting evaluation of the smallest share, among equals to the one that waits longest: dominant resource fairness
(Ghodsi et al., NSDI 2011). One order for all kinds means that somebody can always go on; a wish that no slot could
serve now keeps nobody waiting, so no slot is idle because of it.

Inside an evaluation who asks first is served first, so that a job which ends makes room at once for one that has just
come; but a job that waits longer than PATIENCE_SECONDS goes before those that have not, or else it might sleep through
every free slot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gavel.admission.state import Claim, Entry, Limits, SlotState

PATIENCE_SECONDS: Final = 3600

# The kind of slot that every job takes; the other kinds are named by their judge.
_ALL: Final = ""


@dataclass(frozen=True)
class Decision:
    """Whether the job may start; if not, why, and the leases that ran out among those in its way, oldest first."""

    granted: bool
    reason: str = ""
    suspects: tuple[Entry, ...] = ()


GRANTED: Final = Decision(granted=True)


def decide(state: SlotState, claim: Claim, *, now: int, limits: Limits) -> Decision:
    """Whether a job may start now. `state` must be current; a job that holds a slot may always go on."""
    if claim.job_name in state.leases:
        return GRANTED
    used = Counter(kind for lease in state.leases.values() for kind in _kinds(lease.claim))
    for kind in _kinds(claim):
        if used[kind] >= _capacity(kind, limits):
            in_the_way = (
                lease for lease in state.leases.values() if kind in _kinds(lease.claim) and lease.until <= now
            )
            suspects = tuple(sorted(in_the_way, key=lambda lease: (lease.until, lease.claim.job_name)))
            return Decision(granted=False, reason=_full(kind, limits), suspects=suspects)
    served = [wish for wish in state.wishes.values() if _fits(wish.claim, used, limits)]
    ahead = _ahead(state, served, claim, now=now, limits=limits)
    for kind in _kinds(claim):
        waiting = sum(kind in kinds for kinds in ahead)
        if waiting >= _capacity(kind, limits) - used[kind]:
            return Decision(granted=False, reason=f"{waiting} other(s) have waited longer, or hold fewer slots")
    return GRANTED


def most_under_way(judges: Collection[str], limits: Limits) -> int:
    """How many jobs that these models judge are worth having under way at once.

    More than the slots allow would only wait and ask, which costs a state transition each time; a job gives its slot
    back some seconds before it makes room for the next one. Of several judges each has one more: jobs come in the
    plan's order, and those that one judge has no slot for must not keep another one's slots idle.
    """
    spare = 1 if len(judges) > 1 else 0
    return max(1, min(limits.total, (limits.per_judge + spare) * len(judges)))


def _kinds(claim: Claim) -> tuple[str, ...]:
    return (_ALL, *claim.judges)


def _capacity(kind: str, limits: Limits) -> int:
    return limits.per_judge if kind else limits.total


def _full(kind: str, limits: Limits) -> str:
    if kind:
        return f"{limits.per_judge} jobs with the judge {kind} run already"
    return f"{limits.total} jobs run already"


def _fits(claim: Claim, used: Mapping[str, int], limits: Limits) -> bool:
    return all(used[kind] < _capacity(kind, limits) for kind in _kinds(claim))


def _ahead(state: SlotState, served: Iterable[Entry], claim: Claim, *, now: int, limits: Limits) -> list[set[str]]:
    """The kinds of slots that are kept for each who goes first: another evaluation, or an impatient job of its own."""
    wishes: dict[str, list[Entry]] = {}
    for wish in served:
        wishes.setdefault(wish.claim.evaluation, []).append(wish)
    since = {evaluation: min(wish.since for wish in own) for evaluation, own in wishes.items()}
    since.setdefault(claim.evaluation, now)

    def place(evaluation: str) -> tuple[Fraction, int, str]:
        return _share(state, evaluation, limits), since[evaluation], evaluation

    mine = place(claim.evaluation)
    ahead = [
        {kind for wish in own for kind in _kinds(wish.claim)}
        for evaluation, own in wishes.items()
        if evaluation != claim.evaluation and place(evaluation) < mine
    ]
    known = state.wishes.get(claim.job_name)
    if known is None or now - known.since <= PATIENCE_SECONDS:
        ahead += [
            set(_kinds(wish.claim))
            for wish in wishes.get(claim.evaluation, [])
            if wish.claim.job_name != claim.job_name and now - wish.since > PATIENCE_SECONDS
        ]
    return ahead


def _share(state: SlotState, evaluation: str, limits: Limits) -> Fraction:
    held = Counter(
        kind for lease in state.leases.values() if lease.claim.evaluation == evaluation for kind in _kinds(lease.claim)
    )
    return max((Fraction(count, _capacity(kind, limits)) for kind, count in held.items()), default=Fraction(0))
