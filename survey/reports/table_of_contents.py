"""The table of contents of a school's report: its chapters, places and groups.

It has a few kilobytes and is cached with the release, so that a page can list all pages without
reading the release and the questionnaire.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from flask import g

from survey.campaigns.models import Wave
from survey.disclosure.tables import Group
from survey.questionnaires.gender_question.wording import groups_by_sex, speak_by_sex
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.releases.models import StoredRelease
from survey.reports.cached_page_parts import kept
from survey.reports.school.chapters import CHAPTERS, MORE, Chapter, chapter_of
from survey.reports.school.report_data import EVERYONE
from survey.reports.school.report_loader import Book, book_of, kept_as
from survey.reports.wording.rounded_and_hidden import participation_sentence
from survey.year_groups.values import YearNaming
from survey.year_groups.wording import speak_as


@dataclass(frozen=True)
class ChapterTitles:
    """A chapter of this report, and the titles of its parts."""

    key: str
    titles: tuple[str, ...]

    @property
    def chapter(self) -> Chapter:
        return next(one for one in (*CHAPTERS, MORE) if one.key == self.key)


@dataclass(frozen=True)
class PlaceTitle:
    """A place that has a page. `item` is the key of the question it is a row of."""

    key: str
    label: str
    is_inside: bool
    item: str
    themes: tuple[str, ...]


@dataclass(frozen=True)
class TableOfContents:
    """`took_part`: the sentence on participation; `groups`: the keys of the groups whose figures
    can be chosen; `naming`, `by_sex`: how year groups and other groups are named."""

    title: str
    took_part: str
    is_pulse: bool
    asks_texts: bool
    naming: str
    by_sex: bool
    chapters: tuple[ChapterTitles, ...]
    places: tuple[PlaceTitle, ...]
    groups: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    """The key of each place that a question asks about, and the chapter of the question."""

    @property
    def groups_to_choose(self) -> tuple[Group, ...]:
        return tuple(Group.parse(key) for key in self.groups)

    def group_called(self, key: str | None) -> Group | None:
        """The group of this key, if the report shows its figures; None for the whole school."""
        found = (group for group in self.groups_to_choose if group.key == key)
        return next((group for group in found if group != EVERYONE), None)

    def place(self, key: str) -> PlaceTitle | None:
        return next((one for one in self.places if one.key == key), None)

    def chapters_of_place(self, key: str) -> frozenset[str]:
        """The keys of the chapters that show a place."""
        return frozenset(chapter for place, chapter in self.rows if place == key)

    @classmethod
    def parse(cls, text: str) -> TableOfContents:
        given = json.loads(text)
        return cls(
            **{
                **given,
                "chapters": tuple(
                    ChapterTitles(one["key"], tuple(one["titles"])) for one in given["chapters"]
                ),
                "places": tuple(
                    PlaceTitle(**{**one, "themes": tuple(one["themes"])}) for one in given["places"]
                ),
                "groups": tuple(given["groups"]),
                "rows": tuple(map(tuple, given["rows"])),
            }
        )


def contents_of(wave: Wave, stored: StoredRelease) -> TableOfContents:
    """The table of contents of a report. Makes the rest of this request name groups as the report
    does."""
    name = kept_as(wave, stored)

    def make() -> str:
        return json.dumps(asdict(read_contents(book_of(wave, stored))))

    held: dict[tuple[str, ...], TableOfContents] = g.setdefault("report_contents", {})
    if name not in held:
        held[name] = TableOfContents.parse(
            kept(stored.release_hash, ("contents", name[2]), name, make)
        )
    found = held[name]
    speak_as(YearNaming(found.naming))
    speak_by_sex(by_sex=found.by_sex)
    return found


def read_contents(book: Book) -> TableOfContents:
    reading = book.reading
    questionnaire = reading.questionnaire
    return TableOfContents(
        title=str(reading.release.header.get("title") or ""),
        took_part=participation_sentence(book.opening.responded[0]),
        is_pulse=questionnaire.is_pulse,
        asks_texts=any(item.kind is ItemKind.TEXT for item in questionnaire.asked),
        naming=questionnaire.naming.value,
        by_sex=groups_by_sex(questionnaire),
        chapters=tuple(
            ChapterTitles(chapter.key, tuple(block.title for block in blocks))
            for chapter, blocks in book.chapters
        ),
        places=tuple(
            PlaceTitle(one.key, one.label, one.is_inside, one.item, one.themes)
            for one in book.places
        ),
        groups=tuple(group.key for group in reading.groups()),
        rows=tuple(_rows(questionnaire)),
    )


def _rows(questionnaire: Questionnaire) -> Iterable[tuple[str, str]]:
    for item in questionnaire.items:
        if item.places is not None:
            for row in item.rows:
                yield row.key, chapter_of(item.themes).key
