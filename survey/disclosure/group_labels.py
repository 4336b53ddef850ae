"""Count a few students without their gender or year, so that no certificate counts a small group.

A certificate holds the exact size of each overlap of a year group and a gender. Groups without a
row are joined there, but one may still have fewer than five students: it would count those who use
another word for their gender in one year. So

- students of a year whose gender was given by fewer than five are counted without it;
- where fewer than five of a year are counted without a gender, so are others of that year, drawn at
  random, until there are five. What is shown as five is then one to five;
- the same for those who are counted without a year.

Every student still counts for the whole school. The draw is a keyed function of the answers, so
a report made again is the same. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from survey.disclosure.tables import Cell

UNSAID = "unsaid"
"""The year, and the gender, of those who did not say."""

Part = tuple[str, str]
"""Years and genders that no row distinguishes: see `disclosure.merged_groups`."""


def without_small_groups(
    cells: Sequence[Cell],
    order: Sequence[bytes],
    years: Mapping[str, str],
    genders: Mapping[str, str],
    small: int,
) -> list[Cell]:
    """The cells that responses are counted in.  `order`: a number for each response that decides
    who is drawn first; `years` and `genders`: the part of each."""
    return _Draw(cells, order, years, genders, small).settled()


class _Draw:
    def __init__(
        self,
        cells: Sequence[Cell],
        order: Sequence[bytes],
        years: Mapping[str, str],
        genders: Mapping[str, str],
        small: int,
    ) -> None:
        self._cells, self._order, self._small = list(cells), order, small
        self._years, self._genders = years, genders
        self._groups: dict[Part, set[int]] = {}
        for at, cell in enumerate(cells):
            self._groups.setdefault(self._part(cell), set()).add(at)
        self._no_year, self._no_gender = self._part((UNSAID, UNSAID))

    def settled(self) -> list[Cell]:
        for part, group in list(self._groups.items()):
            if part[1] != self._no_gender and len(group) < self._small:
                self._move(group, no_year=False)
        parts = dict.fromkeys(year for year, _ in self._groups)
        for year in parts:
            if year != self._no_year and self._lacks(year):
                self._fill(year, from_anywhere=False)
                if self._lacks(year):
                    self._move(self._groups[year, self._no_gender], no_year=True)
        if self._lacks(self._no_year):
            self._fill(self._no_year, from_anywhere=False)
            self._fill(self._no_year, from_anywhere=True)
        return self._cells

    def _part(self, cell: Cell) -> Part:
        return self._years[cell[0]], self._genders[cell[1]]

    def _lacks(self, year: str) -> bool:
        return 0 < len(self._groups.get((year, self._no_gender), ())) < self._small

    def _fill(self, year: str, from_anywhere: bool) -> None:
        """Draw students out of groups that remain large enough."""
        home = year, self._no_gender
        candidates = [
            at
            for part, group in self._groups.items()
            if part != home and (from_anywhere or part[0] == year)
            for at in group
        ]
        for at in sorted(candidates, key=lambda one: (self._order[one], self._cells[one])):
            if not self._lacks(year):
                return
            if len(self._groups[self._part(self._cells[at])]) > self._small:
                self._move({at}, no_year=from_anywhere)

    def _move(self, group: set[int], no_year: bool) -> None:
        for at in sorted(group):
            before = self._cells[at]
            self._cells[at] = UNSAID if no_year else before[0], UNSAID
            self._groups[self._part(before)].discard(at)
            self._groups.setdefault(self._part(self._cells[at]), set()).add(at)
