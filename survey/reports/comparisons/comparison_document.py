"""The document of a comparison: everything an authority may see of its schools, frozen per survey.

Every number is derived from figures in the schools' own releases, so anyone who has those releases
could compute it, and it adds no knowledge about a student. It does not rank schools: they are in a
shuffled order under letters, unless they agreed to be named.

Words for keys (items, rows, options, indicators) are those of the programme's template, which the
header names; places that a school renamed have the key they have there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

FORMAT = "safety-survey-comparison/1"


class UnreadableComparisonError(ValueError):
    """The document is not a comparison, or has impossible values."""


class SizeBand(StrEnum):
    """How many students are on roll, in bands wide enough not to name a school."""

    UNDER_600 = "under_600"
    TO_1000 = "600_to_1000"
    TO_1500 = "1001_to_1500"
    OVER_1500 = "over_1500"
    UNSAID = "unsaid"


class Printed(StrEnum):
    """The status of a school's share, shown if there is no share."""

    SHOWN = "shown"
    FEWER_THAN = "fewer_than"
    ALL_BUT_FEWER = "all_but_fewer"
    HIDDEN = "hidden"  # too few answers, or the school's release prints none
    NOT_ASKED = "not_asked"  # a place it does not have
    ASKED_OTHERWISE = "asked_otherwise"  # other options, or other year groups, than the template's


class OutlierDirection(StrEnum):
    """A school's interval is wholly to one side of the share of all schools together."""

    ABOVE = "above"
    BELOW = "below"


class LeftOutReason(StrEnum):
    """The reason why a figure is left out for all schools."""

    TOO_FEW_SCHOOLS = "too_few_schools"
    SCHOOL_TOO_LARGE = "school_too_large"
    TWO_WORDINGS = "two_wordings"


@dataclass(frozen=True)
class ComparedSchool:
    """A school as the authority sees it. `code` is a letter ("A"); `name` only if it agreed.
    `responded` is the printed, rounded number of responses, None where the release hides it."""

    code: str
    name: str | None
    phase: str
    size: SizeBand
    years: tuple[str, ...]
    responded: int | None


@dataclass(frozen=True)
class SchoolFigure:
    """One school's share. `base` and `count` are rounded, `percent` is of them; `low` and `high`
    are the 95 % interval in whole per cent, for "fewer than" from 0, for "all but fewer than"
    to a hundred. `limit`, `under` and `at_least` as in a release."""

    school: str
    printed: Printed
    base: int | None = None
    count: int | None = None
    percent: int | None = None
    limit: int | None = None
    under: int | None = None
    at_least: int | None = None
    low: int | None = None
    high: int | None = None
    apart: OutlierDirection | None = None

    def __post_init__(self) -> None:
        given = {
            name
            for name in ("count", "percent", "limit", "under", "at_least")
            if getattr(self, name) is not None
        }
        if given != _NUMBERS[self.printed]:
            raise UnreadableComparisonError(
                f"a figure that is {self.printed} cannot hold {sorted(given)}"
            )
        for name in ("base", "low", "high"):
            if (getattr(self, name) is not None) != bool(given):
                raise UnreadableComparisonError(f"a figure that is {self.printed}, and {name}")

    @property
    def is_given(self) -> bool:
        """Whether it publishes a share of the school."""
        return self.base is not None

    @property
    def place(self) -> int | None:
        """Where it is on an axis from 0 to 100: the share, or the middle of what "under x %"
        and "x % and more" leave open."""
        if self.under is not None:
            return (self.under + 1) // 2
        if self.at_least is not None:
            return (self.at_least + 101) // 2
        return self.percent


_NUMBERS: Mapping[Printed, set[str]] = {
    Printed.SHOWN: {"count", "percent"},
    Printed.FEWER_THAN: {"limit", "under"},
    Printed.ALL_BUT_FEWER: {"limit", "at_least"},
    Printed.HIDDEN: set(),
    Printed.NOT_ASKED: set(),
    Printed.ASKED_OTHERWISE: set(),
}


@dataclass(frozen=True)
class ComparedFigure:
    """One figure over all schools, whole schools only: `table` is a key of a release ("B2.toilets",
    "B4:crowds", "@harm_any"), `answer` one of its boxes or answers ("feel_unsafe", "yes").

    `schools` follow the order of the comparison's schools. The quartiles and the median are of
    `SchoolFigure.place`, each school counting once; `middle` is the share of all students of these
    schools together, worked out from the rounded figures, and `base` the sum of the rounded bases.
    """

    table: str
    answer: str
    schools: tuple[SchoolFigure, ...]
    given: int
    lower_quartile: int
    median: int
    upper_quartile: int
    middle: int
    base: int


