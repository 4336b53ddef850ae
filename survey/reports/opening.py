"""What stands out in a release: the content of the report's opening page. Pure.

An order is by published share with ties as they were asked. A group is only named as higher than
another if the difference is more than chance and more than rounding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from survey.disclosure.figures import Reason
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Group
from survey.questionnaires.model import ItemKind
from survey.reports import boxes
from survey.reports.blocks import indicator_themes
from survey.reports.reading import EVERYONE, Measure, Reading, Share, Tone, year_of

MOST = 3
"""How many places, and how many themes, the opening page names."""

HALF = 50
"""Per cent: more than this is most students."""

NOT_A_THEME = frozenset({"PLACE", "TIME", "JOURNEY", "COMMUNITY", "DEMO"})
"""Tags that say where or when or who, not what."""

ADVERSE_BOXES = (boxes.HAPPENED, boxes.WEEKLY)
"""The boxes that speak for a theme, the stronger first."""


LEAST_BASE = 30
"""A group with fewer answers is shown, but no sentence calls it higher or lower than another."""


@dataclass(frozen=True)
class Peak:
    """The group in which a share is highest, or lowest, and those it is clearly beyond."""

    group: Group
    share: Share
    beyond: tuple[Group, ...]
    is_lowest: bool


@dataclass(frozen=True)
class Standing:
    """Something that stands out: a place, a theme, a strength or a time. `year` and `gender` are
    None where no group is clearly above another; `is_tied_with_next`: the next in the order is too
    close for the order to mean anything."""

    table: str
    label: str
    measure: Measure
    themes: tuple[str, ...]
    share: Share
    year: Peak | None
    gender: Peak | None
    compared_years: int
    is_tied_with_next: bool = False


@dataclass(frozen=True)
class Responded:
    """How many of a group took part, rounded, and how many are on roll if the release says so."""

    group: Group
    share: Share
    roll: int | None


@dataclass(frozen=True)
class Protection:
    """What was rounded or hidden. `roundings`: multiple and how many tables it was used for;
    `withheld`: labels of what is not shown at all, and why; `thin`: how many tables hide a group
    that is otherwise shown."""

    policy: Policy
    tables: int
    roundings: tuple[tuple[int, int], ...]
    withheld: tuple[tuple[str, Reason], ...]
    whole_only: tuple[str, ...]
    hidden_groups: tuple[Group, ...]
    thin: tuple[tuple[Group, int], ...]
    is_whole_school_only: bool


@dataclass(frozen=True)
class Opening:
    responded: tuple[Responded, ...]
    places: tuple[Standing, ...]
    themes: tuple[Standing, ...]
    strengths: tuple[Standing, ...]
    times: tuple[Standing, ...]
    protection: Protection


def read_opening(reading: Reading) -> Opening:
    return Opening(
        _responded(reading),
        _first(_places(reading)),
        _first(_one_per_theme(_themes(reading))),
        _first(_strengths(reading)),
        _first(_times(reading), 1),
        _protection(reading),
    )


def peak(shares: Iterable[Share], tone: Tone) -> Peak | None:
    """The worst of some groups' shares, if it is clearly beyond any of them: the highest, or the
    lowest of something good."""
    shown = [share for share in shares if share.is_shown and (share.base or 0) >= LEAST_BASE]
    if not shown:
        return None
    is_lowest = tone is Tone.GOOD
    worst = min(shown, key=lambda share: share.rank if is_lowest else -share.rank)
    beyond = tuple(
        share.group
        for share in shown
        if (share.is_clearly_above(worst) if is_lowest else worst.is_clearly_above(share))
    )
    return Peak(worst.group, worst, beyond, is_lowest) if beyond else None


def year_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(share for share in shares if year_of(share.group) is not None)


def gender_shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Girls, boys and others; whoever did not say is no group to name."""
    return tuple(share for share in shares if share.group.gender not in (None, "unsaid"))


def _standing(
    reading: Reading,
    table: str,
    label: str,
    measure: Measure,
    themes: tuple[str, ...],
    from_year: int,
) -> Standing | None:
    """None if the release hides it for the whole school."""
    share = reading.share(table, measure.key)
    if not share.is_shown:
        return None
    shares = [reading.share(table, measure.key, group) for group in reading.groups(from_year)]
    years = year_shares(shares)
    return Standing(
        table,
        label,
        measure,
        themes,
        share,
        peak(years, measure.tone),
        peak(gender_shares(shares), measure.tone),
        sum(one.is_shown for one in years),
    )


def _places(reading: Reading) -> Iterator[Standing]:
    for item in reading.questionnaire.items:
        if item.kind is not ItemKind.GRID or item.places is None:
            continue
        for row in item.rows:
            table = reading.table(f"{item.key}.{row.key}")
            if table and any(box.key == boxes.FEEL_UNSAFE for box in table.boxes):
                measure = Measure(boxes.FEEL_UNSAFE, None, Tone.ADVERSE)
                label = reading.words(row.label)
                found = _standing(reading, table.key, label, measure, item.themes, item.from_year)
                if found:
                    yield found


def _themes(reading: Reading) -> Iterator[Standing]:
    """Whatever speaks for a theme: rows and items with an adverse box, then indicators."""
    for item in reading.questionnaire.items:
        if item.kind is ItemKind.GRID:
            places = [(f"{item.key}.{row.key}", reading.words(row.label)) for row in item.rows]
        else:
            places = [(item.key, reading.words(item.wording))]
        for key, label in places:
            table = reading.table(key)
            carried = {box.key for box in table.boxes} if table else set()
            box = next((one for one in ADVERSE_BOXES if one in carried), None)
            if box and _theme_of(item.themes):
                measure = Measure(box, None, Tone.ADVERSE)
                found = _standing(reading, key, label, measure, item.themes, item.from_year)
                if found:
                    yield found
    yield from _indicators(reading, good=False)


