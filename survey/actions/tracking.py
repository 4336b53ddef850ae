"""An action followed through the releases of its school: what it is against, and the figure it is
measured by in each wave that has a report. Every number is one that a release prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey.actions.models import Action
from survey.actions.operations import Measured, Subject
from survey.actions.targets import share_at, subject_label
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import latest_wave
from survey.reports.school.report_data import EVERYONE, ReportData, Share
from survey.reports.school.report_loader import spoken
from survey.reports.trends.caveats import Caveat, away_of, caveats_of
from survey.reports.trends.change import ChangeVerdict, FigureChange
from survey.reports.trends.earlier_releases import SurveyReport, changes_between, read_held
from survey.reports.trends.over_time import RARELY


@dataclass(frozen=True)
class TrackedReport:
    """A wave whose report is not withdrawn."""

    wave: Wave
    held: SurveyReport

    @property
    def reading(self) -> ReportData:
        return self.held.reading


@dataclass(frozen=True)
class Measurement:
    """The figure of an action in one wave; None if that wave's report holds no such figure."""

    wave: Wave
    share: Share | None


@dataclass(frozen=True)
class Followed:
    """An action with what is known of it. `label`: what the questionnaire calls the place, None of
    a theme. `change` is from the wave it came from to the newest later one, None while there is
    none or where the report of that wave was withdrawn; `away` that of those who do not go to the
    place, `caveats` what else may be behind it."""

    action: Action
    label: str | None
    found: Measurement | None
    waves: tuple[Measurement, ...]
    change: FigureChange | None
    away: FigureChange | None = None
    caveats: tuple[Caveat, ...] = ()

    @property
    def newest(self) -> Measurement | None:
        return self.waves[-1] if self.waves else None

    @property
    def is_of_a_group(self) -> bool:
        """Is it measured by a year group or gender, which was chosen after its figure was seen?"""
        return measured_of(self.action).group != EVERYONE.key

    @property
    def verdict(self) -> ChangeVerdict:
        """What may be said of the change. The figure of a group was chosen among many because it
        was high, so its change is only marked where chance would mark one in a hundred."""
        return verdict_of(self.action, self.change)


def verdict_of(action: Action, change: FigureChange | None) -> ChangeVerdict:
    if change is None:
        return ChangeVerdict.UNSAID
    is_whole = measured_of(action).group == EVERYONE.key
    return change.verdict if is_whole else change.verdict_at(RARELY)


def measured_of(action: Action) -> Measured:
    return Measured(action.measured_table, action.measured_answer, action.measured_group)


def subject_of(action: Action) -> Subject:
    return Subject(action.kind, action.subject)


def reports_of(
    db: Session, campaign: Campaign, until: Wave | None = None
) -> tuple[TrackedReport, ...]:
    """The waves of a campaign, or those until one of them, whose reports are not withdrawn: the
    earliest first, in the language of the page."""
    waves = {wave.number: wave for wave in campaign.waves}
    held = read_held(db, wave=until or latest_wave(campaign), language=spoken())
    return tuple(TrackedReport(waves[one.number], one) for one in held)


def follow(reports: Sequence[TrackedReport], actions: Iterable[Action]) -> tuple[Followed, ...]:
    """Each action with the figures from the reports of its campaign."""
    return tuple(_follow(reports, action) for action in actions)


def _follow(reports: Sequence[TrackedReport], action: Action) -> Followed:
    measured, subject = measured_of(action), subject_of(action)
    waves = tuple(Measurement(one.wave, share_at(one.reading, measured)) for one in reports)
    here = next((one for one in reports if one.wave.wave_id == action.wave_id), None)
    later = [one for one in reports if one.wave.number > action.wave.number]
    labels = [subject_label(one.reading, subject) for one in (*later[::-1], *reports)]
    change = away = None
    caveats: tuple[Caveat, ...] = ()
    if here is not None and later:
        both = changes_between(here.held, later[-1].held)
        share = share_at(here.reading, measured)
        if share is not None:
            change = both.change_of(share.table, share.answer, share.group)
            away = away_of(both, change)
            caveats = caveats_of(both, change, verdict_of(action, change))
    return Followed(
        action,
        next((label for label in labels if label), None),
        next((one for one in waves if one.wave.wave_id == action.wave_id), None),
        waves,
        change,
        away,
        caveats,
    )
