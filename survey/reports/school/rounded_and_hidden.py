"""A summary of what a release rounds and hides, from its tables. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from survey.disclosure.figures import HiddenReason
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.tables import JOIN, Group
from survey.questionnaires.table_key import TableKey
from survey.reports.school.report_data import EVERYONE, ReportData, years_of


@dataclass(frozen=True)
class Protection:
    """What was rounded or hidden. `roundings`: a multiple and the number of tables that use it;
    `withheld`: labels of what is not shown at all, with the reason; `thin`: the number of tables
    that hide a group shown elsewhere; `together`: bands of years that share a row; `no_years`: no
    year has a row, because too few are on roll for a band; `is_audited_as_a_whole`: tables of the
    same answers were audited together."""

    policy: Policy
    tables: int
    roundings: tuple[tuple[int, int], ...]
    withheld: tuple[tuple[str, HiddenReason], ...]
    whole_only: tuple[str, ...]
    hidden_groups: tuple[Group, ...]
    thin: tuple[tuple[Group, int], ...]
    is_whole_school_only: bool
    together: tuple[Group, ...] = ()
    no_years: bool = False
    is_audited_as_a_whole: bool = True


def read_protection(reading: ReportData) -> Protection:
    tables = reading.release.tables
    roundings = Counter(
        max(row.rung.rounding for row in table.rows if row.shown)
        for table in tables
        if any(row.shown for row in table.rows)
    )
    labels = _labels(reading)
    withheld = [
        (labels.get(table.key, table.key), table.reason)
        for table in tables
        if not any(row.shown for row in table.rows)
    ]
    by_row = {one.key: one.wording for one in reading.questionnaire.items if one.rows_if}
    whole_only = [
        reading.words(by_row[item]) if item in by_row else labels.get(table.key, table.key)
        for table in tables
        for item in [TableKey(table.key).item]
        if table.rung is RoundingLevel.WHOLE_SCHOOL and table.row(EVERYONE).shown
    ]
    groups = reading.groups()
    thin = Counter(
        row.group
        for table in tables
        for row in table.rows
        if row.group in groups
        and row.reason is HiddenReason.BASE_BELOW_MINIMUM
        and reading.share(table.key, table.answers[0], row.group).is_asked
    )
    return Protection(
        reading.release.policy,
        len(tables),
        tuple(sorted(roundings.items())),
        tuple(withheld),
        tuple(dict.fromkeys(whole_only)),
        reading.hidden_groups,
        tuple((group, thin[group]) for group in groups if thin[group]),
        any(
            row.reason is HiddenReason.SURVEY_TOO_SMALL
            for row in reading.release.participation.rows
        ),
        _together(reading),
        _has_no_years(reading),
        reading.release.is_audited_as_a_whole,
    )


def _together(reading: ReportData) -> tuple[Group, ...]:
    return tuple(
        group
        for group in reading.release.lattice.groups
        if group.gender is None and len(years_of(group)) > 1
    )


def _has_no_years(reading: ReportData) -> bool:
    """Whether the years were joined without any band."""
    lattice = reading.release.lattice
    silent = [year for year in lattice.silent if years_of(Group(year))]
    return bool(silent) and not any(JOIN in year for year in lattice.years)


def _labels(reading: ReportData) -> dict[str, str]:
    """The question of each table, in the words of the questionnaire."""
    found: dict[str, str] = {
        one.table_key: reading.words(one.label) for one in reading.questionnaire.indicators
    }
    for item in reading.questionnaire.items:
        title = reading.words(item.wording)
        found[item.key] = title
        for row in item.rows:
            found[item.row_key(row.key)] = f"{title} {reading.words(row.label)}"
        for option in item.options:
            found[item.option_key(option.key)] = f"{title} {reading.words(option.label)}"
    return found
