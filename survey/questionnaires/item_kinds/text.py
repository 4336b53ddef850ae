"""The student's own words, which are in no table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from survey.questionnaires.item_kinds import fixed_length_text
from survey.questionnaires.item_kinds.answer import (
    Answer,
    AnswerError,
    Given,
    Refusal,
    TextTooLongError,
    Wheel,
)
from survey.questionnaires.item_kinds.base_kind import (
    BlockLayout,
    Counted,
    ItemKind,
    ItemLike,
    _l,
    register,
    wrong_kind,
)
from survey.typed_text import kept, length

LONGEST_TEXT = 300


@register("text")
class TextKind(ItemKind):
    has_options = False
    is_text = True
    page_weight = 2
    stored_as = None
    audited_as = None
    is_one_table = False
    has_sums = False
    block = BlockLayout.NONE
    mark = ""

    def parse(self, item: ItemLike, given: Given) -> str:
        if len(given[""]) != 1:
            raise AnswerError(item.key, Refusal.MALFORMED)
        words = kept(given[""][0])
        if length(words) > LONGEST_TEXT or not fixed_length_text.fits(words):
            raise AnswerError(item.key, Refusal.TOO_LONG, LONGEST_TEXT)
        return words

    def wheels(self, item: ItemLike) -> list[Wheel]:
        return []

    def width(self, item: ItemLike) -> int:
        return fixed_length_text.WIDTH

    def to_bytes(self, item: ItemLike, answer: Answer) -> bytes:
        if not isinstance(answer, str):
            raise wrong_kind(item)
        room = fixed_length_text.write(answer)
        if room is None:
            raise TextTooLongError(f"item {item.key}: the text is too long")
        return room

    def from_bytes(self, item: ItemLike, part: bytes) -> str:
        return fixed_length_text.read(part)

    def tables(self, item: ItemLike, base: tuple[str, ...]) -> Iterator[Counted]:
        return iter(())

    def how(self, item: ItemLike) -> tuple[str, Mapping[str, object]]:
        return _l("Write in your own words"), {}


ItemKind.TEXT = TEXT = ItemKind("text")
