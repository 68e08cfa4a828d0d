"""Answers that speak to their judge: found by what they say, so that a person looks at them.

An answer is data, and a judge is a model: nobody can keep the one from talking the other into a score. What can be done
is to show it. A flag stands beside the scores and changes none; no gate, no verdict and no order of work looks at it.

It is a conservative guess in English: it knows set phrases, reads letters of other widths and through invisible
characters, and knows neither paraphrases, nor other languages, nor lookalike letters of other scripts. An answer
that quotes such a phrase, say in a lesson on the subject, is flagged as well. docs/flags.md says what is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LISTED_RECORDS: Final = 1000
_EACH_END: Final = 50_000  # characters from the beginning and from the end that are looked at


class Flag(StrEnum):
    """What an answer does to its judge."""

    ASKS = "asks for a score"
    OVERRULES = "sets instructions aside"
    POSES = "poses as a part of the prompt"
    HIDES = "hides what it says"


_ANSWER: Final = r"(?:answer|response|reply|output|completion|submission)\b"
_WORDS: Final = r"(?: [^ ]{1,30}){0,%d}?"
_TOP: Final = r"(?:full|perfect|maximum|max|highest|top)"
_FIGURE: Final = rf"(?:[0-9]{{1,3}}(?:\.[0-9]+)?\b|{_TOP}\b|excellent\b|correct\b)"
_JUDGE: Final = r"(?:judge|evaluator|grader|assessor|rater)s?\b"

_VERBS: Final = ("rate", "score", "grade", "mark", "give", "award", "assign", "judge", "consider")
_JUDGES: Final = ("judge", "evaluator", "grader", "assessor", "rater")
# What is asked for must be one of these, and before it one of the verbs.
_ASKING: Final = {
    which: tuple(f"{verb}{which}" for verb in _VERBS)
    for which in (" this ", " my ", " our ", " the above ", " the preceding ")
}
_OVERRULING: Final = ("ignore", "disregard", "forget", "override", "bypass", "follow")

# A pattern with words of which one stands in whatever it finds: to look for them is far cheaper. On text in lower case
# with single spaces. Every repetition is bounded, so that no text takes long.
_PATTERNS: Final[tuple[tuple[Flag, tuple[str, ...], re.Pattern[str]], ...]] = (
    (
        Flag.ASKS,
        tuple(_ASKING),
        re.compile(
            r"\b(?:rate|score|grade|mark|give|award|assign|judge|consider) (?:this|my|our|the above|the preceding)"
            + (_WORDS % 2) + " " + _ANSWER + (_WORDS % 6) + " " + _FIGURE
        ),
    ),
    (
        Flag.ASKS,
        ("full", "perfect", "max", "highest", "top"),
        re.compile(
            r"\b(?:give|award|assign|return|output|respond with|deserves?|receives?|get)"
            r"(?: it| this| me| us)?(?: a| an| the)? "
            + _TOP + r"(?: possible)? (?:score|scores|rating|grade|mark|marks|points)\b"
        ),
    ),
    (
        Flag.ASKS,
        _JUDGES,
        re.compile(
            _JUDGE + r"[,:]? (?:must|should|shall|has to|have to|will|please|you)" + (_WORDS % 4)
            + r" (?:score|rate|grade|mark|accept|pass|prefer)" + (_WORDS % 2) + " " + _ANSWER
        ),
    ),
    (
        Flag.OVERRULES,
        _OVERRULING,
        re.compile(
            r"\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow|stop following)"
            r"(?: any| all| of| the| these| those){0,3} "
            r"(?:all|your|my|previous|prior|above|earlier|preceding|system|other)"
            r"(?: previous| prior| above| earlier| preceding| system| other| evaluation| scoring| grading){0,2} "
            r"(?:instructions?|prompts?|rules|guidelines|criteria|rubrics?|directions|directives|messages)\b"
        ),
    ),
    (
        Flag.OVERRULES,
        _OVERRULING,
        re.compile(
            r"\b(?:ignore|disregard|forget) (?:everything|anything|all|the|what (?:is|was|stands)|what's)"
            r"(?: text| instructions| prompt)? (?:above|before|preceding|so far)\b(?! (?:average|mean|all|board|sea))"
        ),
    ),
    (
        Flag.POSES,
        ("<|",),
        re.compile(r"<\|(?:im_start|im_end|system|user|assistant|start_header_id|eot_id|endoftext)\|>"),
    ),
    (Flag.POSES, ("inst]", "sys>"), re.compile(r"\[/?inst\]|<</?sys>>")),
    (
        Flag.POSES,
        ("<",),
        re.compile(
            r"</?(?:system|system_prompt|prediction|candidate_response|ground_truth|evaluation|grading|rubric|judge)>"
        ),
    ),
)  # fmt: skip
# The only one to which the beginning of a line matters.
_HEADLINE: Final = re.compile(
    r"(?:^|[\n.!?#*>\[(] ?)(?:new |end of )?(?:system (?:prompt|message|note|override|instructions?)|"
    r"(?:note|message|instructions?) (?:to|for) (?:the )?(?:ai |llm )?" + _JUDGE + r")\]? ?:"
)
_HEADLINE_WORDS: Final = ("system ", *_JUDGES)
_SPACE: Final = re.compile(r"[^\S\n]+")
_LINES: Final = re.compile(r" ?\n[\n ]*")
# A flag of England, Scotland or Wales is an emoji that goes on in tag characters.
_EMOJI_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
_TAGS: Final = re.compile("[\U000e0020-\U000e007e]{4,}")
_TAG_BASE: Final = 0xE0000
_WHITE: Final = "\n\r\t\xa0\u202f\u3000"
_JOINERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0"  # not Cf, and drawn as nothing


def flags_of(answer: str | None) -> tuple[Flag, ...]:
    """What an answer does to its judge, in the order of `Flag`; empty for nearly all."""
    if not answer:
        return ()
    if len(answer) > 2 * _EACH_END:
        answer = f"{answer[:_EACH_END]}\n{answer[-_EACH_END:]}"
    if answer.isascii():
        return _ordered(_found(answer))
    found = _found(answer)
    # What is drawn as nothing is not printable, or one of the joiners.
    shown = answer
    for white in _WHITE:
        shown = shown.replace(white, " ")
    if shown.isprintable() and not any(one in answer for one in _JOINERS):
        return _ordered(found)
    answer = _EMOJI_FLAG.sub("", answer)
    tagged = _TAGS.findall(answer)
    hidden = ["".join(chr(ord(one) - _TAG_BASE) for one in text) for text in tagged]
    revealed = _found(_revealed(answer)).union(*map(_found, hidden))
    if tagged or revealed - found:
        revealed.add(Flag.HIDES)
    return _ordered(found | revealed)


def marks_of(answers: Iterable[tuple[int, str | None]]) -> dict[str, list[int]]:
    """By flag, as far as there are any, the numbers of the records (ascending) whose answers have it: for `take`."""
    marks: dict[str, list[int]] = {}
    for record, text in sorted(answers, key=itemgetter(0)):
        for flag in flags_of(text):
            marks.setdefault(flag.value, []).append(record)
    return marks


def _found(text: str) -> set[Flag]:
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
    flat = " ".join(plain.split())
    found = set()
    for flag, words, pattern in _PATTERNS:
        for word in words:
            if word in flat and _likely(flat, word):
                if pattern.search(flat):
                    found.add(flag)
                break
    headed = ":" in flat and any(word in flat for word in _HEADLINE_WORDS)
    if headed and _HEADLINE.search(_LINES.sub("\n", _SPACE.sub(" ", plain))):
        found.add(Flag.POSES)
    return found


def _likely(flat: str, word: str) -> bool:
    """Whether a text with that word has what must stand before it, too."""
    phrases = _ASKING.get(word)
    return phrases is None or any(phrase in flat for phrase in phrases)


def _revealed(text: str) -> str:
    """The text without the characters that nobody sees."""
    return "".join(one for one in text if unicodedata.category(one) != "Cf" and one not in _JOINERS)


def _ordered(found: set[Flag]) -> tuple[Flag, ...]:
    return tuple(flag for flag in Flag if flag in found)


@dataclass
class FlagCounts:
    """How many answers were flagged, of which generators, for what; and in which records, the first 1,000 by number."""

    by_generator: Counter[str] = field(default_factory=Counter)
    by_flag: Counter[Flag] = field(default_factory=Counter)
    _answers: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, answers: Iterable[tuple[int, str, str | None]]) -> FlagCounts:
        """The counts over answers as record number, generator and text; one that comes again counts once."""
        counts = cls()
        counts.add(answers)
        return counts

    def add(self, answers: Iterable[tuple[int, str, str | None]]) -> None:
        """Take in further answers; one that comes again counts once."""
        for record, generator, text in answers:
            if (record, generator) not in self._answers and (found := flags_of(text)):
                self._count(record, generator, found)

    def take(self, generator: str, marks: Mapping[str, Sequence[int]]) -> None:
        """Take in the answers of a generator that `marks_of` found; one that comes again counts once."""
        found: dict[int, list[Flag]] = {}
        for flag in Flag:
            for record in marks.get(flag.value, ()):
                found.setdefault(int(record), []).append(flag)
        for record, flags in found.items():
            self._count(record, generator, flags)

    def _count(self, record: int, generator: str, flags: Iterable[Flag]) -> None:
        if (record, generator) not in self._answers:
            self._answers.add((record, generator))
            self.by_generator[generator] += 1
            self.by_flag.update(flags)

    @property
    def answers(self) -> int:
        """How many answers were flagged."""
        return len(self._answers)

    @property
    def records(self) -> list[int]:
        """Numbers of the records with a flagged answer, ascending."""
        return sorted({record for record, _ in self._answers})

    def to_json(self) -> dict[str, Any]:
        """The counts as `summary.json` shows them; the same answers in any order give the same."""
        return {
            "answers": self.answers,
            "by_generator": dict(sorted(self.by_generator.items())),
            "by_flag": {flag.value: self.by_flag[flag] for flag in Flag if flag in self.by_flag},
            "records": self.records[:LISTED_RECORDS],
        }
