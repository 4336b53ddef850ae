"""Year bands: neighbouring year groups that a small school's report shows together. Pure.

A year group of under 24 answers has no row in a report, so in a small school most students would
see nothing about their year. Years are therefore joined to bands of at least `LEAST` students on
roll, which leaves enough when one in seven stays away. The bands follow from the roll and the
questionnaire alone, are settled at launch and stay with the wave: no one has answered yet, so they
say nothing of any answer. Cards, pages and what students are asked keep the real year groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LEAST = 28
"""Students on roll that a band has at least."""

Years = tuple[int, ...]


@dataclass(frozen=True)
class YearBands:
    """Year groups with students on roll, lowest first, in the bands a report has rows for. A year
    that is large enough is a separate band. One band of several years is the whole school, which
    has its row anyway. Years that are in no band are reported by themselves."""

    bands: tuple[Years, ...] = ()

    @property
    def is_whole_school(self) -> bool:
        return len(self.bands) == 1 and len(self.bands[0]) > 1

    @property
    def joined(self) -> tuple[Years, ...]:
        """The bands of several years."""
        return tuple(band for band in self.bands if len(band) > 1)

    @classmethod
    def of(cls, roll: Mapping[str, Any], gates: Iterable[int] = ()) -> YearBands:
        """For a roll by year ("7": 12). `gates`: years from which some questions are asked; of
        equal choices, the one that joins fewer years that are asked different questions.

        As many bands as there can be; then as few gates within one; then the most even; then the
        one that joins the lower years."""
        sizes = {int(year): int(number) for year, number in roll.items()}
        years = tuple(sorted(year for year, number in sizes.items() if number > 0))
        if not years:
            return cls()
        return cls(_best(years, sizes, frozenset(gates)) or (years,))

    def to_document(self) -> list[list[int]]:
        return [list(band) for band in self.bands]

    @classmethod
    def from_document(cls, document: Iterable[Iterable[int]]) -> YearBands:
        return cls(tuple(tuple(band) for band in document))


_Merit = tuple[int, int, int]
"""Bands, gates within them, squares of their sizes: to be compared with the first one turned."""


def _best(
    years: Years, sizes: Mapping[int, int], gates: frozenset[int]
) -> tuple[Years, ...] | None:
    """The best way to cut all years into bands; None if they are too few for one."""
    best: list[tuple[_Merit, tuple[Years, ...]] | None] = [((0, 0, 0), ())]
    for end in range(1, len(years) + 1):
        found: list[tuple[_Merit, tuple[Years, ...]]] = []
        for start in range(end):
            before, band = best[start], years[start:end]
            size = sum(sizes[year] for year in band)
            if before is None or size < LEAST:
                continue
            (bands, inside, squares), cut = before
            inside += sum(band[0] < gate <= band[-1] for gate in gates)
            found.append(((bands - 1, inside, squares + size * size), (*cut, band)))
        best.append(min(found) if found else None)
    return best[-1][1] if best[-1] is not None else None
