#!/usr/bin/env python3
"""Check a release of the first format against its certificate.  Standard library only.

    python verify_1.py release.json certificate.json

Reads what the release prints, works out by itself every count that must stay uncertain, and
checks that the certificate's alternative tables (each of which must give exactly the printed
figures) show at least five values for each count that could be under five.  Ends with status 0
when all of it holds, 1 when anything does not, 2 when a file cannot be read.
"""

import hashlib
import io
import json
import re
import sys
from collections.abc import Callable
from typing import Any

RELEASE_FORMAT = "safety-survey-release/1"
CERTIFICATE_FORMAT = "safety-survey-certificate/1"
ROUNDING = {"base5": 5, "base10": 10, "base20": 20}
LONGEST, MOST_PIECES, DEEPEST, LARGEST = 64_000_000, 2_000_000, 9, 1_000_000
"""Letters of a file, texts and signs in it, brackets within brackets, and the largest number."""
MOST_NAMES, MOST_TABLES, MOST_YEARS, MOST_GENDERS = 100, 2_000, 20, 8
"""The most names in one list, tables of a release, and years and genders of a breakdown. No real
report comes near them; without them a small file could take hours to check."""
UNREADABLE = (
    KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What Python raises where a file holds a thing of another kind than the format says."""
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
Cells = list[tuple[Group, int]]
Facts = dict[tuple[Group, frozenset[str]], tuple[int, int]]
Note = Callable[[Group, frozenset[str], int, int], None]


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The release or the certificate does not hold."""


def verify(release_text: str, certificate_text: str, part: tuple[int, int] = (0, 1)) -> list[str]:
    """Check both texts and return a list of sentences about what was checked.

    part: (k, n) looks into the k-th of n shares of the tables only, so that several processes can
    check one release; all shares together are the whole.  Raises Rejected with the first thing
    that does not hold.
    """
    try:
        return _verify(release_text, certificate_text, part)
    except UNREADABLE as wrong:
        raise Rejected("something in the files is not of the kind that the format says") from wrong


def _verify(release_text: str, certificate_text: str, part: tuple[int, int]) -> list[str]:
    release = _load(release_text, RELEASE_FORMAT, "release")
    certificate = _load(certificate_text, CERTIFICATE_FORMAT, "certificate")
    _check_form(release, certificate)
    digest = hashlib.sha256(_canonical(release).encode()).hexdigest()
    if certificate.get("release") != digest:
        raise Rejected("the certificate was made for another release")
    policy = release["policy"]
    small, minimum = policy["small"], policy["minimum_base"]
    if small < 5 or minimum < 10:
        raise Rejected("the policy is weaker than the rules allow")
    certified = {}
    for entry in certificate["tables"]:
        if entry["key"] in certified:
            raise Rejected(f"{entry['key']}: certified twice")
        certified[entry["key"]] = entry
    tally = {"tables": 0, "empty": 0, "witnesses": 0, "small": 0, "large": 0, "proved": 0}
    seen: set[str] = set()
    sizes: dict[Group, int] = {}
    for at, table in enumerate(release["tables"]):
        key = table["key"]
        if key in seen:
            raise Rejected(f"{key}: released twice")
        seen.add(key)
        if key not in certified:
            if any(row["shown"] or row["reason"] == "base_below_minimum" for row in table["rows"]):
                raise Rejected(f"{key}: no certificate")
            tally["empty"] += 1
            continue
        if at % part[1] != part[0]:
            continue
        for cell, size in _check_table(table, certified[key], policy, release["lattice"], tally):
            if sizes.setdefault(cell, size) != size:
                raise Rejected(f"{key}: {_name(cell)} has another size than in other tables")
        tally["tables"] += 1
    if set(certified) - seen:
        raise Rejected(f"{min(set(certified) - seen)}: certified but not released")
    if sizes:
        _facts(release["participation"], list(sizes.items()), policy, release["lattice"])
    return [
        f"Release {digest[:16]} and its certificate belong together.",
        f"{tally['tables']} tables checked; {tally['empty']} print nothing.",
        f"{tally['witnesses']} alternative tables all give exactly the printed figures.",
        f"{tally['small']} counts that could be under {small} keep at least {small} possible "
        "values (or every value, in a group with fewer people).",
        f"{tally['large']} counts cannot be under {small}: so the figures say themselves.",
        f"{tally['proved']} more cannot be under {small}: so the certificate proves.",
        "This holds for a reader who knows the exact size of every group.",
    ]


def _load(text: str, wanted: str, what: str) -> Any:
    if len(text) > LONGEST:
        raise Rejected(f"the {what} is too long")
    _check_brackets(text, what)
    try:
        data = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_small_number,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except ValueError as wrong:
        raise Rejected(f"the {what} is not JSON") from wrong
    if not isinstance(data, dict) or data.get("format") != wanted:
        raise Rejected(f"the {what} is not a {wanted} file")
    return data


def _check_form(release: Any, certificate: Any) -> None:
    """Nothing but what the format lists, and each thing once."""
    _members(release, "the release", "format", "header", "policy", "lattice", "participation",
             "tables")  # fmt: skip
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
    lattice = release["lattice"]
    _members(lattice, "the lattice", "years", "genders", "crossed", "silent")
    years, genders = _names(lattice["years"], "years"), _names(lattice["genders"], "genders")
    _names(lattice["silent"], "silent", list(dict.fromkeys([*years, *genders])))
    if type(lattice["crossed"]) is not bool or not years or not genders:
        raise Rejected("the lattice is not one")
    if len(years) > MOST_YEARS or len(genders) > MOST_GENDERS:
        raise Rejected("the lattice holds too many groups")
    if len(_list(release["tables"], "tables")) > MOST_TABLES:
        raise Rejected("the release holds too many tables")
    took_part = release["participation"]
    for table in [took_part, *_list(release["tables"], "tables")]:
        _members(table, "a table", *TABLE)
        _check_printed(table, release)
    if [took_part["key"], took_part["answers"], took_part["boxes"]] != [
        "participation", ["participation"], []
    ]:  # fmt: skip
        raise Rejected("the participation table is not one")
    _members(certificate, "the certificate", "format", "release", "tables")
    keys = [table["key"] for table in release["tables"]]
    for entry in _list(certificate["tables"], "tables"):
        _members(entry, "an entry", "key", "cells", "witnesses", "proofs")
        for proof in _list(entry["proofs"], "proofs"):
            _members(proof, "a proof", "target", "divisor", "parts")
            for one in _list(proof["parts"], "parts of a proof"):
                if not isinstance(one, list) or len(one) != 2 or not isinstance(one[0], str):
                    raise Rejected("a part of a proof is not a name and a number")
        cells = _list(entry["cells"], "cells")
        if any(not isinstance(pair, list) or len(pair) != 2 for pair in cells):
            raise Rejected("a cell is not a name and a size")
        if len(cells) > MOST_YEARS * MOST_GENDERS:
            raise Rejected("an entry holds too many cells")
        _list(entry["witnesses"], "witnesses")
    found = [entry["key"] for entry in certificate["tables"]]
    if found != [key for key in keys if key in found]:
        raise Rejected("tables are certified in another order, or not released")


TABLE = ("key", "answers", "base", "boxes", "rung", "reason", "rows")


def _check_brackets(text: str, what: str) -> None:
    """Before it is parsed: deep brackets or millions of pieces could exhaust the memory."""
    depth = 0
    plain = text.replace("\\\\", "").replace('\\"', "")
    for pieces, found in enumerate(re.finditer(r'"[^"]*"?|[\[{]|[\]}]|,', plain)):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST:
            raise Rejected(f"the {what} nests too deeply")
        if pieces > MOST_PIECES:
            raise Rejected(f"the {what} holds too much")


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


def _members(value: Any, where: str, *names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Rejected(f"{where} does not hold exactly {', '.join(names)}")


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Rejected(f"{where} is not a list")
    return value


def _names(value: Any, where: str, of: Any = None) -> list[str]:
    """Names, each once; in the order of a longer list, if one is given."""
    names = _list(value, where)
    if len(names) > MOST_NAMES:
        raise Rejected(f"{where} holds too many names")
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= 200 or set(name) & set(",=+\n\r\t"):
            raise Rejected(f"{where} holds something that is no name")
    if len(set(names)) != len(names):
        raise Rejected(f"{where} holds a name twice")
    if of is not None and names != [name for name in of if name in names]:
        raise Rejected(f"{where} is not a part of the longer list, in its order")
    return names


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


def _check_printed(table: Any, release: Any) -> None:
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


def _groups(lattice: Any) -> list[str]:
    years = [year for year in lattice["years"] if year not in lattice["silent"]]
    genders = [gender for gender in lattice["genders"] if gender not in lattice["silent"]]
    names = ["all", *(f"year={year}" for year in years), *(f"gender={name}" for name in genders)]
    if lattice["crossed"]:
        names += [f"year={year},gender={gender}" for year in years for gender in genders]
    return names


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _whole(number: Any) -> bool:
    return type(number) is int and number >= 0


def _group(key: str) -> Group:
    """(year or None, gender or None) of a group key."""
    year = gender = None
    if key != "all":
        for part in key.split(","):
            name, _, value = part.partition("=")
            if name == "year":
                year = value
            elif name == "gender":
                gender = value
            else:
                raise Rejected(f"{key!r} is not a group")
    return year, gender


def _inside(cell: Group, group: Group) -> bool:
    return group[0] in (None, cell[0]) and group[1] in (None, cell[1])


def _check_table(table: Any, entry: Any, policy: Any, lattice: Any, tally: dict[str, int]) -> Cells:
    key, answers = table["key"], table["answers"]
    cells: Cells = []
    for name, size in entry["cells"]:
        cell = _group(name)
        if cell[0] not in lattice["years"] or cell[1] not in lattice["genders"]:
            raise Rejected(f"{key}: {name} is outside the lattice")
        if not _whole(size) or size == 0 or any(cell == known for known, _ in cells):
            raise Rejected(f"{key}: {name} has an impossible size")
        cells.append((cell, size))
    witnesses = entry["witnesses"]
    for witness in witnesses:
        if len(witness) != len(cells) or any(len(row) != len(answers) for row in witness):
            raise Rejected(f"{key}: an alternative table is misshapen")
        for row, (_, size) in zip(witness, cells, strict=True):
            if not all(_whole(count) for count in row):
                raise Rejected(f"{key}: an alternative table holds an impossible count")
            if sum(row) != size:
                raise Rejected(f"{key}: an alternative table has groups of another size")
    facts = _facts(table, cells, policy, lattice)
    counts = _Counts(answers, cells, witnesses)
    for (group, part), (low, high) in facts.items():
        if not all(low <= value <= high for value in counts.of(group, part)):
            raise Rejected(f"{key}: an alternative table does not give the printed figures")
    tally["witnesses"] += len(witnesses)
    proofs = {proof["target"]: proof for proof in entry["proofs"]}
    for group, part in _targets(table, cells):
        _check_target(table, cells, facts, counts, proofs, (group, part), policy, tally)
    return cells


class _Counts:
    """What the alternative tables of one entry count, added up by group once."""

    def __init__(self, answers: Any, cells: Cells, witnesses: Any) -> None:
        self._places = {answer: at for at, answer in enumerate(answers)}
        self._cells = cells
        self._witnesses = witnesses
        self._columns: dict[Group, list[tuple[int, ...]]] = {}
        self._kinds: dict[tuple[Group, frozenset[str]], int] = {}

    def of(self, group: Group, part: frozenset[str]) -> list[int]:
        """For each alternative table, how many of the group gave an answer of the part."""
        if group not in self._columns:
            lines = [at for at, (cell, _) in enumerate(self._cells) if _inside(cell, group)]
            rows = [
                [sum(column) for column in zip(*(witness[line] for line in lines), strict=True)]
                or [0] * len(self._places)
                for witness in self._witnesses
            ]
            self._columns[group] = list(zip(*rows, strict=True))
        if not self._witnesses:
            return []
        columns = [self._columns[group][self._places[answer]] for answer in part]
        return [sum(counts) for counts in zip(*columns, strict=True)]

    def kinds(self, group: Group, part: frozenset[str]) -> int:
        """How many different counts they show.  As group sizes are fixed, a part shows as many as
        the answers that are not in it; the smaller of the two sets is added up."""
        rest = frozenset(self._places) - part
        fewer = part if (len(part), sorted(part)) < (len(rest), sorted(rest)) else rest
        if (group, fewer) not in self._kinds:
            self._kinds[group, fewer] = len(set(self.of(group, fewer)))
        return self._kinds[group, fewer]


def _facts(table: Any, cells: Cells, policy: Any, lattice: Any) -> Facts:
    """{(group, answers): [low, high]}: everything the table says."""
    facts: Facts = {}
    base = frozenset(table["base"])
    years = [year for year in lattice["years"] if year not in lattice["silent"]]
    genders = [gender for gender in lattice["genders"] if gender not in lattice["silent"]]
    names = ["all", *(f"year={year}" for year in years), *(f"gender={name}" for name in genders)]
    if lattice["crossed"]:
        names += [f"year={year},gender={gender}" for year in years for gender in genders]
    if [row["group"] for row in table["rows"]] != names:
        raise Rejected(f"{table['key']}: the rows are not the groups of the lattice")

    def note(group: Group, part: frozenset[str], low: int, high: int) -> None:
        if part:
            had = facts.get((group, frozenset(part)), (0, 10**9))
            facts[group, frozenset(part)] = (max(low, had[0]), min(high, had[1]))

    for row in table["rows"]:
        group = _group(row["group"])
        size = sum(n for cell, n in cells if _inside(cell, group))
        if not row["shown"]:
            # Below the minimum though the group has room for it: that says something.
            rounding = ROUNDING.get(row["rung"], 20)
            limit = max(policy["small"], rounding // 2)
            if row["reason"] == "base_below_minimum" and size >= policy["minimum_base"] + limit - 1:
                note(group, base, 0, policy["minimum_base"] - 1)
            continue
        _note_row(table, row, group, size, policy, note)
    return facts


def _note_row(table: Any, row: Any, group: Group, size: int, policy: Any, note: Note) -> None:
    where = f"{table['key']} {row['group']}"
    if row["rung"] not in ROUNDING:
        raise Rejected(f"{where}: printed on an unknown rung")
    rounding = ROUNDING[row["rung"]]
    limit = max(policy["small"], rounding // 2)
    coarse = max(10, rounding)
    base = frozenset(table["base"])
    note(group, base, policy["minimum_base"], 10**9)
    if size < policy["minimum_base"] + limit - 1:
        raise Rejected(f"{where}: printed, though the group is too small")
    if set(row["cells"]) != set(table["answers"]):
        raise Rejected(f"{where}: cells and answers differ")
    if set(row["boxes"]) != {box["key"] for box in table["boxes"]}:
        raise Rejected(f"{where}: boxes differ from the table's")

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


def _targets(table: Any, cells: Cells) -> list[tuple[Group, frozenset[str]]]:
    """Every (group, answers) whose count must stay uncertain."""
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
    found -= {every, frozenset()}
    years = {cell[0] for cell, _ in cells}
    genders = {cell[1] for cell, _ in cells}
    groups = [(year, gender) for year in [None, *years] for gender in [None, *genders]]
    return [(group, part) for group in groups for part in found
            if any(_inside(cell, group) for cell, _ in cells)]  # fmt: skip


def _check_target(
    table: Any,
    cells: Cells,
    facts: Facts,
    counts: _Counts,
    proofs: Any,
    target: tuple[Group, frozenset[str]],
    policy: Any,
    tally: dict[str, int],
) -> None:
    group, part = target
    small = policy["small"]
    size = sum(n for cell, n in cells if _inside(cell, group))
    if counts.kinds(group, part) >= min(small, size + 1):
        tally["small"] += 1
        return
    for (other, answers), (low, _) in facts.items():
        if low >= small and answers <= part and all(
                _inside(cell, group) for cell, _ in cells if _inside(cell, other)):  # fmt: skip
            tally["large"] += 1
            return
    name = f"{_name(group)}|{'+'.join(sorted(part))}"
    if name not in proofs:
        raise Rejected(f"{table['key']}: {name} is not shown to keep {small} possible values")
    if _proved(cells, table["answers"], facts, target, proofs[name]) < small:
        raise Rejected(f"{table['key']}: the proof about {name} does not hold")
    tally["proved"] += 1


def _name(group: Group) -> str:
    parts = []
    if group[0] is not None:
        parts.append(f"year={group[0]}")
    if group[1] is not None:
        parts.append(f"gender={group[1]}")
    return ",".join(parts) or "all"


def _proved(
    cells: Cells,
    answers: Any,
    facts: Facts,
    target: tuple[Group, frozenset[str]],
    proof: Any,
) -> int:
    """The least whole count a proof allows: multiples of facts added up (weak duality).

    For any multiples y: count >= sum(y * low if y > 0 else y * high) + what is left over at its
    worst, each unknown between 0 and the size of its cell.
    """
    divisor = proof["divisor"]
    if type(divisor) is not int or divisor <= 0:
        raise Rejected("a proof has an impossible divisor")
    rest: dict[tuple[Group, str], int] = {}
    for cell, _ in cells:
        for answer in answers:
            rest[cell, answer] = divisor * (_inside(cell, target[0]) and answer in target[1])
    total = 0
    sizes = {(cell, frozenset(answers)): (n, n) for cell, n in cells}
    named = {f"{_name(g)}|{'+'.join(sorted(p))}": (g, p, bounds)
             for (g, p), bounds in [*sizes.items(), *facts.items()]}  # fmt: skip
    for name, multiple in proof["parts"]:
        if name not in named or type(multiple) is not int:
            raise Rejected(f"a proof rests on {name}, which the release does not say")
        group, part, (low, high) = named[name]
        total += multiple * (low if multiple > 0 else high)
        for cell, _ in cells:
            if _inside(cell, group):
                for answer in part:
                    rest[cell, answer] -= multiple
    for cell, size in cells:
        for answer in answers:
            total += min(0, rest[cell, answer]) * size
    return -(-total // divisor)


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
