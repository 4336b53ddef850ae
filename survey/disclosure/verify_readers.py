#!/usr/bin/env python3
"""Check that readers of several comparisons together cannot tell letters better than one of them.
Standard library only.

    python verify_readers.py comparison.json comparison.json [comparison.json ...]

A school's figures are the same in every comparison that has its report, so its letters can be
found in all of them.  What readers then know of a letter is its cell: its band in each comparison,
or that it is not in it.  Every cell of a band must be the whole band of one of the comparisons, or
hold at least five schools without a name.  Ends with status 0 when all of this holds, 1 when any of
it does not, 2 when a file cannot be read.

Whether a comparison is true is not asked here: verify_comparison.py checks each with its releases.
Only reports that two comparisons have in common are found here.  The server also follows a school
from one survey to the next, which the files alone do not tell.
"""

import hashlib
import io
import json
import re
import sys
from typing import Any

FORMAT = "safety-survey-comparison/1"
MEMBERS = {"format", "header", "releases", "schools", "figures", "left_out"}
LEAST_ALIKE = 5
PER_CUT = 10
LONGEST, MOST_PIECES, DEEPEST, LARGEST = 64_000_000, 2_000_000, 9, 1_000_000
"""Letters of a file, texts and signs in it, brackets within brackets, and the largest number."""
MOST_SCHOOLS = 2_000
"""The most schools of a comparison: no real one comes near it."""
NUMBER, TEXT, NONE = int, str, type(None)
SCHOOL: dict[str, tuple[type, ...]] = {
    "code": (TEXT,), "name": (TEXT, NONE), "phase": (TEXT,), "size": (TEXT,), "years": (list,),
    "responded": (NUMBER, NONE),
}  # fmt: skip
ONE: dict[str, tuple[type, ...]] = {
    "school": (TEXT,), "printed": (TEXT,), "apart": (TEXT, NONE),
    **dict.fromkeys(
        ("base", "count", "percent", "limit", "under", "at_least", "low", "high"), (NUMBER, NONE)
    ),
}  # fmt: skip
FIGURE: dict[str, tuple[type, ...]] = {
    "table": (TEXT,), "answer": (TEXT,), "schools": (list,),
    **dict.fromkeys(
        ("given", "base", "middle", "lower_quartile", "median", "upper_quartile"), (NUMBER,)
    ),
}  # fmt: skip
YEAR: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("table", "answer", "year", "bands"), (TEXT,)),
    **dict.fromkeys(("schools", "percent", "base"), (NUMBER,)),
}
LEFT_OUT: dict[str, tuple[type, ...]] = dict.fromkeys(("table", "answer", "reason"), (TEXT,))
HEADER: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("wave", "invited", "compared", "after", "kinds", "second", "since", "years_places"),
        (NUMBER,),
    ),
    **dict.fromkeys(
        ("title", "template", "template_version", "policy", "code_version", "code_hash",
         "released_on", "bands", "years_of", "years_common", "since_of"), (TEXT,)
    ),
}  # fmt: skip
"""What each part of a comparison holds; whether it is true is for verify_comparison.py to say."""
NAME = r"[A-Za-z0-9@_]([A-Za-z0-9@_.: -]{0,98}[A-Za-z0-9_])?"
LETTER = r"[A-Z]{1,3}"
FORMS = {
    "code": LETTER, "school": LETTER, "table": NAME, "answer": NAME, "year": NAME,
    "name": r"(?s:.{1,300})", "title": r"[^\x00-\x1f]{0,300}",
    "phase": "secondary|all_through|middle|sixth_form|special|alternative|independent|primary",
    "size": "under_600|600_to_1000|1001_to_1500|over_1500|unsaid", "apart": "above|below",
    "printed": "shown|fewer_than|all_but_fewer|hidden|not_asked|asked_otherwise",
    "reason": "too_few_schools|school_too_large|two_wordings",
    "template": r"[A-Za-z0-9_.-]{0,60}", "template_version": r"[A-Za-z0-9_.-]{0,60}",
    "policy": r"[a-z0-9-]{0,20}", "code_version": r"[A-Za-z0-9_.+-]{0,60}",
    "code_hash": r"[0-9a-f]{64}", "released_on": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "bands": r"[0-9]{1,4}(,[0-9]{1,4})*", "years_of": rf"{LETTER}(,{LETTER})*",
    "years_common": r"y[0-9]{1,2}(,y[0-9]{1,2})*", "since_of": rf"{LETTER}(,{LETTER})*",
}  # fmt: skip
"""The forms of texts, by name: of one alphabet, so that no two look alike."""
UNREADABLE = (
    KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What Python raises where a file holds a thing of another kind than the format says."""


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The comparisons together tell letters."""


def verify_readers(texts: list[str]) -> list[str]:
    """Check the texts and return sentences about what was checked.  Raises Rejected."""
    try:
        return _verify(texts)
    except UNREADABLE as wrong:
        raise Rejected("something in the files is not of the kind that the format says") from wrong


def _verify(texts: list[str]) -> list[str]:
    if len(texts) < 2 or len(set(texts)) != len(texts):
        raise Rejected("there are not two different comparisons")
    read = [_groups(_load(text)) for text in texts]
    named = {one for groups in read for one, group in groups.items() if group is None}
    whole = set()
    for groups in read:
        for held in _by_group(groups).values():
            whole.add(frozenset(held))
    cells = 0
    for at, groups in enumerate(read):
        others = [other for beside, other in enumerate(read) if beside != at]
        for band, held in sorted(_by_group(groups).items()):
            parts = _by_group({
                release: tuple(other.get(release, "") for other in others)
                for release in held - named
            })  # fmt: skip
            _check(at + 1, band, held, parts, whole)
            cells += len(parts)
    common = sum(sum(one in groups for groups in read) > 1 for one in set().union(*read))
    return [
        f"{len(texts)} comparisons with {common} schools in more than one of them.",
        f"{cells} groups that readers can tell together: each is a whole band of one comparison, or"
        f" holds at least {LEAST_ALIKE} schools without a name.",
        "So together they tell no letter better than one of them alone, by more than 10 points.",
    ]


def _check(at: int, band: Any, held: set[str], parts: Any, whole: set[frozenset[str]]) -> None:
    left = {release for part in parts.values() for release in part}
    fresh = [part for part in parts.values() if frozenset(part) not in whole]
    if len(parts) <= 1 and (left == held or len(left) >= LEAST_ALIKE or not left):
        return
    if left != held and len(left) < LEAST_ALIKE:
        raise Rejected(
            f"comparison {at}, band {band}: others name so many schools that fewer than"
            f" {LEAST_ALIKE} are left"
        )
    for part in fresh:
        if len(part) < LEAST_ALIKE:
            raise Rejected(
                f"comparison {at}, band {band}: {len(part)} letters can be told from the others,"
                f" which is fewer than {LEAST_ALIKE}"
            )
    if (len(fresh) - (len(fresh) == len(parts))) * PER_CUT > len(held):
        raise Rejected(f"comparison {at}, band {band}: it is cut into too many parts")


def _by_group(groups: dict[str, Any]) -> dict[Any, set[str]]:
    """Releases by group, without those of schools with a name."""
    found: dict[Any, set[str]] = {}
    for release, group in groups.items():
        if group is not None:
            found.setdefault(group, set()).add(release)
    return found


def _holds(value: Any, kinds: dict[str, tuple[type, ...]], where: str) -> None:
    if not isinstance(value, dict) or set(value) != set(kinds):
        raise Rejected(f"{where} does not hold exactly {', '.join(kinds)}")
    for name, allowed in kinds.items():
        if type(value[name]) not in allowed:
            raise Rejected(f"{where}: {name} is not of its kind")
        if isinstance(value[name], str) and not re.fullmatch(FORMS[name], value[name]):
            raise Rejected(f"{where}: {name} is in no form of the format")


def _check_form(comparison: Any) -> None:
    """Each part holds what the format lists, and nothing else."""
    header = comparison["header"]
    _holds(header, {name: kind for name, kind in HEADER.items() if name in header}, "a header")
    for name in ("releases", "schools", "figures", "left_out"):
        if not isinstance(comparison[name], list):
            raise Rejected(f"{name} is not a list")
    if len(comparison["schools"]) > MOST_SCHOOLS:
        raise Rejected("a comparison has too many schools")
    for school in comparison["schools"]:
        _holds(school, SCHOOL, "a school")
        if not all(isinstance(one, str) and re.fullmatch(NAME, one) for one in school["years"]):
            raise Rejected("the years of a school are not names")
    for figure in comparison["figures"]:
        _holds(figure, FIGURE, "a figure")
        for one in figure["schools"]:
            _holds(one, ONE, "a school's figure")
    for one in comparison["left_out"]:
        _holds(one, LEFT_OUT, "what is left out")
    for one in comparison.get("years", []):
        _holds(one, YEAR, "a figure by year group")


def _groups(comparison: Any) -> dict[str, Any]:
    """By release: the band of its letter, or None for a school with a name."""
    _check_form(comparison)
    codes = [school["code"] for school in comparison["schools"]]
    if codes != [_letters(at) for at in range(len(codes))]:
        raise Rejected("the letters of a comparison are not in their order")
    schools = {school["code"]: school for school in comparison["schools"]}
    releases = comparison["releases"]
    if len(schools) != len(releases) or releases != sorted(set(releases)):
        raise Rejected("a comparison has not one school for each report")
    if any(not isinstance(one, str) or not re.fullmatch("[0-9a-f]{64}", one) for one in releases):
        raise Rejected("a comparison names a report by something that is no reference")
    bands = _bands(comparison["header"], comparison["schools"])
    seed = "".join(sorted(releases))
    order = sorted(releases, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).hexdigest())
    found = {}
    for at, release in enumerate(order):
        code = _letters(at)
        if code not in schools:
            raise Rejected("the letters of a comparison do not follow from its reports")
        is_named = schools[code]["name"] is not None
        found[release] = None if is_named else bands[code]
    return found


