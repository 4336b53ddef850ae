"""Contacts that students and adults can turn to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from survey.questionnaires.text import QuestionnaireError, Text, refuse_odd_key

NATIONS = ("england", "wales", "scotland", "northern_ireland")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class HelpContact:
    """Where to turn. An own contact is somebody at the school, filled in before launch; the others
    come with the template and carry the day they were last checked, if they ever were, and how:
    that is for staff, who are told when a contact is due (`contact_expiry`)."""

    key: str
    name: Text
    how: Text
    nations: tuple[str, ...]
    last_checked: str = ""
    checked: str = ""
    link: str | None = None
    room: Text | None = None
    times: Text | None = None
    email: str | None = None
    own: bool = False

    def __post_init__(self) -> None:
        where = f"help {self.key}"
        refuse_odd_key(where, self.key)
        if not self.nations or set(self.nations) - set(NATIONS):
            raise QuestionnaireError(where, f"nations are some of {', '.join(NATIONS)}")
        if self.last_checked and not DAY.fullmatch(self.last_checked):
            raise QuestionnaireError(where, "last_checked is a day like 2026-11-23")
        if not self.own and not self.checked:
            raise QuestionnaireError(where, "checked says how it was checked, or that it was not")