@dataclass(frozen=True)
class LeftOutSchool:
    """A shared question that is not compared, and the reason."""

    table: str
    answer: str
    reason: LeftOutReason


@dataclass(frozen=True)
class YearFigure:
    """One figure of one year group ("y9") over `schools` schools together, in whole per cent: those
    of `bands` ("0,2") whose year groups are shown. In it each school weighs as the smallest of its
    band. `base` is how many answers of one school would make the share as certain as it is."""

    table: str
    answer: str
    year: str
    bands: str
    schools: int
    percent: int
    base: int


@dataclass(frozen=True)
class Comparison:
    """One comparison, whole. `header` holds plain values: `title`, `wave` (its number), `template`,
    `template_version`, `policy`, `code_version`, `released_on`, `invited` (how many schools were
    invited), `compared` (how many are in it), `after` (how many comparisons the programme had
    before) and `bands` (how many schools each band holds, smallest first). `years_of` are the
    letters of the schools whose year groups are shown together. Where schools teach different ones,
    `years_common` are those that are shown, and `years_places` is of how many places at most, if
    they are shown of places only. `since` is the number of the comparison before, and `since_of`
    the letters of the schools whose change is shown together.
    `releases` are the hashes of the releases it was drawn from, sorted, so that nothing in their
    order tells which school is which."""

    header: Mapping[str, str | int]
    releases: tuple[str, ...]
    schools: tuple[ComparedSchool, ...]
    figures: tuple[ComparedFigure, ...]
    left_out: tuple[LeftOutSchool, ...]
    years: tuple[YearFigure, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", dict(self.header))
        codes = [school.code for school in self.schools]
        if len(set(codes)) != len(codes):
            raise UnreadableComparisonError("two schools have one code")
        keys = [(one.table, one.answer) for one in self.figures]
        keys += [(one.table, one.answer) for one in self.left_out]
        if len(set(keys)) != len(keys):
            raise UnreadableComparisonError("a figure is compared twice")
        for figure in self.figures:
            if [one.school for one in figure.schools] != codes:
                raise UnreadableComparisonError(f"{figure.table} has other schools, or an order")

    def figure(self, table: str, answer: str) -> ComparedFigure | None:
        """One figure, or None if it is left out or was never asked."""
        return next(
            (one for one in self.figures if (one.table, one.answer) == (table, answer)), None
        )

    def to_json(self) -> str:
        """Canonical JSON: sorted names, no blanks, non-ASCII as it is. The same bytes each time.
        Figures by year group are left out where there are none, as in earlier comparisons."""
        held = asdict(self)
        if not self.years:
            del held["years"]
        return json.dumps(
            {"format": FORMAT, **held},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
            allow_nan=False,
        )

    def codes_in(self, name: str) -> tuple[str, ...]:
        """The letters that the header lists under a name."""
        return tuple(filter(None, str(self.header.get(name, "")).split(",")))

    @classmethod
    def from_json(cls, text: str) -> Comparison:
        """Reads a comparison back, or raises an `UnreadableComparisonError`."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise UnreadableComparisonError(f"not a {FORMAT} document")
            return cls(
                header=data["header"],
                releases=tuple(data["releases"]),
                schools=tuple(_school(one) for one in data["schools"]),
                figures=tuple(_figure(one) for one in data["figures"]),
                left_out=tuple(
                    LeftOutSchool(one["table"], one["answer"], LeftOutReason(one["reason"]))
                    for one in data["left_out"]
                ),
                years=tuple(YearFigure(**one) for one in data.get("years", ())),
            )
        except UnreadableComparisonError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise UnreadableComparisonError(f"not a comparison: {wrong}") from wrong

    def content_hash(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.to_json().encode()).hexdigest()


def _school(data: dict[str, Any]) -> ComparedSchool:
    return ComparedSchool(
        **(data | {"size": SizeBand(data["size"]), "years": tuple(data["years"])})
    )


def _figure(data: dict[str, Any]) -> ComparedFigure:
    schools = tuple(
        SchoolFigure(
            **(
                one
                | {
                    "printed": Printed(one["printed"]),
                    "apart": None if one["apart"] is None else OutlierDirection(one["apart"]),
                }
            )
        )
        for one in data["schools"]
    )
    return ComparedFigure(**(data | {"schools": schools}))
