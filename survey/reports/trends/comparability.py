"""Comparability: whether two surveys asked the same, from their frozen questionnaires. Pure.

What makes a question: its words and those for older students, its answers with what each does, the
routing to it, how many may be ticked. A place is known by its key: schools rename places, and what
is compared stays the same. In a list of places of which only so many may be ticked, one place more
takes ticks from the others, so such lists must name the same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from survey.questionnaires.model import Condition, Indicator, Item, Questionnaire, Text
from survey.releases.sums_of_answers import net_of
from survey.releases.tabulation_plan import GENDER_ITEM, TablePlan, plan

READ_BY_NEARLY_ALL = frozenset({"en", "cy"})
"""Languages in which a change of words is another question, where both waves offered them. A
corrected translation into any other is read by few, and does not end a school's comparison."""


class Relation(StrEnum):
    SAME = "same"
    ADDED = "added"  # not asked in the earlier wave
    DROPPED = "dropped"  # not asked in the later one
    OTHERWISE = "otherwise"  # in other words, with other answers, or led to in another way


@dataclass(frozen=True)
class Kin:
    """How a table of the later wave is related to that of the earlier. `from_year`: the youngest
    year that was asked in both; `is_of_same_years`: whether that is all who were asked."""

    relation: Relation
    from_year: int = 0
    is_of_same_years: bool = True


