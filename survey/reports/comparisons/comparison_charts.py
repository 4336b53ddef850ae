"""Charts of comparisons: funnel plots, and distributions with one school marked."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from survey.reports.charts.dot_chart import Chart, ChartLine, Spread
from survey.reports.charts.funnel_plot import Dot, FunnelChart, FunnelColumn, FunnelZone, OwnChart
from survey.reports.charts.share_charts import HALF, WHOLE
from survey.reports.comparisons import wording as said
from survey.reports.comparisons.comparison_document import ComparedSchool
from survey.reports.comparisons.statistics.funnel_limits import FunnelPosition, FunnelVerdict
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.school.report_data import Tone
from survey.reports.wording.figures import percent

ENDS = (20, 40, 60, 80, 100)
"""The ends that the axis of a funnel may have, in per cent."""


def funnel_end(found: Sequence[ComparedFigureView]) -> int:
    """The smallest end of an axis that fits all limits and shares of these funnels."""
    highest = 0
    for one in found:
        highest = max(highest, *(limits.wide[1] for limits in one.funnel.limits))
        highest = max(highest, *(standing.percent or 0 for standing in one.funnel.standings))
        if any(standing.at_least is not None for standing in one.funnel.standings):
            highest = ENDS[-1]
    return next(end for end in ENDS if highest <= end)


def funnel_chart(
    one: ComparedFigureView, schools: Sequence[ComparedSchool], *, most: int | None = None
) -> FunnelChart:
    """The funnel plot of a figure. With `most`, the end of a shared axis, it is small."""
    columns = tuple(
        FunnelColumn(
            words=said.band(limits.band),
            wide=limits.wide,
            usual=limits.usual,
            chance=limits.chance,
            dots=tuple(
                _dot(standing)
                for standing in one.funnel.standings
                if standing.band == limits.band.at and standing.is_given
            ),
        )
        for limits in one.funnel.limits
    )
    return FunnelChart(
        key=f"{one.figure.table}/{one.figure.answer}{'/small' if most else ''}",
        title=said.title(one),
        description=said.funnel_description(one, schools)
        if most is None
        else f"{said.spread_sentence(one)} {said.apart_sentence(one)}",
        columns=columns,
        middle=one.funnel.middle,
        most=most or funnel_end([one]),
        tone=one.measure.tone,
        is_small=most is not None,
    )


def _dot(standing: FunnelPosition) -> Dot:
    hatch = FunnelZone.FOOT if standing.under is not None else None
    if standing.at_least is not None:
        hatch = FunnelZone.TOP
    return Dot(
        standing.school,
        standing.percent,
        hatch,
        is_apart=standing.verdict is not FunnelVerdict.INSIDE,
    )


def own_chart(key: str, title: str, found: Sequence[ComparedFigureView], code: str) -> OwnChart:
    """Figures over the schools, with the share of one of them in words on each line."""
    tone = found[0].measure.tone
    sentences = [
        f"{said.own_sentence(one, code)} {said.spread_sentence(one)}".strip() for one in found
    ]
    lines = tuple(
        ChartLine(
            one.label,
            (
                Spread(
                    said.share(one.funnel.standing_of(code)),
                    tone,
                    one.places,
                    (one.figure.lower_quartile, one.figure.upper_quartile),
                    one.figure.median,
                ),
            ),
        )
        for one, sentence in zip(found, sentences, strict=True)
    )
    words = " ".join(f"{one.label}: {told}" for one, told in zip(found, sentences, strict=True))
    most = max((place for one in found for place in one.places), default=0)
    legend = ((_("A school"), tone), (_("Your school"), Tone.PLAIN))
    chart = Chart(key, title, words, lines, HALF if most <= HALF else WHOLE, legend)
    return OwnChart(chart, tuple(one.funnel.standing_of(code).percent for one in found))


def overview(spread: Distribution) -> tuple[tuple[str, str, tuple[ComparedFigureView, ...]], ...]:
    """The first charts of an authority's page: title, key and figures, without empty ones."""
    charts = (
        (
            _("Places at school: how many feel unsafe or very unsafe"),
            "inside",
            spread.places(inside=True),
        ),
        (
            _("Places outside school: how many feel unsafe or very unsafe"),
            "outside",
            spread.places(inside=False),
        ),
        (_("What weighs on students"), "adverse", spread.indicators(good=False)),
        (_("What supports students"), "good", spread.indicators(good=True)),
    )
    return tuple((str(title), key, found) for title, key, found in charts if found)


def spread_chart(key: str, title: str, found: Sequence[ComparedFigureView]) -> Chart:
    """Figures over the schools: a dot for each, the middle half and the median."""
    lines = tuple(
        ChartLine(
            one.label,
            (
                Spread(
                    percent(one.figure.median),
                    one.measure.tone,
                    one.places,
                    (one.figure.lower_quartile, one.figure.upper_quartile),
                    one.figure.median,
                ),
            ),
        )
        for one in found
    )
    most = max((place for one in found for place in one.places), default=0)
    words = ". ".join(f"{one.label}: {said.spread_sentence(one)}" for one in found)
    return Chart(key, title, words, lines, HALF if most <= HALF else WHOLE)
