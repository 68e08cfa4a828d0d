"""Tokens of texts, as a range: nobody outside a model's maker can count them exactly.

Bedrock's result files hold texts and no token counts, and every model family cuts text in its own way, so tokens are
told from characters. For ASCII text: 4 characters a token expected (the rule of thumb of most model makers), 4.8 at
best (Cohere's count over English Wikipedia), 3 for code and figures. For other text: 1.5 expected, 2 at best (Korean in
the same count), 1 at worst (Chinese there is 1.1, Japanese 1.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Range:
    """A low, an expected and a high figure, of tokens, of USD or of seconds."""

    low: float
    expected: float
    high: float

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def times(self, factor: float) -> Range:
        """The range, `factor` times."""
        return Range(self.low * factor, self.expected * factor, self.high * factor)

    def capped(self, most: float) -> Range:
        """The range with nothing above `most`."""
        return Range(min(self.low, most), min(self.expected, most), min(self.high, most))

    def to_json(self, digits: int | None = None) -> dict[str, Any]:
        """The range as a JSON object, rounded to `digits` decimals, to whole numbers without."""
        return {name: round(getattr(self, name), digits) for name in ("low", "expected", "high")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Range:
        """The range that `to_json` wrote."""
        return cls(data["low"], data["expected"], data["high"])


NOTHING: Final = Range(0, 0, 0)

# Characters a token, from few tokens to many.
ASCII_CHARACTERS: Final = Range(4.8, 4.0, 3.0)
OTHER_CHARACTERS: Final = Range(2.0, 1.5, 1.0)


def total(ranges: Iterable[Range]) -> Range:
    """The sum of ranges."""
    return sum(ranges, NOTHING)


@dataclass
class TextSize:
    """Characters of any number of texts: `ascii` ones, and `other` ones."""

    ascii: int = 0
    other: int = 0

    def add(self, text: str) -> None:
        """Count one more text."""
        characters = len(text)
        inside = characters if text.isascii() else len(text.encode("ascii", "ignore"))
        self.ascii += inside
        self.other += characters - inside

    def times(self, factor: float) -> TextSize:
        """The size, `factor` times."""
        return TextSize(round(self.ascii * factor), round(self.other * factor))

    @property
    def tokens(self) -> Range:
        """The tokens that the texts are likely to be."""
        return Range(
            *(
                self.ascii / getattr(ASCII_CHARACTERS, name) + self.other / getattr(OTHER_CHARACTERS, name)
                for name in ("low", "expected", "high")
            )
        )


def expected_tokens(text: str) -> float:
    """The tokens that one text is expected to be; `size_of(text).tokens.expected`, in a fraction of its time."""
    characters = len(text)
    if text.isascii():
        return characters / ASCII_CHARACTERS.expected
    inside = len(text.encode("ascii", "ignore"))
    return inside / ASCII_CHARACTERS.expected + (characters - inside) / OTHER_CHARACTERS.expected


def size_of(*texts: str) -> TextSize:
    """The size of some texts."""
    size = TextSize()
    for text in texts:
        size.add(text)
    return size
