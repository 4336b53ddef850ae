"""The overview of a chapter: several questions together, before the chapter shows each. Pure.

Found by the boxes that tables carry and by the answers that items share, so that own items fall
into place. Only the chain of help goes by key: its items keep theirs in every questionnaire of
ours, and their order is what makes it a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from survey.questionnaires.item_kinds.base_kind import BlockLayout as Shape
from survey.questionnaires.model import Indicator, Item, ItemKind, QuestionRole
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.reports.school.question_blocks import TONES, indicator_measure, ranked
from survey.reports.school.report_data import Block, Heat, Line, Measure, ReportData, Share, Tone
from survey.reports.school.who_was_asked import QuestionBase

HAPPENED = Measure(sums_of_answers.HAPPENED, None, TONES[sums_of_answers.HAPPENED])
LOW = Measure(
    sums_of_answers.LOW,
    None,
    Tone.ADVERSE,
    sums_of_answers.BOXES[ItemKind.SCALE.fixed_answers][sums_of_answers.LOW],
)

CHAIN = ("L1", "L2", "L4", "L3")
"""The chain of help: is there an adult to tell, who did students tell, did it help, what stops
them?"""

HARM, HELP = "peer-harm", "help"
"""The chapters that begin with an overview."""

MOST_NAMED = 4
"""How many answers of a choice of several a link of the chain shows."""


@dataclass(frozen=True)
class Experiences:
    """Everything that may have happened to a student, by group; `themes` and `asked` follow its
    lines."""

    heat: Heat
    themes: tuple[str, ...]
    asked: tuple[QuestionBase, ...] = ()


@dataclass(frozen=True)
class Grounds:
    """What students were treated badly because of, and what they hear unkind words about. Each line
    has both shares, of the item that asks the one and of that which asks the other."""

    met: str
    heard: str
    lines: tuple[Line, ...]
    tone: Tone = Tone.ADVERSE


@dataclass(frozen=True)
class FactorLink:
    """One question of the chain of help. `lead` is what an indicator says of it in one figure."""

    item: str
    title: str
    lead: Line | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Overviews:
    happened: Experiences | None
    grounds: Grounds | None
    low: Heat | None
    chain: tuple[FactorLink, ...]

    def told(self, chapter: str, blocks: Iterable[Block]) -> frozenset[str]:
        """The keys of a chapter's blocks whose first figures an overview shows already."""
        tables: set[str] = set()
        if chapter == HARM and self.happened:
            tables |= {line.first.table for line in self.happened.heat.lines}
        if chapter == HARM and self.grounds:
            tables |= {share.table for line in self.grounds.lines for share in line.shares}
        if chapter == HELP:
            for link in self.chain:
                lines = (*link.lines, *((link.lead,) if link.lead else ()))
                tables |= {line.first.table for line in lines}
        return frozenset(
            block.key for block in blocks if any(share.table in tables for share in _led_by(block))
        )


def _led_by(block: Block) -> tuple[Share, ...]:
    """The first share of each line of a block's charts."""
    return tuple(line.first for panel in block.panels for line in panel.lines)


def read_overviews(reading: ReportData) -> Overviews:
    if not reading.groups():  # so few took part that not even their number is printed
        return Overviews(None, None, None, ())
    return Overviews(_happened(reading), _grounds(reading), _low(reading), _chain(reading))


def _happened(reading: ReportData) -> Experiences | None:
    groups = reading.groups()
    found = [
        (
            item.themes[0],
            Line(Measure(table, label), _across(reading, table, sums_of_answers.HAPPENED)),
        )
        for item in reading.questionnaire.items
        for table, label in _rows(reading, item, sums_of_answers.HAPPENED)
    ]
    if len({line.of for _theme, line in found}) < 2:
        return None
    themes = {line: theme for theme, line in found}
    lines = ranked(line for _theme, line in found)
    heat = Heat("happened", HAPPENED, groups, lines)
    asked = tuple(reading.asked(line.first.table) for line in lines)
    return Experiences(heat, tuple(themes[line] for line in lines), asked)