@dataclass(frozen=True)
class Alike:
    """Two questionnaires of one school, the earlier first."""

    before: Questionnaire
    now: Questionnaire

    def of(self, table: str) -> Kin:
        """For any key of a table, also one that neither wave has."""
        earlier, later = self._before.get(table), self._now.get(table)
        if later is None:
            return Kin(Relation.DROPPED)
        if earlier is None:
            return Kin(Relation.ADDED)
        if not self._is_same(earlier, later):
            return Kin(Relation.OTHERWISE)
        spans = [[item.from_year for item in one.items] for one in (earlier, later)]
        return Kin(Relation.SAME, max(max(spans[0]), max(spans[1])), spans[0] == spans[1])

    @cached_property
    def same_genders(self) -> bool:
        """Whether gender was asked in the same way."""
        earlier, later = (one.by_key.get(GENDER_ITEM) for one in (self.before, self.now))
        return earlier is not None and later is not None and self._is_same_item(earlier, later)

    @property
    def same_year_names(self) -> bool:
        """Did a year group mean the same age to students? A survey in Scotland or Northern Ireland
        that was launched under England's names put other ages under its keys."""
        return self.before.naming is self.now.naming

    def old_name(self, place: str) -> Text | None:
        """The name of a place in the earlier survey, if it has another name now."""
        earlier, later = self.before.place(place), self.now.place(place)
        if earlier is None or later is None or self._reads_same(earlier.label, later.label):
            return None
        return earlier.label

    @cached_property
    def _before(self) -> Mapping[str, TablePlan]:
        return _with_indicators(self.before)

    @cached_property
    def _now(self) -> Mapping[str, TablePlan]:
        return _with_indicators(self.now)

    @cached_property
    def _languages(self) -> frozenset[str]:
        return READ_BY_NEARLY_ALL.intersection(self.before.languages, self.now.languages)

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(place.key for one in (self.before, self.now) for place in one.places)

    def _is_same(self, earlier: TablePlan, later: TablePlan) -> bool:
        if (earlier.answers, earlier.base, earlier.boxes) != (
            later.answers,
            later.base,
            later.boxes,
        ):
            return False
        if [item.key for item in earlier.items] != [item.key for item in later.items]:
            return False
        pairs = list(zip(earlier.items, later.items, strict=True))
        if not all(self._is_same_item(*pair) for pair in pairs):
            return False
        if earlier.key.is_indicator:
            return self._is_same_indicator(earlier.key.indicator, pairs)
        row = earlier.key.row
        return all(not row or self._is_same_row(row, *pair) for pair in pairs)

    def _is_same_item(self, earlier: Item, later: Item) -> bool:
        """Everything except the rows of a grid, each of which is a separate question."""
        if (earlier.kind, earlier.most, earlier.places) != (later.kind, later.most, later.places):
            return False
        older = [(one.older.from_year if one.older else None) for one in (earlier, later)]
        words = [
            (earlier.wording, later.wording),
            *zip(earlier.ends or (), later.ends or (), strict=True),
        ]
        if earlier.older and later.older:
            words.append((earlier.older.text, later.older.text))
        return (
            older[0] == older[1]
            and all(self._reads_same(*pair) for pair in words)
            and self._has_same_options(earlier, later)
            and self._is_same_way(earlier.show_if, later.show_if)
            and self._is_same_way_by_row(earlier.rows_if, later.rows_if)
        )

    def _has_same_options(self, earlier: Item, later: Item) -> bool:
        """Places may be renamed; and be more or fewer, where that takes no ticks from others."""
        pairs = [(earlier.option(key), later.option(key)) for key in self._options(earlier, later)]
        for one, other in pairs:
            if one is None or other is None or one.role is not other.role:
                return False
            if one.key not in self._places and not self._reads_same(one.label, other.label):
                return False
        return True

    def _options(self, earlier: Item, later: Item) -> Iterable[str]:
        """The options that must be in both."""
        keys = dict.fromkeys((*earlier.answers, *later.answers))
        if earlier.kind.fixed_answers:
            return ()
        if earlier.places is not None and earlier.most is None:
            return [key for key in keys if key not in self._places]
        return keys

    def _is_same_way(self, earlier: Condition | None, later: Condition | None) -> bool:
        """Whether the same students were routed to it."""
        if earlier != later:
            return False
        if earlier is None:
            return True
        asked = [one.by_key[earlier.item] for one in (self.before, self.now)]
        return self._is_same_item(*asked) and self._has_same_rows(*asked)

    def _is_same_way_by_row(self, earlier: Condition | None, later: Condition | None) -> bool:
        """The same of a grid whose rows wait one by one, so that other rows make no difference."""
        if earlier != later or earlier is None:
            return earlier == later
        return self._is_same_item(*(one.by_key[earlier.item] for one in (self.before, self.now)))

    def _has_same_rows(self, earlier: Item, later: Item) -> bool:
        keys = [row.key for row in earlier.rows]
        return keys == [row.key for row in later.rows] and all(
            self._is_same_row(key, earlier, later) for key in keys
        )

    def _is_same_row(self, key: str, earlier: Item, later: Item) -> bool:
        labels = [row.label for one in (earlier, later) for row in one.rows if row.key == key]
        return len(labels) == 2 and (earlier.places is not None or self._reads_same(*labels))

    def _is_same_indicator(self, key: str, pairs: Iterable[tuple[Item, Item]]) -> bool:
        earlier, later = (_indicator(one, key) for one in (self.before, self.now))
        made_of = (earlier.items, earlier.yes, earlier.leave_out, earlier.good)
        return made_of == (later.items, later.yes, later.leave_out, later.good) and all(
            self._has_same_rows(*pair) for pair in pairs
        )

    def _reads_same(self, earlier: Text, later: Text) -> bool:
        shared = [
            tag for tag, _ in earlier.by_language if later.has(tag) and tag in self._languages
        ]
        if not shared:
            return earlier.in_language("en") == later.in_language("en")
        return all(earlier.in_language(tag) == later.in_language(tag) for tag in shared)


def _with_indicators(questionnaire: Questionnaire) -> dict[str, TablePlan]:
    """All tables; an indicator that is a figure of its item's table is that table by its name."""
    found: dict[str, TablePlan] = {one.key: one for one in plan(questionnaire)}
    for indicator in questionnaire.indicators:
        net = net_of(questionnaire, indicator)
        if net is not None and net.table in found:
            key = indicator.table_key
            found[key] = replace(found[net.table], key=key)
    return found


def _indicator(questionnaire: Questionnaire, key: str) -> Indicator:
    return next(one for one in questionnaire.indicators if one.key == key)
