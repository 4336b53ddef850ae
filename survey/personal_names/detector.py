"""Do words seem to name somebody? A hint for a person who decides.

Students' texts are read by somebody who redacts them, so much is pointed out (`find_names`). Words
that staff type for others are checked as they are typed: `seem_named` says what looks like a
student's name, `staff_named` which member of staff is named.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from survey.personal_names.folding import LETTERS, TITLES, fold
from survey.personal_names.listed import Span, find_listed

WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    ).items()
}
"""Lists of words in small letters, by name."""

# A title that is a word as well counts only before a capital.
STAFF = re.compile(
    r"\b(?i:mr|mrs|ms|mx|mister|missus)(?:\.\s*|\s+)(?P<name>[^\W\d_][\w'’-]+)"
    r"|\b(?i:miss|sir|madam|syr|dr|coach|prof|professor|rev)(?:\.\s*|\s+)(?P<other>[A-Z][a-z][\w'’-]*)"
)
TITLED = re.compile(r"\b(?:dr|coach)\b\.?\s+[^\W\d_][\w'’-]*", re.IGNORECASE)
"""Pointed out in students' texts, who write names without a capital."""
CALLED = re.compile(r"\b(?:called|named)\s+(?P<name>[^\W\d_][\w'’-]+)", re.IGNORECASE)
ENDS, DASHES = frozenset(".!?:…"), frozenset("-–—•*")
OPENING, CLOSING = frozenset("\"'“‘("), frozenset("\"'”’)")
SHOUTING = 0.5
"""Where a larger share of all words has capitals, a capital says nothing."""


def staff_named(text: str, listed: Sequence[str] = ()) -> tuple[str, ...]:
    """The members of staff whom a text names: by a title, or because the school lists them."""
    spans = sorted({match.span() for match in STAFF.finditer(text)} | {*listed_in(text, listed)})
    found: list[str] = []
    after = 0
    for start, end in spans:
        if start >= after:
            found.append(text[start:end])
            after = end
    return tuple(dict.fromkeys(found))


def listed_in(text: str, listed: Sequence[str]) -> Iterator[Span]:
    """Names that the school lists, however they are written."""
    return find_listed(
        text,
        listed,
        WORDS["ordinary"],
        lambda word: is_capital_inside(text, word.start, word.said),
    )


def find_names(text: str) -> Iterator[Span]:
    """What may be anybody's name: after a title or "called", a usual first name, or a capital
    where no sentence begins."""
    yield from (match.span() for match in STAFF.finditer(text))
    yield from (match.span() for match in TITLED.finditer(text))
    for match in CALLED.finditer(text):
        if fold(match["name"]) not in WORDS["no_names"]:
            yield match.span("name")
    words = list(LETTERS.finditer(text))
    capitals = sum(match[0][0].isupper() for match in words)
    is_shouting = len(words) > 3 and capitals > SHOUTING * len(words)
    for match in words:
        folded = fold(match[0])
        if is_first_name(match[0]) or (
            not is_shouting
            and folded not in WORDS["capitals"]
            and is_capital_inside(text, match.start(), match[0])
        ):
            yield match.span()


def seem_named(words: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """What looks like a student's name, in the order it is written: a capital where no sentence
    begins, two such words in a row, or a usual first name with a capital. Staff go by a title and
    are no student. `known`: names of places and of the school, whose words are not of people."""
    usual = WORDS["capitals"] | {fold(word) for text in known for word in LETTERS.findall(text)}
    found: list[str] = []
    run: list[re.Match[str]] = []

    def end_run() -> None:
        if not run:
            return
        is_first = begins_sentence(words, run[0].start())
        if len(run) > 1 or not is_first or is_first_name(run[0][0]):
            found.append(" ".join(one.group() for one in run))
        run.clear()

    titled = False
    after = 0
    for word in LETTERS.finditer(words):
        folded = fold(word[0])
        if words[after : word.start()].strip(" \t"):
            end_run()
        after = word.end()
        is_capital = word[0][:1].isupper() and not word[0].isupper()
        if folded in TITLES:
            end_run()
            titled = True
        elif not is_capital or folded in usual:
            end_run()
            titled = False
        elif not titled:
            run.append(word)
    end_run()
    return tuple(dict.fromkeys(found))


def is_first_name(word: str) -> bool:
    """Is it a usual first name, also in the plural: "the two Jacks"?"""
    folded = fold(word)
    return folded in WORDS["first_names"] or (
        folded.endswith("s") and word[:1].isupper() and folded[:-1] in WORDS["first_names"]
    )


def is_capital_inside(text: str, start: int, word: str) -> bool:
    """A capital where no sentence begins, on a word that is not shouted."""
    return (
        len(word) > 1
        and word[0].isupper()
        and word[1].islower()
        and not begins_sentence(text, start)
    )


def begins_sentence(text: str, start: int) -> bool:
    """Is a word there the first of its sentence, of its line, or of an entry in a list?"""
    quoted = _back_over(text, start, OPENING.__contains__)
    end = _back_over(text, quoted, str.isspace)
    if end == 0 or "\n" in text[end:quoted] or text[end - 1] in DASHES:
        return True
    end = _back_over(text, end, CLOSING.__contains__)
    return end > 0 and text[end - 1] in ENDS


def _back_over(text: str, end: int, is_one: Callable[[str], bool]) -> int:
    """Where a run of such signs that ends at `end` begins."""
    while end and is_one(text[end - 1]):
        end -= 1
    return end
