"""The point at which an image button was clicked. The browser sends it in pixels of the picture as
shown, but without a script it does not send how wide that was. So a page has one button for each
width, and the name of the button gives the width."""

from __future__ import annotations

from collections.abc import Mapping

from survey.campaigns.site_plans.areas import Corner

SPOT = "spot"
"""The beginning of the names of these buttons."""


def spot_pressed(
    fields: Mapping[str, str], *, width: int, height: int, shown: tuple[int, ...]
) -> Corner | None:
    """The point that was clicked, in pixels of the picture. A key press sends 0, 0, which is not a
    point; a tap may send it too, but not twice."""
    for wide in shown:
        x, y = fields.get(f"{SPOT}{wide}.x", ""), fields.get(f"{SPOT}{wide}.y", "")
        if not (x.isdecimal() and y.isdecimal() and len(x) < 6 and len(y) < 6):
            continue
        if int(x) == int(y) == 0:
            return None
        return min(int(x) * width // wide, width), min(int(y) * width // wide, height)
    return None


def was_pressed(fields: Mapping[str, str], shown: tuple[int, ...]) -> bool:
    """Was an image button used, by mouse, touch or key?"""
    return any(f"{SPOT}{wide}.x" in fields for wide in shown)