def _rows(reading: ReportData, item: Item, box: str) -> Iterator[tuple[str, str]]:
    """The tables of a grid's rows that carry a box, each with what the row says."""
    if item.kind is ItemKind.GRID:
        for row in item.rows:
            key = item.row_key(row.key)
            table = reading.table(key)
            if table and any(one.key == box for one in table.boxes):
                yield key, reading.words(row.label)


def _grounds(reading: ReportData) -> Grounds | None:
    """A choice of several and a grid that name the same things."""
    for grid in reading.questionnaire.items:
        heard = dict(_rows(reading, grid, sums_of_answers.WEEKLY))
        keys = {TableKey(table).row: table for table in heard}
        for choice in reading.questionnaire.items:
            offered = {
                option.key
                for option in choice.options
                if choice.kind is ItemKind.SEVERAL
                and not option.stands_alone
                and reading.table(choice.option_key(option.key))
            }
            if len(offered) > 1 and offered == set(keys):
                lines = ranked(
                    Line(
                        Measure(key, heard[table]),
                        (
                            reading.share(choice.option_key(key), "yes"),
                            reading.share(table, sums_of_answers.WEEKLY),
                        ),
                    )
                    for key, table in keys.items()
                )
                words = reading.words
                return Grounds(words(choice.wording), words(grid.wording), lines)
    return None


def _low(reading: ReportData) -> Heat | None:
    """The lowest band of each scale, by group."""
    scales = [
        item
        for item in reading.questionnaire.items
        if item.kind is ItemKind.SCALE and reading.table(item.key)
    ]
    lines = tuple(
        Line(
            Measure(item.key, reading.words(item.wording)),
            _across(reading, item.key, sums_of_answers.LOW),
        )
        for item in scales
    )
    return Heat("low", LOW, reading.groups(), lines) if len(lines) > 1 else None


def _across(reading: ReportData, table: str, answer: str) -> tuple[Share, ...]:
    return tuple(reading.share(table, answer, group) for group in reading.groups())


def _chain(reading: ReportData) -> tuple[FactorLink, ...]:
    items = (reading.questionnaire.by_key.get(key) for key in CHAIN)
    found = [_link(reading, item) for item in items if item]
    links = tuple(link for link in found if link)
    return links if len(links) > 1 else ()


def _link(reading: ReportData, item: Item) -> FactorLink | None:
    read = _LINES.get(item.kind.block)
    lines = read(reading, item) if read else ()
    if not lines:
        return None
    indicator = next((o for o in reading.questionnaire.indicators if o.items == (item.key,)), None)
    lead = _lead(reading, indicator) if indicator else None
    return FactorLink(item.key, reading.words(item.wording), lead, lines)


def _lead(reading: ReportData, indicator: Indicator) -> Line | None:
    key = indicator.table_key
    if reading.table(key) is None:
        return None
    return Line(indicator_measure(reading, indicator), (reading.share(key, "yes"),))


def _answers(reading: ReportData, item: Item) -> tuple[Line, ...]:
    """Every answer, in the order it was offered."""
    table = reading.table(item.key)
    return tuple(
        Line(Measure(o.key, reading.words(o.label)), (reading.share(item.key, o.key),))
        for o in item.options
        if table and o.key in table.base
    )


def _most_named(reading: ReportData, item: Item) -> tuple[Line, ...]:
    """The options named most, and that none was."""
    shown = [o for o in item.options if reading.table(item.option_key(o.key))]
    lines = [
        Line(
            Measure(o.key, reading.words(o.label)),
            (reading.share(item.option_key(o.key), "yes"),),
            stands_apart=o.role is QuestionRole.NONE,
        )
        for o in shown
    ]
    named = ranked(line for line in lines if not line.stands_apart)
    return (*named[:MOST_NAMED], *(line for line in lines if line.stands_apart))


_LINES: Mapping[Shape, Callable[[ReportData, Item], tuple[Line, ...]]] = {
    Shape.ANSWERS: _answers,
    Shape.RANKED: _most_named,
}
