"""Items become blocks: by their kind and by the boxes their tables carry, never by their key.

Pure. A questionnaire that is new gets its charts from the same few rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from survey.disclosure.figures import ReleasedTable
from survey.disclosure.tables import Group
from survey.questionnaires.item_kinds.base_kind import BlockLayout as Shape
from survey.questionnaires.model import Indicator, Item, ItemKind, QuestionRole, Row
from survey.questionnaires.table_key import TableKey
from survey.releases import sums_of_answers
from survey.releases.tabulation_plan import SKIPPED
from survey.reports.school.finding import peaks
from survey.reports.school.place_times import places_by_times
from survey.reports.school.report_data import (
    Block,
    Heat,
    Line,
    Measure,
    Panel,
    PanelKind,
    ReportData,
    Share,
    Tone,
)

TONES: Mapping[str, Tone] = {
    sums_of_answers.FEEL_UNSAFE: Tone.ADVERSE,
    sums_of_answers.FEEL_SAFE: Tone.GOOD,
    sums_of_answers.HAPPENED: Tone.ADVERSE,
    sums_of_answers.WITNESSED: Tone.SECOND,
    sums_of_answers.WEEKLY: Tone.ADVERSE,
    sums_of_answers.AT_LEAST_ONCE: Tone.SECOND,
    sums_of_answers.AGREED: Tone.GOOD,
    sums_of_answers.DISAGREED: Tone.ADVERSE,
    sums_of_answers.WORRIED: Tone.ADVERSE,
    sums_of_answers.CHANGED: Tone.ADVERSE,
}
"""By box; anything else is plain."""

HEADLINES: tuple[tuple[str, ...], ...] = (
    (sums_of_answers.FEEL_UNSAFE, sums_of_answers.FEEL_SAFE),
    (sums_of_answers.HAPPENED, sums_of_answers.WITNESSED),
    (sums_of_answers.WEEKLY, sums_of_answers.AT_LEAST_ONCE),
    (sums_of_answers.AGREED, sums_of_answers.DISAGREED),
)
"""The boxes that a block leads with: the first row of which the table carries the first box. A
table with other boxes leads with its first two."""

SHARE = Measure("share", None)
CHOSEN = Measure("chosen", None)


@dataclass(frozen=True)
class At:
    """Where a share is in the release: in which table, under which answer or box."""

    table: str
    answer: str


Lined = tuple[Measure, At]
"""What a line is of, and where its share is."""


def read_blocks(reading: ReportData) -> tuple[Block, ...]:
    """Everything the release holds tables for: indicators, then items as they were asked."""
    questionnaire = reading.questionnaire
    found = [_indicator(reading, one) for one in questionnaire.indicators]
    found += [_READERS[item.kind.block](reading, item) for item in questionnaire.items]
    return tuple(block for block in found if block is not None)


def tables_of(reading: ReportData, block: Block) -> tuple[ReleasedTable, ...]:
    """The tables a block shows, each once, in the order it shows them."""
    shares = [share for panel in block.panels for line in panel.lines for share in line.shares]
    shares += [share for heat in block.heats for line in heat.lines for share in line.shares]
    found = (reading.table(key) for key in dict.fromkeys(share.table for share in shares))
    return tuple({table.key: table for table in found if table is not None}.values())


def ranked(lines: Iterable[Line]) -> tuple[Line, ...]:
    """By the published share of the first measure, highest first; ties stay as they were asked."""
    return tuple(sorted(lines, key=lambda line: -line.first.rank))


def headline(reading: ReportData, item: Item, table: ReleasedTable) -> tuple[Measure, ...]:
    """The boxes a block leads with; each says which answers it sums."""
    carried = {box.key: box for box in table.boxes if not TableKey(box.key).is_indicator}
    leads = next((row for row in HEADLINES if row[0] in carried), tuple(carried)[:2])
    labels = {option.key: reading.words(option.label) for option in item.options}
    return tuple(
        Measure(
            key,
            None,
            TONES.get(key, Tone.PLAIN),
            tuple(labels.get(answer, answer) for answer in carried[key].answers),
        )
        for key in leads
        if key in carried
    )


def indicator_of(reading: ReportData, item: Item) -> Indicator | None:
    """The indicator that says the same as one item, and is shown with it."""
    if item.kind is not ItemKind.ONE:
        return None
    return next(
        (
            one
            for one in reading.questionnaire.indicators
            if one.items == (item.key,) and reading.table(one.table_key)
        ),
        None,
    )


def indicator_measure(reading: ReportData, indicator: Indicator) -> Measure:
    tone = Tone.GOOD if indicator.good else Tone.ADVERSE
    return Measure("yes", reading.words(indicator.label), tone)


def indicator_themes(reading: ReportData, indicator: Indicator) -> tuple[str, ...]:
    items = (reading.questionnaire.by_key[key] for key in indicator.items)
    return tuple(dict.fromkeys(theme for item in items for theme in item.themes))


def _indicator(reading: ReportData, indicator: Indicator) -> Block | None:
    key = indicator.table_key
    items = [reading.questionnaire.by_key[one] for one in indicator.items]
    if reading.table(key) is None or indicator in [indicator_of(reading, item) for item in items]:
        return None
    measure = indicator_measure(reading, indicator)
    from_year = max(item.from_year for item in items)
    panel = _by_groups(reading, key, [(measure, At(key, "yes"))], from_year)
    themes = indicator_themes(reading, indicator)
    return Block(
        key,
        reading.words(indicator.label),
        themes,
        (panel,),
        (),
        from_year=from_year,
        asked=reading.asked(key),
    )


def _one(reading: ReportData, item: Item) -> Block | None:
    table = reading.table(item.key)
    if table is None:
        return None
    answers = [(m, At(item.key, m.key)) for m in _answers(reading, item, table)]
    sums = [(m, At(item.key, m.key)) for m in headline(reading, item, table)]
    indicator = indicator_of(reading, item)
    if indicator is not None:
        leads = [(indicator_measure(reading, indicator), At(indicator.table_key, "yes"))]
    else:
        leads = sums
    every = _heat(reading, item.key, SHARE, [*sums, *answers], item.from_year, folded=True)
    if leads and not reading.questionnaire.is_pulse:
        panel = _by_groups(reading, item.key, leads, item.from_year)
    else:
        panel = _ordered(reading, item.key, answers)
    return _block(reading, item, [panel], [every])


def _several(reading: ReportData, item: Item) -> Block | None:
    options = [
        option
        for option in item.options
        if option.role is not QuestionRole.PREFER_NOT and reading.table(item.option_key(option.key))
    ]
    if not options:
        return None
    # "None of these" is not one of the things that are ranked: it comes last.
    options.sort(key=lambda option: option.role is QuestionRole.NONE)
    where = [
        (Measure(o.key, reading.words(o.label)), At(item.option_key(o.key), "yes")) for o in options
    ]
    things = sum(option.role is not QuestionRole.NONE for option in options)
    lines = _lines(reading, where)
    apart = (replace(line, stands_apart=True) for line in lines[things:])
    panel = Panel(item.key, PanelKind.RANKED, (CHOSEN,), (*ranked(lines[:things]), *apart), 1)
    # When is read by year group as often as over all.
    is_folded = "TIME" not in item.themes
    every = _heat(reading, item.key, CHOSEN, where, item.from_year, folded=is_folded)
    return _block(reading, item, [panel], [every])


def _grid(reading: ReportData, item: Item) -> Block | None:
    tables = {row.key: reading.table(item.row_key(row.key)) for row in item.rows}
    rows = [row for row in item.rows if tables[row.key] is not None]
    first = next((table for table in tables.values() if table is not None), None)
    if first is None:
        return None
    if item.rows_if is not None:
        return _row_by_row(reading, item, rows)
    measures = headline(reading, item, first)
    if not measures and len(first.base) == 2:
        measures = _answers(reading, item, first)[:1]
    if not measures:
        return _answer_by_answer(reading, item, first, rows)
    drawn = measures[:1] if item.places else measures
    extra = tuple(
        Measure(option.key, reading.words(option.label))
        for option in item.options
        if option.role is QuestionRole.AWAY and option.key in first.base
    )
    lines = ranked(
        Line(
            Measure(row.key, reading.words(row.label)),
            tuple(reading.share(item.row_key(row.key), m.key) for m in (*drawn, *extra)),
        )
        for row in rows
    )
    panel = Panel(item.key, PanelKind.RANKED, (*drawn, *extra), lines, len(drawn))
    heats = [
        _heat(
            reading,
            f"{item.key}/{measure.key}",
            measure,
            [
                (line.of, At(line.first.table, measure.key))
                for line in lines
                if isinstance(line.of, Measure)
            ],
            item.from_year,
            folded=number > 0 or measure.key == sums_of_answers.HAPPENED,  # it is in the overview
        )
        for number, measure in enumerate(drawn)
    ]
    return _block(reading, item, [panel], heats)


def _answer_by_answer(
    reading: ReportData, item: Item, first: ReleasedTable, rows: Iterable[Row]
) -> Block:
    """A grid whose answers nothing sums up: each row's answers in their order."""
    panels, heats = [], []
    for row in rows:
        table, label = item.row_key(row.key), reading.words(row.label)
        where = [(m, At(table, m.key)) for m in _answers(reading, item, first)]
        panels.append(_ordered(reading, table, where, label))
        measure = Measure("share", label)
        heats.append(_heat(reading, table, measure, where, item.from_year, folded=True))
    return _block(reading, item, panels, heats)


