#!/usr/bin/env python3
"""Check that a release declares its questions as they were asked.  Standard library only.

    python verify_questions.py release.json questionnaire.json

`verify.py` works out which tables share answers from what the release declares: questions, their
kinds, rows, options, gates and years.  A server could declare them wrongly, for example a question
without the one it waits for, and certify what is not safe.  The questionnaire says how each was
asked, and its reference is in the header of the release.  Ends with status 0 when the release
declares all of it as it was asked, 1 when it does not, 2 when a file cannot be read.
"""

import hashlib
import io
import json
import re
import sys
from typing import Any

RELEASE_FORMAT, QUESTIONNAIRE_FORMAT = "safety-survey-release/2", 1
YEAR, GENDER, UNSAID = "A1", "A2", "unsaid"
SCALE = [str(number) for number in range(11)]
LEAST_YEAR = 7
LONGEST, MOST_PIECES, DEEPEST, LARGEST = 64_000_000, 2_000_000, 24, 1_000_000
"""Letters of a file, texts and signs in it, brackets within brackets, and the largest number."""
MOST_ITEMS, MOST_OPTIONS, MOST_YEARS = 1_000, 200, 20
"""The most questions, options or rows of one, and years of a breakdown. No real questionnaire comes
near them; without them a small file could take hours to check."""
SUMS: dict[tuple[str, ...], dict[str, list[str]]] = {
    ("very_safe", "safe", "middle", "unsafe", "very_unsafe"): {
        "feel_unsafe": ["unsafe", "very_unsafe"],
        "feel_safe": ["very_safe", "safe"],
    },
    ("safe", "middle", "unsafe"): {"feel_unsafe": ["unsafe"], "feel_safe": ["safe"]},
    ("never", "once_or_twice", "few_times", "most_weeks", "most_days"): {
        "at_least_once": ["once_or_twice", "few_times", "most_weeks", "most_days"],
        "weekly": ["most_weeks", "most_days"],
    },
    ("to_me", "saw", "both", "no"): {"happened": ["to_me", "both"], "witnessed": ["saw", "both"]},
    ("agree_lot", "agree", "not_sure", "disagree", "disagree_lot"): {
        "agreed": ["agree_lot", "agree"],
        "disagreed": ["disagree", "disagree_lot"],
    },
    ("not_at_all", "bit", "quite", "very"): {"worried": ["quite", "very"]},
    ("route", "place", "both", "no"): {"changed": ["route", "place", "both"]},
    tuple(SCALE): {"low": SCALE[:5], "medium": SCALE[5:7], "high": SCALE[7:9],
                   "very_high": SCALE[9:]},
}  # fmt: skip
"""The sums that are printed of the answers of a question, in their order."""
FORMS: dict[str, str] = {
    "questionnaire": "format:number key:text version:text title:words languages:texts"
    " places:place* sections:section* indicators:indicator* help:contact* timeframe:words?"
    " definitions:definition*! audience:text! crossed:flag! naming:text! gender_question:text!",
    "section": "key:text title:words items:item* intro:words? soft_landing:words?"
    " younger:younger?!",
    "younger": "below_year:number title:words soft_landing:words?",
    "item": "key:text kind:text wording:words themes:texts options:option* rows:row* places:text?"
    " most:number? ends:words*? help:words? from_year:number sensitivity:number core:flag on:flag"
    " own:flag older:older? show_if:gate? rows_if:gate?! part_of:text? source:text? answers:texts!",
    "option": "key:text label:words role:text symbol:text?",
    "row": "key:text label:words symbol:text?",
    "older": "from_year:number text:words",
    "gate": "item:text options:texts",
    "place": "key:text label:words inside:text own:flag present:flag symbol:text?",
    "indicator": "key:text label:words items:texts yes:texts leave_out:texts good:flag",
    "definition": "key:text word:words meaning:words items:texts",
    "contact": "key:text name:words how:words nations:texts last_checked:text checked:text"
    " link:text? room:words? times:words? email:text? own:flag",
}
"""All that each part of a questionnaire holds: its members and what they are. "*": a list of such,
"?": or null, "!": it may be absent, in a questionnaire from before there was such a member."""
PLAIN = {"text": str, "number": int, "flag": bool}
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
UNREADABLE = (
    KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What Python raises where a file holds a thing of another kind than the format says."""


class Rejected(Exception):  # noqa: N818  the word a reader of the output will see
    """The release declares something else than was asked."""


def verify_questions(release_text: str, questionnaire_text: str) -> list[str]:
    """Check both texts and return sentences about what was checked.  Raises Rejected."""
    try:
        return _verify(release_text, questionnaire_text)
    except UNREADABLE as wrong:
        raise Rejected("something in the files is not of the kind that the format says") from wrong


def _verify(release_text: str, questionnaire_text: str) -> list[str]:
    release, asked = _load(release_text, "release"), _load(questionnaire_text, "questionnaire")
    if release["format"] != RELEASE_FORMAT:
        raise Rejected(f"the release is not a {RELEASE_FORMAT} file")
    reference = hashlib.sha256(_canonical(asked).encode()).hexdigest()
    if release["header"].get("questionnaire") != reference:
        raise Rejected("the release was made of another questionnaire")
    _check_form(asked, "questionnaire", "the questionnaire")
    if asked["format"] != QUESTIONNAIRE_FORMAT:
        raise Rejected("the questionnaire is of an unknown format")
    items = {item["key"]: item for section in asked["sections"] for item in section["items"]}
    _check_lengths(release, items, asked)
    _check_indicators(items, asked)
    _check_groups(release["lattice"], items, asked)
    years = release["lattice"]["years"]
    expected: dict[str, Any] = {}
    for item in _reported(items):
        least = _from_year(items, item)
        if least is not None:
            whose = [year for year in years if "+" not in year and _number(year, items) >= least]
            if whose:
                expected[item["key"]] = item, whose
    _check_questions(release, expected)
    tables = _check_tables(release, expected, asked)
    return [
        f"The questionnaire is the one that the release names, {reference[:16]}.",
        f"{len(expected)} questions and {tables} tables are declared as they were asked: kinds,"
        " rows, options, gates, years and indicators; none is missing, and there is no other.",
    ]


def _load(text: str, what: str) -> Any:
    if len(text) > LONGEST:
        raise Rejected(f"the {what} is too long")
    depth = 0
    plain = text.replace("\\\\", "").replace('\\"', "")
    for pieces, found in enumerate(re.finditer(r'"[^"]*"?|[\[{]|[\]}]|,', plain)):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST or pieces > MOST_PIECES:
            raise Rejected(f"the {what} nests too deeply or holds too much")
    try:
        data = json.loads(
            text,
            object_pairs_hook=_once,
            parse_int=_small_number,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except ValueError as wrong:
        raise Rejected(f"the {what} is not JSON") from wrong
    if not isinstance(data, dict):
        raise Rejected(f"the {what} is not one")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a name is given twice in one object")
    return found


def _small_number(digits: str) -> int:
    if len(digits) > 8 or digits == "-0" or not -LARGEST <= int(digits) <= LARGEST:
        raise Rejected(f"{digits[:12]} is no number that could be here")
    return int(digits)


def _no_number(digits: str) -> Any:
    raise Rejected(f"{digits[:12]} is no whole number")


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _same(found: Any, wanted: Any, what: str) -> None:
    if _canonical(found) != _canonical(wanted):  # so that true is not 1
        raise Rejected(f"{what} is declared otherwise than it was asked")


def _check_form(value: Any, form: str, where: str) -> None:
    """Raises Rejected for anything but what FORMS lists."""
    if form.endswith("?"):
        if value is not None:
            _check_form(value, form[:-1], where)
    elif form.endswith("*") or form == "texts":
        if not isinstance(value, list):
            raise Rejected(f"{where} is not a list")
        for one in value:
            _check_form(one, form[:-1], f"{where}: one of them")
    elif form in PLAIN:
        if type(value) is not PLAIN[form]:
            raise Rejected(f"{where} is no {form}")
    elif form == "words":
        if not isinstance(value, dict) or not all(
            LANGUAGE.fullmatch(name) and isinstance(words, str) for name, words in value.items()
        ):
            raise Rejected(f"{where} is not words by language")
    else:
        _check_members(value, form, where)


def _check_members(value: Any, form: str, where: str) -> None:
    members = dict(one.split(":") for one in FORMS[form].split())
    needed = {name for name, kind in members.items() if not kind.endswith("!")}
    if not isinstance(value, dict) or not needed <= set(value) <= set(members):
        raise Rejected(f"{where} is not what the format lists of a {form}")
    for name, part in value.items():
        _check_form(part, members[name].rstrip("!"), f"{where}: {name}")


def _check_lengths(release: Any, items: Any, asked: Any) -> None:
    given = [
        part for item in items.values() for part in (item["options"], item["rows"], _fixed(item))
    ]
    given += [one[name] for one in asked["indicators"] for name in ("yes", "leave_out", "items")]
    if (
        len(items) > MOST_ITEMS
        or len(asked["indicators"]) > MOST_ITEMS
        or any(len(part or ()) > MOST_OPTIONS for part in given)
    ):
        raise Rejected("the questionnaire asks too much")
    if len(release["lattice"]["years"]) > MOST_YEARS:
        raise Rejected("the release has too many years")


def _check_indicators(items: Any, asked: Any) -> None:
    """Each is of one question, and of answers that it has, each once."""
    for one in asked["indicators"]:
        item = items[one["items"][0]]
        given = [*one["yes"], *one["leave_out"]]
        known = set(_fixed(item) or ()) | set(_keys(item))
        if len(one["items"]) != 1 or len(set(given)) != len(given) or not set(given) <= known:
            raise Rejected(f"{one['key']}: is made of answers that could not be given")


# Who was asked what.


def _check_groups(lattice: Any, items: Any, asked: Any) -> None:
    for name, key in (("years", YEAR), ("genders", GENDER)):
        given = [one for one in lattice[name] if "+" not in one]
        _same(given, [*_base(items[key]), UNSAID] if key in items else [UNSAID], name)
    _same(lattice["crossed"], asked.get("crossed", False), "year by gender")


def _reported(items: Any) -> list[Any]:
    """Items that have tables: those that are on, but the groups and what students wrote."""
    return [
        item
        for item in items.values()
        if item["on"]
        and (item["part_of"] is None or items[item["part_of"]]["on"])
        and item["kind"] != "text"
        and item["key"] not in (YEAR, GENDER)
    ]


def _gate(item: Any) -> Any:
    return item["show_if"] or item.get("rows_if")


def _from_year(items: Any, item: Any) -> int | None:
    """The youngest year that was asked; None if it waits for what was not asked."""
    found: int = item["from_year"]
    seen = set()
    while _gate(item) is not None:
        if item["key"] in seen:
            raise Rejected("questions wait for each other in a circle")
        seen.add(item["key"])
        item = items[_gate(item)["item"]]
        if not item["on"] or (item["part_of"] is not None and not items[item["part_of"]]["on"]):
            return None
        found = max(found, item["from_year"])
    return found


def _number(year: str, items: Any) -> int:
    """The number of a year; those who did not say were asked what the youngest were."""
    if re.fullmatch("y[0-9]{1,2}", year):
        return int(year[1:])
    given = [_number(key, items) for key in _keys(items.get(YEAR)) if re.fullmatch("y[0-9]+", key)]
    return min(given, default=LEAST_YEAR)


def _keys(item: Any) -> list[str]:
    return [option["key"] for option in item["options"]] if item else []


def _fixed(item: Any) -> Any:
    """The answers that follow from the kind of a question, or that the questionnaire says."""
    return SCALE if item["kind"] == "scale" else item.get("answers")


def _base(item: Any) -> list[str]:
    return [one["key"] for one in item["options"] if one["role"] in ("answer", "none")]


# What was declared.


def _check_questions(release: Any, expected: Any) -> None:
    declared = {question["key"]: question for question in release["questions"]}
    _check_keys([one["key"] for one in release["questions"]], list(expected))
    for key, (item, years) in expected.items():
        question, gate = declared[key], _gate(item)
        is_several = item["kind"] == "several"
        alone = [o["key"] for o in item["options"] if o["role"] == "none"] if is_several else []
        wanted = None
        if gate is not None:
            by_row = {"by_row": True} if item.get("rows_if") else {}
            wanted = {"question": gate["item"], "answers": gate["options"], **by_row}
        kind = item["kind"] if item["kind"] in ("grid", "several") else "one"
        for name, value in (
            ("kind", kind),
            ("years", years),
            ("alone", alone),
            ("most", item["most"]),
            ("gate", wanted),
        ):
            _same(question[name], value, f"{key}: {name}")
        if set(question) != {"key", "kind", "years", "alone", "most", "gate"}:
            raise Rejected(f"{key}: says more than the format lists")


def _check_keys(found: list[str], wanted: list[str]) -> None:
    if found != wanted:
        odd = [*sorted(set(found) ^ set(wanted)), *found][0]
        raise Rejected(f"{odd}: what was asked is not in the release, each once and in its order")


def _check_tables(release: Any, expected: Any, asked: Any) -> int:
    declared = {table["key"]: table for table in release["tables"]}
    indicators = {f"@{one['key']}": one for one in asked["indicators"]}
    wanted: dict[str, tuple[Any, str | None]] = {}
    for key, (item, _years) in expected.items():
        if item["kind"] == "grid":
            wanted |= {f"{key}.{row['key']}": (item, row["key"]) for row in item["rows"]}
        elif item["kind"] == "several":
            wanted |= {f"{key}:{option}": (item, option) for option in _base(item)}
        else:
            wanted[key] = item, None
    for key, one in indicators.items():
        (of,) = one["items"]
        if of in expected and expected[of][0]["kind"] in ("grid", "several"):
            wanted[key] = expected[of][0], None
    _check_keys([one["key"] for one in release["tables"]], list(wanted))
    for key, (item, part) in wanted.items():
        made_of = {"question": item["key"], "part": part, "yes": [], "no": []}
        if key in indicators:
            yes, no = _sides(indicators[key], item)
            made_of |= {"yes": yes, "no": no}
        _same(declared[key]["made_of"], made_of, f"{key}: what it is made of")
        if key in indicators or item["kind"] == "several":
            _same(declared[key]["boxes"], [], f"{key}: its sums")
            continue
        _check_answers(declared[key], item)
        _check_sums(declared[key], item, indicators)
        for box in declared[key]["boxes"]:
            if box["key"] in indicators:
                yes, no = _sides(indicators[box["key"]], item)
                _same(box["answers"], yes, f"{box['key']}: its answers")
                both = [answer for answer in _answers(item) if answer in {*yes, *no}]
                _same(box["of"], both, f"{box['key']}: what it is a share of")
    return len(wanted)


def _sides(indicator: Any, item: Any) -> tuple[list[str], list[str]]:
    given = _fixed(item) or _base(item)
    counted = [answer for answer in given if answer not in indicator["leave_out"]]
    yes = [answer for answer in given if answer in indicator["yes"]]
    return yes, [answer for answer in counted if answer not in yes]


def _answers(item: Any) -> list[str]:
    found: list[str] = _fixed(item) or _keys(item)
    return found


def _check_answers(table: Any, item: Any) -> None:
    """All answers in their order, but "prefer not to say"; "I don't go there" may be among them."""
    roles = {option["key"]: option["role"] for option in item["options"]}
    every = [one for one in _answers(item) if roles.get(one) != "prefer_not"]
    least = [one for one in every if roles.get(one) != "away"]
    if table["base"] not in (every, least) or table["answers"] != [*table["base"], "skipped"]:
        raise Rejected(f"{table['key']}: its answers are not those that could be given")


def _check_sums(table: Any, item: Any, indicators: Any) -> None:
    """The sums of its answers, each under its name, and then its indicators. A sum under another
    name could say anything in it."""
    roles = {option["key"]: option["role"] for option in item["options"]}
    plain = [one for one in _answers(item) if roles.get(one, "answer") == "answer"]
    sums = SUMS.get(tuple(plain), {})
    wanted = [{"key": key, "answers": part, "of": plain} for key, part in sums.items()]
    _same(table["boxes"][: len(wanted)], wanted, f"{table['key']}: its sums")
    others = [box["key"] for box in table["boxes"][len(wanted) :]]
    mine = [key for key, one in indicators.items() if one["items"] == [item["key"]]]
    _same(others, [key for key in mine if key in others], f"{table['key']}: its indicators")


def main(arguments: list[str]) -> int:
    """Run from the command line; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may hold what cannot be printed
    if len(arguments) != 2:
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
        sentences = verify_questions(*texts)
    except Rejected as wrong:
        print(f"REJECTED: {wrong}.")
        return 1
    print("\n".join(["ACCEPTED.", *sentences]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
