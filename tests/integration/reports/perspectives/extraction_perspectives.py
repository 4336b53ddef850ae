"""Figures of several audiences read back: each cell is held to the release that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.integration.reports.extraction import Place, Printed, Said, SlipError, check_cell
from tests.integration.reports.markup import Node


class Voices(Printed):
    """A wave's own release, and beside it those whose cells say so; `waves` by the id of each."""

    def __init__(self, own: Printed, waves: Mapping[str, Printed]) -> None:
        self.__dict__.update(own.__dict__)
        self.waves = waves
        self.words = sorted({w for one in (own, *waves.values()) for w in one.words},
                            key=len, reverse=True)  # fmt: skip

    def takes(self, node: Node) -> bool:
        name = node.attributes.get("data-wave")
        if name is None:
            return super().takes(node)
        if name not in self.waves:
            raise SlipError(f"a figure of a release that is not there: {name}")
        given = {key: value for key, value in node.attributes.items() if key != "data-wave"}
        check_cell(Node(node.tag, given, node.children), self.waves[name])
        return True

    def latest(self, cell: Node) -> bool:
        """Lines of several releases stand in the order of none."""
        return "data-wave" not in cell.attributes

    def near(self, places: Iterable[Place], rows: int) -> Said:
        return super().near((one for one in places if one[0] in self.tables), rows)
