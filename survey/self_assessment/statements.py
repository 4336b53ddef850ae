"""The four areas of a self-assessment and their statements, in our words, informed by Contextual
Safeguarding practice.

A statement keeps its key. One whose meaning changes gets a new key, so that two assessments compare
like with like.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey.errors import NotThereError
from survey.i18n import gettext as _


@dataclass(frozen=True)
class Statement:
    key: str
    words: LazyString


@dataclass(frozen=True)
class AssessmentArea:
    key: str
    title: LazyString
    about: LazyString
    statements: tuple[Statement, ...]


AREAS = (
    AssessmentArea(
        "systems",
        _l("Leadership and systems"),
        _l("Who leads, what is written down, and whether patterns can be seen."),
        (
            Statement(
                "lead",
                _l(
                    "One named leader answers for safety in places and peer groups, and governors"
                    " ask about it at least once a year."
                ),
            ),
            Statement(
                "policy",
                _l(
                    "Our policy says that harm between students happens in places and groups, and"
                    " what we then do about the place, not only about the child."
                ),
            ),
            Statement(
                "records",
                _l(
                    "Each concern is recorded with where, when and among whom it happened, so that"
                    " patterns can be seen."
                ),
            ),
            Statement(
                "training",
                _l(
                    "Everybody who works here is trained to notice harm between students, also at"
                    " lunch, on the gate, on transport and on the site."
                ),
            ),
            Statement(
                "students",
                _l(
                    "Students of every year and background help to decide what we look at and what"
                    " we change."
                ),
            ),
        ),
    ),
    AssessmentArea(
        "prevention",
        _l("Prevention"),
        _l("What makes harm less likely before anybody is hurt."),
        (
            Statement(
                "lessons",
                _l(
                    "Lessons on relationships, consent, online life and exploitation build up year"
                    " by year, and take up what our students tell us."
                ),
            ),
            Statement(
                "cover",
                _l(
                    "Timetable, supervision and building are planned so that known weak places and"
                    " times are covered."
                ),
            ),
            Statement(
                "language",
                _l("Staff challenge demeaning words and jokes every time, and in the same way."),
            ),
            Statement(
                "bystanders",
                _l("Students know safe ways to help when they see harm, and have practised them."),
            ),
            Statement(
                "parents",
                _l("Parents and carers know what we are working on and how they can help."),
            ),
        ),
    ),
    AssessmentArea(
        "assessment",
        _l("Finding and assessing places and peer groups"),
        _l("How you learn where harm happens, and look at the place and the group."),
        (
            Statement(
                "asking",
                _l(
                    "At least once a year students tell us where and when they feel unsafe, and all"
                    " of them can, whatever their needs or language."
                ),
            ),
            Statement(
                "together",
                _l(
                    "We lay side by side what surveys, incidents, attendance and staff say of one"
                    " and the same place."
                ),
            ),
            Statement(
                "groups",
                _l(
                    "When somebody is harmed we look at the place and the peer group too, not only"
                    " at the students who are named."
                ),
            ),
            Statement(
                "walks",
                _l("We walk through our places with students and see them as they do."),
            ),
            Statement(
                "missing",
                _l("We notice who is missing from our figures, and find other ways to hear them."),
            ),
        ),
    ),
    AssessmentArea(
        "response",
        _l("Response and partnership"),
        _l("What changes afterwards, with whom, and who hears of it."),
        (
            Statement(
                "plans",
                _l(
                    "Each place or group that worries us has a plan with an owner, a date and a way"
                    " to see whether it worked."
                ),
            ),
            Statement(
                "support",
                _l(
                    "Students who are harmed are helped without losing out on school, and those who"
                    " harm are helped to stop."
                ),
            ),
            Statement(
                "partners",
                _l(
                    "For places outside the gates we act with the council, police, transport,"
                    " shops and youth services."
                ),
            ),
            Statement(
                "answer",
                _l(
                    "A student who tells us something hears what happens next, from somebody they"
                    " know."
                ),
            ),
            Statement(
                "told",
                _l(
                    "We tell students what we heard and what we did, and check later whether the"
                    " place has changed."
                ),
            ),
        ),
    ),
)

KEYS = tuple(statement.key for area in AREAS for statement in area.statements)


class NoSuchStatementError(NotThereError):
    """A self-assessment has no such statement."""


def find_statement(key: str) -> Statement:
    for area in AREAS:
        for statement in area.statements:
            if statement.key == key:
                return statement
    raise NoSuchStatementError(_("There is no such statement."))


def area_of(key: str) -> AssessmentArea:
    """The area of a statement."""
    statement = find_statement(key)
    return next(area for area in AREAS if statement in area.statements)
