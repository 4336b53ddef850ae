"""Figures of several audiences read back: each cell is held to the release that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tests.integration.reports.extraction import Place, Printed, Said, SlipError, check_cell
from tests.integration.reports.markup import Node


class Voices(Printed):
    """A wave's own release, and those whose cells say so; `waves` by the id of each."""

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
        """Lines of several releases have no common order."""
        return "data-wave" not in cell.attributes

    def near(self, places: Iterable[Place], rows: int) -> Said:
        return super().near((one for one in places if one[0] in self.tables), rows)


def check_ranks(page: Node, waves: Mapping[str, Printed]) -> int:
    """Each cell is as dark as its place among the shares of its column. Gives how many it read."""
    read = 0
    for name, printed in waves.items():
        column = []
        for cell in page.all("td"):
            dark = re.search(r"\brank-(\d)\b", cell.attributes.get("class", ""))
            if cell.attributes.get("data-wave") == name and dark:
                given = cell.attributes
                place = given["data-table"], given["data-answer"], given["data-group"]
                column.append((int(dark[1]), printed.figure(place)[0]["percent"]))
        for step, share in column:
            if step != max(0, 5 - sum(other > share for _step, other in column)):
                raise SlipError(f"{share}% is shaded as if it had another place in its column")
        read += len(column)
    return read
