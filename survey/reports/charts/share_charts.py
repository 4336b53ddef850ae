"""Makes charts from views: figures in, marks and words out. What is not printed is hatched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from flask_babel import gettext as _

from survey.disclosure.figures import Status
from survey.disclosure.tables import Group
from survey.reports.charts.dot_chart import Bar, Chart, ChartLine, Hatch, Spot
from survey.reports.school.report_data import (
    EVERYONE,
    Line,
    Measure,
    Panel,
    PanelKind,
    Share,
    Tone,
    years_of,
)
from survey.reports.school.summary import Responded
from survey.reports.wording import chart_notes
from survey.reports.wording import figures as figure_wording
from survey.reports.wording import labels as label_wording

HALF, WHOLE = 50, 100
"""Where an axis of per cent may end."""


def title_of(title: str, panel: Panel, group: Group | None) -> str:
    """The title of a chart that shows one group, with the group before it."""
    if group is None or panel.kind is PanelKind.GROUPS:
        return title
    return f"{label_wording.group_label(group)}: {title}"


def panel_chart(panel: Panel, title: str) -> Chart:
    drawn = panel.measures[: panel.drawn]
    legend = (
        [(label_wording.measure_label(one), one.tone) for one in drawn] if len(drawn) > 1 else []
    )
    lines = []
    for at, line in enumerate(panel.lines):
        lines.append(
            ChartLine(
                label_wording.line_label(line),
                _spots(line, drawn),
                starts_part=starts_part(panel, at),
            )
        )
    name = f"{panel.label}: {title}" if panel.label else title
    return Chart(
        panel.key,
        name,
        chart_notes.description(panel),
        tuple(lines),
        axis_end(share for line in panel.lines for share in line.shares[: panel.drawn]),
        tuple(legend),
    )


def starts_part(panel: Panel, at: int) -> bool:
    """Does a line belong to another part than the one before it?"""
    line, before = panel.lines[at], panel.lines[at - 1 if at else 0]
    return _part(line, panel.kind) != _part(before, panel.kind)


def _spots(line: Line, drawn: Sequence[Measure]) -> tuple[Spot, ...]:
    """A mark for each measure; a line that is hidden in all of them is hatched once."""
    shares = line.shares[: len(drawn)]
    if not any(share.is_shown for share in shares):
        shares = shares[:1]
    return tuple(
        _spot(share, measure, number > 0)
        for number, (measure, share) in enumerate(zip(drawn, shares, strict=False))
    )


def _part(line: Line, kind: PanelKind) -> object:
    """The part a line belongs to: the school, its years, its genders; and lines set apart."""
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
    words = figure_wording.share_words(share)
    if share.interval is None:
        at_end = share.figure.status is Status.ALL_BUT_FEWER
        hatch = Hatch.END if at_end else Hatch.START
        return Spot(words, measure.tone, hatch=hatch, is_second=is_second)
    return Spot(words, measure.tone, share.figure.percent, share.interval, is_second=is_second)


def participation_chart(responded: Sequence[Responded]) -> Chart:
    """Year groups that took part, against the roll where the release tells it."""
    years = [one for one in responded if years_of(one.share.group)]
    lines = tuple(
        ChartLine(
            label_wording.group_label(one.group),
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
    return str(figure_wording.share_words(one.share) if count is None else count)


STEPS: Mapping[Tone, tuple[int, ...]] = {
    Tone.ADVERSE: (10, 20, 30, 40, 50),
    Tone.SECOND: (10, 20, 30, 40, 50),
    Tone.PLAIN: (10, 20, 30, 40, 50),
    Tone.GOOD: (20, 40, 50, 60, 80),
}
"""Per cent from which a heat table takes the next darker shade."""


def step_of(share: Share, tone: Tone) -> int | None:
    """How dark a figure is shown, by published share; None for one that prints no percentage."""
    if share.figure.percent is None:
        return None
    return sum(share.figure.percent >= step for step in STEPS[tone])


def shade(share: Share, tone: Tone) -> str:
    """The class of a cell of a heat table: a shade by published share, or the hatch."""
    step = step_of(share, tone)
    return "hidden-cell" if step is None else f"heat-{tone.value} heat-{step}"


def shade_key(tone: Tone) -> tuple[tuple[str, str], ...]:
    """The shades of a heat table with what they stand for, lightest first."""
    steps = STEPS[tone]
    words = [_("under %(share)s", share=figure_wording.percent(steps[0]))]
    for low, high in pairwise(steps):
        words.append(_("%(low)s to %(high)s%%", low=low, high=high - 1))
    words.append(_("%(share)s or more", share=figure_wording.percent(steps[-1])))
    return tuple((f"heat-{tone.value} heat-{at}", one) for at, one in enumerate(words))
