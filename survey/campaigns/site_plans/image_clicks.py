"""The spot at which an image button was pressed. The browser tells it in pixels as shown, and
without a script no one says how large that was: so a page has one button for each width the picture
is shown with, and the name of the button says which it is."""

from __future__ import annotations

from collections.abc import Mapping

from survey.campaigns.site_plans.areas import Corner

SPOT = "spot"
"""What the names of all such buttons begin with."""


def spot_pressed(
    fields: Mapping[str, str], *, width: int, height: int, shown: tuple[int, ...]
) -> Corner | None:
    """Where an image button was pressed, in pixels of the picture. A key press says 0, 0, which is
    nowhere; so does a finger, but not twice."""
    for wide in shown:
        x, y = fields.get(f"{SPOT}{wide}.x", ""), fields.get(f"{SPOT}{wide}.y", "")
        if not (x.isdecimal() and y.isdecimal() and len(x) < 6 and len(y) < 6):
            continue
        if int(x) == int(y) == 0:
            return None
        return min(int(x) * width // wide, width), min(int(y) * width // wide, height)
    return None


def was_pressed(fields: Mapping[str, str], shown: tuple[int, ...]) -> bool:
    """Was an image button pressed, by whatever means?"""
    return any(f"{SPOT}{wide}.x" in fields for wide in shown)
