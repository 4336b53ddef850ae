#!/usr/bin/env python3
"""Check an authority's comparison against its schools' releases.  Standard library only.

    python verify_comparison.py comparison.json release.json [release.json ...]

The comparison may say nothing that the releases do not: every figure of a school must be in one
release unchanged, and every median, quartile and sum must follow from those figures.  Then it adds
nothing new about a student, and the certificates of the schools cover it.  Ends with status 0 when
all of this holds, 1 when any of it does not, 2 when a file cannot be read.
"""

import hashlib
import json
import math
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

COMPARISON_FORMAT = "safety-survey-comparison/1"
RELEASE_FORMATS = ("safety-survey-release/1", "safety-survey-release/2")
NUMBERS = ("count", "percent", "limit", "under", "at_least")
PRINTED = {
    "shown": {"count", "percent"},
    "fewer_than": {"limit", "under"},
    "all_but_fewer": {"limit", "at_least"},
    "hidden": set(),
    "not_asked": set(),
    "asked_otherwise": set(),
}
SIZES = ((600, "under_600"), (1001, "600_to_1000"), (1501, "1001_to_1500"))
LEFT_OUT = ("too_few_schools", "school_too_large", "two_wordings")
HEADER = {
    "title", "wave", "template", "template_version", "policy", "code_version", "code_hash",
    "released_on", "invited", "compared", "bands", "after", "kinds", "second", "years_of", "since",
    "since_of",
}  # fmt: skip
LEAST_SCHOOLS = 5
LEAST_ALIKE = 3
LARGEST_SHARE = 60
FLAG_FROM = 30
LONGEST, DEEPEST, LARGEST = 64_000_000, 9, 1_000_000


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The comparison does not follow from the releases."""


def verify_comparison(comparison_text: str, release_texts: list[str]) -> list[str]:
    """Check the texts and return sentences about what was checked.  Raises Rejected."""
    comparison = _load(comparison_text, (COMPARISON_FORMAT,))
    _check_form(comparison)
    releases = {}
    for text in release_texts:
        release = _load(text, RELEASE_FORMATS)
        releases[hashlib.sha256(_canonical(release).encode()).hexdigest()] = _for_everyone(release)
    if len(releases) != len(release_texts) or sorted(releases) != comparison["releases"]:
        raise Rejected("the comparison was made of other releases")
    if len(releases) < LEAST_SCHOOLS or len(comparison["schools"]) != len(releases):
        raise Rejected("the comparison has too few schools, or not one for each release")
    alike = _by(releases, lambda release: release["like"])
    candidates = {
        school["code"]: set(alike.get(_like(school), ())) for school in comparison["schools"]
    }
    for figure in comparison["figures"]:
        key, answer = figure["table"], figure["answer"]
        printed = _by(releases, lambda release: _printed(release, key, answer))  # noqa: B023
        for one in figure["schools"]:
            numbers = _given(one)
            if not numbers:
                continue
            candidates[one["school"]] &= printed.get(numbers, set())
            if not candidates[one["school"]]:
                raise Rejected(
                    f"{key} {answer}: school {one['school']} has a figure"
                    " that no one release prints beside its others"
                )
        _check_summary(figure)
    if not _one_each([sorted(names) for names in candidates.values()]):
        raise Rejected("two schools of the comparison would be one release, or one is none of them")
    _check_years(comparison, releases, candidates)
    return [
        f"The comparison was made of these {len(releases)} releases.",
        f"{len(comparison['figures'])} figures checked: each school's stands in its release as it"
        " is, and all sums, quartiles, intervals and middles follow from them.",
        f"{len(comparison.get('years', []))} figures by year group of all schools together checked:"
        " each follows from what the releases print.",
        f"None is of fewer than {LEAST_SCHOOLS} schools, and no school gives more than"
        f" {LARGEST_SHARE} % of the answers to any.",
        "So the comparison adds nothing to what the releases say, and their certificates cover it.",
    ]


def _load(text: str, formats: tuple[str, ...]) -> Any:
    if len(text) > LONGEST:
        raise Rejected("a file is too long")
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        depth += (bracket in "[{") - (bracket in "]}") if len(bracket) == 1 else 0
        if depth > DEEPEST:
            raise Rejected("a file nests too deeply")
    try:
        data = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_small_number,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except ValueError as wrong:
        raise Rejected("a file is not JSON") from wrong
    if not isinstance(data, dict) or data.get("format") not in formats:
        raise Rejected(f"not a {formats[-1]} file")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a name is given twice in one object")
    return found


def _small_number(digits: str) -> int:
    if len(digits) > 7 or not 0 <= int(digits) <= LARGEST:
        raise Rejected(f"{digits[:12]} is no number that could be here")
    return int(digits)


def _no_fraction(digits: str) -> Any:
    raise Rejected(f"{digits[:12]} is no whole number")


def _members(value: Any, where: str, *names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Rejected(f"{where} does not hold exactly {', '.join(names)}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 300:
        raise Rejected(f"{where} is no text")
    return value


def _check_form(comparison: Any) -> None:
    """Nothing but what the format lists, and each thing once."""
    years = ["years"] if "years" in comparison else []
    _members(comparison, "the comparison", "format", "header", "releases", "schools", "figures",
             "left_out", *years)  # fmt: skip
    for name, value in comparison["header"].items():
        if name not in HEADER or not (type(value) is int or isinstance(value, str)):
            raise Rejected(f"the header holds {name!r}, which is not in the format")
    for school in comparison["schools"]:
        _members(school, "a school", "code", "name", "phase", "size", "years", "responded")
        _text(school["code"], "a letter")
        _text(school["phase"], "a kind of school")
        if school["name"] is not None:
            _text(school["name"], "a name")
    _check_bands(comparison["header"], comparison["schools"])
    codes = [school["code"] for school in comparison["schools"]]
    if len(set(codes)) != len(codes):
        raise Rejected("two schools have one letter")
    names = []
    for figure in comparison["figures"]:
        _members(figure, "a figure", "table", "answer", "schools", "given", "lower_quartile",
                 "median", "upper_quartile", "middle", "base")  # fmt: skip
        names.append((_text(figure["table"], "a table"), _text(figure["answer"], "an answer")))
        for one in figure["schools"]:
            _check_school(one, figure)
        if [one["school"] for one in figure["schools"]] != codes:
            raise Rejected(f"{figure['table']}: has other schools, or in another order")
    for one in comparison["left_out"]:
        _members(one, "what is left out", "table", "answer", "reason")
        names.append((_text(one["table"], "a table"), _text(one["answer"], "an answer")))
        if one["reason"] not in LEFT_OUT:
            raise Rejected(f"{one['table']}: left out for no reason of the list")
    if len(set(names)) != len(names):
        raise Rejected("a figure is compared twice")


def _check_bands(header: Any, schools: Any) -> None:
    """How many schools each band holds, smallest first; enough of each are without a name."""
    written = header.get("bands", str(len(schools)))
    if not isinstance(written, str) or not re.fullmatch(
        r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*", written
    ):
        raise Rejected("the header holds bands in no form of the format")
    if type(header.get("after", 0)) is not int:
        raise Rejected("the header does not say how many comparisons were made before")
    sizes = [int(size) for size in written.split(",")]
    if sum(sizes) != len(schools):
        raise Rejected("the bands hold other schools")
    ordered = sorted(schools, key=lambda one: one["responded"] or 0)
    for size in sizes if len(sizes) > 1 else []:
        band, ordered = ordered[:size], ordered[size:]
        if sum(one["name"] is None for one in band) < LEAST_ALIKE:
            raise Rejected("a band holds so few schools that their letters could be told")


def _check_school(one: Any, figure: Any) -> None:
    where = f"{figure['table']} {figure['answer']}"
    _members(one, where, "school", "printed", "base", *NUMBERS, "low", "high", "apart")
    given = {name for name in NUMBERS if one[name] is not None}
    if one["printed"] not in PRINTED or given != PRINTED[one["printed"]]:
        raise Rejected(f"{where}: a figure holds other numbers than it prints")
    if any(one[name] is not None and type(one[name]) is not int for name in (*NUMBERS, "base")):
        raise Rejected(f"{where}: a figure holds something that is no number")
    if (one["base"] is None) != (not given):
        raise Rejected(f"{where}: a figure without its base, or a base without a figure")
    low = high = apart = None
    if given:
        low, high = _interval(one)
        if one["base"] >= FLAG_FROM and not low <= figure["middle"] <= high:
            apart = "above" if low > figure["middle"] else "below"
    if (one["low"], one["high"], one["apart"]) != (low, high, apart):
        raise Rejected(f"{where}: an interval, or what follows from it, is another")


def _interval(one: Any) -> tuple[int, int]:
    base, limit = one["base"], one["limit"]
    if one["printed"] == "shown":
        return _wilson(one["count"], base)
    if one["printed"] == "fewer_than":
        return 0, max(one["under"], _wilson(limit, base)[1])
    return min(one["at_least"], _wilson(base - limit, base)[0]), 100


def _wilson(count: int, base: int) -> tuple[int, int]:
    """The 95 % interval of a share, in whole per cent rounded outwards."""
    square = 3.841458820694124
    share = min(1.0, count / base)
    middle = (share + square / (2 * base)) / (1 + square / base)
    half = math.sqrt(square * (share * (1 - share) / base + square / (4 * base * base)))
    half /= 1 + square / base
    low, high = 100 * (middle - half), 100 * (middle + half)
    return max(0, math.floor(low + 1e-9)), min(100, math.ceil(high - 1e-9))


def _for_everyone(release: Any) -> Any:
    """What a comparison can hold of a release: what is said of its school, and the row of everyone
    of each table.  The rest is not kept, as an authority may have a hundred releases."""
    row = release["participation"]["rows"][0]
    roll = release["header"].get("roll", 0)
    size = "unsaid" if type(roll) is not int or roll <= 0 else next(
        (name for below, name in SIZES if roll < below), "over_1500")  # fmt: skip
    years = [year for year in release["lattice"]["years"] if year != "unsaid" and "+" not in year]
    tables: dict[str, Any] = {}
    by_year: dict[Any, Any] = {}
    for table in release["tables"]:
        whole = [one for one in table["rows"] if one["group"] == "all"]
        if not whole:
            raise Rejected(f"{table['key']} has no row of everyone")
        tables.setdefault(table["key"], whole[0])
        for one in table["rows"]:
            year = re.fullmatch("year=(y[0-9]{1,2})", one["group"])
            if year:
                by_year[table["key"], year[1]] = one
    responded = row["base"] if row["shown"] else None
    return {"like": (size, tuple(years), responded), "tables": tables, "by_year": by_year}


def _like(school: Any) -> tuple[Any, ...]:
    """What is said of a school, in the form of what its release says."""
    return school["size"], tuple(school["years"]), school["responded"]


def _by(releases: Any, what: Callable[[Any], Any]) -> dict[Any, set[str]]:
    """The names of the releases by what they say, so that no school is compared with each."""
    found: dict[Any, set[str]] = {}
    for name, release in releases.items():
        found.setdefault(what(release), set()).add(name)
    return found


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _given(figure: Any) -> tuple[Any, ...]:
    """The printed numbers of a school in the comparison; empty where it has none."""
    numbers = tuple(figure[name] for name in NUMBERS)
    return (*numbers, figure["base"]) if any(one is not None for one in numbers) else ()


def _printed(release: Any, key: str, answer: str) -> tuple[Any, ...]:
    """What a release prints of an answer or box for the whole school."""
    return _numbers_of(release["tables"].get(key), answer)


def _numbers_of(row: Any, answer: str) -> tuple[Any, ...]:
    if row is None or not row["shown"]:
        return ()
    if answer in row["boxes"]:
        figure, base = row["boxes"][answer], row["boxes"][answer].get("of_base")
    elif answer in row["cells"]:
        figure, base = row["cells"][answer], row["base"]
    else:
        return ()  # it was asked otherwise there
    numbers = tuple(figure.get(name) for name in NUMBERS)
    return (*numbers, base) if any(one is not None for one in numbers) else ()


def _check_summary(figure: Any) -> None:
    where = f"{figure['table']} {figure['answer']}"
    given = [one for one in figure["schools"] if one["base"] is not None]
    bases = [one["base"] for one in given]
    if len(given) < LEAST_SCHOOLS or 100 * max(bases) > LARGEST_SHARE * sum(bases):
        raise Rejected(f"{where}: of too few schools, or mostly of one")
    halves = 0
    places = []
    for one in given:
        if one["count"] is not None:
            halves += 2 * one["count"]
            places.append(one["percent"])
        elif one["under"] is not None:
            halves += one["limit"] - 1
            places.append((one["under"] + 1) // 2)
        else:
            halves += 2 * one["base"] - one["limit"] + 1
            places.append((one["at_least"] + 101) // 2)
    places.sort()
    expected = {
        "given": len(given),
        "base": sum(bases),
        "middle": _nearest(100 * halves, 2 * sum(bases)),
        "lower_quartile": _quartile(places, 1),
        "median": _quartile(places, 2),
        "upper_quartile": _quartile(places, 3),
    }
    for name, value in expected.items():
        if figure[name] != value:
            raise Rejected(f"{where}: {name} is {figure[name]}, and the releases give {value}")


def _check_years(comparison: Any, releases: Any, candidates: Any) -> None:
    """Every figure by year group is the mean of what all schools of a band print of it, in which
    each school weighs as the smallest of its band; and no band is left out that prints it."""
    header, schools = comparison["header"], comparison["schools"]
    codes = [school["code"] for school in schools]
    taken = _codes_in(header, "years_of", codes)
    _codes_in(header, "since_of", codes)
    if type(header.get("since", 0)) is not int:
        raise Rejected("the header does not say which comparison came before")
    given = comparison.get("years", [])
    for one in given:
        _members(one, "a figure by year group", "table", "answer", "year", "bands", "schools",
                 "percent", "base")  # fmt: skip
    told = {(one["table"], one["answer"], one["year"]): one for one in given}
    if len(told) != len(given):
        raise Rejected("a figure by year group is given twice")
    names = sorted(releases)
    order = sorted(names, key=lambda name: hashlib.sha256(
        f"{''.join(names)} {name}".encode()).hexdigest())  # fmt: skip
    if taken and any(name not in candidates[code] for code, name in zip(codes, order, strict=True)):
        raise Rejected("the letters do not follow from the releases")
    held = {code: releases[name] for code, name in zip(codes, order, strict=True)}
    bands = _bands(header, schools)
    shown = [set(school["years"]) for school in schools if school["code"] in taken]
    years = sorted(set.intersection(*shown)) if shown else []
    for figure in comparison["figures"]:
        asked = {one["school"] for one in figure["schools"]
                 if one["printed"] not in ("not_asked", "asked_otherwise")}  # fmt: skip
        for year in years:
            name = figure["table"], figure["answer"], year
            found = _year_figure(name, bands, taken, asked, held)
            one = told.pop(name, None)
            if (one and (one["bands"], one["schools"], one["percent"], one["base"])) != found:
                raise Rejected(f"{' '.join(name)}: is {one}, and the releases give {found}")
    if told:
        raise Rejected(f"{' '.join(next(iter(told)))}: is no figure of the releases")


def _codes_in(header: Any, name: str, codes: list[str]) -> set[str]:
    found = str(header.get(name, "")).split(",") if header.get(name) else []
    if len(set(found)) != len(found) or not set(found) <= set(codes):
        raise Rejected(f"the header lists letters under {name} that are no schools")
    return set(found)


def _bands(header: Any, schools: Any) -> list[tuple[list[str], int]]:
    """The letters of each band, and what a school in it weighs."""
    ordered = sorted(schools, key=lambda one: one["responded"] or 0)
    found = []
    for size in map(int, header.get("bands", str(len(schools))).split(",")):
        band, ordered = ordered[:size], ordered[size:]
        numbers = [one["responded"] for one in band if one["responded"]]
        found.append(([one["code"] for one in band], min(numbers, default=0)))
    return found


def _year_figure(name: Any, bands: Any, taken: Any, asked: Any, held: Any) -> Any:
    """How many schools, the share and the base of a figure by year group; None if there is none."""
    table, answer, year = name
    parts, held_bands = [], []
    for at, (codes, weight) in enumerate(bands):
        printed = [_numbers_of(held[code]["by_year"].get((table, year)), answer)
                   if code in asked else () for code in codes if code in taken]  # fmt: skip
        if printed and weight and all(printed):
            least = min(one[-1] for one in printed)
            parts.append((len(printed), weight, sum(_place(one, least) for one in printed), least))
            held_bands.append(str(at))
    total = sum(schools * weight for schools, weight, _sum, _base in parts)
    schools = sum(part[0] for part in parts)
    heaviest = max((part[1] for part in parts), default=0)
    if schools < LEAST_SCHOOLS or 100 * heaviest > LARGEST_SHARE * total:
        return None
    share = _nearest(sum(weight * places for _n, weight, places, _base in parts), total)
    spread = sum(Fraction(number * weight**2, base) for number, weight, _sum, base in parts)
    return ",".join(held_bands), schools, share, int(total**2 / spread)


def _place(printed: Any, least: int) -> int:
    """A printed percentage, or the middle of what "fewer than" leaves open in the smallest."""
    _count, percent, limit, under, _at_least, _base = printed
    if percent is not None:
        return int(percent)
    most = min(100, -(-100 * limit // least))
    return (most + 1) // 2 if under is not None else 100 - most // 2


def _nearest(number: int, of: int) -> int:
    return (2 * number + of) // (2 * of)


def _quartile(values: list[int], which: int) -> int:
    whole, part = divmod(which * (len(values) - 1), 4)
    following = values[min(whole + 1, len(values) - 1)]
    return _nearest(4 * values[whole] + part * (following - values[whole]), 4)


def _one_each(candidates: list[list[str]]) -> bool:
    """Whether every school can be given a different release (by augmenting paths)."""
    owner: dict[str, int] = {}

    def place(school: int, tried: set[str]) -> bool:
        for release in candidates[school]:
            if release not in tried:
                tried.add(release)
                if release not in owner or place(owner[release], tried):
                    owner[release] = school
                    return True
        return False

    return all(place(school, set()) for school in range(len(candidates)))


def main(arguments: list[str]) -> int:
    """Run from the command line; returns the exit status."""
    if len(arguments) < 2:
        print(__doc__.strip())
        return 2
    texts = []
    try:
        for name in arguments:
            with open(name, encoding="utf-8") as file:
                texts.append(file.read())
    except (OSError, UnicodeDecodeError) as wrong:
        print(f"Cannot read: {wrong}")
        return 2
    try:
        sentences = verify_comparison(texts[0], texts[1:])
    except Rejected as wrong:
        print(f"REJECTED: {wrong}.")
        return 1
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError) as wrong:
        print(f"REJECTED: the files are not of the described form ({wrong!r}).")
        return 1
    print("\n".join(["ACCEPTED.", *sentences]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
