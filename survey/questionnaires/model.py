"""The model of a questionnaire: frozen values that cannot be built wrong.

A template and a school's own questionnaire are the same thing, `Questionnaire`; adapting one gives
another. Nothing here knows the web or the database. Every complaint is a `QuestionnaireError` that
names section and item; `load` puts the file's name before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from survey.questionnaires.cache_keys import CacheKey
from survey.questionnaires.help.contacts import NATIONS as NATIONS
from survey.questionnaires.help.contacts import HelpContact as HelpContact
from survey.questionnaires.item_kinds.text import LONGEST_TEXT as LONGEST_TEXT
from survey.questionnaires.item_parts import Audience as Audience
from survey.questionnaires.item_parts import Condition as Condition
from survey.questionnaires.item_parts import Inside as Inside
from survey.questionnaires.item_parts import ItemKind as ItemKind
from survey.questionnaires.item_parts import Option as Option
from survey.questionnaires.item_parts import Place as Place
from survey.questionnaires.item_parts import PlaceList as PlaceList
from survey.questionnaires.item_parts import QuestionRole as QuestionRole
from survey.questionnaires.item_parts import Row as Row
from survey.questionnaires.item_parts import Wording as Wording
from survey.questionnaires.multilingual_text import KEY as KEY
from survey.questionnaires.multilingual_text import QuestionnaireError as QuestionnaireError
from survey.questionnaires.multilingual_text import Text as Text
from survey.questionnaires.multilingual_text import refuse_odd_key, refuse_twins
from survey.questionnaires.table_key import TableKey
from survey.year_groups.values import OLDEST, SECONDARY, YOUNGEST, YearGroup, YearNaming

YEARS = tuple(range(YOUNGEST, OLDEST + 1))
"""The numbers of all year groups that can be asked, youngest first (`year_groups`)."""

FROM_START = SECONDARY
"""The year group from which a question is asked if it says nothing else."""

ITEM_KEY = re.compile(r"[A-Z][0-9]{1,2}[a-z]?")
SECTION_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
YEAR_ITEM = "A1"
"""The item that asks for the year group; its options are y7 to y13, or those on roll (`year_6`)."""

GENDER_ITEM = "A2"
SECOND_GENDER_ITEM = "A2g"
"""Where sex and gender are both asked (`gender_question`), the one that makes no groups."""

GROUPING = (YEAR_ITEM, GENDER_ITEM)
"""The items that make the groups of a report."""

THEMES = (
    "PLACE", "TIME", "JOURNEY", "COMMUNITY", "ONLINE", "BULLY", "VIOL", "SEXHARM", "REL", "EXPLOIT",
    "WEAPON", "DISCRIM", "HELP", "BYST", "CULTURE", "WELLB", "DEMO",
)  # fmt: skip
MOST_OWN_PLACES = 6
MOST_OWN_ITEMS = 8


@dataclass(frozen=True)
class Item:
    """One thing to answer. `options` are the answers of `one`, `several` and `grid`; a scale has
    0-10 and its two end labels; a text has none.

    `core` locks wording and options for comparison between schools. `from_year` is the lowest year
    that is shown the item. `part_of` makes it a follow-up that counts with another item. `rows_if`
    shows each row only to those who gave one of its options to the same row of an earlier grid.
    """

    key: str
    kind: ItemKind
    wording: Text
    themes: tuple[str, ...]
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    places: PlaceList | None = None
    most: int | None = None
    ends: tuple[Text, Text] | None = None
    help: Text | None = None
    from_year: int = FROM_START
    sensitivity: int = 0
    core: bool = False
    on: bool = True
    own: bool = False
    older: Wording | None = None
    show_if: Condition | None = None
    rows_if: Condition | None = None
    part_of: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        for broken, why in self._rules():
            if broken:
                raise QuestionnaireError(f"item {self.key}", why)

    def _rules(self) -> Iterator[tuple[bool, str]]:
        keys = [option.key for option in self.options]
        rows = [row.key for row in self.rows]
        kind, chosen = self.kind, self.kind.has_options
        yield not ITEM_KEY.fullmatch(self.key), "a key is a capital letter and a number, like B2"
        yield chosen and len(keys) < 2, "needs at least two options"
        yield not chosen and bool(keys), f"a {self.kind} has no options"
        yield len(set(keys)) != len(keys), "has two options of one key"
        yield kind.has_rows != bool(rows), "a grid has rows, and nothing else has"
        yield len(set(rows)) != len(rows), "has two rows of one key"
        yield self.most is not None and not kind.takes_several, "only several has a most"
        yield self.most is not None and not 1 <= self.most <= len(keys), "most is out of range"
        yield kind.has_ends != (self.ends is not None), "a scale has two end labels"
        yield self.rows_if is not None and not kind.has_rows, "only a grid has rows to wait"
        yield None not in (self.rows_if, self.show_if), "waits for one earlier question only"
        yield self.from_year not in YEARS, f"from_year is {YEARS[0]} to {YEARS[-1]}"
        yield self.sensitivity not in range(4), "sensitivity is 0 to 3"
        yield self.places is not None and not chosen, f"a {self.kind} has no places"
        yield not self.themes, "carries no theme"
        yield any(theme not in THEMES for theme in self.themes), "carries an unknown theme"
        yield self.core and self.own, "an own item cannot be core"
        yield self.core and not self.on, "a core item cannot be off"
        yield kind.is_text and self.core, "a text cannot be core"
        yield (
            (self.older is not None and not self.from_year < self.older.from_year <= YEARS[-1]),
            "the wording for older students starts after the plain one",
        )

    @property
    def counts_only_ticks(self) -> bool:
        """Can "tick all that apply" be answered only by ticking something? Then a share is of those
        who did, and says nothing of students to whom none of it applied."""
        return self.kind is ItemKind.SEVERAL and not any(
            option.role is QuestionRole.NONE for option in self.options
        )

    def wording_for(self, year: int | None) -> Text:
        """The words a student of `year` reads. An unknown year reads the plain, softer ones."""
        if self.older and year is not None and year >= self.older.from_year:
            return self.older.text
        return self.wording

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    def row_key(self, row: str) -> TableKey:
        """The key of a row's table, and the name of its field in a form."""
        return TableKey.of_row(self.key, row)

    def option_key(self, option: str) -> TableKey:
        """The key of an option's table."""
        return TableKey.of_option(self.key, option)

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """All keys that may be given for it (or for each of its rows), in printed order."""
        return self.kind.fixed_answers or tuple(option.key for option in self.options)

    @property
    def base(self) -> tuple[str, ...]:
        """The answers a percentage is of: not "I don't go there", not "prefer not to say"."""
        return self.kind.fixed_answers or tuple(o.key for o in self.options if o.in_base)


