"""Builds charts of figures over several surveys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _

from survey.campaigns.titles import survey_name, survey_title
from survey.disclosure.figures import Status
from survey.reports.charts.dot_chart import Hatch
from survey.reports.charts.share_charts import axis_end
from survey.reports.school.report_data import Share
from survey.reports.trends import wording as trend_wording
from survey.reports.trends.change import ChangeVerdict
from survey.reports.trends.earlier_releases import SurveyReport
from survey.reports.trends.over_time import OverTimeRow, Track, Tracked
from survey.reports.trends.survey_lanes_chart import Lane, WavesChart, WavesLine
from survey.reports.wording import figures as figure_wording
from survey.reports.wording import labels as label_wording

NOT_A_MARK = frozenset({ChangeVerdict.UNCLEAR, ChangeVerdict.UNSAID})


def waves_chart(tracked: Tracked, held: Sequence[SurveyReport]) -> WavesChart:
    """A chart of the first figure of each line, with a lane for each survey."""
    names = tuple(survey_title(one) for one in held)
    shares = [share for row in tracked.rows for share in row.first.shares if share is not None]
    title = _("%(title)s: over time", title=trend_wording.tracked_title(tracked).rstrip("."))
    return WavesChart(
        f"over-time/{tracked.key}",
        title,
        " ".join(_told(row, held, tracked.chance) for row in tracked.rows),
        names,
        tuple(_line(row, tracked.chance) for row in tracked.rows),
        axis_end(shares),
    )


def what_moved(tracked: Tracked) -> Tracked | None:
    """The lines whose first figure clearly changed, since the wave before or since the first; None
    if none did."""
    rows = tuple(row for row in tracked.rows if _has_moved(row.first, tracked.chance))
    return replace(tracked, rows=rows) if rows else None


def _has_moved(track: Track, chance: float) -> bool:
    changes = (track.change, track.since_first)
    return any(one is not None and one.verdict_at(chance) not in NOT_A_MARK for one in changes)


def marks() -> str:
    """How to read a chart outside its page."""
    return str(
        _(
            "Filled dot: the latest survey. Hollow dots: earlier ones. Bar: the %(level)s%%"
            " interval of a share. Hatched: too few to show a number.",
            level=95,
        )
    )


def _line(row: OverTimeRow, chance: float) -> WavesLine:
    track = row.first
    return WavesLine(
        trend_wording.row_label(row),
        track.measure.tone,
        tuple(_lane(share) for share in track.shares),
        trend_wording.verdict_words(track.change, chance),
        track.change.verdict_at(chance) not in NOT_A_MARK,
    )


def _lane(share: Share | None) -> Lane:
    if share is None:
        return Lane(_("not asked so"))
    words = figure_wording.share_words(share)
    if share.interval is None:
        at_end = share.figure.status is Status.ALL_BUT_FEWER
        return Lane(words, hatch=Hatch.END if at_end else Hatch.START)
    return Lane(words, share.figure.percent, share.interval)


def _told(row: OverTimeRow, held: Sequence[SurveyReport], chance: float) -> str:
    """The description of a line for readers who do not see it."""
    said = [
        _("%(survey)s %(figure)s", survey=survey_name(one), figure=_figure(row.first, at))
        for at, one in enumerate(held)
    ]
    verdict = label_wording.in_small(trend_wording.verdict_words(row.first.change, chance))
    return f"{trend_wording.row_label(row)}: {', '.join(said)}; {verdict}."


def _figure(track: Track, at: int) -> str:
    share = track.shares[at]
    if share is None:
        return str(_("not asked so"))
    words = (
        figure_wording.share_words(share) if share.is_shown else figure_wording.why_hidden(share)
    )
    interval = figure_wording.interval_words(share)
    return f"{words} ({interval})" if interval else words
