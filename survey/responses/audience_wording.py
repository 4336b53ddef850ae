"""Words of the phone pages that differ by audience: students, parents and carers, or staff. All
other words are the same for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.questionnaires.model import Audience


@dataclass(frozen=True)
class Addressed:
    """`wants`, or `wants_with` where there is an authority, begins the first page; `freely` asks
    whether to take part; `another_card` says where to get one; `turn_to` is above the help
    contacts. `has_parents`: only students can be kept out by someone else."""

    wants: LazyString
    wants_with: LazyString
    small_groups: LazyString
    freely: LazyString
    another_card: LazyString
    turn_to: LazyString
    has_parents: bool = False


STUDENTS = Addressed(
    wants=_l("%(school)s wants to know where you feel safe, and where you do not."),
    wants_with=_l(
        "%(school)s and %(authority)s want to know where you feel safe, and where you do not."
    ),
    small_groups=_l(
        "If fewer than %(number)s students answered something, we do not show it. All other numbers"
        " are rounded. So no one can work out what you said."
    ),
    freely=_l(
        "It is up to you. No one will be cross if you say no, and no one sees what you chose."
    ),
    another_card=_l(
        "If not, ask the adult in the room for another card. Type its code here and send."
    ),
    turn_to=_l("If you feel unsafe, tell an adult you trust."),
    has_parents=True,
)

SMALL_GROUPS = _l(
    "If fewer than %(number)s people answered something, we do not show it. All other numbers are"
    " rounded. So no one can work out what you said."
)
FREELY = _l("It is up to you, and no one is told what you chose.")
ANOTHER_CARD = _l("If not, ask the school for another card. Type its code here and send.")
TURN_TO = _l("If you are worried about a child, tell the school or call one of these.")

ADDRESSED: Mapping[Audience, Addressed] = {
    Audience.STUDENTS: STUDENTS,
    Audience.PARENTS: Addressed(
        wants=_l("%(school)s wants to know which places worry you for your child."),
        wants_with=_l(
            "%(school)s and %(authority)s want to know which places worry you for your child."
        ),
        small_groups=SMALL_GROUPS,
        freely=FREELY,
        another_card=ANOTHER_CARD,
        turn_to=TURN_TO,
    ),
    Audience.STAFF: Addressed(
        wants=_l("%(school)s wants to know what you see at work, and which places need more care."),
        wants_with=_l(
            "%(school)s and %(authority)s want to know what you see at work, and which places need"
            " more care."
        ),
        small_groups=SMALL_GROUPS,
        freely=FREELY,
        another_card=ANOTHER_CARD,
        turn_to=TURN_TO,
    ),
}
