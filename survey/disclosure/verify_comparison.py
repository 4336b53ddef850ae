#!/usr/bin/env python3
"""Check an authority's comparison against its schools' releases.  Standard library only.

    python verify_comparison.py comparison.json release.json [release.json ...]

The comparison may say nothing that the releases do not: every figure of a school must be in one
release unchanged, and every median, quartile and sum must follow from those figures.  Then it adds
nothing new about a student, and the certificates of the schools cover it.  Ends with status 0 when
all of this holds, 1 when any of it does not, 2 when a file cannot be read.
"""

import gc
import hashlib
import io
import json
import math
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    "title": r"[^\x00-\x1f]{0,300}",
    "template": r"[A-Za-z0-9_.-]{0,60}",
    "template_version": r"[A-Za-z0-9_.-]{0,60}",
    "policy": r"[a-z0-9-]{0,20}",
    "code_version": r"[A-Za-z0-9_.+-]{0,60}",
    "code_hash": r"[0-9a-f]{64}",
    "released_on": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "bands": r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*",
    "years_of": r"[A-Z]{1,3}(,[A-Z]{1,3})*",
    "years_common": r"y[0-9]{1,2}(,y[0-9]{1,2})*",
    "since_of": r"[A-Z]{1,3}(,[A-Z]{1,3})*",
}
NUMBERED = {"wave", "invited", "compared", "after", "kinds", "second", "since", "years_places"}
"""What a header may hold: texts of a form, and whole numbers."""
PHASES = {
    "secondary", "all_through", "middle", "sixth_form", "special", "alternative", "independent",
    "primary",
}  # fmt: skip
NAME = re.compile(r"[A-Za-z0-9@_]([A-Za-z0-9@_.: -]{0,98}[A-Za-z0-9_])?")
LEAST_SCHOOLS = 5
LEAST_ALIKE = 3
LARGEST_SHARE = 60
FLAG_FROM = 30
LONGEST, MOST_PIECES, DEEPEST, LARGEST = 64_000_000, 2_000_000, 9, 1_000_000
"""Letters of a file, texts and signs in it, brackets within brackets, and the largest number."""
MOST_SCHOOLS, MOST_YEARS = 2_000, 20
"""The most schools of a comparison, and years of a school: no real one comes near them."""
UNREADABLE = (
    KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError,
    ZeroDivisionError,
)  # fmt: skip
"""What Python raises where a file holds a thing of another kind than the format says."""


QUOTED = re.compile(r'"[^"]*"?')
UNUSUAL = re.compile(r'[^][{}:,"0-9truefalsn]|[0-9]{7}|[0-9]e')
"""Outside quotation marks: blanks, fractions, signs, and numbers of seven digits or more."""
BRACKETS = dict.fromkeys(range(128)) | dict(zip(map(ord, "[]{}"), "[][]", strict=True))


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The comparison does not follow from the releases."""


def verify_comparison(comparison_text: str, release_texts: list[str]) -> list[str]:
    """Check the texts and return sentences about what was checked.  Raises Rejected."""
    try:
        return _verify(comparison_text, release_texts)
    except UNREADABLE as wrong:
        raise Rejected("something in the files is not of the kind that the format says") from wrong


def _verify(comparison_text: str, release_texts: list[str]) -> list[str]:
    comparison, _ = _read(comparison_text, (COMPARISON_FORMAT,))
    _check_form(comparison)
    releases = {}
    with _uncollected():
        for text in release_texts:
            release, canonical = _read(text, RELEASE_FORMATS)
            releases[hashlib.sha256(canonical.encode()).hexdigest()] = _for_everyone(release)
            del release  # so that the next is read into the same memory
    if len(releases) != len(release_texts) or sorted(releases) != comparison["releases"]:
        raise Rejected("the comparison was made of other releases")
    if len(releases) < LEAST_SCHOOLS or len(comparison["schools"]) != len(releases):
        raise Rejected("the comparison has too few schools, or not one for each release")
    of_school = {}
    for at, name in enumerate(_shuffled(releases)):
        school, release = comparison["schools"][at], releases[name]
        if school["code"] != _letters(at):
            raise Rejected("the letters of the schools do not follow from their releases")
        if _like(school) != release["like"]:
            raise Rejected(f"school {school['code']}: its release says something else of it")
        of_school[school["code"]] = release
    for figure in comparison["figures"]:
        for one in figure["schools"]:
            _check_against(of_school[one["school"]], one, figure)
        _check_summary(figure)
    _check_years(comparison, of_school)
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


def _shuffled(releases: Any) -> list[str]:
    """The order of the letters, which follows from the references of all releases."""
    names = sorted(releases)
    seed = "".join(names)
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).hexdigest())


def _letters(at: int) -> str:
    found = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        found = chr(ord("A") + letter) + found
    return found


def _check_against(release: Any, one: Any, figure: Any) -> None:
    """A school's figure is the one that its release prints, or the release prints none."""
    key, answer, printed = figure["table"], figure["answer"], one["printed"]
    where = f"{key} {answer}: school {one['school']}"
    numbers = _given(one)
    if numbers and numbers != _printed(release, key, answer):
        raise Rejected(f"{where} has a figure that its release does not print")
    if printed == "not_asked" and key in release["tables"]:
        raise Rejected(f"{where} is said not to be asked, and its release has the table")
    if printed == "hidden" and (key not in release["tables"] or _printed(release, key, answer)):
        raise Rejected(f"{where} is said to be hidden, and its release says otherwise")


