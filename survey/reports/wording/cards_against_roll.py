"""Sentences on the cards of a survey: how many were made compared with the roll, and extra cards.

They show every reader of a report whether one person could have answered more than once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from survey.i18n import gettext as _
from survey.i18n import ngettext
from survey.year_groups.wording import year_name

ANY = "any"
BEYOND = re.compile(r"^(extra_cards|roll_raised)_(any|y\d+)$")


def sentences(header: Mapping[str, str | int]) -> list[str]:
    """The cards made and the roll, then each extra that a second person approved. Empty for a
    release made before cards were counted."""
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
    "extra_cards": lambda count, group: ngettext(
        "%(group)s: %(num)s card more than the roll allows was agreed to.",
        "%(group)s: %(num)s cards more than the roll allows were agreed to.",
        int(count),
        group=group,
    ),
    "roll_raised": lambda count, group: ngettext(
        "%(group)s: the roll was raised by %(num)s student after the launch.",
        "%(group)s: the roll was raised by %(num)s students after the launch.",
        int(count),
        group=group,
    ),
}