def _row_by_row(reading: ReportData, item: Item, rows: Iterable[Row]) -> Block:
    """A grid whose rows are asked of different students. A chart of each would say the same at more
    length than a table of all."""
    heats, too_few = places_by_times(reading, item, rows)
    return replace(_block(reading, item, [], heats), about_places=False, too_few=too_few)


def _scale(reading: ReportData, item: Item) -> Block | None:
    table = reading.table(item.key)
    if table is None:
        return None
    bands = [
        (Measure(box.key, None, of=(box.answers[0], box.answers[-1])), At(item.key, box.key))
        for box in table.boxes
        if not TableKey(box.key).is_indicator
    ] or [(Measure(answer, answer), At(item.key, answer)) for answer in item.answers]
    panel = _ordered(reading, item.key, bands)
    return _block(
        reading,
        item,
        [panel],
        [_heat(reading, item.key, SHARE, bands, item.from_year, folded=True)],
    )


def _text(_reading: ReportData, _item: Item) -> Block | None:
    """Free text is in no table."""
    return None


_READERS: Mapping[Shape, Callable[[ReportData, Item], Block | None]] = {
    Shape.ANSWERS: _one,
    Shape.RANKED: _several,
    Shape.ROWS: _grid,
    Shape.BANDS: _scale,
    Shape.NONE: _text,
}


