"""The table of chapters of a school's report. Questions are assigned by their theme tags, never by
key, so that a new question has a chapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.reports.school.report_data import Block


@dataclass(frozen=True)
class Chapter:
    """A page of the report. It claims blocks that carry all tags of any of its `themes`; where two
    chapters could, the longer match wins, then the earlier chapter."""

    key: str
    title: LazyString
    lead: LazyString
    themes: tuple[frozenset[str], ...]


def _any_of(*themes: str) -> tuple[frozenset[str], ...]:
    """Each theme may stand for several tags, joined by +."""
    return tuple(frozenset(theme.split("+")) for theme in themes)


CHAPTERS = (
    Chapter(
        "places",
        _l("Places in school"),
        _l("Where students feel unsafe in school, and what makes it so."),
        _any_of("PLACE"),
    ),
    Chapter(
        "outside",
        _l("The journey and places outside"),
        _l("How safe the way to school feels, and the places around it."),
        _any_of("JOURNEY", "COMMUNITY"),
    ),
    Chapter(
        "times",
        _l("Times"),
        _l("When a school day feels least safe, and who stays away because of it."),
        _any_of("TIME"),
    ),
    Chapter(
        "peer-harm",
        _l("How students treat each other"),
        _l("What happens between students, what they see, online and in school, and to whom."),
        _any_of("BULLY", "VIOL", "ONLINE", "DISCRIM", "PLACE+BULLY", "PLACE+VIOL"),
    ),
    Chapter(
        "sexual-harm",
        _l("Unwanted sexual behaviour"),
        _l("Words, looks, messages or touch of a sexual kind that someone does not want."),
        _any_of("SEXHARM", "REL"),
    ),
    Chapter(
        "exploitation",
        _l("Exploitation and weapons"),
        _l("What students see and worry about around school and in their area."),
        _any_of("EXPLOIT", "WEAPON", "WEAPON+PLACE"),
    ),
    Chapter(
        "help",
        _l("Help and trust"),
        _l("Whom students tell, whether it helps, what stops them, and how school responds."),
        _any_of("HELP", "BYST", "CULTURE", "SEXHARM+CULTURE", "BYST+CULTURE"),
    ),
    Chapter(
        "wellbeing",
        _l("Wellbeing and belonging"),
        _l("How students feel about their lives, and whether they belong here."),
        _any_of("WELLB"),
    ),
    Chapter(
        "ideas",
        _l("What students would change"),
        _l("The changes students say would make them feel safer."),
        _any_of("PLACE+CULTURE"),
    ),
)

MORE = Chapter("more", _l("More"), _l("Everything else that was asked."), ())
"""The chapter for all other questions, so that none is missing from the report."""


GROUPS: tuple[tuple[str, LazyString, tuple[str, ...]], ...] = (
    ("where", _l("Where and when"), ("places", "outside", "times")),
    ("what", _l("What happens"), ("peer-harm", "sexual-harm", "exploitation")),
    ("help", _l("Help and wellbeing"), ("help", "wellbeing", "more")),
    ("compared", _l("Compared"), ()),
    ("next", _l("What to do"), ("ideas",)),
)
"""The chapters in the groups under which the report lists them, with each group's title. Pages that
are no chapters join a group by its key."""


def chapter_of(themes: Iterable[str]) -> Chapter:
    """The chapter for these tags."""
    tags = frozenset(themes)
    best, found = 0, MORE
    for chapter in CHAPTERS:
        length = max((len(theme) for theme in chapter.themes if theme <= tags), default=0)
        if length > best:
            best, found = length, chapter
    return found


T = TypeVar("T", bound="Tagged")


class Tagged(Protocol):
    """Something with theme tags."""

    @property
    def themes(self) -> tuple[str, ...]: ...


def grouped(things: Iterable[T]) -> tuple[tuple[Chapter, tuple[T, ...]], ...]:
    """The chapters that have anything to show, in order, each with what it claims."""
    given = list(things)
    pages = (
        (chapter, tuple(one for one in given if chapter_of(one.themes) == chapter))
        for chapter in (*CHAPTERS, MORE)
    )
    return tuple((chapter, held) for chapter, held in pages if held)


def by_chapter(blocks: Sequence[Block]) -> tuple[tuple[Chapter, tuple[Block, ...]], ...]:
    """The chapters with their blocks: maps of places first, then the others as they come, then
    tables as wide as the page."""
    return grouped(sorted(blocks, key=lambda block: (not block.about_places, block.is_wide)))
