"""The days on which actions are due, as a calendar file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from icalendar import Calendar, Event

from survey.actions.report_wording import name_of
from survey.actions.states import ENDED
from survey.actions.tracking import Followed

KIND = "text/calendar; charset=utf-8"


def calendar_of(followed: Iterable[Followed], address: str, title: str) -> bytes:
    """An entry for the day of each action that continues. An entry keeps its name, so that a
    calendar which reads the file again moves it. `address` is where the pages are reached."""
    calendar = Calendar()
    calendar.add("prodid", "-//Safer Places//Actions//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    for one in followed:
        if one.action.state not in ENDED:
            calendar.add_component(_entry(one, address))
    return bytes(calendar.to_ical())


def _entry(one: Followed, address: str) -> Event:
    action = one.action
    entry = Event()
    entry.add("uid", f"{action.action_id}@safer-places")
    entry.add("dtstamp", datetime.combine(action.planned_on, time(), UTC))
    entry.add("dtstart", action.due_on)
    entry.add("dtend", action.due_on + timedelta(days=1))
    entry.add("summary", f"{name_of(one)}: {action.goal}")
    entry.add("description", f"{action.owner}\n{action.steps_taken}")
    entry.add("url", f"{address}/schools/{action.school_id}/actions/{action.action_id}")
    entry.add("transp", "TRANSPARENT")
    return entry
