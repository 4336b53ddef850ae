"""Sums of answers that a report speaks of: "unsafe or very unsafe", "happened to me at all".

Chosen by the set of answers an item offers, never by the item, so that an own item with the scale
of a shipped one is summed alike. No box has the name of an answer: in the long form of a release
both are in one column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from survey.disclosure.tables import Box
from survey.questionnaires.model import Indicator, Item, ItemKind, Questionnaire, QuestionRole

FEEL_UNSAFE = "feel_unsafe"
FEEL_SAFE = "feel_safe"
AT_LEAST_ONCE = "at_least_once"
WEEKLY = "weekly"
HAPPENED = "happened"
WITNESSED = "witnessed"
AGREED = "agreed"
DISAGREED = "disagreed"
WORRIED = "worried"
CHANGED = "changed"
LOW, MEDIUM, HIGH, VERY_HIGH = "low", "medium", "high", "very_high"

BOXES: Mapping[tuple[str, ...], Mapping[str, tuple[str, ...]]] = {
    ("very_safe", "safe", "middle", "unsafe", "very_unsafe"): {
        FEEL_UNSAFE: ("unsafe", "very_unsafe"),
        FEEL_SAFE: ("very_safe", "safe"),
    },
    # The three faces of the easy-read questionnaire.
    ("safe", "middle", "unsafe"): {FEEL_UNSAFE: ("unsafe",), FEEL_SAFE: ("safe",)},
    ("never", "once_or_twice", "few_times", "most_weeks", "most_days"): {
        AT_LEAST_ONCE: ("once_or_twice", "few_times", "most_weeks", "most_days"),
        WEEKLY: ("most_weeks", "most_days"),
    },
    ("to_me", "saw", "both", "no"): {
        HAPPENED: ("to_me", "both"),
        WITNESSED: ("saw", "both"),
    },
    ("agree_lot", "agree", "not_sure", "disagree", "disagree_lot"): {
        AGREED: ("agree_lot", "agree"),
        DISAGREED: ("disagree", "disagree_lot"),
    },
    ("not_at_all", "bit", "quite", "very"): {WORRIED: ("quite", "very")},
    ("route", "place", "both", "no"): {CHANGED: ("route", "place", "both")},
    # The bands in which the Office for National Statistics publishes its 0-10 items.
    ItemKind.SCALE.fixed_answers: {
        LOW: ("0", "1", "2", "3", "4"),
        MEDIUM: ("5", "6"),
        HIGH: ("7", "8"),
        VERY_HIGH: ("9", "10"),
    },
}
"""From the plain answers of an item, in printed order, to its boxes."""


def plain_answers(item: Item) -> tuple[str, ...]:
    """The answers proper: no "I don't go there", no "none of these", no "prefer not to say"."""
    return item.kind.fixed_answers or tuple(
        option.key for option in item.options if option.role is QuestionRole.ANSWER
    )


def base_of(item: Item) -> tuple[str, ...]:
    """The answers that the row of an item is a share of.

    An item with boxes takes "I don't go there" into its base, so that how many stay away is a
    printed share as well; its boxes are then shares of those who gave a plain answer."""
    if plain_answers(item) not in BOXES:
        return item.base
    away = {option.key for option in item.options if option.role is QuestionRole.AWAY}
    return tuple(key for key in item.answers if key in away or key in item.base)


def boxes_of(item: Item) -> tuple[Box, ...]:
    """The boxes of an item, or of each row of a grid."""
    plain = plain_answers(item)
    of = None if base_of(item) == plain else plain
    return tuple(Box(key, answers, of) for key, answers in BOXES.get(plain, {}).items())


@dataclass(frozen=True)
class Net:
    """An indicator that is a figure of its item's table: an answer, or the box that sums several.
    `box` is None for an answer."""

    table: str
    figure: str
    box: Box | None


def net_of(questionnaire: Questionnaire, indicator: Indicator) -> Net | None:
    """Where an indicator over an item of one answer is in that item's table; None for one over a
    grid or a tick-all item, which has a separate table."""
    (key,) = indicator.items
    item = questionnaire.by_key[key]
    if not item.kind.is_one_table:
        return None
    of = tuple(answer for answer in item.base if answer not in indicator.leave_out)
    yes = tuple(answer for answer in of if answer in indicator.yes)
    base = base_of(item)
    for box in boxes_of(item):
        if set(box.answers) == set(yes) and set(box.of or base) == set(of):
            return Net(key, box.key, box)
    if len(yes) == 1 and set(of) == set(base) and not _is_implied(questionnaire, item, yes[0]):
        return Net(key, yes[0], None)
    box = Box(indicator.table_key, yes, None if set(of) == set(base) else of)
    return Net(key, box.key, box)


def nets_of(questionnaire: Questionnaire, item: Item) -> tuple[Box, ...]:
    """The boxes that an item's indicators add to its table."""
    own = {box.key for box in boxes_of(item)}
    nets = (net_of(questionnaire, one) for one in questionnaire.indicators if item.key in one.items)
    return tuple(net.box for net in nets if net and net.box and net.box.key not in own)


def _is_implied(questionnaire: Questionnaire, item: Item, answer: str) -> bool:
    """Whether an answer is implied by other figures in some rows. Of two answers the first is
    printed; and no answer is printed with a sum that it is in, or that is all the others."""
    base = base_of(item)
    if len(base) == 2:
        return answer != base[0]
    sums = [set(box.answers) for box in boxes_of(item)]
    sums += [
        set(one.yes) & set(base)
        for one in questionnaire.indicators
        if item.key in one.items and len(set(one.yes) & set(base)) > 1
    ]
    return any(answer in one or set(base) - one == {answer} for one in sums)
