"""Exact counts, before protection: groups, the breakdown they form, and count tables.

Everything here is secret.  A :class:`CountTable` holds true counts at
the finest cells (year, gender); nothing in it may be shown.  What may be shown is built from it
by :mod:`survey.disclosure.protect` and checked by the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, total_ordering

from survey.disclosure.errors import TableError as TableError
from survey.disclosure.sources import Source

Cell = tuple[str, str]
"""A finest cell: (year, gender)."""

_RESERVED = frozenset(",=:\n\r\t")

JOIN = "+"
"""Joins the names of years that are taken together: "y7+y8" is every student in either, as a band
with a separate row or as a cell of the audit (:mod:`survey.disclosure.merged_groups`)."""


@lru_cache(maxsize=1024)
def years_in(name: str) -> frozenset[str]:
    """The years of a name, which is one year or several that are joined."""
    return frozenset(name.split(JOIN))


class BadNameError(TableError):
    """A name is empty, repeated, or holds a character the published keys are built with."""


class BadGroupError(TableError):
    """A group key that cannot be read."""


class GroupOutsideLatticeError(TableError):
    """Counts were given for a year or gender that is not in the breakdown."""


class NegativeCountError(TableError):
    """A count below 0."""


class CountNotWholeError(TableError):
    """A count that is not a whole number."""


class WrongShapeError(TableError):
    """A row of counts whose length is not the number of answers."""


class UnknownAnswerError(TableError):
    """A base or box names an answer the table does not hold."""


class TotalsDisagreeError(TableError):
    """The counts of a table do not add up to the stated number of respondents."""


def _check_names(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not name or _RESERVED & set(name):
            raise BadNameError(f"{what} name {name!r} is empty or holds one of , = : or a control")
        if name in seen:
            raise BadNameError(f"{what} name {name!r} is given twice")
        seen.add(name)


@total_ordering
@dataclass(frozen=True)
class Group:
    """A group of respondents: everyone, one year or several together, one gender, or both."""

    year: str | None = None
    gender: str | None = None

    def __post_init__(self) -> None:
        _check_names("year", () if self.year is None else (self.year,))
        _check_names("gender", () if self.gender is None else (self.gender,))

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Group):
            return NotImplemented
        return self._rank < other._rank

    @property
    def _rank(self) -> tuple[int, str, str]:
        depth = 2 * (self.gender is not None) + (self.year is not None)
        return (depth, self.year or "", self.gender or "")

    @property
    def key(self) -> str:
        """``all``, ``year=9``, ``gender=girl`` or ``year=9,gender=girl``."""
        parts = []
        if self.year is not None:
            parts.append(f"year={self.year}")
        if self.gender is not None:
            parts.append(f"gender={self.gender}")
        return ",".join(parts) or "all"

    @classmethod
    @lru_cache(maxsize=1024)  # a release names the same few groups thousands of times
    def parse(cls, key: str) -> Group:
        """Read a key back.  Raises :class:`BadGroupError`."""
        if key == "all":
            return cls()
        found: dict[str, str] = {}
        for part in key.split(","):
            name, _, value = part.partition("=")
            if name not in ("year", "gender") or name in found or not value:
                raise BadGroupError(f"not a group: {key!r}")
            found[name] = value
        group = cls(found.get("year"), found.get("gender"))
        if group.key != key:
            raise BadGroupError(f"not a group: {key!r}")
        return group

    def holds(self, cell: Cell) -> bool:
        """Whether a cell (year, gender) is in this group: all its years, if they are joined."""
        in_year = self.year is None or years_in(cell[0]) <= years_in(self.year)
        return in_year and self.gender in (None, cell[1])

    def meet(self, other: Group) -> Group | None:
        """The intersection with another group; None when no student can be in both."""
        year = self.year if other.year is None else other.year
        gender = self.gender if other.gender is None else other.gender
        if self.year is not None and other.year is not None:
            theirs = other.year.split(JOIN)
            year = JOIN.join(one for one in self.year.split(JOIN) if one in theirs)
        if year == "" or self.gender not in (None, gender):
            return None
        return Group(year, gender)


@dataclass(frozen=True)
class Lattice:
    """The fixed set of groups a survey reports by, decided when it is created (rule R1).

    A year that joins others ("y7+y8") has a row and no separate cells; the years that it joins are
    in ``years`` as well, and usually in ``silent``.

    ``crossed`` adds year x gender rows.  Members of years or genders that are ``silent``, such as
    "unsaid", are counted like any other and never have a row: schools do not act on it, and a row
    of the few who did not say would make every other row coarser.
    """

    years: tuple[str, ...]
    genders: tuple[str, ...]
    crossed: bool = False
    silent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", tuple(self.years))
        object.__setattr__(self, "genders", tuple(self.genders))
        object.__setattr__(self, "silent", tuple(self.silent))
        _check_names("silent", self.silent)
        _check_names("year", self.years)
        _check_names("gender", self.genders)
        if not self.years or not self.genders:
            raise BadNameError("a lattice needs at least one year and one gender")
        taken: set[str] = set()
        for joined in self.years:
            parts = joined.split(JOIN)
            if len(parts) == 1:
                continue
            if parts != [year for year in self.single_years if year in parts]:
                raise BadNameError(f"{joined!r} joins a year that the lattice does not hold")
            if taken & set(parts):
                raise BadNameError(f"{joined!r} joins a year that another band holds")
            taken |= set(parts)
        if any(JOIN in gender for gender in self.genders):
            raise BadNameError(f"the name of a gender holds {JOIN!r}")

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups that have a row: all, each year, each gender, and crossed if asked."""
        years = [year for year in self.years if year not in self.silent]
        genders = [gender for gender in self.genders if gender not in self.silent]
        found = [Group()]
        found += [Group(year=year) for year in years]
        found += [Group(gender=gender) for gender in genders]
        if self.crossed:
            found += [Group(year, gender) for year in years for gender in genders]
        return tuple(found)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The finest cells, year by year."""
        return tuple((year, gender) for year in self.single_years for gender in self.genders)

    @property
    def single_years(self) -> tuple[str, ...]:
        """The years without those that are joined of others."""
        return tuple(year for year in self.years if JOIN not in year)


@dataclass(frozen=True)
class Box:
    """A published sum of answers, such as unsafe = unsafe + very unsafe.

    ``of`` is the set its percentage is over (printed with it as a rounded count); ``None``
    means the base of the table.
    """

    key: str
    answers: tuple[str, ...]
    of: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", tuple(self.answers))
        _check_names("box", (self.key,))
        _check_names("answer", self.answers)
        if not self.answers:
            raise BadNameError(f"box {self.key!r} sums no answers")
        if self.of is not None:
            object.__setattr__(self, "of", tuple(self.of))
            _check_names("answer", self.of)
            if not set(self.answers) < set(self.of):
                raise UnknownAnswerError(
                    f"box {self.key!r} must be less than what it is a share of"
                )


def check_shape(
    key: str, answers: tuple[str, ...], base: tuple[str, ...], boxes: tuple[Box, ...]
) -> None:
    """Check what exact and released tables have in common.  Raises a :class:`TableError`."""
    if not key or any(character in key for character in ",=\n\r\t"):
        raise BadNameError(f"table key {key!r} is empty or holds , = or a control")
    _check_names("answer", answers)
    _check_names("answer", base)
    _check_names("box", (box.key for box in boxes))
    if not answers or not base:
        raise WrongShapeError(f"table {key!r} needs answers and a base")
    if not set(base) <= set(answers):
        raise UnknownAnswerError(f"the base of {key!r} holds an answer that is not in the table")
    for box in boxes:
        if not set(box.answers) < set(base):
            raise UnknownAnswerError(f"box {box.key!r} of {key!r} must be a part of the base")
        if box.of is not None and not set(box.of) <= set(base):
            raise UnknownAnswerError(f"box {box.key!r} of {key!r} is a share of something unknown")


@dataclass(frozen=True)
class CountTable:
    """True counts of one item (or grid row, or option) at the finest cells.

    ``answers``  every category, "skipped" among them;
    ``base``     the answers that make the printed base and the percentage denominator;
    ``counts``   (year, gender) -> one count per answer; a cell left out has no students;
    ``source``   what it is made of; None: a question that nothing else is made of.

    Raises :class:`NegativeCountError`, :class:`CountNotWholeError`, :class:`WrongShapeError`,
    :class:`GroupOutsideLatticeError`, :class:`UnknownAnswerError` or :class:`BadNameError`.
    """

    key: str
    answers: tuple[str, ...]
    base: tuple[str, ...]
    boxes: tuple[Box, ...]
    counts: Mapping[Cell, tuple[int, ...]]
    lattice: Lattice
    source: Source | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", tuple(self.answers))
        object.__setattr__(self, "base", tuple(self.base))
        object.__setattr__(self, "boxes", tuple(self.boxes))
        check_shape(self.key, self.answers, self.base, self.boxes)
        given = {tuple(cell): tuple(row) for cell, row in self.counts.items()}
        strangers = set(given) - set(self.lattice.cells)
        if strangers:
            raise GroupOutsideLatticeError(f"table {self.key!r} counts {sorted(strangers)[0]!r}")
        for cell, row in given.items():
            if len(row) != len(self.answers):
                raise WrongShapeError(
                    f"table {self.key!r}: {cell!r} has {len(row)} counts, not {len(self.answers)}"
                )
            for count in row:
                if not isinstance(count, int) or isinstance(count, bool):
                    raise CountNotWholeError(f"table {self.key!r}: {cell!r} holds {count!r}")
                if count < 0:
                    raise NegativeCountError(f"table {self.key!r}: {cell!r} holds {count}")
        nobody = (0,) * len(self.answers)
        object.__setattr__(
            self, "counts", {cell: given.get(cell, nobody) for cell in self.lattice.cells}
        )

    def sizes(self) -> dict[Cell, int]:
        """How many respondents each finest cell has, answered or skipped."""
        return {cell: sum(row) for cell, row in self.counts.items()}

    def row(self, group: Group) -> tuple[int, ...]:
        """True counts of a group, one per answer."""
        rows = [row for cell, row in self.counts.items() if group.holds(cell)]
        return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * len(self.answers)

    def count(self, group: Group, answers: Iterable[str]) -> int:
        """True number in the group who gave one of the answers."""
        wanted = set(answers)
        return sum(
            n for answer, n in zip(self.answers, self.row(group), strict=True) if answer in wanted
        )

    def check_sizes(self, sizes: Mapping[Cell, int]) -> None:
        """Raise :class:`TotalsDisagreeError` unless each cell is empty or adds to its size.

        An item that is not asked of some years counts no students there; in all other cells every
        student either answered or skipped.
        """
        for cell, total in self.sizes().items():
            if total not in (0, sizes.get(cell, 0)):
                raise TotalsDisagreeError(
                    f"table {self.key!r}: {cell!r} adds to {total}, "
                    f"but {sizes.get(cell, 0)} responded"
                )
