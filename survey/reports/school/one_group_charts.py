"""The charts of a report for one year group or gender instead of the whole school. Pure.

Only charts of the whole school change. A chart with a line for each group shows the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from survey.disclosure.tables import Group
from survey.reports.school.question_blocks import ranked
from survey.reports.school.report_data import EVERYONE, Block, Line, Panel, PanelKind, ReportData


def group_called(reading: ReportData, key: str | None) -> Group | None:
    """The group of this key, if the report shows its figures; None for the whole school."""
    found = (group for group in reading.groups() if group.key == key)
    return next((group for group in found if group != EVERYONE), None)


def blocks_of(
    reading: ReportData, blocks: Iterable[Block], group: Group | None
) -> tuple[Block, ...]:
    """The blocks with the figures of a group."""
    return tuple(
        replace(block, panels=tuple(panel_of(reading, one, group) for one in block.panels))
        for block in blocks
    )


def panel_of(reading: ReportData, panel: Panel, group: Group | None) -> Panel:
    """A panel with the figures of a group, ranked by them where it is ranked."""
    if group is None or panel.kind is PanelKind.GROUPS:
        return panel
    lines = [_line_of(reading, line, group) for line in panel.lines]
    if panel.kind is PanelKind.RANKED:
        apart = [line for line in lines if line.stands_apart]
        lines = [*ranked(line for line in lines if not line.stands_apart), *apart]
    return replace(panel, lines=tuple(lines))


def _line_of(reading: ReportData, line: Line, group: Group) -> Line:
    shares = tuple(reading.share(one.table, one.answer, group) for one in line.shares)
    return replace(line, shares=shares)
