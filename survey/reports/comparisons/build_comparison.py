"""Builds a comparison from the releases of several schools. Pure. It never has exact counts: its
input was published by each school, and its output is derived from that (rule R5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from survey.disclosure.figures import Figure, ReleasedTable, Status, wilson
from survey.disclosure.policy import Policy
from survey.disclosure.release import Release
from survey.disclosure.tables import JOIN, Box, Group
from survey.questionnaires.adaptation_rules import OWN_ITEM_KEY
from survey.questionnaires.model import FROM_START, Questionnaire, QuestionRole
from survey.questionnaires.table_key import TableKey
from survey.releases.tabulation_plan import UNSAID, TablePlan, plan
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Comparison,
    LeftOutReason,
    LeftOutSchool,
    OutlierDirection,
    Printed,
    SchoolFigure,
    SizeBand,
)

EVERYONE = Group()
_How = tuple[int, bool, tuple[object, ...]]
FLAG_FROM = 30
"""A school with fewer answers is never called above or below the others."""

SIZES: tuple[tuple[int, SizeBand], ...] = (
    (600, SizeBand.UNDER_600),
    (1001, SizeBand.TO_1000),
    (1501, SizeBand.TO_1500),
)
"""A roll below the number is in the band."""

PRINTED: Mapping[Status, Printed] = {
    Status.SHOWN: Printed.SHOWN,
    Status.FEWER_THAN: Printed.FEWER_THAN,
    Status.ALL_BUT_FEWER: Printed.ALL_BUT_FEWER,
    Status.IMPLIED: Printed.HIDDEN,
    Status.HIDDEN: Printed.HIDDEN,
}


@dataclass(frozen=True)
class Participant:
    """A school in the comparison: its release with its hash, its questionnaire, and what an
    authority may know about it."""

    release: Release
    release_hash: str
    questionnaire: Questionnaire
    phase: str
    name: str | None


def compare(
    participants: Sequence[Participant],
    template: Questionnaire,
    policy: Policy,
    header: Mapping[str, str | int],
) -> Comparison:
    """The comparison of these schools on the shared questions of their template.

    The schools' order, and so their letters, follows from the hashes of all their releases: the
    same releases give the same letters, and no name, size or result shows in them."""
    ordered = _shuffled(participants)
    codes = [letters(at) for at in range(len(ordered))]
    figures: list[ComparedFigure] = []
    left_out: list[LeftOutSchool] = []
    asked_how = [_asked(participant.questionnaire) for participant in ordered]
    printed = [{table.key: table for table in one.release.tables} for one in ordered]
    for one in plan(template):
        if not one.is_core:
            continue
        for answer in one.figures:
            schools = tuple(
                _school_figure(code, tables.get(one.key), how.get(one.key), one, answer)
                for code, tables, how in zip(codes, printed, asked_how, strict=True)
            )
            reason = _why_not(schools, policy) or _two_wordings(one)
            if reason is None:
                figures.append(_spread(one.key, answer, schools))
            else:
                left_out.append(LeftOutSchool(one.key, answer, reason))
    return Comparison(
        header=header,
        releases=tuple(sorted(one.release_hash for one in ordered)),
        schools=tuple(
            _school(code, participant) for code, participant in zip(codes, ordered, strict=True)
        ),
        figures=tuple(figures),
        left_out=tuple(left_out),
    )


def letters(at: int) -> str:
    """The letter of a number: 0 is A, 25 is Z, 26 is AA."""
    found = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        found = chr(ord("A") + letter) + found
    return found


def _shuffled(participants: Sequence[Participant]) -> list[Participant]:
    by_hash = {one.release_hash: one for one in participants}
    return [by_hash[name] for name in shuffled(by_hash)]


def shuffled(release_hashes: Iterable[str]) -> list[str]:
    """The order of the schools under letters. It depends on all releases, so letters change each
    time."""
    names = sorted(release_hashes)
    seed = "".join(names)
    return sorted(names, key=lambda name: sha256(f"{seed} {name}".encode()).hexdigest())


def own_letter(releases: Sequence[str], release_hash: str) -> str | None:
    """The letter of a release in the comparison of `releases`; None if it is not in it."""
    order = shuffled(releases)
    return letters(order.index(release_hash)) if release_hash in order else None


def _school(code: str, participant: Participant) -> ComparedSchool:
    release = participant.release
    people = release.participation.row(EVERYONE)
    return ComparedSchool(
        code=code,
        name=participant.name,
        phase=participant.phase,
        size=size_of(release.header.get("roll", 0)),
        years=tuple(year for year in release.lattice.years if year != UNSAID and JOIN not in year),
        responded=people.base if people.shown else None,
    )


def size_of(roll: str | int) -> SizeBand:
    """The band a roll is in; "unsaid" if the school did not give it."""
    if not isinstance(roll, int) or roll <= 0:
        return SizeBand.UNSAID
    return next((size for below, size in SIZES if roll < below), SizeBand.OVER_1500)


def _asked(questionnaire: Questionnaire) -> dict[str, _How]:
    """Details of how each question was asked that its table does not contain."""
    return {one.key: _how(one) for one in plan(questionnaire)}


def _how(table: TablePlan) -> _How:
    """The youngest year of secondary school that was asked, and whether "none of these" was
    offered: without it, the base of "tick all that apply" is only those who ticked something. Of an
    added question also its words: two organisations may each have added one under the same key."""
    offered = [option.role is QuestionRole.NONE for item in table.items for option in item.options]
    added = tuple(
        (item.wording.in_language("en"), *(one.label.in_language("en") for one in item.options))
        for item in table.items
        if OWN_ITEM_KEY.fullmatch(item.key)
    )
    return max(table.from_year, FROM_START), any(offered), added


def _school_figure(
    code: str, table: ReleasedTable | None, how: _How | None, asked: TablePlan, answer: str
) -> SchoolFigure:
    if table is None:
        return SchoolFigure(code, Printed.NOT_ASKED)
    if TableKey(answer).is_indicator and answer not in {box.key for box in table.boxes}:
        return SchoolFigure(code, Printed.ASKED_OTHERWISE)
    if (table.answers, table.base, _sums(table.boxes), how) != (
        asked.answers,
        asked.base,
        _sums(asked.boxes),
        _how(asked),
    ):
        return SchoolFigure(code, Printed.ASKED_OTHERWISE)
    figure, base = _printed(table, answer)
    if base is None or figure.status in (Status.HIDDEN, Status.IMPLIED):
        return SchoolFigure(code, Printed.HIDDEN)
    low, high = interval(figure, base)
    return SchoolFigure(
        school=code,
        printed=PRINTED[figure.status],
        base=base,
        count=figure.count,
        percent=figure.percent,
        limit=figure.limit,
        under=figure.under,
        at_least=figure.at_least,
        low=low,
        high=high,
    )


def _sums(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """The sums of answers that are not indicators: releases of the first format have tables for
    those."""
    return tuple(box for box in boxes if not TableKey(box.key).is_indicator)


def _printed(table: ReleasedTable, answer: str) -> tuple[Figure, int | None]:
    """The published figure of a sum or an answer for the whole school."""
    row = table.row(EVERYONE)
    for box in row.boxes:
        if box.key == answer:
            return box.figure, box.of_base
    return row.cells[table.answers.index(answer)], row.base


def interval(figure: Figure, base: int) -> tuple[int, int]:
    """The 95 % interval of a printed share; what is printed as a limit is open to its end."""
    match figure:
        case Figure(status=Status.FEWER_THAN, limit=int(limit), under=int(under)):
            return 0, max(under, wilson(limit, base)[1])
        case Figure(status=Status.ALL_BUT_FEWER, limit=int(limit), at_least=int(at_least)):
            return min(at_least, wilson(base - limit, base)[0]), 100
        case Figure(count=int(count)):
            return wilson(count, base)
    raise ValueError("a hidden figure has no interval")


def _two_wordings(asked: TablePlan) -> LeftOutReason | None:
    """A whole school's figure of younger and older students who read different questions says as
    much of its year groups as of what they meet."""
    is_pooled = any(item.older and item.older.from_year > asked.from_year for item in asked.items)
    return LeftOutReason.TWO_WORDINGS if is_pooled else None


def _why_not(schools: Sequence[SchoolFigure], policy: Policy) -> LeftOutReason | None:
    """Rule R7, for one figure."""
    bases = [one.base for one in schools if one.base is not None]
    if len(bases) < policy.schools_at_least:
        return LeftOutReason.TOO_FEW_SCHOOLS
    if is_too_large(bases, policy):
        return LeftOutReason.SCHOOL_TOO_LARGE
    return None


def is_too_large(bases: Sequence[int], policy: Policy) -> bool:
    """Whether one school gives a larger share of the answers than is allowed."""
    return 100 * max(bases, default=0) > policy.school_share_at_most * sum(bases)


def _spread(key: str, answer: str, schools: tuple[SchoolFigure, ...]) -> ComparedFigure:
    places = sorted(one.place for one in schools if one.place is not None)
    halves, base = map(sum, zip(*_halves(schools), strict=True))
    middle = _round(100 * halves, 2 * base)
    return ComparedFigure(
        table=key,
        answer=answer,
        schools=tuple(replace(one, apart=_apart(one, middle)) for one in schools),
        given=len(places),
        lower_quartile=quartile(places, 1),
        median=quartile(places, 2),
        upper_quartile=quartile(places, 3),
        middle=middle,
        base=base,
    )


def _halves(schools: Sequence[SchoolFigure]) -> Iterator[tuple[int, int]]:
    """Twice the count of each school, and its base. Of "fewer than 5" the count is taken as 2."""
    for one in schools:
        if one.base is None:
            continue
        if one.count is not None:
            yield 2 * one.count, one.base
        elif one.printed is Printed.FEWER_THAN:
            yield (one.limit or 1) - 1, one.base
        else:
            yield 2 * one.base - (one.limit or 1) + 1, one.base


def _apart(one: SchoolFigure, middle: int) -> OutlierDirection | None:
    if one.base is None or one.base < FLAG_FROM or one.low is None or one.high is None:
        return None
    if one.low > middle:
        return OutlierDirection.ABOVE
    return OutlierDirection.BELOW if one.high < middle else None


def quartile(values: Sequence[int], which: int) -> int:
    """The first, second or third quartile of sorted values, between two neighbours in proportion,
    to the nearest whole number with halves up."""
    at, part = divmod(which * (len(values) - 1), 4)
    above = values[min(at + 1, len(values) - 1)]
    return _round(4 * values[at] + part * (above - values[at]), 4)


def _round(number: int, of: int) -> int:
    return (2 * number + of) // (2 * of)
