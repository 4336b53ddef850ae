"""Any number of options from a list, or up to `most`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from survey.disclosure.sources import SourceKind as AuditKind
from survey.questionnaires.item_kinds.answer import (
    Answer,
    AnswerError,
    Answers,
    Given,
    Refusal,
    Wheel,
    options_given,
)
from survey.questionnaires.item_kinds.base_kind import (
    NO,
    YES,
    BlockLayout,
    Counted,
    ItemKind,
    ItemLike,
    _l,
    place_of,
    register,
    wrong_kind,
)
from survey.questionnaires.table_key import TableKey


@register("several")
class SeveralKind(ItemKind):
    takes_several = True
    page_weight = 2
    stored_as = tuple
    audited_as = AuditKind.SEVERAL
    is_one_table = False
    has_sums = False
    block = BlockLayout.RANKED
    mark = "square"

    def sent(self, item: ItemLike) -> tuple[str, ...]:
        return (item.key,) * len(item.answers)

    def parse(self, item: ItemLike, given: Given) -> tuple[str, ...]:
        """The options in printed order, so that the order of ticking is not kept."""
        ticked = set(given[""])
        if ticked - set(item.answers):
            raise AnswerError(item.key, Refusal.NOT_AN_OPTION)
        chosen = tuple(option for option in item.options if option.key in ticked)
        if len(chosen) > 1 and any(option.stands_alone for option in chosen):
            raise AnswerError(item.key, Refusal.STANDS_ALONE)
        if item.most is not None and len(chosen) > item.most:
            raise AnswerError(item.key, Refusal.TOO_MANY, item.most)
        return tuple(option.key for option in chosen)

    def wheels(self, item: ItemLike) -> list[Wheel]:
        return [Wheel(item.key, (option,), is_tick=True) for option in item.answers]

    def width(self, item: ItemLike) -> int:
        return (len(item.answers) + 7) // 8

    def to_bytes(self, item: ItemLike, answer: Answer) -> bytes:
        """A bit for each option."""
        if not isinstance(answer, tuple):
            raise wrong_kind(item)
        ticked = sum(1 << (place_of(item, option) - 1) for option in set(answer))
        return ticked.to_bytes(self.width(item), "big")

    def from_bytes(self, item: ItemLike, part: bytes) -> tuple[str, ...]:
        ticked = int.from_bytes(part, "big")
        return tuple(one for n, one in enumerate(item.answers) if ticked >> n & 1)

    def alone(self, item: ItemLike) -> tuple[str, ...]:
        return tuple(o.key for o in item.options if o.stands_alone and o.in_base)

    def tables(self, item: ItemLike, base: tuple[str, ...]) -> Iterator[Counted]:
        """One for each option of the base: did the student tick it?"""
        offered = frozenset(item.base)
        for option in item.base:
            key = TableKey.of_option(item.key, option)
            yield Counted(key, (YES, NO), _ticked(item.key, option, offered), option)

    def how(self, item: ItemLike) -> tuple[str, Mapping[str, object]]:
        if item.most is None:
            return _l("Choose as many as you like"), {}
        return _l("Choose up to %(most)s"), {"most": item.most}


def _ticked(key: str, option: str, offered: frozenset[str]) -> Callable[[Answers], str | None]:
    def read(answers: Answers) -> str | None:
        given = options_given(answers.get(key))
        if option in given:
            return YES
        return NO if offered & given else None

    return read


ItemKind.SEVERAL = SEVERAL = ItemKind("several")