def _read(text: str, formats: tuple[str, ...]) -> tuple[Any, str]:
    """What a file holds, and its canonical text."""
    if len(text) > LONGEST:
        raise Rejected("a file is too long")
    found = _as_usual(text, _check_brackets(text)) or _letter_by_letter(text)
    data = found[0]
    if not isinstance(data, dict) or data.get("format") not in formats:
        raise Rejected(f"not a {formats[-1]} file")
    return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """While files are read nothing is made that holds itself.  To look for that again and again,
    among all that the process holds, took a third of the time of a hundred releases."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _as_usual(text: str, bare: str) -> tuple[Any, str] | None:
    """A file that is its own canonical text, with small numbers alone; None for any other.  It
    gives no name twice, as its data, written again, would then be another text."""
    if UNUSUAL.search(bare):
        return None
    try:
        data = json.loads(text)
    except ValueError as wrong:
        raise Rejected("a file is not JSON") from wrong
    return (data, text) if _canonical(data) == text else None


def _letter_by_letter(text: str) -> tuple[Any, str]:
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
    return data, _canonical(data)


def _check_brackets(text: str) -> str:
    """Before it is parsed: deep brackets or millions of pieces could exhaust the memory.

    Returns the text without what is within its quotation marks."""
    plain = text.replace("\\\\", "").replace('\\"', "")
    bare = QUOTED.sub('"', plain)
    nested = bare.translate(BRACKETS)
    for _ in range(DEEPEST):
        nested = nested.replace("[]", "")
    if not nested and sum(map(bare.count, '"[]{},')) <= MOST_PIECES:
        return bare
    depth = 0
    for pieces, found in enumerate(re.finditer(r'"[^"]*"?|[\[{]|[\]}]|,', plain)):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST:
            raise Rejected("a file nests too deeply")
        if pieces > MOST_PIECES:
            raise Rejected("a file holds too much")
    return bare


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a name is given twice in one object")
    return found


def _small_number(digits: str) -> int:
    if len(digits) > 7 or digits == "-0" or not 0 <= int(digits) <= LARGEST:
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


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise Rejected(f"{where} is no name")
    return value


def _check_form(comparison: Any) -> None:
    """Nothing but what the format lists, and each thing once."""
    years = ["years"] if "years" in comparison else []
    _members(comparison, "the comparison", "format", "header", "releases", "schools", "figures",
             "left_out", *years)  # fmt: skip
    for name in ("releases", "schools", "figures", "left_out", *years):
        if not isinstance(comparison[name], list):
            raise Rejected(f"{name} is not a list")
    if len(comparison["schools"]) > MOST_SCHOOLS:
        raise Rejected("the comparison has too many schools")
    _check_header(comparison["header"], comparison["schools"])
    for school in comparison["schools"]:
        _members(school, "a school", "code", "name", "phase", "size", "years", "responded")
        _text(school["code"], "a letter")
        if school["phase"] not in PHASES:
            raise Rejected("a school is of no kind of the list")
        if school["name"] is not None:
            _text(school["name"], "a name")
        if not isinstance(school["years"], list) or len(school["years"]) > MOST_YEARS:
            raise Rejected("the years of a school are not a list, or too many")
        for year in school["years"]:
            _name(year, "a year")
        if school["responded"] is not None and type(school["responded"]) is not int:
            raise Rejected("how many responded is not a number")
    _check_bands(comparison["header"], comparison["schools"])
    codes = [school["code"] for school in comparison["schools"]]
    if len(set(codes)) != len(codes):
        raise Rejected("two schools have one letter")
    names = []
    for figure in comparison["figures"]:
        _members(figure, "a figure", "table", "answer", "schools", "given", "lower_quartile",
                 "median", "upper_quartile", "middle", "base")  # fmt: skip
        names.append((_name(figure["table"], "a table"), _name(figure["answer"], "an answer")))
        for one in figure["schools"]:
            _check_school(one, figure)
        if [one["school"] for one in figure["schools"]] != codes:
            raise Rejected(f"{figure['table']}: has other schools, or in another order")
    for one in comparison["left_out"]:
        _members(one, "what is left out", "table", "answer", "reason")
        names.append((_name(one["table"], "a table"), _name(one["answer"], "an answer")))
        if one["reason"] not in LEFT_OUT:
            raise Rejected(f"{one['table']}: left out for no reason of the list")
    if len(set(names)) != len(names):
        raise Rejected("a figure is compared twice")


def _check_header(header: Any, schools: Any) -> None:
    for name, value in header.items():
        if name in NUMBERED:
            if type(value) is not int:
                raise Rejected(f"the header's {name} is no whole number")
        elif name not in HEADER:
            raise Rejected(f"the header holds {name!r}, which is not in the format")
        elif not isinstance(value, str) or not re.fullmatch(HEADER[name], value):
            raise Rejected(f"the header's {name} is in no form of the format")
    if header.get("kinds", 1) not in (0, 1) or header.get("second", 1) != 1:
        raise Rejected("the header holds a mark in no form of the format")
    if header.get("compared", len(schools)) != len(schools):
        raise Rejected("the header says that other schools were compared")
    if header.get("invited", len(schools)) < len(schools):
        raise Rejected("the header says that fewer schools were invited than compared")


def _check_bands(header: Any, schools: Any) -> None:
    """How many schools each band holds, smallest first; enough of each are without a name."""
    sizes = [int(size) for size in header.get("bands", str(len(schools))).split(",")]
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
    for name in ("low", "high"):
        if one[name] is not None and type(one[name]) is not int:
            raise Rejected(f"{where}: an interval holds something that is no number")
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
        if type(figure[name]) is not int or figure[name] != value:
            raise Rejected(f"{where}: {name} is {figure[name]}, and the releases give {value}")


def _check_years(comparison: Any, of_school: Any) -> None:
    """Every figure by year group is the mean of what all schools of a band print of it, in which
    each school weighs as the smallest of its band; and no band is left out that prints it."""
    header, schools = comparison["header"], comparison["schools"]
    taken = _codes_in(header, "years_of", of_school)
    _codes_in(header, "since_of", of_school)
    told = {}
    for one in comparison.get("years", []):
        _members(one, "a figure by year group", "table", "answer", "year", "bands", "schools",
                 "percent", "base")  # fmt: skip
        name = one["table"], one["answer"], one["year"]
        if name in told:
            raise Rejected("a figure by year group is given twice")
        told[name] = one["bands"], one["schools"], one["percent"], one["base"]
        if [type(value) for value in told[name]] != [str, int, int, int]:
            raise Rejected("a figure by year group holds something that is no number")
    bands = _bands(header, schools)
    shown = [set(school["years"]) for school in schools if school["code"] in taken]
    years = sorted(set.intersection(*shown)) if shown else []
    if "years_common" in header:
        years = [year for year in years if year in header["years_common"].split(",")]
    figures = comparison["figures"]
    if "years_places" in header:
        places = [one for one in figures if one["answer"] == "feel_unsafe"]
        figures = places[: header["years_places"]]
    for figure in figures:
        asked = {one["school"] for one in figure["schools"]
                 if one["printed"] not in ("not_asked", "asked_otherwise")}  # fmt: skip
        for year in years:
            name = figure["table"], figure["answer"], year
            found = _year_figure(name, bands, taken, asked, of_school)
            if told.pop(name, None) != found:
                raise Rejected(f"{' '.join(name)}: the releases give {found}")
    if told:
        raise Rejected(f"{' '.join(next(iter(told)))}: is no figure of the releases")


def _codes_in(header: Any, name: str, codes: Any) -> set[str]:
    found = header[name].split(",") if name in header else []
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
    most = min(100, -(-100 * int(limit) // least))
    return (most + 1) // 2 if under is not None else 100 - most // 2


def _nearest(number: int, of: int) -> int:
    return (2 * number + of) // (2 * of)


def _quartile(values: list[int], which: int) -> int:
    whole, part = divmod(which * (len(values) - 1), 4)
    following = values[min(whole + 1, len(values) - 1)]
    return _nearest(4 * values[whole] + part * (following - values[whole]), 4)


def main(arguments: list[str]) -> int:
    """Run from the command line; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may hold what cannot be printed
    if len(arguments) < 2:
        print(__doc__.strip())
        return 2
    texts = []
    try:
        for name in arguments:
            with open(name, encoding="utf-8") as file:
                texts.append(file.read(LONGEST + 1))
    except (OSError, UnicodeDecodeError) as wrong:
        print(f"Cannot read: {wrong}")
        return 2
    try:
        sentences = verify_comparison(texts[0], texts[1:])
    except Rejected as wrong:
        print(f"REJECTED: {wrong}.")
        return 1
    print("\n".join(["ACCEPTED.", *sentences]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