def _block(
    reading: ReportData, item: Item, panels: Iterable[Panel], heats: Sequence[Heat]
) -> Block:
    """Adults are one group, so nothing is laid out by groups."""
    if reading.questionnaire.is_pulse:
        heats = ()
    return Block(
        item.key,
        reading.words(item.wording),
        item.themes,
        tuple(panels),
        (*heats, *_within(reading, heats, item.from_year)),
        source=item.source,
        from_year=item.from_year,
        older=(item.older.from_year, reading.words(item.older.text)) if item.older else None,
        asked=reading.asked(item.key),
        no_answer=_no_answer(reading, item),
        about_places=item.kind is ItemKind.GRID and item.places is not None,
        ends=(reading.words(item.ends[0]), reading.words(item.ends[1])) if item.ends else None,
        only_ticked=item.counts_only_ticks,
    )


def _no_answer(reading: ReportData, item: Item) -> Share | None:
    """How many gave no answer to a question of one table. Of a grid each row has its own, and of a
    choice of several each option would repeat it."""
    table = reading.table(item.key)
    if table is None or SKIPPED not in table.answers:
        return None
    share = reading.share(item.key, SKIPPED)
    return share if share.is_shown else None


def _answers(reading: ReportData, item: Item, table: ReleasedTable) -> tuple[Measure, ...]:
    """The answers in the base, with the questionnaire's labels."""
    return tuple(
        Measure(option.key, reading.words(option.label))
        for option in item.options
        if option.key in table.base
    )


def _lines(reading: ReportData, where: Iterable[Lined]) -> tuple[Line, ...]:
    """A line for the whole school each."""
    return tuple(Line(of, (reading.share(at.table, at.answer),)) for of, at in where)


def _ordered(
    reading: ReportData, key: str, where: Iterable[Lined], label: str | None = None
) -> Panel:
    return Panel(key, PanelKind.ORDERED, (SHARE,), _lines(reading, where), 1, label)


def _by_groups(reading: ReportData, key: str, leads: Sequence[Lined], from_year: int) -> Panel:
    """A line per group, a mark per measure."""
    lines = tuple(
        Line(group, tuple(reading.share(at.table, at.answer, group) for _, at in leads))
        for group in _groups_of(reading, key, from_year)
    )
    measures = tuple(measure for measure, _ in leads)
    found = peaks(reading, (line.first for line in lines), measures[0].tone)
    return Panel(key, PanelKind.GROUPS, measures, lines, len(leads), peaks=found)


def _heat(
    reading: ReportData,
    key: str,
    measure: Measure,
    where: Iterable[Lined],
    from_year: int,
    *,
    folded: bool = False,
) -> Heat:
    groups = _groups_of(reading, key.partition("/")[0], from_year)
    lines = tuple(Line(of, _across(reading, at, groups)) for of, at in where)
    return Heat(key, measure, groups, lines, folded)


def _groups_of(reading: ReportData, table: str, from_year: int) -> tuple[Group, ...]:
    """The groups that were asked, but none of students who were asked in different words."""
    asked, school = reading.asked(table), reading.school_years
    return tuple(
        group for group in reading.groups(from_year) if not asked.pools_two_wordings(group, school)
    )


def _within(reading: ReportData, heats: Iterable[Heat], from_year: int) -> Iterator[Heat]:
    """The same lines by the year groups of each gender, where the release has both together."""
    for heat in heats:
        if heat.is_by_time:
            continue
        for gender in reading.release.lattice.genders:
            groups = reading.years_within(gender, from_year)
            if groups:
                lines = tuple(
                    Line(
                        line.of,
                        _across(reading, At(line.first.table, line.first.answer), groups),
                        line.stands_apart,
                    )
                    for line in heat.lines
                )
                of = Group(gender=gender)
                yield Heat(f"{heat.key}/{gender}", heat.measure, groups, lines, True, of)


def _across(reading: ReportData, at: At, groups: Iterable[Group]) -> tuple[Share, ...]:
    return tuple(reading.share(at.table, at.answer, group) for group in groups)
