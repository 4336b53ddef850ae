"""The parts of questions: kinds, options, places, rows, conditions and wordings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from survey.questionnaires.item_kinds import ItemKind as ItemKind
from survey.questionnaires.multilingual_text import Text, refuse_odd_key


class QuestionRole(StrEnum):
    """The role of an option."""

    ANSWER = "answer"
    NONE = "none"  # "none of these": an answer that excludes the others
    AWAY = "away"  # "I don't go there": outside the base of the item, shown apart
    PREFER_NOT = "prefer_not"  # excludes the others, outside the base


class Audience(StrEnum):
    """Who is asked. Adults are asked no year and no gender, so their reports have one group."""

    STUDENTS = "students"
    PARENTS = "parents"
    STAFF = "staff"


class Inside(StrEnum):
    """Whether a place is at school or outside it."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class PlaceList(StrEnum):
    """Which places make the rows of a grid or the options of a list."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    ALL = "all"


@dataclass(frozen=True)
class Option:
    """One answer. `symbol` names a picture shown next to its words, never in their place."""

    key: str
    label: Text
    role: QuestionRole = QuestionRole.ANSWER
    symbol: str | None = None

    def __post_init__(self) -> None:
        refuse_odd_key(f"option {self.key!r}", self.key)

    @property
    def stands_alone(self) -> bool:
        return self.role in (QuestionRole.NONE, QuestionRole.PREFER_NOT)

    @property
    def in_base(self) -> bool:
        return self.role in (QuestionRole.ANSWER, QuestionRole.NONE)


@dataclass(frozen=True)
class Place:
    """Somewhere a student may be. `key` is the canonical type that authorities compare; an own
    place has no counterpart elsewhere and never leaves the school's own report."""

    key: str
    label: Text
    inside: Inside
    own: bool = False
    present: bool = True
    symbol: str | None = None

    def __post_init__(self) -> None:
        refuse_odd_key(f"place {self.key!r}", self.key)


@dataclass(frozen=True)
class Row:
    """One line of a grid: answered with the grid's options, like a separate item."""

    key: str
    label: Text
    symbol: str | None = None


@dataclass(frozen=True)
class Condition:
    """Show an item only if an earlier one was answered with any of `options`.

    For a grid, any row answered so will do. A skipped earlier item means: not shown."""

    item: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Wording:
    """A wording for students of `from_year` and above, in place of the plain one."""

    from_year: int
    text: Text
