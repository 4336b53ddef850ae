"""What stands out in a release: the content of the report's opening page. Pure.

An order is by published share with ties as they were asked. A group is only named as higher than
another if the difference is more than chance and more than rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Group
from survey.questionnaires.model import Inside, ItemKind
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.releases.tabulation_plan import year_key
from survey.reports.school.finding import Finding, read_standing
from survey.reports.school.non_response import ResponseRates, extreme_everywhere
from survey.reports.school.place_profiles import place_grids, place_keys, place_standing
from survey.reports.school.question_blocks import indicator_themes
from survey.reports.school.report_data import EVERYONE, Measure, ReportData, Share, Tone, years_of
from survey.reports.school.rounded_and_hidden import Protection, read_protection

MOST = 3
"""How many places, and how many themes, the opening page names."""

HALF = 50
"""Per cent: more than this is most students."""

NOT_A_THEME = frozenset({"PLACE", "TIME", "JOURNEY", "COMMUNITY", "DEMO"})
"""Tags that say where or when or who, not what."""

ADVERSE_BOXES = (sums_of_answers.HAPPENED, sums_of_answers.WEEKLY)
"""The boxes that speak for a theme, the stronger first."""


@dataclass(frozen=True)
class Responded:
    """How many of a group took part, rounded, and how many are on roll and how many cards were made
    for it, if the release says so."""

    group: Group
    share: Share
    roll: int | None
    cards: int | None = None


@dataclass(frozen=True)
class Opening:
    responded: tuple[Responded, ...]
    places: tuple[Finding, ...]
    themes: tuple[Finding, ...]
    strengths: tuple[Finding, ...]
    times: tuple[Finding, ...]
    protection: Protection
    near_places: tuple[Finding, ...] = ()
    near_times: tuple[Finding, ...] = ()
    elsewhere: Finding | None = None
    may_belong: tuple[Finding, ...] = ()
    turnout: ResponseRates | None = None
    extremes: tuple[int, str] | None = None
    """`near_places`: not among the first three, and not clearly below the third; `near_times` in
    the same way. `elsewhere`: the highest place in school, or outside, if all three are of the
    other side. `may_belong`: places further behind that would reach the third if those who do not
    go there felt unsafe there, the nearest first; `turnout`: who answered, of the roll;
    `extremes`: how many students at most called every place very unsafe, and the place of which the
    fewest did."""


def read_opening(reading: ReportData) -> Opening:
    places, times = tuple(_places(reading)), tuple(_times(reading))
    return Opening(
        _responded(reading),
        _first(places),
        _first(_one_per_theme(_themes(reading))),
        _first(_strengths(reading)),
        _first(times, 1),
        read_protection(reading),
        _near(places, MOST),
        _near(times, 1),
        _elsewhere(reading, places),
        _may_belong(places),
        reading.turnout,
        _extremes(reading),
    )


def _extremes(reading: ReportData) -> tuple[int, str] | None:
    """Of the places of one question that everyone was asked, those in school first."""
    for item in place_grids(reading):
        labels = {row.key: reading.words(row.label) for row in item.rows}
        places = {key: item.row_key(key) for key in place_keys(reading, item)}
        found = extreme_everywhere(reading, places) if len(places) > 2 else None
        if found is not None:
            return found.most, labels[found.place]
    return None


def _places(reading: ReportData) -> Iterator[Finding]:
    for item in place_grids(reading):
        for key in place_keys(reading, item):
            if found := place_standing(reading, item, key):
                yield found


def _themes(reading: ReportData) -> Iterator[Finding]:
    """Whatever speaks for a theme: rows and items with an adverse box, then indicators."""
    for item in reading.questionnaire.items:
        if item.kind is ItemKind.GRID:
            places: list[tuple[str, str]] = [
                (item.row_key(row.key), reading.words(row.label)) for row in item.rows
            ]
        else:
            places = [(item.key, reading.words(item.wording))]
        for key, label in places:
            table = reading.table(key)
            carried = {box.key for box in table.boxes} if table else set()
            box = next((one for one in ADVERSE_BOXES if one in carried), None)
            if box and _theme_of(item.themes):
                measure = Measure(box, None, Tone.ADVERSE)
                found = read_standing(reading, key, label, measure, item.themes, item.from_year)
                if found:
                    yield found
    yield from _indicators(reading, good=False)


def _strengths(reading: ReportData) -> Iterator[Finding]:
    """What is good, and true of most students: the whole interval is above half."""
    for standing in _indicators(reading, good=True):
        if standing.share.reach and standing.share.reach[0] > HALF:
            yield standing


def _indicators(reading: ReportData, *, good: bool) -> Iterator[Finding]:
    for indicator in reading.questionnaire.indicators:
        key, themes = indicator.table_key, indicator_themes(reading, indicator)
        if indicator.good is not good or reading.table(key) is None:
            continue
        label = reading.words(indicator.label)
        measure = Measure("yes", label, Tone.GOOD if good else Tone.ADVERSE)
        from_year = max(reading.questionnaire.by_key[one].from_year for one in indicator.items)
        if good or _theme_of(themes):
            found = read_standing(reading, key, label, measure, themes, from_year)
            if found:
                yield found


def _times(reading: ReportData) -> Iterator[Finding]:
    for item in reading.questionnaire.items:
        if "TIME" in item.themes and item.kind is ItemKind.SEVERAL:
            for option in item.options:
                key = item.option_key(option.key)
                if reading.table(key) and not option.stands_alone:
                    label = reading.words(option.label)
                    measure = Measure("yes", label)
                    found = read_standing(reading, key, label, measure, item.themes, item.from_year)
                    if found:
                        yield found


def _theme_of(themes: Iterable[str]) -> str | None:
    """The tag that names a theme: the first that says what, not where."""
    return next((theme for theme in themes if theme not in NOT_A_THEME), None)


def theme_of(standing: Finding) -> str:
    return _theme_of(standing.themes) or ""


def _one_per_theme(found: Iterable[Finding]) -> Iterator[Finding]:
    """The highest share of each theme. An indicator sums up what the rows tell one by one, so it
    speaks only for a theme that has no row."""
    best: dict[str, Finding] = {}
    for standing in found:
        theme = theme_of(standing)
        known = best.get(theme)
        if known is None or (
            not TableKey(standing.table).is_indicator and standing.share.rank > known.share.rank
        ):
            best[theme] = standing
    yield from best.values()


def _first(found: Iterable[Finding], most: int = MOST) -> tuple[Finding, ...]:
    """The highest, each with whether the next one could as well have come before it."""
    order = _ordered(found)
    marked = []
    for at, standing in enumerate(order[:most]):
        following = order[at + 1] if at + 1 < len(order) else None
        tied = following is not None and not standing.share.is_clearly_above(following.share)
        marked.append(_with_tie(standing, tied))
    return tuple(marked)


def _ordered(found: Iterable[Finding]) -> list[Finding]:
    """By published share, ties as they were asked."""
    return sorted(found, key=lambda standing: -standing.share.rank)


def _near(found: Iterable[Finding], most: int) -> tuple[Finding, ...]:
    """Those after the first `most` that chance alone may have kept out of them."""
    order = _ordered(found)
    last = order[most - 1] if len(order) >= most else None
    return tuple(one for one in order[most:] if last and not last.share.is_clearly_above(one.share))


def _elsewhere(reading: ReportData, places: Iterable[Finding]) -> Finding | None:
    order = _ordered(places)
    sides = {_side(reading, one) for one in order[:MOST]}
    return next((one for one in order[MOST:] if _side(reading, one) not in sides), None)


def _may_belong(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Places that are not among the first, nor close behind, and would be with those who stay
    away."""
    order = _ordered(found)
    if len(order) <= MOST:
        return ()
    third, near = order[MOST - 1], _near(order, MOST)
    behind = [
        one
        for one in order[MOST:]
        if one not in near and one.away and one.away.bounds[1] >= third.share.rank
    ]
    return tuple(sorted(behind, key=lambda one: -(one.away.bounds[1] if one.away else 0)))


