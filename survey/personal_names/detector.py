"""A detector of names of people: a hint for a person who decides.

Students' texts are read by someone who redacts them, so much is pointed out (`find_names`). Words
that staff type for others are checked as they are typed: `seem_named` says what looks like a
student's name, `staff_named` which member of staff is named.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from survey.personal_names.folding import LETTERS, TITLES, Plain, fold, plain
from survey.personal_names.listed_names import Span, find_listed

WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    ).items()
}
"""Lists of words in small letters, by name."""

NOT_AFTER_ROLE = WORDS["after_role"] | WORDS["capitals"] | WORDS["acronyms"]
APART = r"(?:\.\s*|\s+|\s*[:_/-]\s*)"
NAME = r"[^\W\d_][\w'’-]*"
TITLE = re.compile(
    rf"(?<![^\W_])(?P<title>mr|mrs|ms|mx|mister|missus|mstr){APART}(?P<name>{NAME})", re.I
)
"""A title that is nothing else: what comes after it is a name."""
TITLE_OR_WORD = re.compile(
    r"(?<![^\W_])(?P<title>miss|sir|madam|syr|dr|coach|prof|professor|rev|fr|father|sister|imam|rabbi"
    r"|pastor|nurse|officer|sgt|pc|pcso|cllr|lord|lady|ma['’]?am|mam|monsieur|mme|madame|mlle|herr|frau"
    r"|señora?|ustadh?|sheikh|athro|athrawes|pan(?:a|u|em|i|ią)?|domnul(?:ui)?|doamn(?:a|ei)|baji|apa"
    r"|maulana|mufti|macallin(?:ka|ad)?|mwalimu|mudane|marwo|пан(?:а|у|ом|ові|і)?|вчител(?:ь|я|ька|ьки)"
    rf")(?:\.\s*|\s+)(?P<name>{NAME})",
    re.I,
)
"""A title that is a word as well: it counts before a capital."""
TITLE_WITHOUT_CAPITALS = re.compile(
    r"(?<!\w)(?P<title>السيدة?|الأستاذة?|جناب|محترمہ|مسٹر|مسز|श्री|श्रीमती|सुश्री|मिस|জনাব|শ্রী|মিস|ਸ਼੍ਰੀ|ਸ਼੍ਰੀਮਤੀ|ਸ੍ਰੀ|ਮਿਸ)"
    rf"\s+(?P<name>{NAME})"
)
"""A title of a script that has no capitals."""
JOINED = re.compile(r"(?<![^\W_])(?P<title>Mrs?|Ms|Miss|Mx|Dr|Mstr)(?P<name>[A-Z][a-z][\w'’-]*)")
"""A title without anything between it and the name, or with a sign that cannot be seen."""
ROLE = re.compile(
    r"\b(?P<title>(?i:teacher|tutor|caretaker|manager|assistant|supervisor|technician|governor"
    r"|librarian|receptionist|counsellor|mentor|matron|driver|warden|head ?teacher|headmaster"
    r"|headmistress|safeguarding lead|principal|(?:deputy|assistant) head|head of year|dinner lady"
    rf"|sendco|senco)|TA|DSL),?\s+(?P<name>{NAME})"
)
"""What someone does, and then a name: "our PE teacher Dave"."""
SURE = (TITLE, TITLE_WITHOUT_CAPITALS, JOINED)
TITLED = re.compile(
    rf"(?<![^\W_])(?:dr|coach|miss|sir|madam|syr|prof|rev){APART}(?P<name>{NAME})", re.IGNORECASE
)
"""Pointed out in students' texts, who write names without a capital."""
CALLED = re.compile(
    rf"\b(?:called|named|names?['’]?s|name\s+(?:is|was))\s+(?P<name>{NAME})", re.IGNORECASE
)
INITIALS = re.compile(r"(?<![\w.])(?:[A-Z]{2,3}|[A-Z]\.(?:[A-Z]\.?){1,2})(?![\w&])")
ENDS, DASHES = frozenset(".!?:…"), frozenset("-–—•*")
OPENING, CLOSING = frozenset("\"'“‘("), frozenset("\"'”’)")
SHOUTING = 0.5
"""Where a larger share of all words has capitals, a capital says nothing."""


def staff_named(text: str, listed: Sequence[str] = ()) -> tuple[str, ...]:
    """The members of staff whom a text names: by a title, or because the school lists them."""
    seen = plain(text)
    spans = sorted({*_titled(seen)} | {*listed_in(text, listed)})
    found: list[str] = []
    after = 0
    for start, end in spans:
        if start >= after:
            found.append(text[start:end])
            after = end
    return tuple(dict.fromkeys(found))


def _titled(seen: Plain) -> Iterator[Span]:
    """Names after a title, or after what someone does."""
    for pattern in (*SURE, TITLE_OR_WORD, ROLE):
        for match in pattern.finditer(seen.text):
            if pattern is ROLE and fold(match["name"]) in NOT_AFTER_ROLE:
                continue
            if _names_one(match, is_sure=pattern in SURE):
                yield seen.span(*match.span())


def _names_one(match: re.Match[str], *, is_sure: bool) -> bool:
    """Is the word after a title a name? "Ms Teams" is none, and "Miss I was late" is not."""
    title, name = match["title"], match["name"]
    if fold(name) in WORDS["after_title"]:
        return False
    if is_sure:
        return True
    is_shouted = len(name) > 1 and name.isupper()
    return name[0].isupper() and name not in ("I", "A") and not (is_shouted and title.isupper())


def listed_in(text: str, listed: Sequence[str]) -> Iterator[Span]:
    """Names that the school lists, however they are written."""
    seen = plain(text)
    found = find_listed(
        seen.text,
        [plain(one).text for one in listed],
        WORDS["ordinary"],
        lambda word: is_capital_inside(seen.text, word.start, word.said),
    )
    return (seen.span(start, end) for start, end in found)


def find_names(text: str) -> Iterator[Span]:
    """What may be anyone's name: after a title or "called", a usual first name, initials, or a
    capital where no sentence begins."""
    seen = plain(text)
    yield from _titled(seen)
    yield from (seen.span(start, end) for start, end in _likely(seen.text))


def _likely(text: str) -> Iterator[Span]:
    for match in TITLED.finditer(text):
        if fold(match["name"]) not in WORDS["after_title"] | WORDS["no_names"]:
            yield match.span()
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
    for match in () if is_shouting else INITIALS.finditer(text):
        if fold(match[0].replace(".", "")) not in WORDS["capitals"] | WORDS["acronyms"]:
            yield match.span()


def seem_named(words: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """What looks like a student's name, in the order it is written: a capital where no sentence
    begins, two such words in a row, or a usual first name with a capital. Staff go by a title and
    are no student. `known`: names of places and of the school, whose words are not of people."""
    words = plain(words).text
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
    """Is it a usual first name, also as a half of one, or with an ending: "the two Jacks"?"""
    return any(
        fold(one) in WORDS["first_names"]
        or (one[-1:] in ("s", "S") and fold(one[:-1]) in WORDS["first_names"])
        for one in (word, *word.split("-"))
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