@dataclass(frozen=True)
class SectionWords:
    """What the youngest students read of a section in which they are asked something milder."""

    below_year: int
    title: Text
    soft_landing: Text | None = None


@dataclass(frozen=True)
class Section:
    """A run of items under one title. A soft landing is a page before it that says what comes and
    offers to skip it. `younger` students read softer words of it."""

    key: str
    title: Text
    items: tuple[Item, ...]
    intro: Text | None = None
    soft_landing: Text | None = None
    younger: SectionWords | None = None

    def title_for(self, year: int | None) -> Text:
        """The title a student of `year` reads. An unknown year reads the softer one."""
        return self.younger.title if self._is_softer(year) and self.younger else self.title

    def landing_for(self, year: int | None) -> Text | None:
        """What the soft landing says to a student of `year`."""
        softer = self._is_softer(year) and self.younger and self.younger.soft_landing
        return softer or self.soft_landing

    def _is_softer(self, year: int | None) -> bool:
        return self.younger is not None and (year is None or year < self.younger.below_year)

    def __post_init__(self) -> None:
        if not SECTION_KEY.fullmatch(self.key):
            raise QuestionnaireError(f"section {self.key!r}", "a key is letters, digits and _")
        if not self.items:
            raise QuestionnaireError(f"section {self.key}", "has no items")


