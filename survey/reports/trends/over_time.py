"""The data of the page "Over time": figures over the surveys of a school. Pure.

Each question of the latest survey is shown with its earlier figures. A question that was asked in
another way is marked, and not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from survey.disclosure.tables import Group
from survey.questionnaires.model import ItemKind
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import EVERYONE, Block, Line, Measure, PanelKind, Share, Tone
from survey.reports.trends.change import USUAL, FigureChange, FigureChanges, WhyNoVerdict
from survey.reports.trends.comparability import Relation

RARELY = 0.01
"""How likely a mark is where nothing changed, in tables of so many figures that one in twenty would
be many: of year groups and genders, and of answers that are neither good nor bad."""

SINGLE = "single"
"""The key of the items that are shown together because each has one figure."""


class OverTimeSection(StrEnum):
    """In the order of the page."""

    PLACES = "places"
    THEMES = "themes"  # other figures that can get better or worse
    REST = "rest"  # figures that are neither good nor bad


@dataclass(frozen=True)
class Track:
    """One figure over the waves, the oldest first. A share is None where a wave did not ask it so.
    `change` is from the wave before the last, `since_first` from the first if that is another;
    `groups` are the changes of year groups and genders."""

    measure: Measure
    shares: tuple[Share | None, ...]
    change: FigureChange
    since_first: FigureChange | None
    groups: tuple[FigureChange, ...]

    def of(self, group: Group) -> FigureChange | None:
        """The change of a group; None if the group is not asked."""
        return next((one for one in self.groups if one.group == group), None)


@dataclass(frozen=True)
class OverTimeRow:
    """A line of a table: what it is of, and a figure for each measure. `title` is of the item where
    items are shown together; `was_called` how an earlier wave called a place; `asked` its place in
    the order of the questionnaire."""

    of: Measure | Group
    title: str | None
    was_called: str | None
    tracks: tuple[Track, ...]
    asked: int = 0
    stands_apart: bool = False

    @property
    def first(self) -> Track:
        return self.tracks[0]

    @property
    def why(self) -> WhyNoVerdict | None:
        """Why it cannot be compared; None also where only a figure is hidden."""
        why = self.first.change.why
        return None if why is WhyNoVerdict.HIDDEN else why


@dataclass(frozen=True)
class Tracked:
    """An item over the waves, or single figures of many. `new` and `otherwise` are rows that have
    no earlier figure; `gone` the labels of rows that the latest wave no longer has."""

    key: str
    title: str | None
    part: OverTimeSection
    measures: tuple[Measure, ...]
    rows: tuple[OverTimeRow, ...]
    new: tuple[OverTimeRow, ...]
    otherwise: tuple[OverTimeRow, ...]
    gone: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def is_by_year(self) -> bool:
        """Is each line a year group? Then marks are as rare as those of groups."""
        return any(isinstance(row.of, Group) for row in self.rows)

    @property
    def chance(self) -> float:
        """The probability of a mark of a line without a real change."""
        return RARELY if self.is_by_year else USUAL

    def rows_by(self, at: int) -> tuple[OverTimeRow, ...]:
        """By the latest share of one of its measures, ties as they were asked; those of the first
        are in order already."""
        if at == 0:
            return self.rows
        return tuple(sorted(self.rows, key=lambda row: (-_rank(row.tracks[at]), row.asked)))


def _rank(track: Track) -> int:
    latest = track.shares[-1]
    return -3 if latest is None else latest.rank


@dataclass(frozen=True)
class OverTime:
    """The page. `numbers` are of the waves; `added`, `dropped` and `otherwise` titles of items that
    cannot be compared with the wave before the last."""

    numbers: tuple[int, ...]
    changes: FigureChanges
    tracked: tuple[Tracked, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    otherwise: tuple[str, ...]

    def of(self, part: OverTimeSection) -> tuple[Tracked, ...]:
        return tuple(one for one in self.tracked if one.part == part)

    @property
    def figures(self) -> int:
        """How many figures of the whole school are compared at the usual limit."""
        rows = (
            row
            for one in self.tracked
            if one.part is not OverTimeSection.REST and not one.is_by_year
            for row in one.rows
        )
        return sum(track.change.why is None for row in rows for track in row.tracks)


def read_over_time(pairs: Sequence[FigureChanges]) -> OverTime:
    """`pairs`: each earlier wave with the latest, the oldest first. There is at least one."""
    last = pairs[-1]
    found = list(_tracked(pairs))
    titles = {part: _titles(found, part) for part in (WhyNoVerdict.ADDED, WhyNoVerdict.OTHERWISE)}
    return OverTime(
        (*(pair.number_before for pair in pairs), last.number_now),
        last,
        tuple(one for one in found if one.rows),
        titles[WhyNoVerdict.ADDED],
        tuple(_dropped(last)),
        titles[WhyNoVerdict.OTHERWISE],
    )


def _titles(found: Iterable[Tracked], why: WhyNoVerdict) -> tuple[str, ...]:
    """Of items none of whose rows can be compared, for that reason."""
    titles = []
    for one in found:
        apart = one.new if why is WhyNoVerdict.ADDED else one.otherwise
        if one.title is None:
            titles += [row.title or "" for row in apart]
        elif apart and not one.rows and (why is WhyNoVerdict.OTHERWISE or not one.otherwise):
            titles.append(one.title)
    return tuple(dict.fromkeys(titles))


def _tracked(pairs: Sequence[FigureChanges]) -> Iterator[Tracked]:
    """Items in the order they are asked; those of one figure are together."""
    singles: dict[OverTimeSection, list[OverTimeRow]] = {part: [] for part in OverTimeSection}
    order = {table.key: at for at, table in enumerate(pairs[-1].now.release.tables)}
    for block in read_blocks(pairs[-1].now):
        if not block.panels:  # of few students each, whom chance moves more than a year does
            continue
        panel, part = block.panels[0], _part(block)
        if panel.kind is PanelKind.GROUPS and block.asked.older_from:
            # Younger and older students were asked in different words: a line for each year group.
            lines = [Line(line.of, line.shares[:1]) for line in panel.lines]
            rows = [_row(line, panel.measures[:1], pairs, block, order) for line in lines]
            yield _laid_out(block.key, block.title, part, panel.measures[:1], rows, (), pairs)
            continue
        if panel.kind is PanelKind.GROUPS:
            whole = [line for line in panel.lines if line.of == EVERYONE]
            for line in whole:
                singles[part] += [
                    OverTimeRow(measure, block.title, None, (_track(share, measure, pairs, block),))
                    for share, measure in zip(line.shares, panel.measures, strict=True)
                ]
            continue
        for one in block.panels:
            rows = [_row(line, one.measures, pairs, block, order) for line in one.lines]
            title = f"{block.title} {one.label}" if one.label else block.title
            yield _laid_out(
                one.key, title, part, one.measures, rows, _gone(block, pairs[-1]), pairs
            )
    for part, rows in singles.items():
        if rows:
            yield _laid_out(f"{SINGLE}-{part}", None, part, (), rows, (), pairs)


def _laid_out(
    key: str,
    title: str | None,
    part: OverTimeSection,
    measures: tuple[Measure, ...],
    rows: Iterable[OverTimeRow],
    gone: Iterable[str],
    pairs: Sequence[FigureChanges],
) -> Tracked:
    held: dict[WhyNoVerdict | None, list[OverTimeRow]] = {}
    for row in rows:
        held.setdefault(row.why, []).append(row)
    return Tracked(
        key,
        title,
        part,
        measures,
        tuple(held.get(None, ())),
        tuple(held.get(WhyNoVerdict.ADDED, ())),
        tuple(held.get(WhyNoVerdict.OTHERWISE, ())),
        tuple(gone),
        tuple(group for group in pairs[-1].now.groups() if group != EVERYONE),
    )


def _part(block: Block) -> OverTimeSection:
    if block.about_places:
        return OverTimeSection.PLACES
    tones = {measure.tone for panel in block.panels for measure in panel.measures}
    return OverTimeSection.THEMES if tones & {Tone.ADVERSE, Tone.GOOD} else OverTimeSection.REST


def _row(
    line: Line,
    measures: Sequence[Measure],
    pairs: Sequence[FigureChanges],
    block: Block,
    order: Mapping[str, int],
) -> OverTimeRow:
    tracks = tuple(
        _track(share, measure, pairs, block)
        for share, measure in zip(line.shares, measures, strict=True)
    )
    # A net is read from the table of its question, which has the key of the block.
    asked = order.get(line.first.table, order.get(block.key, 0))
    return OverTimeRow(line.of, None, _was_called(line, pairs), tracks, asked, line.stands_apart)


def _track(share: Share, measure: Measure, pairs: Sequence[FigureChanges], block: Block) -> Track:
    table, answer = share.table, share.answer
    changes = [pair.change_of(table, answer) for pair in pairs]
    before = (one.before if one.why in (None, WhyNoVerdict.HIDDEN) else None for one in changes)
    asked = pairs[-1].now.groups(block.from_year or 0)
    return Track(
        measure,
        (*before, share),
        changes[-1],
        changes[0] if len(changes) > 1 else None,
        tuple(pairs[-1].change_of(table, answer, group) for group in asked if group != EVERYONE),
    )


def _was_called(line: Line, pairs: Sequence[FigureChanges]) -> str | None:
    """The last other name of a place."""
    now = pairs[-1].now
    if isinstance(line.of, Measure) and now.questionnaire.place(line.of.key) is not None:
        for pair in reversed(pairs):
            old = pair.alike.old_name(line.of.key)
            if old is not None:
                return now.words(old)
    return None


def _gone(block: Block, last: FigureChanges) -> Iterator[str]:
    """Rows of a grid that only the previous survey had."""
    item = last.before.questionnaire.by_key.get(block.key)
    if item is not None and item.kind is ItemKind.GRID:
        for row in item.rows:
            table = item.row_key(row.key)
            was_printed = last.before.table(table) is not None
            if was_printed and last.kin(table).relation is Relation.DROPPED:
                yield last.before.words(row.label)


def _dropped(last: FigureChanges) -> Iterator[str]:
    """Questions of the previous survey that the latest does not ask."""
    now = {block.key for block in read_blocks(last.now)}
    for block in read_blocks(last.before):
        if block.key not in now:
            yield block.title