def _side(reading: ReportData, standing: Finding) -> Inside:
    place = reading.questionnaire.place(standing.place or "")
    return Inside.INSIDE if place is None else place.inside


def _with_tie(standing: Finding, tied: bool) -> Finding:
    return replace(standing, is_tied_with_next=tied)


def _responded(reading: ReportData) -> tuple[Responded, ...]:
    header = reading.release.header
    found = []
    for group in (EVERYONE, *(g for g in reading.release.lattice.groups if years_of(g))):
        if group.gender is None and reading.is_of_school(group):
            share = reading.share(PARTICIPATION, PARTICIPATION, group)
            roll, cards = (_of_group(header, name, group) for name in ("roll", "cards"))
            # With cards for any year, a year group without its own may have got some of these.
            if cards is None and header.get("cards") and not header.get("cards_any"):
                cards = 0
            found.append(Responded(group, share, roll, cards))
    return tuple(found)


def _of_group(header: Mapping[str, str | int], name: str, group: Group) -> int | None:
    """What the header of a release says of a group under a name, if it does."""
    names = [f"{name}_{year_key(year)}" for year in years_of(group)] or [name]
    said = [one for one in map(header.get, names) if isinstance(one, int)]
    return sum(said) if said and (name != "roll" or len(said) == len(names)) else None
