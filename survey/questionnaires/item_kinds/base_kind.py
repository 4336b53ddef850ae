"""`ItemKind`: what every kind of question defines, and the register of kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol, TypeVar

from survey.disclosure.sources import SourceKind as AuditKind
from survey.questionnaires.item_kinds.answer import (
    Answer,
    AnswerError,
    Answers,
    Given,
    Refusal,
    TextTooLongError,
    Wheel,
)
from survey.questionnaires.table_key import TableKey

FULL_PAGE = 4
"""The weight of the items that fill a page."""

MOST_OPTIONS = 254
"""One byte of a stored answer says which option was picked; zero is none."""

YES, NO = "yes", "no"
"""The answers of a table that counts one option or an indicator."""


class BlockLayout(StrEnum):
    """How a report draws the tables of an item."""

    ANSWERS = "answers"  # each answer of one table, in the order it was offered
    RANKED = "ranked"  # a table for each option, the most named first
    ROWS = "rows"  # a table for each row
    BANDS = "bands"  # the sums of a scale
    NONE = "none"  # the item is in no table


class OptionLike(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def stands_alone(self) -> bool: ...
    @property
    def in_base(self) -> bool: ...


class RowLike(Protocol):
    @property
    def key(self) -> str: ...


class ItemLike(Protocol):
    """What a kind needs to know of an item; the model is in `questionnaires.model`."""

    @property
    def key(self) -> str: ...
    @property
    def options(self) -> Sequence[OptionLike]: ...
    @property
    def rows(self) -> Sequence[RowLike]: ...
    @property
    def most(self) -> int | None: ...
    @property
    def answers(self) -> tuple[str, ...]: ...
    @property
    def base(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Counted:
    """One table of an item. `read` gives the answer that a response counts as, None if it gave
    none of `answers`; `part` is the row or option that the table is of."""

    key: TableKey
    answers: tuple[str, ...]
    read: Callable[[Answers], str | None]
    part: str | None = None


class ItemKind(str):
    """The kind of an item. Its text is the name that templates, stored questionnaires and the
    partial `responses/items/<name>.html` have; `ItemKind(name)` is the registered kind or a
    ValueError.

    A subclass registered with `@register(name)` is a new kind. This class answers for one choice
    from options; a kind overrides what differs.
    """

    ONE: ClassVar[ItemKind]
    SEVERAL: ClassVar[ItemKind]
    GRID: ClassVar[ItemKind]
    SCALE: ClassVar[ItemKind]
    TEXT: ClassVar[ItemKind]
    known: ClassVar[dict[str, ItemKind]] = {}

    has_options: ClassVar[bool] = True
    has_rows: ClassVar[bool] = False
    has_ends: ClassVar[bool] = False
    """Are the two ends of its answers named?"""
    takes_several: ClassVar[bool] = False
    is_text: ClassVar[bool] = False
    fixed_answers: ClassVar[tuple[str, ...]] = ()
    """The answers, where they are the same for every item of the kind."""
    is_in_format: ClassVar[bool] = False
    """Does the format of published questionnaires say those answers? Else each document does."""

    page_weight: ClassVar[int] = 1
    stored_as: ClassVar[type | None] = str
    """The type of an answer in a stored response; None if it is stored apart."""
    audited_as: ClassVar[AuditKind | None] = AuditKind.ONE
    is_one_table: ClassVar[bool] = True
    """Are its indicators sums of its one table?"""
    has_sums: ClassVar[bool] = True
    """Do its tables carry the sums that belong to their answers?"""
    block: ClassVar[BlockLayout] = BlockLayout.ANSWERS
    mark: ClassVar[str] = "round"
    """The shape printed before each answer: round, square or none."""

    def __new__(cls, name: str) -> ItemKind:
        try:
            return cls.known[name]
        except KeyError:
            raise ValueError(f"{name!r} is not a kind of item") from None

    def __reduce__(self) -> tuple[type[ItemKind], tuple[str]]:
        return ItemKind, (str(self),)

    @property
    def value(self) -> str:
        return str(self)

    # From the form

    def fields(self, item: ItemLike) -> tuple[str, ...]:
        """The names of the fields that ask for it."""
        return (item.key,)

    def sent(self, item: ItemLike) -> tuple[str, ...]:
        """The names of the fields that the fullest answer sends."""
        return self.fields(item)

    def parse(self, item: ItemLike, given: Given) -> Answer:
        """The answer, or an `AnswerError`."""
        return picked(item, given[""])

    # Between two pages, and in the ballot box

    def wheels(self, item: ItemLike) -> list[Wheel]:
        return [Wheel(item.key, item.answers)]

    def width(self, item: ItemLike) -> int:
        """The bytes that a stored answer takes, whatever it is."""
        return 1

    def to_bytes(self, item: ItemLike, answer: Answer) -> bytes:
        """The answer in `width` bytes, or a `TextTooLongError`."""
        if not isinstance(answer, str):
            raise wrong_kind(item)
        return bytes((place_of(item, answer),))

    def from_bytes(self, item: ItemLike, part: bytes) -> Answer | None:
        return item.answers[part[0] - 1] if part[0] else None

    # In tables and on paper

    def alone(self, item: ItemLike) -> tuple[str, ...]:
        """The options of the base that go with no other."""
        return ()

    def tables(self, item: ItemLike, base: tuple[str, ...]) -> Iterator[Counted]:
        """Its tables; `base` are the answers that a share is of."""
        yield Counted(TableKey(item.key), base, reader(item.key, frozenset(base)))

    def how(self, item: ItemLike) -> tuple[str, Mapping[str, object]]:
        """How it is answered, for a printed list: a message, and the values in it."""
        return _l("Choose one"), {}


Made = TypeVar("Made", bound=type[ItemKind])


def register(name: str) -> Callable[[Made], Made]:
    """Makes the decorated class the kind of that name."""

    def decorate(made: Made) -> Made:
        ItemKind.known[name] = str.__new__(made, name)
        return made

    return decorate


def _l(message: str) -> str:
    """Marks a message for the catalogues; it is translated where it is printed."""
    return message


def picked(item: ItemLike, values: Sequence[str]) -> str:
    """The one answer among the values of a field."""
    if len(values) != 1:
        raise AnswerError(item.key, Refusal.MALFORMED)
    if values[0] not in item.answers:
        raise AnswerError(item.key, Refusal.NOT_AN_OPTION)
    return values[0]


def place_of(item: ItemLike, option: str) -> int:
    """The number of an option, counted from one."""
    if option not in item.answers or len(item.answers) > MOST_OPTIONS:
        raise TextTooLongError(f"item {item.key}: no such option")
    return item.answers.index(option) + 1


def wrong_kind(item: ItemLike) -> TextTooLongError:
    return TextTooLongError(f"item {item.key}: an answer of another kind")


def reader(key: str, base: frozenset[str]) -> Callable[[Answers], str | None]:
    """Reads the one answer given to an item."""

    def read(answers: Answers) -> str | None:
        answer = answers.get(key)
        return answer if isinstance(answer, str) and answer in base else None

    return read
