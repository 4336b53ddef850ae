"""Panels become charts: figures in, marks and words out. What is not printed is hatched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from survey.disclosure.figures import Status
from survey.reports import wording
from survey.reports.charts import Bar, Chart, ChartLine, Hatch, Spot
from survey.reports.opening import Responded
from survey.reports.reading import EVERYONE, Line, Measure, Panel, PanelKind, Share, Tone, year_of

HALF, WHOLE = 50, 100
"""Where an axis of per cent may end."""


def panel_chart(panel: Panel, title: str) -> Chart:
    drawn = panel.measures[: panel.drawn]
    legend = [(wording.measure_label(one), one.tone) for one in drawn] if len(drawn) > 1 else []
    lines = []
    for at, line in enumerate(panel.lines):
        before = panel.lines[at - 1] if at else line
        lines.append(
            ChartLine(
                wording.line_label(line),
                tuple(
                    _spot(share, measure, number > 0)
                    for number, (measure, share) in enumerate(zip(drawn, line.shares, strict=False))
                ),
                starts_part=_part(line, panel.kind) != _part(before, panel.kind),
            )
        )
    name = f"{panel.label}: {title}" if panel.label else title
    return Chart(
        panel.key,
        name,
        wording.description(panel),
        tuple(lines),
        axis_end(share for line in panel.lines for share in line.shares[: panel.drawn]),
        tuple(legend),
    )


def _part(line: Line, kind: PanelKind) -> object:
    """Lines of one part stand together: the school, its years, its genders; what stands apart."""
    if kind is PanelKind.GROUPS and not isinstance(line.of, Measure):
        return line.of == EVERYONE, line.of.year is None
    return line.stands_apart


def axis_end(shares: Iterable[Share]) -> int:
    """Half or the whole, by the highest published mark."""
    most = 0
    for share in shares:
        if share.figure.status is Status.ALL_BUT_FEWER:
            return WHOLE
        most = max(most, share.interval[1] if share.interval else 0)
    return HALF if most <= HALF else WHOLE


def _spot(share: Share, measure: Measure, is_second: bool) -> Spot:
    words = wording.share_words(share)
    if share.interval is None:
        at_end = share.figure.status is Status.ALL_BUT_FEWER
        hatch = Hatch.END if at_end else Hatch.START
        return Spot(words, measure.tone, hatch=hatch, is_second=is_second)
    return Spot(words, measure.tone, share.figure.percent, share.interval, is_second=is_second)


def participation_chart(responded: Sequence[Responded]) -> Chart:
    """Year groups that took part, against the roll where the release tells it."""
    years = [one for one in responded if year_of(one.share.group) is not None]
    lines = tuple(
        ChartLine(
            wording.group_label(one.group),
            (Bar(_took_part(one), Tone.PLAIN, one.share.figure.count, one.roll),),
        )
        for one in years
    )
    most = max([max(one.share.figure.count or 0, one.roll or 0) for one in years], default=0)
    said = ". ".join(f"{line.label}: {line.marks[0].words}" for line in lines)
    title = _("How many took part, by year group")
    return Chart(
        "participation", title, f"{said}.", lines, max(100, -(-most // 100) * 100), is_percent=False
    )


def _took_part(one: Responded) -> str:
    count = one.share.figure.count
    return str(wording.share_words(one.share) if count is None else count)
