"""The seat in which a person acts: chosen for each request, and checked against the database.

A page whose address names an organisation is opened in the person's seat there, so that a link in
an e-mail or a form in another tab works. Other pages are opened in the seat that was used last,
which the session keeps. A seat that has ended is no longer among those to choose from.
"""

from __future__ import annotations

from flask import request, session

from survey.organisations.models import Member, Membership
from survey.permissions import OWNERS, is_own

SEAT = "seat"


def choose(member: Member) -> Membership | None:
    """Sets the seat in which the member acts in this request; None if they have none."""
    seats = member.seats
    if not seats:
        return None
    kept = session.get(SEAT)
    last = next((one for one in seats if str(one.membership_id) == kept), seats[0])
    named = request.view_args or {}
    chosen = last
    if any(name in named for name in OWNERS):
        chosen = next((one for one in (last, *seats) if is_own(one, named)), last)
        if len(seats) > 1 and is_own(chosen, named):
            keep(chosen)
    member.act_in(chosen)
    return chosen


def keep(seat: Membership) -> None:
    """Pages that name no organisation are opened in this seat from now on."""
    if session.get(SEAT) != str(seat.membership_id):
        session[SEAT] = str(seat.membership_id)
