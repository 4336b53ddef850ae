"""What a report says of its cards: how many were made against the roll, and what went beyond it.

Everybody who reads a report can see here whether one person could have answered more than once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from survey.i18n import gettext as _
from survey.year_groups.wording import year_name

ANY = "any"
BEYOND = re.compile(r"^(extra_cards|roll_raised)_(any|y\d+)$")


def sentences(header: Mapping[str, str | int]) -> list[str]:
    """Cards made against the roll, then each thing that a second person agreed to. Nothing of a
    release that was made before cards were counted."""
    made, roll = header.get("cards"), header.get("roll")
    if not isinstance(made, int) or not made:
        return []
    return [*_made(made, roll if isinstance(roll, int) else 0, header), *_beyond(header)]


def _made(made: int, roll: int, header: Mapping[str, str | int]) -> Iterator[str]:
    if roll:
        yield _("%(cards)s cards were made for %(roll)s students on roll.", cards=made, roll=roll)
    else:
        yield _("%(cards)s cards were made.", cards=made)
    if (any_year := header.get(f"cards_{ANY}")) and roll:
        yield _("%(cards)s of them can be used in any year group.", cards=any_year)
    yield _(
        "A card is one answer. Two members of staff checked the cards before this report was made."
    )


def _beyond(header: Mapping[str, str | int]) -> Iterator[str]:
    for name, count in sorted(header.items()):
        if not (found := BEYOND.match(name)):
            continue
        kind, group = found.groups()
        reasons = [
            str(reason)
            for key, reason in sorted(header.items())
            if key.startswith(f"{name}_reason_")
        ]
        words = _SAID[kind](count, _group(group))
        yield f"{words} {_('Reason: %(reason)s', reason='; '.join(reasons))}"


def _group(name: str) -> str:
    return _("any year") if name == ANY else year_name(int(name[1:]))


_SAID = {
    "extra_cards": lambda count, group: _(
        "%(group)s: %(count)s cards more than the roll allows were agreed to.",
        group=group,
        count=count,
    ),
    "roll_raised": lambda count, group: _(
        "%(group)s: the roll was raised by %(count)s students after the launch.",
        group=group,
        count=count,
    ),
}
