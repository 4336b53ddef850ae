"""Routing: the items that a student is shown, and their pages.

Pure: no clock, no web, no database. Nothing is kept between two pages, so every function takes
the answers so far. `year` is the one a link presets, else None; then answer A1 says it. A
student who does not say is shown what the youngest are shown, in the words for the youngest.

What a form may carry is in `answers`, and how it travels in `codecs.answer_codec`; both can be
imported from here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from survey.questionnaires.check_answers import (
    Answer,
    AnswerError,
    Answers,
    Raw,
    Refusal,
    age_of,
    check,
    condition_met,
    options_given,
    rows_called_for,
    year_of,
)
from survey.questionnaires.codecs.answer_codec import fields, numbered, pack, unpack
from survey.questionnaires.item_kinds.base_kind import FULL_PAGE
from survey.questionnaires.model import YEAR_ITEM, YEARS, Item, Questionnaire, Section
from survey.questionnaires.table_key import item_of

__all__ = [
    "Answer", "AnswerError", "Answers", "Page", "PageProgress", "Raw", "Refusal", "age_of", "check",
    "fields", "items_of_page", "layout", "merge", "next_page", "numbered", "options_given",
    "pack", "page", "pages", "previous_page", "progress", "shown_items", "skip_section",
    "unpack", "year_of",
]  # fmt: skip


@dataclass(frozen=True)
class Page:
    """One screen: a soft landing, or a run of items of one section.

    `key` is the place of the page in the questionnaire, and stays the same whatever is answered.
    """

    key: str
    section: Section
    items: tuple[Item, ...]
    is_landing: bool = False
    opens_section: bool = False  # the page that carries the title and intro of the section


@dataclass(frozen=True)
class PageProgress:
    """Part `position` of `count`: parts are sections, so that the count does not move with
    answers. `page` of `pages` is the page within its part; a soft landing is page 0."""

    position: int
    count: int
    page: int = 0
    pages: int = 0

    @property
    def done(self) -> float:
        """How much of the way comes before the page, in parts."""
        return round(self.position - 1 + max(self.page - 1, 0) / max(self.pages, 1), 2)


def shown_items(
    questionnaire: Questionnaire, year: int | None, answers: Answers
) -> tuple[Item, ...]:
    """The items this student is asked, in order. A preset year is not asked for."""
    age = age_of(questionnaire, year, answers)
    return tuple(
        _as_called_for(item, answers)
        for item in questionnaire.asked
        if not (item.key == YEAR_ITEM and year is not None)
        and item.from_year <= age
        and condition_met(questionnaire, item, answers)
    )


def _as_called_for(item: Item, answers: Answers) -> Item:
    """A grid with only the rows that earlier answers call for."""
    if item.rows_if is None:
        return item
    return replace(item, rows=rows_called_for(item, answers))


# Pages. The layout depends on neither year nor answers: a page with nothing to show is passed
# over, and so a page keeps its key, and its neighbours, when answers change.


@lru_cache(maxsize=256)
def layout(questionnaire: Questionnaire) -> tuple[Page, ...]:
    """All pages there could be."""
    asked = {item.key for item in questionnaire.asked}
    pages: list[Page] = []
    for section in questionnaire.sections:
        items = [item for item in section.items if item.key in asked]
        if items and section.soft_landing:
            pages.append(Page(f"{section.key}-0", section, tuple(items), is_landing=True))
        for number, run in enumerate(_runs(items, questionnaire.youngest), start=1):
            pages.append(Page(f"{section.key}-{number}", section, tuple(run)))
    return tuple(pages)


@lru_cache(maxsize=2048)
def items_of_page(questionnaire: Questionnaire, key: str, age: int) -> tuple[Item, ...]:
    """All items that a page could show at that age, whatever was answered before; none of a
    landing."""
    page = next(one for one in layout(questionnaire) if one.key == key)
    if page.is_landing:
        return ()
    return tuple(item for item in page.items if item.from_year <= age)


def _runs(items: Sequence[Item], youngest: int) -> list[list[Item]]:
    runs: list[list[Item]] = []
    filled = FULL_PAGE
    for item in items:
        # Rows that wait go with what follows: a page of them alone would come to some students and
        # not to others, and the number of pages would tell who feels unsafe.
        weight = 0 if item.rows_if is not None else item.kind.page_weight
        if filled + weight > FULL_PAGE or _hangs_on(item, runs[-1], youngest):
            runs.append([])
            filled = 0
        runs[-1].append(item)
        filled += weight
    return runs


def _hangs_on(item: Item, run: Sequence[Item], youngest: int) -> bool:
    """Must the answers of this page be known before the item can be shown? (Pages have no
    script.)"""
    keys = {other.key for other in run}
    by_year = item.from_year > youngest or item.older is not None
    return (YEAR_ITEM in keys and by_year) or (
        any(one is not None and one.item in keys for one in (item.show_if, item.rows_if))
    )


def pages(questionnaire: Questionnaire, year: int | None, answers: Answers) -> tuple[Page, ...]:
    """The pages of this student. A landing is there only before something. Answers decide which
    items a page shows, and never whether the page comes: the number of pages would tell them."""
    shown = {item.key: item for item in shown_items(questionnaire, year, answers)}
    age = age_of(questionnaire, year, answers)
    found: list[Page] = []
    opened = set()
    for page in layout(questionnaire):
        if not _comes(page, year, age):
            continue
        items = tuple(shown[item.key] for item in page.items if item.key in shown)
        opens = page.section.key not in opened and not page.is_landing
        if opens:
            opened.add(page.section.key)
        found.append(
            Page(page.key, page.section, () if page.is_landing else items, page.is_landing, opens)
        )
    return tuple(found)


def page(questionnaire: Questionnaire, year: int | None, answers: Answers, key: str) -> Page | None:
    """The page of that key, if this student is shown it. What `pages` would say of it, from the
    pages of its section alone."""
    here = _by_key(questionnaire).get(key)
    if here is None:
        return None
    age = age_of(questionnaire, year, answers)

    def shown(laid_out: Page) -> tuple[Item, ...]:
        return tuple(
            _as_called_for(item, answers)
            for item in laid_out.items
            if not (item.key == YEAR_ITEM and year is not None)
            and item.from_year <= age
            and condition_met(questionnaire, item, answers)
        )

    if not _comes(here, year, age):
        return None
    if here.is_landing:
        return Page(key, here.section, (), is_landing=True)
    earlier = takewhile(lambda one: one.key != key, _of_section(questionnaire, here.section.key))
    opens = not any(not one.is_landing and _comes(one, year, age) for one in earlier)
    return Page(key, here.section, shown(here), False, opens)


def _comes(page: Page, year: int | None, age: int) -> bool:
    """Does a student of that age meet the page, whatever was answered?"""
    return any(
        item.from_year <= age and not (item.key == YEAR_ITEM and year is not None)
        for item in page.items
    )


@lru_cache(maxsize=256)
def _by_key(questionnaire: Questionnaire) -> Mapping[str, Page]:
    return {one.key: one for one in layout(questionnaire)}


@lru_cache(maxsize=2048)
def _of_section(questionnaire: Questionnaire, section: str) -> tuple[Page, ...]:
    return tuple(one for one in layout(questionnaire) if one.section.key == section)


def next_page(
    questionnaire: Questionnaire,
    year: int | None,
    answers: Answers,
    after: str | None,
    *,
    skip: bool = False,
) -> Page | None:
    """The page that follows (the first, after None), or None at the end.

    `after` may be a page that has just lost its items. With `skip`, the rest of its section is
    left out: the answer to a soft landing; see `skip_section` for answers given there before."""
    order = _order(questionnaire)
    here = -1 if after is None else _place(order, after)
    section = _section_of(after)
    return next(
        (
            one
            for one in pages(questionnaire, year, answers)
            if order[one.key] > here and not (skip and one.section.key == section)
        ),
        None,
    )


def previous_page(
    questionnaire: Questionnaire, year: int | None, answers: Answers, before: str | None
) -> Page | None:
    """The page to go back to (the last, before None), or None from the first.

    Going back to a section with a soft landing in which nothing was answered leads to the landing:
    a student who skipped the section is not sent into it."""
    order = _order(questionnaire)
    here = len(order) if before is None else _place(order, before)
    earlier = [one for one in pages(questionnaire, year, answers) if order[one.key] < here]
    if not earlier:
        return None
    back = earlier[-1]
    section = back.section
    entered = _section_of(before) == section.key or any(i.key in answers for i in section.items)
    if section.soft_landing and not entered:
        return next(one for one in earlier if one.is_landing and one.section is section)
    return back


def skip_section(answers: Answers, section: Section) -> Answers:
    """The answers without those of a section that the student chose to skip after all."""
    skipped = {item.key for item in section.items}
    return {key: answer for key, answer in answers.items() if key not in skipped}


def progress(
    questionnaire: Questionnaire, year: int | None, answers: Answers, key: str
) -> PageProgress | None:
    """How far the page of that key is, in sections that have something for this year. None while
    the year is being asked: older students have more parts, and the count would jump."""
    if year is None and any(
        item.key == YEAR_ITEM for item in items_of_page(questionnaire, key, YEARS[-1])
    ):
        return None
    age = age_of(questionnaire, year, answers)
    asked = {
        item.key
        for item in questionnaire.asked
        if item.from_year <= age and not (item.key == YEAR_ITEM and year is not None)
    }
    parts = [s.key for s in questionnaire.sections if any(item.key in asked for item in s.items)]
    section = _section_of(key)
    order = [s.key for s in questionnaire.sections]
    if section not in order:
        raise AnswerError("", Refusal.MALFORMED)
    passed = [part for part in parts if order.index(part) <= order.index(section)]
    pages = [
        one.key
        for one in layout(questionnaire)
        if one.section.key == section and items_of_page(questionnaire, one.key, age)
    ]
    page = pages.index(key) + 1 if key in pages else 0
    return PageProgress(max(len(passed), 1), len(parts), page, len(pages))


def _order(questionnaire: Questionnaire) -> dict[str, int]:
    return {one.key: number for number, one in enumerate(layout(questionnaire))}


def _place(order: Mapping[str, int], key: str) -> int:
    if key not in order:
        raise AnswerError("", Refusal.MALFORMED)
    return order[key]


def _section_of(key: str | None) -> str | None:
    return None if key is None else key.rpartition("-")[0]


def merge(page: Page, earlier: Raw, given: Raw) -> dict[str, str | list[str]]:
    """What was carried so far with what this page gave: the page speaks for all its items, so a
    tick taken away is gone. A page that answers for items of others is refused."""
    here = {item.key for item in page.items}
    merged = {name: value for name, value in earlier.items() if _item_of(name) not in here}
    for name, value in given.items():
        if _item_of(name) not in here:
            raise AnswerError(_item_of(name), Refusal.UNKNOWN_ITEM)
        merged[name] = value
    return merged


def _item_of(name: str) -> str:
    return item_of(name)