def _bands(header: Any, schools: Any) -> dict[str, str]:
    """By letter, its band, with the kind of school where the comparison shows it."""
    written = header.get("bands", str(len(schools)))
    if not isinstance(written, str) or not re.fullmatch(
        r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*", written
    ):
        raise Rejected("a header holds bands in no form of the format")
    sizes = [int(size) for size in written.split(",")]
    if sum(sizes) != len(schools):
        raise Rejected("the bands of a comparison hold other schools")
    with_kinds = header.get("after", 0) == 0 and header.get("kinds", 1) == 1
    ordered = sorted(schools, key=lambda one: one["responded"] or 0)
    found = {}
    for at, size in enumerate(sizes):
        held, ordered = ordered[:size], ordered[size:]
        kinds = [one["phase"] for one in held if one["name"] is None]
        shown = with_kinds and all(kinds.count(kind) >= 3 for kind in kinds)
        for one in held:
            found[one["code"]] = f"{at}.{one['phase']}" if shown else str(at)
    return found


def _letters(at: int) -> str:
    found = ""
    at += 1
    while at:
        at, letter = divmod(at - 1, 26)
        found = chr(ord("A") + letter) + found
    return found


def _load(text: str) -> Any:
    if len(text) > LONGEST:
        raise Rejected("a file is too long")
    _check_brackets(text)
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
    if (
        not isinstance(data, dict)
        or data.get("format") != FORMAT
        or set(data) - {"years"} != MEMBERS
    ):
        raise Rejected(f"not a {FORMAT} file")
    return data


def _check_brackets(text: str) -> None:
    """Before it is parsed: deep brackets or millions of pieces could exhaust the memory."""
    depth = 0
    plain = text.replace("\\\\", "").replace('\\"', "")
    for pieces, found in enumerate(re.finditer(r'"[^"]*"?|[\[{]|[\]}]|,', plain)):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST:
            raise Rejected("a file nests too deeply")
        if pieces > MOST_PIECES:
            raise Rejected("a file holds too much")


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
        sentences = verify_readers(texts)
    except Rejected as wrong:
        print(f"REJECTED: {wrong}.")
        return 1
    print("\n".join(["ACCEPTED.", *sentences]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
