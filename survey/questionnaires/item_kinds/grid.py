"""Several rows that are each answered with the same options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from survey.disclosure.sources import SourceKind as AuditKind
from survey.questionnaires.item_kinds.answer import Answer, Answers, Given, TextTooLongError, Wheel
from survey.questionnaires.item_kinds.base_kind import (
    FULL_PAGE,
    BlockLayout,
    Counted,
    ItemKind,
    ItemLike,
    _l,
    picked,
    place_of,
    register,
    wrong_kind,
)
from survey.questionnaires.table_key import TableKey


@register("grid")
class GridKind(ItemKind):
    has_rows = True
    page_weight = FULL_PAGE
    stored_as = dict
    audited_as = AuditKind.GRID
    is_one_table = False
    block = BlockLayout.ROWS

    def fields(self, item: ItemLike) -> tuple[str, ...]:
        return tuple(TableKey.of_row(item.key, row.key) for row in item.rows)

    def parse(self, item: ItemLike, given: Given) -> Mapping[str, str]:
        return {row.key: picked(item, given[row.key]) for row in item.rows if row.key in given}

    def wheels(self, item: ItemLike) -> list[Wheel]:
        return [Wheel(field, item.answers) for field in self.fields(item)]

    def width(self, item: ItemLike) -> int:
        return len(item.rows)

    def to_bytes(self, item: ItemLike, answer: Answer) -> bytes:
        """A byte for each row."""
        if not isinstance(answer, dict):
            raise wrong_kind(item)
        if not set(answer) <= {row.key for row in item.rows}:
            raise TextTooLongError(f"item {item.key}: no such row")
        return bytes(
            place_of(item, answer[row.key]) if row.key in answer else 0 for row in item.rows
        )

    def from_bytes(self, item: ItemLike, part: bytes) -> Mapping[str, str]:
        rows = zip(item.rows, part, strict=True)
        return {row.key: item.answers[place - 1] for row, place in rows if place}

    def tables(self, item: ItemLike, base: tuple[str, ...]) -> Iterator[Counted]:
        """One for each row."""
        for row in item.rows:
            read = _of_row(item.key, row.key, frozenset(base))
            yield Counted(TableKey.of_row(item.key, row.key), base, read, row.key)

    def how(self, item: ItemLike) -> tuple[str, Mapping[str, object]]:
        return _l("Choose one for each"), {}


def _of_row(key: str, row: str, base: frozenset[str]) -> Callable[[Answers], str | None]:
    def read(answers: Answers) -> str | None:
        answer = answers.get(key)
        given = answer.get(row) if isinstance(answer, Mapping) else None
        return given if given in base else None

    return read


ItemKind.GRID = GRID = ItemKind("grid")