def _strengths(reading: Reading) -> Iterator[Standing]:
    """What is good, and true of most students: the whole interval lies above half."""
    for standing in _indicators(reading, good=True):
        if standing.share.reach and standing.share.reach[0] > HALF:
            yield standing


def _indicators(reading: Reading, *, good: bool) -> Iterator[Standing]:
    for indicator in reading.questionnaire.indicators:
        key, themes = f"@{indicator.key}", indicator_themes(reading, indicator)
        if indicator.good is not good or reading.table(key) is None:
            continue
        label = reading.words(indicator.label)
        measure = Measure("yes", label, Tone.GOOD if good else Tone.ADVERSE)
        from_year = max(reading.questionnaire.by_key[one].from_year for one in indicator.items)
        if good or _theme_of(themes):
            found = _standing(reading, key, label, measure, themes, from_year)
            if found:
                yield found


def _times(reading: Reading) -> Iterator[Standing]:
    for item in reading.questionnaire.items:
        if "TIME" in item.themes and item.kind is ItemKind.SEVERAL:
            for option in item.options:
                key = f"{item.key}:{option.key}"
                if reading.table(key) and not option.stands_alone:
                    label = reading.words(option.label)
                    measure = Measure("yes", label)
                    found = _standing(reading, key, label, measure, item.themes, item.from_year)
                    if found:
                        yield found


def _theme_of(themes: Iterable[str]) -> str | None:
    """The tag a theme is told by: the first that says what, not where."""
    return next((theme for theme in themes if theme not in NOT_A_THEME), None)


def theme_of(standing: Standing) -> str:
    return _theme_of(standing.themes) or ""


def _one_per_theme(found: Iterable[Standing]) -> Iterator[Standing]:
    """The highest share of each theme. An indicator sums up what the rows tell one by one, so it
    speaks only for a theme that has no row."""
    best: dict[str, Standing] = {}
    for standing in found:
        theme = theme_of(standing)
        known = best.get(theme)
        if known is None or (
            not standing.table.startswith("@") and standing.share.rank > known.share.rank
        ):
            best[theme] = standing
    yield from best.values()


def _first(found: Iterable[Standing], most: int = MOST) -> tuple[Standing, ...]:
    """The highest, each with whether the next one could as well have come before it."""
    order = sorted(found, key=lambda standing: -standing.share.rank)
    marked = []
    for at, standing in enumerate(order[:most]):
        following = order[at + 1] if at + 1 < len(order) else None
        tied = following is not None and not standing.share.is_clearly_above(following.share)
        marked.append(_with_tie(standing, tied))
    return tuple(marked)


def _with_tie(standing: Standing, tied: bool) -> Standing:
    return Standing(**(vars(standing) | {"is_tied_with_next": tied}))


def _responded(reading: Reading) -> tuple[Responded, ...]:
    header = reading.release.header
    found = []
    for group in (EVERYONE, *(g for g in reading.release.lattice.groups if year_of(g))):
        if group.gender is None:
            name = f"roll_{group.year}" if group.year else "roll"
            roll = header.get(name)
            share = reading.share(PARTICIPATION, PARTICIPATION, group)
            found.append(Responded(group, share, roll if isinstance(roll, int) else None))
    return tuple(found)


def _protection(reading: Reading) -> Protection:
    tables = reading.release.tables
    roundings = Counter(
        table.rung.rounding for table in tables if any(row.shown for row in table.rows)
    )
    labels = _labels(reading)
    withheld = [
        (labels.get(table.key, table.key), table.reason)
        for table in tables
        if not any(row.shown for row in table.rows)
    ]
    whole_only = [
        labels.get(table.key, table.key)
        for table in tables
        if table.rung is Rung.WHOLE_SCHOOL and table.row(EVERYONE).shown
    ]
    groups = reading.groups()
    thin = Counter(
        row.group
        for table in tables
        for row in table.rows
        if row.group in groups
        and row.reason is Reason.BASE_BELOW_MINIMUM
        and not _is_not_asked(reading, table.key, row.group)
    )
    return Protection(
        reading.release.policy,
        len(tables),
        tuple(sorted(roundings.items())),
        tuple(withheld),
        tuple(whole_only),
        reading.hidden_groups,
        tuple((group, thin[group]) for group in groups if thin[group]),
        any(row.reason is Reason.SURVEY_TOO_SMALL for row in reading.release.participation.rows),
    )


def _is_not_asked(reading: Reading, table: str, group: Group) -> bool:
    """Is the group too young for the item, so that nothing is hidden but was never asked?"""
    year = year_of(group)
    by_key = reading.questionnaire.by_key
    indicators = {f"@{one.key}": one.items for one in reading.questionnaire.indicators}
    keys = indicators.get(table, (table.partition(".")[0].partition(":")[0],))
    items = [by_key[key] for key in keys if key in by_key]
    return year is not None and bool(items) and all(year < item.from_year for item in items)


def _labels(reading: Reading) -> dict[str, str]:
    """What each table is of, in the questionnaire's words."""
    found = {f"@{one.key}": reading.words(one.label) for one in reading.questionnaire.indicators}
    for item in reading.questionnaire.items:
        title = reading.words(item.wording)
        found[item.key] = title
        for row in item.rows:
            found[f"{item.key}.{row.key}"] = f"{title} {reading.words(row.label)}"
        for option in item.options:
            found[f"{item.key}:{option.key}"] = f"{title} {reading.words(option.label)}"
    return found
