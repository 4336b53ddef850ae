"""The shades of heat tables and plans outside a page, where no style sheet reaches: the same as
`static/reports.css`, which a test holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from survey.reports.charts.report_charts import step_of
from survey.reports.school.report_data import Share, Tone

_ADVERSE = ("#fdf3ea", "#fbe3cc", "#f6c9a0", "#eba76c", "#c2560f", "#8a3606")
_PLAIN = ("#eff4f9", "#dbe7f2", "#bfd4e8", "#97b8d8", "#3f6f9f", "#234b74")
_GOOD = ("#eef5f2", "#d8e9e3", "#b9d8ce", "#8fc0b2", "#2b7265", "#14524a")

SHADES: Mapping[Tone, tuple[str, ...]] = {
    Tone.ADVERSE: _ADVERSE,
    Tone.SECOND: _PLAIN,
    Tone.PLAIN: _PLAIN,
    Tone.GOOD: _GOOD,
}
"""From the lightest to the darkest."""

DARK_FROM = 4
"""The first step on which words are white."""

BLANK, HATCH = "#f4f7f5", "#8b9a97"
"""Of what is hidden: the ground and the lines on it."""


@dataclass(frozen=True)
class Shade:
    """A ground and the colour of words on it."""

    ground: str
    words: str


def shade_of(share: Share, tone: Tone) -> Shade | None:
    """None for what is hatched."""
    step = step_of(share, tone)
    return None if step is None else shade_at(step, tone)


def shade_at(step: int, tone: Tone) -> Shade:
    return Shade(SHADES[tone][step], "#ffffff" if step >= DARK_FROM else "#1c2b2a")
