"""The hunt: every document of every place is searched for every canary; a find is allowed, or a broken promise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proofs.pages import table
from proofs.privacy.allowed import ALLOWANCES, Allowance, allowance
from proofs.privacy.canaries import Field
from proofs.privacy.places import PLACES, Document, counted
from proofs.privacy.search import found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from proofs.privacy.canaries import Canary

NOT_KEPT: Final = "the twin keeps none"
TOGETHER: Final = 64 * 1024
_SHOWN: Final = 300


@dataclass
class Hunt:
    """What was found where."""

    canaries: Sequence[Canary]
    read: dict[str, int] = field(default_factory=dict)
    found: Counter[tuple[str, Field]] = field(default_factory=Counter)
    used: set[Allowance] = field(default_factory=set)
    leaks: dict[tuple[str, str, Field], str] = field(default_factory=dict)

    def through(self, documents: Iterable[Document]) -> Hunt:
        """Search all of them."""
        # Thousands of small documents are searched far sooner together; what stands in them does not touch.
        gathered: dict[tuple[str, str], list[bytes]] = {}
        sizes: Counter[tuple[str, str]] = Counter()

        def gather(document: Document) -> None:
            place = (document.place, document.where)
            gathered.setdefault(place, []).append(document.data)
            sizes[place] += len(document.data)
            if sizes[place] > TOGETHER:
                self._look(Document(*place, b"\n".join(gathered.pop(place))))
                del sizes[place]

        self.read = counted(documents, gather)
        for place, data in gathered.items():
            self._look(Document(*place, b"\n".join(data)))
        return self

    def _look(self, document: Document) -> None:
        for what in found(document.data, self.canaries):
            self.found[document.place, what] += 1
            allowed = allowance(document.place, document.where, what)
            if allowed is None:
                self.leaks.setdefault(
                    (document.place, document.where, what), _shown(document.data, what, self.canaries)
                )
            else:
                self.used.add(allowed)

    @property
    def broken(self) -> tuple[str, ...]:
        """A sentence for each kind of find that nothing allows."""
        return tuple(
            f"{place}, {where}: a canary of the {what.value} is found there; keep it out, or allow it with a reason in "
            f"proofs/privacy/allowed.py. What stands before it: {shown}"
            for (place, where, what), shown in sorted(self.leaks.items(), key=lambda item: item[0])
        )

    @property
    def unused(self) -> tuple[str, ...]:
        """A sentence for each allowance that nothing needed."""
        return tuple(
            f"{one.place}, {one.where}: allowed and never found; strike it from proofs/privacy/allowed.py"
            for one in ALLOWANCES
            if one not in self.used and one.seen_on_twin
        )

    def matrix(self) -> str:
        """Places × fields, as Markdown: 0, or that what was found is meant to be there."""
        leaking = {(place, what) for place, _, what in self.leaks}
        rows = []
        for place in PLACES:
            if not self.read[place]:
                rows.append([place, *[NOT_KEPT for _ in Field]])
                continue
            cells = [
                "**leak**" if (place, what) in leaking else "allowed" if self.found[place, what] else "0"
                for what in Field
            ]
            rows.append([place, *cells])
        return table(["place", *(what.value for what in Field)], rows)


def _shown(data: bytes, what: Field, canaries: Iterable[Canary]) -> str:
    """What stands before a canary that is not wrapped; the beginning of the data for one that is."""
    small = data.lower()
    places = [small.find(piece) for canary in canaries if canary.field is what for piece in canary.pieces]
    start = max(0, min((place for place in places if place >= 0), default=_SHOWN) - _SHOWN)
    return data[start : start + _SHOWN].decode(errors="replace")
