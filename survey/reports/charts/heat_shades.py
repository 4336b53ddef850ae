"""The shades of heat tables and plans outside a page, where no style sheet reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from survey import colours
from survey.reports.charts.share_charts import step_of
from survey.reports.school.report_data import Share, Tone

SHADES: Mapping[Tone, tuple[str, ...]] = {
    Tone.ADVERSE: colours.HEAT["adverse"],
    Tone.SECOND: colours.HEAT["plain"],
    Tone.PLAIN: colours.HEAT["plain"],
    Tone.GOOD: colours.HEAT["good"],
}
"""From the lightest to the darkest."""

DARK_FROM = 4
"""The first step on which words are white."""

BLANK, HATCH = colours.FIXED["blank"], colours.FIXED["hatching"]
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
    words = "on-shade" if step >= DARK_FROM else "on-tint"
    return Shade(SHADES[tone][step], colours.FIXED[words])
