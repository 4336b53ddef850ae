#!/usr/bin/env python3
"""Check a release against its certificate.  Standard library only; shares no code with anything.

    python verify.py release.json certificate.json

Reads what the release prints, works out by itself every count that must stay uncertain, and checks
that the certificate's alternative tables (each of which must give exactly the printed figures, in
all tables of the same answers at once) show at least five values for each count that could be
under five.  A file that holds anything else than docs/release-format.md lists is rejected.  Ends
with status 0 when all of it holds, 1 when anything does not, 2 when a file cannot be read.
Releases of the first format are checked by verify_1.py.
"""

import hashlib
import io
import itertools
import json
import re
import sys
from array import array
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

RELEASE_FORMAT = "safety-survey-release/2"
CERTIFICATE_FORMAT = "safety-survey-certificate/2"
FIRST_FORMATS = ("safety-survey-release/1", "safety-survey-certificate/1")
LONGEST, MOST_PIECES, DEEPEST, LARGEST = 64_000_000, 2_000_000, 9, 1_000_000
"""Letters of a file, texts and signs in it, brackets within brackets, and the largest number."""
MOST_NAMES, MOST_TABLES, MOST_ALTERNATIVES = 100, 2_000, 20_000
"""The most names in one list, tables of a release and alternatives of a family. No real report
comes near them; without them a small file could take hours to check."""
MOST_YEARS, MOST_GENDERS, MOST_ASKED = 20, 8, 100
"""The most years and genders of a breakdown, and ways in which years are asked different questions.
Each group meets each other one, so a hundred of each kept a verifier busy for minutes."""
NAME = re.compile(r"[A-Za-z0-9@_]([A-Za-z0-9@_.: -]{0,98}[A-Za-z0-9_])?")
"""A name of an answer, a group, a question or a table. Letters of one alphabet: names that look
alike and are two could hide that one question is in the report twice."""
QUOTED = re.compile(r'"[^"]*"?')
UNUSUAL = re.compile(r'[^][{}:,"0-9truefalsn]|[0-9]{7}|[0-9]e')
"""Outside quotation marks: blanks, fractions, signs, and numbers of seven digits or more."""
BRACKETS = dict.fromkeys(range(128)) | dict(zip(map(ord, "[]{}"), "[][]", strict=True))
HEX = "0123456789abcdef"
ROUNDING = {"base5": 5, "base10": 10, "base20": 20}
LARGE = 100
"""Groups from this size on may be rounded to another level than smaller ones."""
POLICIES = {
    "w5-1": {
        "small": 5, "minimum_base": 20, "whole_school_under": 50, "nothing_under": 20,
        "schools_at_least": 5, "school_share_at_most": 60,
    },
}  # fmt: skip
GROUP = r"(any|y[0-9]{1,2})"
HEADER = {
    r"school|title|template|template_version|questionnaire|opened_on|closed_on": 300,
    r"policy_version|code_version|code_hash|id": 300,
    rf"(extra_cards|roll_raised)_{GROUP}_reason_[1-9][0-9]{{0,3}}": 200,
    r"wave|roll|roll_y[0-9]{1,2}|cards": None,
    rf"(cards|extra_cards|roll_raised)_{GROUP}": None,
}
"""Names of a header, and the most letters of each that is text; the others are whole numbers."""
HEADER_FORMS = {
    "template": r"[A-Za-z0-9_.-]{0,60}",
    "template_version": r"[A-Za-z0-9_.-]{0,60}",
    "questionnaire": r"([0-9a-f]{64})?",
    "code_hash": r"[0-9a-f]{64}",
    "opened_on": r"([0-9]{4}-[0-9]{2}-[0-9]{2})?",
    "closed_on": r"([0-9]{4}-[0-9]{2}-[0-9]{2})?",
}
"""Those that are of one form."""
UNREADABLE = (
    KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What Python raises where a file holds a thing of another kind than the format says."""
HIDDEN = {
    "base_below_minimum": set(ROUNDING),
    "audit": {"nothing"},
    "whole_school_only": {"whole_school"},
    "survey_too_small": {"whole_school", "nothing"},
}
"""Why a row is hidden, and the rounding levels it may then have."""
STATUSES: dict[str, set[str]] = {
    "shown": {"count", "percent"},
    "fewer_than": {"limit", "under"},
    "all_but_fewer": {"limit", "at_least"},
    "implied": set(),
    "hidden": set(),
}

Group = tuple[str | None, str | None]
Cell = tuple[str, str]
Columns = frozenset[str]
Facts = dict[tuple[Group, Columns], tuple[int, int]]
Note = Callable[[Group, frozenset[str], int, int], None]
OPEN = 10**9


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The release or the certificate does not hold."""


def verify(release_text: str, certificate_text: str) -> list[str]:
    """Check both texts and return a list of sentences about what was checked.

    Raises Rejected with the first thing that does not hold.
    """
    try:
        return _verify(release_text, certificate_text)
    except UNREADABLE as wrong:
        raise Rejected("something in the files is not of the kind that the format says") from wrong


def _verify(release_text: str, certificate_text: str) -> list[str]:
    release = _load(release_text, RELEASE_FORMAT, "release")
    certificate = _load(certificate_text, CERTIFICATE_FORMAT, "certificate")
    digest = hashlib.sha256(_canonical(release).encode()).hexdigest()
    _check_release(release)
    _members(certificate, "the certificate", "format", "release", "families")
    if certificate["release"] != digest:
        raise Rejected("the certificate was made for another release")
    tally = dict.fromkeys(
        ("tables", "empty", "families", "witnesses", "small", "large", "proved"), 0
    )
    entries = _list(certificate["families"], "families")
    known: dict[tuple[Any, ...], dict[Cell, int]] = {}
    at = 0
    for family in _families(release):
        tables = [table["key"] for table in family]
        speaks = any(
            row["shown"] or row["reason"] == "base_below_minimum"
            for table in family
            for row in table["rows"]
        )
        entry = entries[at] if at < len(entries) else {}
        if not isinstance(entry, dict) or entry.get("tables") != tables:
            if speaks:
                raise Rejected(f"{tables[0]}: no certificate, or not in its place")
            tally["empty"] += len(tables)
            continue
        at += 1
        cells = _cells(entry, release, family)
        asked = tuple(dict.fromkeys(tuple(_question(release, one)["years"]) for one in family))
        if known.get(asked, cells) != cells:
            raise Rejected(f"{tables[0]}: groups have other sizes than in other tables")
        for others, sizes in known.items() if asked not in known else ():
            _check_sizes(tables[0], (asked, cells), (others, sizes))
            _check_sizes(tables[0], (others, sizes), (asked, cells))
        known[asked] = cells
        if len(known) > MOST_ASKED:
            raise Rejected("the questions are asked of the years in too many ways")
        _check_participation(release, family, cells)
        _Family(release, family, entry, cells, tally).check()
        tally["families"] += 1
        tally["tables"] += len(tables)
    if at != len(entries):
        raise Rejected("something is certified that was not released, or twice")
    small = release["policy"]["small"]
    return [
        f"Release {digest[:16]} and its certificate belong together.",
        f"{tally['tables']} tables checked, in {tally['families']} families of tables that share"
        f" answers; {tally['empty']} print nothing.",
        f"{tally['witnesses']} alternatives all give exactly the printed figures of every table of"
        " their family, and could have been given by students.",
        f"{tally['small']} counts that could be under {small} keep at least {small} possible "
        "values (or every value, in a group with fewer people).",
        f"{tally['large']} counts cannot be under {small}: so the figures say themselves.",
        f"{tally['proved']} more cannot be under {small}: so the certificate proves.",
        "This holds for a reader who knows the exact size of every group and reads all of it.",
    ]


# The files, letter by letter.


def _load(text: str, wanted: str, what: str) -> Any:
    if len(text) > LONGEST:
        raise Rejected(f"the {what} is too long")
    bare = _check_brackets(text, what)
    try:
        data = None if UNUSUAL.search(bare) else json.loads(text)
        if data is not None and _canonical(data) == text:
            return _of_format(data, wanted, what)  # so it gives no name twice
        data = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_small_number,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except ValueError as wrong:
        raise Rejected(f"the {what} is not JSON") from wrong
    return _of_format(data, wanted, what)


def _of_format(data: Any, wanted: str, what: str) -> Any:
    found = data.get("format") if isinstance(data, dict) else None
    if found in FIRST_FORMATS:
        raise Rejected(f"the {what} is of the first format; verify_1.py checks those")
    if found != wanted:
        raise Rejected(f"the {what} is not a {wanted} file")
    return data


def _check_brackets(text: str, what: str) -> str:
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
            raise Rejected(f"the {what} nests too deeply")
        if pieces > MOST_PIECES:
            raise Rejected(f"the {what} holds too much")
    return bare


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a name is given twice in one object")
    return found


def _small_number(digits: str) -> int:
    if len(digits) > 8 or digits == "-0" or not -LARGEST <= int(digits) <= LARGEST:
        raise Rejected(f"{digits[:12]} is no number that could be here")
    return int(digits)


def _no_fraction(digits: str) -> Any:
    raise Rejected(f"{digits[:12]} is no whole number")


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _members(value: Any, where: str, *names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Rejected(f"{where} does not hold exactly {', '.join(names)}")


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Rejected(f"{where} is not a list")
    return value


def _whole(number: Any) -> bool:
    return type(number) is int and number >= 0


def _names(value: Any, where: str, of: Any = None) -> list[str]:
    """Names, each once; in the order of a longer list, if one is given."""
    names = _list(value, where)
    if len(names) > MOST_NAMES:
        raise Rejected(f"{where} holds too many names")
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise Rejected(f"{where} holds something that is no name")
    if len(set(names)) != len(names):
        raise Rejected(f"{where} holds a name twice")
    if of is not None and names != [name for name in of if name in names]:
        raise Rejected(f"{where} is not a part of the longer list, in its order")
    return names


# The release.


def _check_release(release: Any) -> None:
    _members(release, "the release", "format", "header", "policy", "lattice", "participation",
             "tables", "questions")  # fmt: skip
    _check_header(release["header"])
    policy = release["policy"]
    version = policy.get("version") if isinstance(policy, dict) else None
    if not isinstance(version, str) or version not in POLICIES:
        raise Rejected("the release was made under rules that are not known here")
    _members(policy, "the policy", "version", "start", *POLICIES[version])
    if policy["start"] not in ROUNDING or POLICIES[version] != {
        name: policy[name] for name in POLICIES[version]
    }:
        raise Rejected("the policy is not the one its version names")
    named = release["header"].get("policy_version", version)
    if named != version:
        raise Rejected("the header names other rules than the policy")
    lattice = release["lattice"]
    _members(lattice, "the lattice", "years", "genders", "crossed", "silent")
    years, genders = _years(lattice), _names(lattice["genders"], "genders")
    _names(lattice["silent"], "silent", list(dict.fromkeys([*years, *genders])))
    _check_bands(lattice, years)
    if type(lattice["crossed"]) is not bool or not years or not genders:
        raise Rejected("the lattice is not one")
    if len(lattice["years"]) > MOST_YEARS or len(genders) > MOST_GENDERS:
        raise Rejected("the lattice holds too many groups")
    took_part = release["participation"]
    _members(took_part, "participation", *TABLE)
    if [took_part["key"], took_part["answers"], took_part["boxes"]] != [
        "participation", ["participation"], []
    ]:  # fmt: skip
        raise Rejected("the participation table is not one")
    _check_table(took_part, release)
    _check_took_part(took_part, policy)
    keys = set()
    if len(_list(release["tables"], "tables")) > MOST_TABLES:
        raise Rejected("the release holds too many tables")
    for table in release["tables"]:
        _members(table, "a table", *TABLE, "made_of")
        _check_table(table, release)
        if table["key"] in keys or table["key"] == "participation":
            raise Rejected(f"{table['key']}: released twice")
        keys.add(table["key"])
    _check_questions(release)


def _check_header(header: Any) -> None:
    """Each name is of the list, and what it holds is what the list says."""
    if not isinstance(header, dict):
        raise Rejected("the header is not one")
    for name, value in header.items():
        forms = [most for pattern, most in HEADER.items() if re.fullmatch(pattern, name)]
        if not forms:
            raise Rejected(f"the header holds {name!r}, which is not in the format")
        (most,) = forms
        if most is None and not _whole(value):
            raise Rejected(f"the header's {name} is no whole number")
        if most is not None and (not isinstance(value, str) or len(value) > most):
            raise Rejected(f"the header's {name} is no text of up to {most} letters")
        if name in HEADER_FORMS and not re.fullmatch(HEADER_FORMS[name], value):
            raise Rejected(f"the header's {name} is of another form")
        counted, _, number = name.partition("_reason_")
        before = f"{counted}_reason_{int(number) - 1}" if number else ""
        if number and (counted not in header or (number != "1" and before not in header)):
            raise Rejected(f"the header's {name} is a reason for nothing")
    if header.get("opened_on") and "" < header.get("closed_on", "") < header["opened_on"]:
        raise Rejected("the header says that the survey was closed before it was opened")
    for name, pattern in (("roll", r"roll_y[0-9]+"), ("cards", r"cards_(any|y[0-9]+)")):
        parts = [value for part, value in header.items() if re.fullmatch(pattern, part)]
        if parts and name in header and sum(parts) != header[name]:
            raise Rejected(f"the header's {name} is not the sum of those of its year groups")


def _check_took_part(took_part: Any, policy: Any) -> None:
    """Rounded as every figure is, and no more in the groups than in all."""
    most = {"year": 0, "gender": 0}
    for row in took_part["rows"]:
        if not row["shown"]:
            continue
        rounding = ROUNDING[row["rung"]]
        whole = {"status": "shown", "count": row["base"], "percent": 100}
        least = policy["minimum_base"] + max(policy["small"], rounding // 2) - 1
        if row["base"] % rounding or row["base"] + (rounding - 1) // 2 < least:
            raise Rejected(f"participation {row['group']}: is no rounded number, or of too few")
        if row["cells"] != {"participation": whole}:
            raise Rejected(f"participation {row['group']}: says more than how many took part")
        kind = row["group"].partition("=")[0]
        if kind in most and "," not in row["group"]:
            most[kind] += row["base"] - rounding // 2
    everyone = took_part["rows"][0]
    high = everyone["base"] + ROUNDING[everyone["rung"]] // 2 if everyone["shown"] else 0
    if max(most.values()) > high:
        raise Rejected("participation: more took part in the groups than in all")


def _years(lattice: Any) -> list[str]:
    """The single years of a breakdown: all but the bands, which join some of them."""
    years = _list(lattice["years"], "years")
    return _names([year for year in years if "+" not in str(year)], "years")


def _check_bands(lattice: Any, years: list[str]) -> None:
    """A band joins single years that have no separate row, in order; each is in at most one."""
    taken: set[str] = set()
    for band in lattice["years"]:
        if band in years:
            continue
        parts = str(band).split("+")
        _names(parts, f"the band {band}", [year for year in years if year in lattice["silent"]])
        if taken & set(parts):
            raise Rejected(f"the band {band} joins years of another")
        taken |= set(parts)


TABLE = ("key", "answers", "base", "boxes", "rung", "reason", "rows")


def _check_table(table: Any, release: Any) -> None:
    (key,) = _names([table["key"]], "a table's key")
    answers = _names(table["answers"], f"{key}: answers")
    base = _names(table["base"], f"{key}: base", answers)
    if not base:
        raise Rejected(f"{key}: has no base")
    for box in _list(table["boxes"], f"{key}: boxes"):
        _members(box, f"{key}: a box", "key", "answers", "of")
        inside = _names(box["answers"], f"{key}: a box", answers)
        of = _names(box["of"], f"{key}: what a box is of", base)
        if not inside or not set(inside) < set(of):
            raise Rejected(f"{key}: a box is not a part of what it is a share of")
    boxes = _names([box["key"] for box in table["boxes"]], f"{key}: keys of boxes")
    if set(boxes) & set(answers):
        raise Rejected(f"{key}: a box is called like an answer")
    rows = _list(table["rows"], f"{key}: rows")
    for row in rows:
        _check_row(key, row, answers, boxes)
    if [row["group"] for row in rows] != _groups(release["lattice"]):
        raise Rejected(f"{key}: the rows are not the groups of the lattice")
    _check_rung(table, release["policy"])


def _check_row(key: str, row: Any, answers: list[str], boxes: list[str]) -> None:
    if not isinstance(row, dict) or type(row.get("shown")) is not bool:
        raise Rejected(f"{key}: a row is not one")
    where = f"{key} {row.get('group')}"
    if not row["shown"]:
        _members(row, where, "group", "shown", "rung", "reason")
        if not isinstance(row["reason"], str) or row["rung"] not in HIDDEN.get(row["reason"], ()):
            raise Rejected(f"{where}: hidden for no reason of the list")
        return
    _members(row, where, "group", "shown", "rung", "reason", "base", "cells", "boxes")
    if row["rung"] not in ROUNDING or row["reason"] != "none" or not _whole(row["base"]):
        raise Rejected(f"{where}: shown on no rung of the list")
    _members(row["cells"], f"{where}: cells", *answers)
    _members(row["boxes"], f"{where}: boxes", *boxes)
    for name, figure in [*row["cells"].items(), *row["boxes"].items()]:
        status = figure.get("status") if isinstance(figure, dict) else None
        if status not in STATUSES or not all(
            _whole(number) for member, number in figure.items() if member != "status"
        ):
            raise Rejected(f"{where} {name}: no figure")


def _check_rung(table: Any, policy: Any) -> None:
    """The rounding level and reason of a table follow from its rows."""
    rows, depth = table["rows"], list(ROUNDING)
    rungs = [row["rung"] for row in rows]
    reasons = {row["reason"] for row in rows[1:]}
    shown = [row["rung"] for row in rows if row["shown"]]
    coarsest = max([policy["start"], *shown], key=depth.index)
    if any(depth.index(rung) < depth.index(policy["start"]) for rung in shown):
        raise Rejected(f"{table['key']}: finer than its policy")
    found = coarsest, "none" if coarsest == "base5" else "policy"
    if set(rungs) == {"nothing"} and len({row["reason"] for row in rows}) == 1:
        found = "nothing", rows[0]["reason"]
    elif "whole_school" in rungs:
        if set(rungs[1:]) != {"whole_school"} or len(reasons) != 1 or rungs[0] not in ROUNDING:
            raise Rejected(f"{table['key']}: neither the whole school alone, nor by groups")
        found = "whole_school", min(reasons)
    elif coarsest != policy["start"] or "nothing" in rungs:
        found = coarsest, "audit"
    if "survey_too_small" in reasons and found[1] != "survey_too_small":
        raise Rejected(f"{table['key']}: rows are hidden for different reasons")
    alone = {("whole_school", "whole_school_only"), ("whole_school", "survey_too_small")}
    allowed = {found} | (alone if len(rows) == 1 and rungs[0] in ROUNDING else set())
    if (table["rung"], table["reason"]) not in allowed:
        raise Rejected(f"{table['key']}: its rung or reason is not that of its rows")


def _check_levels(table: Any, sizes: list[int], policy: Any) -> None:
    """Groups of under LARGE are rounded alike or all withheld, and so are the larger ones; a group
    too small for the nearest 20 takes 10.  This holds for hidden rows too: their levels could
    otherwise be chosen freely, and would carry numbers."""
    few, most = ROUNDING["base10"], ROUNDING["base20"]
    for is_large in (False, True):
        found = set()
        for row, size in zip(table["rows"][1:], sizes[1:], strict=True):
            rounding = ROUNDING.get(row["rung"], 0)
            if (size >= LARGE) != is_large:
                continue
            has_room = size - max(policy["small"], most // 2) >= policy["minimum_base"] - 1
            if rounding == most and not has_room:
                raise Rejected(f"{table['key']} {row['group']}: rounded as a larger group is")
            found.add((rounding, has_room))
        levels = {rounding for rounding, _ in found}
        if len(levels) > 1 and (levels != {few, most} or (few, True) in found):
            raise Rejected(f"{table['key']}: groups of one size are rounded to different levels")


def _groups(lattice: Any) -> list[str]:
    years = [year for year in lattice["years"] if year not in lattice["silent"]]
    genders = [gender for gender in lattice["genders"] if gender not in lattice["silent"]]
    names = ["all", *(f"year={year}" for year in years), *(f"gender={name}" for name in genders)]
    if lattice["crossed"]:
        names += [f"year={year},gender={gender}" for year in years for gender in genders]
    return names


def _check_questions(release: Any) -> None:
    """What each table is made of: every question is declared once, and used."""
    questions = _list(release["questions"], "questions")
    for question in questions:
        _members(question, "a question", "key", "kind", "years", "alone", "most", "gate")
        (key,) = _names([question["key"]], "a question's key")
        if question["kind"] not in ("one", "grid", "several"):
            raise Rejected(f"{key}: a question of an unknown kind")
        _names(question["years"], f"{key}: years", _years(release["lattice"]))
        if question["gate"] is not None:
            by_row = ("by_row",) if "by_row" in question["gate"] else ()
            _members(question["gate"], f"{key}: its gate", "question", "answers", *by_row)
            if question["gate"].get("by_row", True) is not True:
                raise Rejected(f"{key}: its gate is not one")
            _names(question["gate"]["answers"], f"{key}: answers of its gate")
    by_key = {question["key"]: question for question in questions}
    parts: dict[str, list[Any]] = {key: [] for key in by_key}
    for table in release["tables"]:
        _check_source(table, by_key, parts)
    if list(by_key) != list(_order(release["tables"])) or len(by_key) != len(questions):
        raise Rejected("the questions are not those of the tables, each once and in their order")
    for question in questions:
        _check_question(question, by_key, parts)


def _order(tables: Any) -> dict[str, None]:
    return dict.fromkeys(table["made_of"]["question"] for table in tables)


def _check_source(table: Any, by_key: Any, parts: dict[str, list[Any]]) -> None:
    key, made_of = table["key"], table["made_of"]
    _members(made_of, f"{key}: made of", "question", "part", "yes", "no")
    of, part = made_of["question"], made_of["part"]
    if not isinstance(of, str) or of not in by_key:
        raise Rejected(f"{key}: is made of an unknown question")
    kind = by_key[of]["kind"]
    yes, no = _names(made_of["yes"], f"{key}: yes"), _names(made_of["no"], f"{key}: no")
    if part is not None:
        _names([part], f"{key}: part")
    if yes or no:
        if not (yes and no) or part is not None or set(yes) & set(no) or key[:1] != "@":
            raise Rejected(f"{key}: is not made of parts of a question")
        named = key
    else:
        named = of if part is None else f"{of}.{part}" if kind == "grid" else f"{of}:{part}"
    whole = part is None and not yes
    if named != key or whole != (kind == "one"):
        raise Rejected(f"{key}: its key does not say what it is made of")
    if (yes or kind == "several") and [table["answers"], table["base"]] != [
        ["yes", "no", "skipped"], ["yes", "no"]
    ]:  # fmt: skip
        raise Rejected(f"{key}: is not of yes, no and skipped")
    parts[of].append(table)


def _check_question(question: Any, by_key: Any, parts: dict[str, list[Any]]) -> None:
    key, kind = question["key"], question["kind"]
    single = [one for one in parts[key] if not one["made_of"]["yes"]]
    over = [one for one in parts[key] if one["made_of"]["yes"]]
    options = [one["made_of"]["part"] for one in single]
    if kind == "one":
        options = []
    _names(question["alone"], f"{key}: alone", options)
    if kind != "several" and (question["alone"] or question["most"] is not None):
        raise Rejected(f"{key}: only options of a tick-all question exclude each other")
    if question["most"] is not None and (not _whole(question["most"]) or not question["most"]):
        raise Rejected(f"{key}: an impossible number of ticks")
    if not single or len(over) > 1:
        raise Rejected(f"{key}: two tables are made of all its parts, or none of one")
    given = options if kind == "several" else list(
        dict.fromkeys(a for one in single for a in one["base"]))  # fmt: skip
    for one in over:
        _names(one["made_of"]["yes"], f"{one['key']}: yes", given)
        _names(one["made_of"]["no"], f"{one['key']}: no", given)
        free = set(options) - {*question["alone"], *one["made_of"]["yes"], *one["made_of"]["no"]}
        if kind == "several" and (question["most"] is not None or free):
            raise Rejected(f"{one['key']}: is made of options in a way that is not certified")
    gate = question["gate"]
    if gate is None:
        return
    asked = by_key.get(gate["question"])
    if asked is None or asked is question or not set(question["years"]) <= set(asked["years"]):
        raise Rejected(f"{key}: waits for a question that is not there")
    if (asked["gate"] or {}).get("by_row"):
        raise Rejected(f"{key}: waits for a question that waits row by row")
    if gate.get("by_row"):
        rows = {one["made_of"]["part"] for one in parts[gate["question"]]}
        mine = {one["made_of"]["part"] for one in parts[key]}
        if kind != "grid" or asked["kind"] != "grid" or over or not mine <= rows:
            raise Rejected(f"{key}: its rows wait for rows that are not there")
        for one in parts[gate["question"]]:
            if one["made_of"]["part"] in mine and not set(gate["answers"]) <= set(one["base"]):
                raise Rejected(f"{key}: a row waits for answers that are not printed")
        return
    theirs = [one["made_of"] for one in parts[gate["question"]] if one["made_of"]["yes"]]
    for one in theirs:
        if asked["kind"] != "grid" or not (
            set(one["yes"]) <= set(gate["answers"]) <= {*one["yes"], *one["no"]}
        ):
            raise Rejected(f"{key}: its gate and another table share answers uncertified")


def _question(release: Any, table: Any) -> Any:
    of = table["made_of"]["question"]
    return next(one for one in release["questions"] if one["key"] == of)


def _families(release: Any) -> list[list[Any]]:
    """Tables that share answers: options of a question, rows that something else is made of or
    that are a gate, what waits for it.  Of a gate by row, each row and what waits for that row."""
    by_key = {one["key"]: one for one in release["questions"]}
    root = {key: key for key in by_key}

    def find(key: str) -> str:
        for _ in range(len(root) + 1):
            if root[key] == key:
                return key
            key = root[key]
        raise Rejected("questions wait for each other in a circle")

    tied = {one["made_of"]["question"] for one in release["tables"] if one["made_of"]["yes"]}
    by_row: dict[str, str] = {}
    for one in release["questions"]:
        if one["gate"] is not None and one["gate"].get("by_row"):
            by_row[one["key"]] = one["gate"]["question"]
        elif one["gate"] is not None:
            mine, theirs = find(one["key"]), find(one["gate"]["question"])
            if mine == theirs:
                raise Rejected("questions wait for each other in a circle")
            root[mine] = theirs
            tied |= {one["key"], one["gate"]["question"]}
    for key, waits_for in by_row.items():
        if waits_for in tied:
            mine, theirs = find(key), find(waits_for)
            if mine == theirs:
                raise Rejected("questions wait for each other in a circle")
            root[mine] = theirs
            tied.add(key)
    found: dict[tuple[str, str], list[Any]] = {}
    for table in release["tables"]:
        of = table["made_of"]["question"]
        alone = by_key[of]["kind"] == "grid" and of not in tied
        row = f"{by_row.get(of, of)}.{table['made_of']['part']}"
        name = ("row", row) if alone else ("question", find(of))
        found.setdefault(name, []).append(table)
    return list(found.values())


# Groups and their sizes.


def _group(key: Any) -> Group:
    """(year or None, gender or None) of a group key."""
    year = gender = None
    if key != "all":
        for part in str(key).split(","):
            name, _, value = part.partition("=")
            if name == "year":
                year = value
            elif name == "gender":
                gender = value
            else:
                raise Rejected(f"{key!r} is not a group")
    return year, gender


def _check_sizes(key: str, one: Any, other: Any) -> None:
    """Two entries, of questions that different years were asked: the cells of the other that are
    part of a cell of the one add up to no more, and if they are all of it, to as many."""
    years = {year for asked in other[0] for year in asked}
    parts: dict[str, list[tuple[set[str], int]]] = {}
    for (of, gender), size in other[1].items():
        parts.setdefault(gender, []).append((set(of.split("+")), size))
    for (of, gender), size in one[1].items():
        whole = set(of.split("+"))
        touching = [part for part in parts.get(gender, ()) if part[0] & whole]
        inside = sum(number for part, number in touching if part <= whole)
        is_all = whole <= years and all(part <= whole for part, _ in touching)
        if inside > size or (is_all and inside != size):
            raise Rejected(f"{key}: groups have other sizes than in other tables")


def _name(group: Group) -> str:
    parts = []
    if group[0] is not None:
        parts.append(f"year={group[0]}")
    if group[1] is not None:
        parts.append(f"gender={group[1]}")
    return ",".join(parts) or "all"


@lru_cache(maxsize=4096)
def _inside(cell: Cell, group: Group) -> bool:
    """Is a cell in a group: its gender, and all years that are joined in it?"""
    in_year = group[0] is None or set(cell[0].split("+")) <= set(group[0].split("+"))
    return in_year and group[1] in (None, cell[1])


def _cells(entry: Any, release: Any, family: list[Any]) -> dict[Cell, int]:
    """The cells of an entry.  Years are joined that are in the same rows of participation (their
    own, that of their band, or none) and were asked the same of the family; genders by their rows.
    """
    _members(entry, "a family", "tables", "cells", "alternatives", "counts", "proofs")
    lattice = release["lattice"]
    shown = {row["group"] for row in release["participation"]["rows"] if row["shown"]}
    asked = {
        key: _question(release, table)["years"]
        for table in family
        for key in [table["made_of"]["question"]]
    }
    rows = [name.split("+") for name in lattice["years"] if f"year={name}" in shown]
    together: dict[Any, list[str]] = {}
    for year in _years(lattice):
        mine = tuple(year in years for years in asked.values())
        if any(mine):
            alike = tuple(year in row for row in rows), mine
            together.setdefault(alike, []).append(year)
    genders: dict[Any, list[str]] = {}
    for gender in lattice["genders"]:
        genders.setdefault(gender if f"gender={gender}" in shown else 0, []).append(gender)
    allowed = [("+".join(y), "+".join(g)) for y in together.values() for g in genders.values()]
    found: dict[Cell, int] = {}
    for pair in _list(entry["cells"], "cells"):
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise Rejected("a cell is not a name and a size")
        of, gender = _group(pair[0])
        if of is None or gender is None or (of, gender) in found:
            raise Rejected(f"{pair[0]}: is no cell, or one given twice")
        if not _whole(pair[1]) or not pair[1]:
            raise Rejected(f"{pair[0]}: has an impossible size")
        found[of, gender] = pair[1]
    if list(found) != [cell for cell in allowed if cell in found]:
        raise Rejected(
            f"{family[0]['key']}: the cells are not those of the printed groups, in order"
        )
    return found


def _check_participation(release: Any, family: list[Any], cells: dict[Cell, int]) -> None:
    """How many took part, by group, is the size of the group, rounded."""
    asked = {year for table in family for year in _question(release, table)["years"]}
    for row in release["participation"]["rows"]:
        group = _group(row["group"])
        of = _years(release["lattice"]) if group[0] is None else group[0].split("+")
        if not row["shown"] or not set(of) <= asked:
            continue
        size = sum(n for cell, n in cells.items() if _inside(cell, group))
        rounding = ROUNDING[row["rung"]]
        least = (
            release["policy"]["minimum_base"] + max(release["policy"]["small"], rounding // 2) - 1
        )
        right = max(rounding, (size + rounding // 2) // rounding * rounding)
        whole = {"status": "shown", "count": right, "percent": 100}
        if size < least or row["base"] != right or row["cells"] != {"participation": whole}:
            raise Rejected(f"participation {row['group']}: is not the rounded size of the group")


# One family of tables.


class _Family:
    """The tables of one family, what they say and what the alternatives show.

    An unknown is a count of one answer of one table in one cell, named "table/answer"; "skipped" of
    the options of one question is one unknown."""

    def __init__(
        self, release: Any, tables: list[Any], entry: Any, cells: dict[Cell, int], tally: Any
    ) -> None:
        self.release, self.tables, self.cells, self.tally = release, tables, cells, tally
        self.entry = entry
        self.policy = release["policy"]
        self.of = {table["key"]: _question(release, table) for table in tables}
        self.facts: Facts = {}
        self._large: dict[str, list[tuple[Columns, frozenset[Cell]]]] = {}
        """Figures that are not small, by the first of their unknowns."""
        self.ties: list[tuple[Cell, list[tuple[int, str]], int, int]] = []
        self.columns = {
            table["key"]: [self.column(table, answer) for answer in table["answers"]]
            for table in tables
        }
        self._cells_within: dict[Group, frozenset[Cell]] = {}
        self._all_named: dict[str, tuple[Group, Columns, int, int]] | None = None
        self._asked = {
            table["key"]: {
                cell
                for cell in cells
                if not set(cell[0].split("+")).isdisjoint(self.of[table["key"]]["years"])
            }
            for table in tables
        }

    def column(self, table: Any, answer: str) -> str:
        if answer == "skipped" and self.is_option(table):
            return f"{table['made_of']['question']}/skipped"
        return f"{table['key']}/{answer}"

    def is_option(self, table: Any) -> bool:
        is_several = self.of[table["key"]]["kind"] == "several"
        return is_several and table["made_of"]["part"] is not None

    def asked(self, table: Any, cell: Cell) -> bool:
        return cell in self._asked[table["key"]]

    def within(self, group: Group) -> frozenset[Cell]:
        """The cells of a group."""
        if group not in self._cells_within:
            self._cells_within[group] = frozenset(c for c in self.cells if _inside(c, group))
        return self._cells_within[group]

    def check(self) -> None:
        for table in self.tables:
            self._read(table)
        for (group, answers), (low, _) in self.facts.items():
            if low >= self.policy["small"]:
                self._large.setdefault(min(answers), []).append((answers, self.within(group)))
        for cell, size in self.cells.items():
            self.ties += [(cell, *tie) for tie in self._ties(cell, size)]
        counts = self._counts()
        self.tally["witnesses"] += counts.number
        for (group, columns), (low, high) in self.facts.items():
            found = counts.of(self.within(group), columns)
            if not low <= min(found) <= max(found) <= high:
                raise Rejected(
                    f"{self.tables[0]['key']}: an alternative does not give the printed figures"
                )
        proofs = self._proofs()
        used: set[str] = set()
        for table in self.tables:
            self._check_targets(table, counts, proofs, used)
        if set(proofs) - used:
            raise Rejected(f"{self.tables[0]['key']}: a proof is about nothing that needs one")

    def _counts(self) -> "_Counts":
        """The alternatives: of the right sizes, in order, and each one that students could give."""
        where = self.tables[0]["key"]
        number = self.entry["alternatives"]
        if not _whole(number) or not 0 < number <= MOST_ALTERNATIVES:
            raise Rejected(f"{where}: an impossible number of alternatives")
        if sum(self.cells.values()) > LARGEST:
            raise Rejected(f"{where}: an impossible number of people")
        octets = 1 if max(self.cells.values(), default=0) < 256 else 2
        wide = self._wide(octets)
        if len(_list(self.entry["counts"], "counts")) != len(self.cells):
            raise Rejected(f"{where}: the alternatives are misshapen")
        written: list[Any] = []
        found: dict[tuple[Cell, str], int] = {}
        for (cell, size), line in zip(self.cells.items(), self.entry["counts"], strict=True):
            names = self._written(cell)
            if len(_list(line, "counts")) != len(names):
                raise Rejected(f"{where}: the alternatives are misshapen")
            for name, digits in zip(names, line, strict=True):
                counts = _read_counts(digits, number, octets)
                written.append(counts)
                found[cell, name] = _side_by_side(counts, wide)
            for table in self.tables:
                if self.asked(table, cell):
                    self._fill_in(table, cell, size, (number, wide), found)
        rows = zip(*written, strict=True) if written else [()] * number
        if any(one >= other for one, other in itertools.pairwise(rows)):
            raise Rejected(f"{where}: the alternatives are not in order, each once")
        for cell, terms, low, high in self.ties:
            plus = sum(
                w * found[cell, name] for w, name in terms if w > 0 and (cell, name) in found
            )
            less = sum(-w * found[cell, name] for w, name in terms if w < 0)
            sums = _apart(plus, number, wide)
            if less:
                others = _apart(less, number, wide)
                sums = [one - other for one, other in zip(sums, others, strict=True)]
            if not low <= min(sums) <= max(sums) <= high:
                raise Rejected(f"{where}: an alternative is none that students could have given")
        return _Counts(found, number, wide)

    def _wide(self, octets: int) -> int:
        """Octets of a count within a long number: more than any sum takes.  Two are enough for
        sums of under 65,536: of all people, of the answers of a table as they are read (100 at
        most, each of one octet), and of each tie."""
        most = [sum(self.cells.values()), MOST_NAMES * 255]
        for cell, terms, _, _ in self.ties:
            most.append(self.cells[cell] * sum(abs(weight) for weight, _ in terms))
        return 2 if octets == 1 and max(most) < 1 << 16 else 8

    def _written(self, cell: Cell) -> list[str]:
        """The unknowns of a cell that are written down: not the last answer of a table, which is
        what is left of the cell.  Options have one "skipped", and "no" is what is left."""
        names: dict[str, None] = {}
        for table in self.tables:
            if self.asked(table, cell):
                kept = ["skipped", "yes"] if self.is_option(table) else table["answers"][:-1]
                names.update(dict.fromkeys(self.column(table, answer) for answer in kept))
        return list(names)

    def _fill_in(
        self, table: Any, cell: Cell, size: int, form: tuple[int, int], found: Any
    ) -> None:
        """The answer that is not written down."""
        names = list(self.columns[table["key"]])
        last = names.pop(1 if self.is_option(table) else -1)
        total = sum(found[cell, name] for name in names)
        if max(_apart(total, *form)) > size:
            raise Rejected(f"{self.tables[0]['key']}: an alternative has groups of another size")
        found[cell, last] = _side_by_side([size] * form[0], form[1]) - total

    def _ties(self, cell: Cell, size: int) -> Iterator[tuple[list[tuple[int, str]], int, int]]:
        """How the tables of a cell hang together, whatever students answered."""
        here = [table for table in self.tables if self.asked(table, cell)]

        def at_least(*names: str) -> tuple[list[tuple[int, str]], int, int]:
            return [(1, name) for name in names], size, OPEN

        def at_most(*names: str) -> tuple[list[tuple[int, str]], int, int]:
            return [(1, name) for name in names], -OPEN, size

        for question in self.release["questions"]:
            of = [t for t in here if t["made_of"]["question"] == question["key"]]
            parts = [t for t in of if not t["made_of"]["yes"]]
            over = [t for t in of if t["made_of"]["yes"]]
            if question["kind"] == "several" and parts:
                out = self.column(parts[0], "skipped")
                yes = {t["made_of"]["part"]: f"{t['key']}/yes" for t in parts}
                alone = [yes[option] for option in question["alone"]]
                others = [name for name in yes.values() if name not in alone]
                yield at_least(out, *yes.values())  # who answered ticked something
                if alone:
                    yield at_most(out, *alone)
                    for name in others:
                        yield at_most(out, *alone, name)
                most = question["most"]
                if most is not None and most < len(others):
                    terms = [(most, out), *((most, name) for name in alone)]
                    yield [*terms, *((1, name) for name in others)], -OPEN, most * size
                for table in over:
                    yield from self._over_options(table, question, yes, out, at_least, at_most)
            elif question["kind"] == "grid":
                for table in over:
                    yield from self._over_rows(table, parts, at_least, at_most)
            if question["gate"] is not None and question["gate"].get("by_row"):
                rows = {
                    t["made_of"]["part"]: t
                    for t in here
                    if t["made_of"]["question"] == question["gate"]["question"]
                }
                for table in of:
                    row = rows[table["made_of"]["part"]]
                    through = [f"{row['key']}/{a}" for a in question["gate"]["answers"]]
                    yield at_least(self.column(table, "skipped"), *through)
            elif question["gate"] is not None and of:
                yield from self._ticked(question["gate"], here, of, size)
                for through in self._through(question["gate"], here):
                    for table in of:
                        yield at_least(self.column(table, "skipped"), *through)

    def _over_options(
        self, table: Any, question: Any, yes: Any, out: str, at_least: Any, at_most: Any
    ) -> Iterator[Any]:
        made_of, key = table["made_of"], table["key"]
        lone: list[list[str]] = [[], [], []]
        free: list[list[str]] = [[], [], []]
        for option, name in yes.items():
            side = 0 if option in made_of["yes"] else 1 if option in made_of["no"] else 2
            (lone if option in question["alone"] else free)[side].append(name)
        yield at_least(f"{key}/yes", f"{key}/no", out, *lone[2])
        yield at_most(f"{key}/yes", f"{key}/no", out, *lone[2])
        for name in free[0]:
            yield at_most(f"{key}/no", f"{key}/skipped", *lone[0], name)
        yield at_least(f"{key}/no", f"{key}/skipped", *lone[0], *free[0])
        yield at_most(f"{key}/yes", out, *lone[1], *lone[2])
        yield at_least(f"{key}/yes", out, *lone[1], *lone[2], *free[1])

    def _over_rows(self, table: Any, parts: Any, at_least: Any, at_most: Any) -> Iterator[Any]:
        made_of, key = table["made_of"], table["key"]
        all_yes: list[str] = []
        all_no: list[str] = []
        for part in parts:
            yes = [f"{part['key']}/{a}" for a in made_of["yes"] if a in part["answers"]]
            no = [f"{part['key']}/{a}" for a in made_of["no"] if a in part["answers"]]
            yield at_most(f"{key}/no", f"{key}/skipped", *yes)
            yield at_most(f"{key}/skipped", *yes, *no)
            all_yes += yes
            all_no += no
        yield at_least(f"{key}/no", f"{key}/skipped", *all_yes)
        yield at_least(f"{key}/yes", f"{key}/skipped", *all_no)

    def _ticked(self, gate: Any, here: list[Any], of: list[Any], size: int) -> Iterator[Any]:
        """Through a gate of options came none who left it, or ticked what excludes its options."""
        parts = [t for t in here if t["made_of"]["question"] == gate["question"]]
        if not parts or self.of[parts[0]["key"]]["kind"] != "several":
            return
        alone = set(self.of[parts[0]["key"]]["alone"]) - set(gate["answers"])
        lone = [(-1, f"{t['key']}/yes") for t in parts if t["made_of"]["part"] in alone]
        answered = [(1, f"{parts[0]['key']}/yes"), (1, f"{parts[0]['key']}/no")]
        for table in of:
            yield [(1, self.column(table, "skipped")), *answered, *lone], size, OPEN

    def _through(self, gate: Any, here: list[Any]) -> list[list[str]]:
        """Sums that are at least as many as came through a gate."""
        of = [t for t in here if t["made_of"]["question"] == gate["question"]]
        parts = [t for t in of if not t["made_of"]["yes"]]
        wanted = gate["answers"]
        if parts and self.of[parts[0]["key"]]["kind"] == "several":
            return [[f"{t['key']}/yes" for t in parts if t["made_of"]["part"] in wanted]]
        whole = [f"{t['key']}/{a}" for t in parts for a in wanted if a in t["answers"]]
        whole += [self.column(t, "skipped") for t in parts if set(wanted) - set(t["answers"])]
        found = [whole]
        for table in of:
            if table["made_of"]["yes"]:
                key = table["key"]
                rest = [a for a in wanted if a not in table["made_of"]["yes"]]
                more = [f"{t['key']}/{a}" for t in parts for a in rest if a in t["answers"]]
                found += [[f"{key}/yes", f"{key}/no"], [f"{key}/yes", *more]]
        return found

    def _read(self, table: Any) -> None:
        """Everything the table says, and whether that is all it says."""
        base = frozenset(table["base"])
        cells = [(cell, n) for cell, n in self.cells.items() if self.asked(table, cell)]

        def note(group: Group, part: frozenset[str], low: int, high: int) -> None:
            if part:
                name = group, frozenset(self.column(table, answer) for answer in part)
                had = self.facts.get(name, (0, OPEN))
                self.facts[name] = (max(low, had[0]), min(high, had[1]))

        sizes = [
            sum(n for cell, n in cells if cell in self.within(_group(row["group"])))
            for row in table["rows"]
        ]
        _check_levels(table, sizes, self.policy)
        for row, size in zip(table["rows"], sizes, strict=True):
            group = _group(row["group"])
            if row["shown"]:
                _note_row(table, row, group, size, self.policy, note)
                continue
            # Below the minimum though the group has room for it: that says something.
            limit = max(self.policy["small"], ROUNDING.get(row["rung"], 20) // 2)
            least = self.policy["minimum_base"]
            if row["reason"] == "base_below_minimum" and size >= least + limit - 1:
                note(group, base, 0, least - 1)

    def _targets(self, table: Any) -> list[frozenset[str]]:
        """Every set of answers whose count must stay uncertain."""
        every, base = frozenset(table["answers"]), frozenset(table["base"])
        parts = {frozenset((answer,)) for answer in every} | {base}
        parts |= {frozenset(table["base"][:2]), frozenset(table["base"][-2:])}
        parts |= {frozenset(box["answers"]) for box in table["boxes"]}
        found = set(parts)
        for part in parts:
            found.add(every - part)
            if part < base:
                found.add(base - part)
        for box in table["boxes"]:
            found |= {frozenset(box["of"]), frozenset(box["of"]) - frozenset(box["answers"])}
        return sorted(found - {every, frozenset()}, key=sorted)

    def _check_targets(self, table: Any, counts: "_Counts", proofs: Any, used: set[str]) -> None:
        """Each set of answers, in each group and each overlap of two."""
        small = self.policy["small"]
        every = frozenset(self.columns[table["key"]])
        asked = self._asked[table["key"]]
        years, genders = {cell[0] for cell in asked}, {cell[1] for cell in asked}
        years |= {year for year in self.release["lattice"]["years"] if "+" in year}
        groups = [(year, gender) for year in [None, *years] for gender in [None, *genders]]
        parts = []
        for part in self._targets(table):
            columns = frozenset(self.column(table, answer) for answer in part)
            # A part of a table shows as many counts as the answers that are not in it.
            parts.append((columns, min(columns, every - columns, key=len)))
        for group in groups:
            inside = self.within(group)
            here = inside & asked
            size = sum(self.cells[cell] for cell in here)
            for columns, few in parts if size else ():
                if counts.kinds(here, few) >= min(small, size + 1):
                    self.tally["small"] += 1
                elif self._is_large(inside, columns):
                    self.tally["large"] += 1
                else:
                    self._check_proof(table, group, columns, proofs, used)

    def _is_large(self, inside: frozenset[Cell], columns: Columns) -> bool:
        """Is one printed figure of a part of it already too large?"""
        return any(
            answers <= columns and cells <= inside
            for name in columns
            for answers, cells in self._large.get(name, ())
        )

    def _check_proof(
        self, table: Any, group: Group, columns: Columns, proofs: Any, used: set[str]
    ) -> None:
        small = self.policy["small"]
        name = f"{_name(group)}|{'+'.join(sorted(columns))}"
        if name not in proofs:
            raise Rejected(f"{table['key']}: {name} is not shown to keep {small} possible values")
        if self._proved(group, columns, proofs[name]) < small:
            raise Rejected(f"{table['key']}: the proof about {name} does not hold")
        used.add(name)
        self.tally["proved"] += 1

    def _proofs(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for proof in _list(self.entry["proofs"], "proofs"):
            _members(proof, "a proof", "target", "divisor", "parts")
            if not isinstance(proof["target"], str) or not _whole(proof["divisor"]):
                raise Rejected("a proof is not one")
            for one in _list(proof["parts"], "parts of a proof"):
                if not isinstance(one, list) or len(one) != 2 or not isinstance(one[0], str):
                    raise Rejected("a part of a proof is not a name and a number")
            names = [name for name, _ in proof["parts"]]
            if names != sorted(set(names)):
                raise Rejected("parts of a proof are not in order, each once")
            found[proof["target"]] = proof
        if [proof["target"] for proof in self.entry["proofs"]] != sorted(found):
            raise Rejected("proofs are not in order, each once")
        return found

    def _named(self) -> dict[str, tuple[Group, Columns, int, int]]:
        """All constraints by name: what is printed, the sizes, and the ties of plain sums."""
        found: dict[str, tuple[Group, Columns, int, int]] = {}

        def put(group: Group, columns: Columns, low: int, high: int) -> None:
            name = f"{_name(group)}|{'+'.join(sorted(columns))}"
            had = found.get(name, (group, columns, -OPEN, OPEN))
            found[name] = (group, columns, max(low, had[2]), min(high, had[3]))

        for cell, size in self.cells.items():
            for table in self.tables:
                n = size if self.asked(table, cell) else 0
                put(cell, frozenset(self.columns[table["key"]]), n, n)
        for (group, columns), (low, high) in self.facts.items():
            put(group, columns, low, high)
        for cell, terms, low, high in self.ties:
            if all(weight == 1 for weight, _ in terms):
                put(cell, frozenset(name for _, name in terms), low, high)
        return found

    def _proved(self, group: Group, columns: Columns, proof: Any) -> int:
        """The least whole count a proof allows: multiples of facts added up (weak duality).

        For any multiples y: count >= sum(y * low if y > 0 else y * high) + what is left over at
        its worst, each unknown between 0 and the size of its cell.
        """
        divisor: int = proof["divisor"]
        if not divisor:
            raise Rejected("a proof has an impossible divisor")
        if self._all_named is None:
            self._all_named = self._named()
        named = self._all_named
        rest: dict[tuple[Cell, str], int] = {}
        for table in self.tables:
            for cell in self.cells:
                if self.asked(table, cell):
                    for name in self.columns[table["key"]]:
                        rest[cell, name] = divisor * (_inside(cell, group) and name in columns)
        total: int = 0
        for name, multiple in proof["parts"]:
            if name not in named or type(multiple) is not int:
                raise Rejected(f"a proof rests on {name}, which the release does not say")
            where, summed, low, high = named[name]
            total += multiple * (low if multiple > 0 else high)
            for unknown in itertools.product(self.within(where), summed):
                if unknown in rest:
                    rest[unknown] -= multiple
        for (cell, _), left in rest.items():
            total += min(0, left) * self.cells[cell]
        return -(-total // divisor)


# The alternatives.  All counts of one unknown are held as one long number, side by side, so that
# to add two unknowns in all alternatives is one addition.

KINDS = {2: "H", 8: "Q"}
"""Octets of a count within the long number, more than any sum of them takes, as ``array`` calls
them."""


def _read_counts(digits: Any, number: int, octets: int) -> Any:
    length = 2 * octets * number
    if not isinstance(digits, str) or len(digits) != length or set(digits) - set(HEX):
        raise Rejected("an alternative holds an impossible count")
    read = bytes.fromhex(digits)
    if octets == 1:
        return list(read)
    return [high << 8 | low for high, low in zip(read[::2], read[1::2], strict=True)]


def _side_by_side(counts: Any, wide: int) -> int:
    return int.from_bytes(array(KINDS[wide], counts).tobytes(), sys.byteorder)


def _apart(together: int, number: int, wide: int) -> Any:
    return array(KINDS[wide], together.to_bytes(wide * number, sys.byteorder))


class _Counts:
    """What the alternatives of one family count, added up by group once."""

    def __init__(self, found: dict[tuple[Cell, str], int], number: int, wide: int) -> None:
        self._found, self.number, self._wide = found, number, wide
        self._sums: dict[tuple[frozenset[Cell], str], int] = {}
        self._kinds: dict[tuple[frozenset[Cell], Columns], int] = {}

    def of(self, cells: frozenset[Cell], columns: Columns) -> Any:
        """For each alternative, the sum of some unknowns over some cells."""
        together = sum(self._sum(cells, name) for name in columns)
        return _apart(together, self.number, self._wide)

    def _sum(self, cells: frozenset[Cell], name: str) -> int:
        if (cells, name) not in self._sums:
            counts = (self._found.get((cell, name), 0) for cell in cells)
            self._sums[cells, name] = sum(counts)
        return self._sums[cells, name]

    def kinds(self, cells: frozenset[Cell], columns: Columns) -> int:
        """How many different counts they show."""
        if (cells, columns) not in self._kinds:
            self._kinds[cells, columns] = len(set(self.of(cells, columns)))
        return self._kinds[cells, columns]


# One printed row.


def _note_row(table: Any, row: Any, group: Group, size: int, policy: Any, note: Note) -> None:
    where = f"{table['key']} {row['group']}"
    rounding = ROUNDING[row["rung"]]
    limit = max(policy["small"], rounding // 2)
    coarse = max(10, rounding)
    base = frozenset(table["base"])
    note(group, base, policy["minimum_base"], 10**9)
    if size < policy["minimum_base"] + limit - 1:
        raise Rejected(f"{where}: printed, though the group is too small")

    def left_out(inside: frozenset[str]) -> tuple[int, int]:
        middle = least = 0
        for answer in table["answers"]:
            if answer not in inside:
                cell = row["cells"][answer]
                if "count" in cell:
                    middle += cell["count"]
                    least += cell["count"] + (coarse - 1) // 2
                elif cell["status"] in ("all_but_fewer", "implied"):
                    middle += (limit - 1) // 2 * (cell["status"] == "all_but_fewer")
                    least = 10**9
                else:
                    middle += (cell["limit"] - 1) // 2
                    least += cell["limit"] - 1
        return middle, least

    def implied(inside: frozenset[str]) -> int:
        rest = size - left_out(inside)[0]
        return max(rounding, (rest + rounding // 2) // rounding * rounding)

    if row["base"] != implied(base):
        raise Rejected(f"{where}: the base says more than the figures do")
    implied_here = _implied(table, group)
    for answer, cell in row["cells"].items():
        if (cell == {"status": "implied"}) != (answer in implied_here):
            raise Rejected(f"{where} {answer}: wrongly printed, or wrongly left out")
        if cell["status"] == "implied":
            continue
        inside = base if answer in base else None
        part = frozenset((answer,))
        if part == base:
            if cell != {"status": "shown", "count": row["base"], "percent": 100}:
                raise Rejected(f"{where}: the only answer is not its base")
            continue
        _note_figure(f"{where} {answer}", cell, part, inside, row["base"],
                     len(table["answers"]) - len(base), rounding, policy, group, note)  # fmt: skip
    for box in table["boxes"]:
        cell, of = dict(row["boxes"][box["key"]]), frozenset(box["of"])
        of_base = cell.pop("of_base", None)
        hidden = size - left_out(of)[1] < policy["minimum_base"]
        if hidden != (cell["status"] == "hidden") or hidden != (of_base is None):
            raise Rejected(f"{where} {box['key']}: wrongly printed or wrongly hidden")
        if not hidden and of_base != implied(of):
            raise Rejected(f"{where} {box['key']}: the base says more than the figures do")
        _note_figure(f"{where} {box['key']}", cell, frozenset(box["answers"]), of, of_base,
                     len(table["answers"]) - len(of), rounding, policy, group, note)  # fmt: skip


def _implied(table: Any, group: Group) -> set[str]:
    """The answers a row leaves to its other figures, whatever the counts are."""
    base = table["base"]
    if len(base) == 2:
        return {base[1]}
    if group == (None, None):
        return set()
    boxes = [set(box["answers"]) for box in table["boxes"]]
    rests = [set(base) - box for box in boxes]
    return set().union(*boxes, *(rest for rest in rests if len(rest) == 1))


def _note_figure(
    where: str,
    cell: Any,
    part: frozenset[str],
    inside: frozenset[str] | None,
    base: int | None,
    outside: int,
    rounding: int,
    policy: Any,
    group: Group,
    note: Note,
) -> None:
    """Check one printed figure against the rules and note what it says."""
    status = cell.get("status")
    if status not in STATUSES or set(cell) - {"status"} - STATUSES[status]:
        raise Rejected(f"{where}: prints more than its status allows")
    limit = max(policy["small"], rounding // 2)
    slack = rounding // 2 + max(10, rounding) // 2 * outside
    if inside is None:
        percent, under, rounding, limit = None, 0, max(10, rounding), max(10, limit)
    else:
        over = base if base else rounding
        most = over + slack
        least = max(policy["minimum_base"], over - slack)
        percent = None
        if "count" in cell:
            percent = (200 * cell["count"] + over) // (2 * over)
            percent = min(percent, 100 * (most - limit) // most)
        under = min(100, max(-(-100 * limit // over), 100 * (limit - 1) // least + 1))
    if status == "shown":
        count = cell.get("count")
        if not _whole(count) or count % rounding or count < limit or cell.get("percent") != percent:
            raise Rejected(f"{where}: the figure is finer than its rounding")
        note(group, part, max(limit, count - rounding // 2), count + (rounding - 1) // 2)
    elif status == "fewer_than":
        if cell.get("limit") != limit or cell.get("under") != (under or None):
            raise Rejected(f"{where}: the bound is not the rounded one")
        note(group, part, 0, limit - 1)
    elif status == "all_but_fewer":
        if inside is None or cell.get("limit") != limit or cell.get("at_least") != 100 - under:
            raise Rejected(f"{where}: the bound is not the rounded one")
        note(group, inside - part, 0, limit - 1)
        return
    if status != "hidden" and inside is not None:
        note(group, inside - part, limit, 10**9)


def main(arguments: list[str]) -> int:
    """Run from the command line; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may hold what cannot be printed
    if len(arguments) != 2:
        print(__doc__.strip())
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as release:
            release_text = release.read(LONGEST + 1)
        with open(arguments[1], encoding="utf-8") as certificate:
            certificate_text = certificate.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError) as wrong:
        print(f"Cannot read: {wrong}")
        return 2
    try:
        sentences = verify(release_text, certificate_text)
    except Rejected as wrong:
        print(f"REJECTED: {wrong}.")
        return 1
    print("\n".join(["ACCEPTED.", *sentences]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