@dataclass(frozen=True)
class Indicator:
    """A yes/no figure made of one response: yes, if anything given to `items` is in `yes`; no, if
    something else of the base was given; left out, if nothing was, or only what is in `leave_out`.

    Given means: the option of a `one`, the options of a `several`, the options of all rows of a
    grid. Shares of several schools may be compared only if all items are core."""

    key: str
    label: Text
    items: tuple[str, ...]
    yes: tuple[str, ...]
    leave_out: tuple[str, ...] = ()
    good: bool = False  # is more of it better?

    @property
    def table_key(self) -> TableKey:
        """The key of its table, or of its sum in the table of its item."""
        return TableKey.of_indicator(self.key)


@dataclass(frozen=True)
class Definition:
    """What a word means, in plain words, shown on tap with the items that use it."""

    key: str
    word: Text
    meaning: Text
    items: tuple[str, ...]

    def __post_init__(self) -> None:
        refuse_odd_key(f"definition {self.key!r}", self.key)


@dataclass(frozen=True, eq=False)
class Questionnaire(CacheKey):
    """Everything one may be asked, in order. `places` are those of the grids and lists that name
    them; `help` is shown to everyone, whatever they answered. `audience` says who is asked;
    `crossed`: the report has groups by year and gender together, as well as those by each;
    `naming`: the nation's names for the year groups; `gender_question`: the variant of the question
    about sex or gender (`gender_question`)."""

    key: str
    version: str
    title: Text
    languages: tuple[str, ...]
    places: tuple[Place, ...]
    sections: tuple[Section, ...]
    indicators: tuple[Indicator, ...] = ()
    help: tuple[HelpContact, ...] = ()
    timeframe: Text | None = None
    definitions: tuple[Definition, ...] = ()
    audience: Audience = Audience.STUDENTS
    crossed: bool = False
    naming: YearNaming = YearNaming.ENGLAND_AND_WALES
    gender_question: str = "gender-2026.1"
    by_key: Mapping[str, Item] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, Item] = {}
        for section in self.sections:
            for item in section.items:
                where = f"section {section.key}, item {item.key}"
                if item.key in index:
                    raise QuestionnaireError(where, "the key is used twice")
                self._check_order(where, item, index)
                index[item.key] = item
        refuse_twins("section", (section.key for section in self.sections))
        refuse_twins("place", (place.key for place in self.places))
        refuse_twins("indicator", (indicator.key for indicator in self.indicators))
        refuse_twins("help", (contact.key for contact in self.help))
        refuse_twins("definition", (definition.key for definition in self.definitions))
        for indicator in self.indicators:
            self._check_indicator(indicator, index)
        self._check_ties(index)
        for definition in self.definitions:
            if unknown := set(definition.items) - set(index):
                where = f"definition {definition.key}"
                raise QuestionnaireError(where, f"names no item: {sorted(unknown)}")
        for side in Inside:
            own = [p for p in self.places if p.own and p.inside is side]
            if len(own) > MOST_OWN_PLACES:
                raise QuestionnaireError(f"places {side}", f"at most {MOST_OWN_PLACES} own places")
        if sum(item.own for item in index.values()) > MOST_OWN_ITEMS:
            raise QuestionnaireError("own items", f"at most {MOST_OWN_ITEMS}")
        object.__setattr__(self, "by_key", index)

    @staticmethod
    def _check_order(where: str, item: Item, earlier: Mapping[str, Item]) -> None:
        if item.part_of and item.part_of not in earlier:
            raise QuestionnaireError(where, f"is part of {item.part_of}, which is not before it")
        if item.show_if:
            asked = earlier.get(item.show_if.item)
            if asked is None:
                raise QuestionnaireError(where, f"show_if names {item.show_if.item}, not before it")
            if unknown := set(item.show_if.options) - set(asked.answers):
                raise QuestionnaireError(where, f"show_if names no option: {sorted(unknown)}")
            if asked.rows_if is not None:
                raise QuestionnaireError(where, f"show_if names {asked.key}, which waits itself")
        if item.rows_if:
            asked = earlier.get(item.rows_if.item)
            if asked is None or [row.key for row in asked.rows] != [row.key for row in item.rows]:
                raise QuestionnaireError(where, "rows_if names no earlier grid of the same rows")
            if asked.show_if or asked.rows_if or asked.from_year > item.from_year:
                raise QuestionnaireError(where, f"rows_if names {asked.key}, asked of fewer")
            if unknown := set(item.rows_if.options) - set(asked.base):
                raise QuestionnaireError(where, f"rows_if names no answer: {sorted(unknown)}")

    def _check_ties(self, index: Mapping[str, Item]) -> None:
        """Answers that several figures are made of must be of a form that the audit of a release
        can follow; it is said here, as nothing could be released once a survey was answered."""
        joint: dict[str, Indicator] = {}
        for indicator in self.indicators:
            (key,) = indicator.items
            item, where = index[key], f"indicator {indicator.key}"
            if item.rows_if is not None:
                raise QuestionnaireError(where, f"{key} is asked of other students row by row")
            if item.kind not in (ItemKind.GRID, ItemKind.SEVERAL):
                continue
            if key in joint:
                raise QuestionnaireError(where, f"{key} has an indicator already")
            joint[key] = indicator
            alone = {option.key for option in item.options if option.stands_alone}
            apart = set(indicator.leave_out) & set(item.base) - alone
            if item.kind is ItemKind.SEVERAL and (item.most is not None or apart):
                raise QuestionnaireError(where, f"{key} limits ticks, or it leaves out a choice")
        for item in index.values():
            if item.show_if is None:
                continue
            where, gate = f"item {item.key}", item.show_if
            if gate.item in GROUPING:
                raise QuestionnaireError(where, "cannot wait for the year group or gender")
            over = joint.get(gate.item)
            if over is None:
                continue
            source = index[gate.item]
            most = set(source.base) - set(over.leave_out)
            fits = set(over.yes) <= set(gate.options) <= most
            if source.kind is not ItemKind.GRID or not fits:
                raise QuestionnaireError(where, f"waits for {gate.item}, as {over.key} does not")

    @staticmethod
    def _check_indicator(indicator: Indicator, index: Mapping[str, Item]) -> None:
        where = f"indicator {indicator.key}"
        if len(indicator.items) != 1:
            raise QuestionnaireError(where, "is made of one item")
        for key in indicator.items:
            if key not in index:
                raise QuestionnaireError(where, f"names no item: {key}")
            known = set(index[key].answers)
            if unknown := {*indicator.yes, *indicator.leave_out} - known:
                raise QuestionnaireError(where, f"{key} has no option {sorted(unknown)}")

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def asked(self) -> tuple[Item, ...]:
        """The items that are on; a follow-up is on with the item it belongs to."""
        return tuple(
            item
            for item in self.items
            if item.on and (item.part_of is None or self.by_key[item.part_of].on)
        )

    @cached_property
    def youngest(self) -> int:
        """The youngest year group that can be asked. Students who do not say their year group are
        asked what these are asked."""
        item = self.by_key.get(YEAR_ITEM)
        groups = (YearGroup.parse(option.key) for option in item.options) if item else ()
        return min((group.number for group in groups if group), default=FROM_START)

    @property
    def is_pulse(self) -> bool:
        """Are adults asked? Then there are no year groups and no genders in it."""
        return self.audience is not Audience.STUDENTS

    def definitions_of(self, item: Item, year: int | None = None) -> tuple[Definition, ...]:
        """The words that are shown on tap with an item: those that a student of `year` reads
        there. Younger students may read another wording, without them."""
        texts = [item.wording_for(year), *([item.help] if item.help else [])]
        texts += [row.label for row in item.rows] + [option.label for option in item.options]
        read = " ".join(text.in_language("en") for text in texts)
        return tuple(
            one
            for one in self.definitions
            if item.key in one.items
            and (item.older is None or one.word.in_language("en").casefold() in read.casefold())
        )

    def place(self, key: str) -> Place | None:
        return next((place for place in self.places if place.key == key), None)
