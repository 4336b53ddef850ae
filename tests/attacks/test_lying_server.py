"""A server that publishes a file which is not the audited one, and rewrites the hash to fit: the
tamperings that were once accepted. `lying_server/test_every_node.py` tries the rest.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import survey.disclosure.verify as verifier
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.sources import Gate, Question, Source, SourceKind
from survey.disclosure.tables import Box, CountTable, Lattice

FORMAT_1 = Path(__file__).parents[1] / "unit" / "disclosure" / "format_1"
LATTICE = Lattice(("y7", "y8", "unsaid"), ("girl", "boy", "other"), silent=("unsaid",))
Pair = tuple[dict[str, Any], dict[str, Any]]


def written(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def judge(pair: Pair) -> None:
    """As a liar would have it: with the hash of the changed release."""
    text = written(pair[0])
    pair[1]["release"] = sha256(text.encode()).hexdigest()
    verifier.verify(text, written(pair[1]))


@pytest.fixture(scope="module")
def honest() -> Pair:
    """A tick-all question that waits for another, and a rating."""
    draw = random.Random(3)
    counts: dict[str, dict[tuple[str, str], list[int]]] = {}
    people: dict[tuple[str, str], tuple[int]] = {}
    for year, girls, boys, others in (("y7", 41, 38, 3), ("y8", 36, 44, 2), ("unsaid", 2, 3, 1)):
        for gender, size in zip(LATTICE.genders, (girls, boys, others), strict=True):
            people[year, gender] = (size,)
            for _ in range(size):
                came = draw.random() < 0.7
                ticks = {option for option in "ab" if draw.random() < 0.45} if came else set()
                said = {"g": 0 if came else 1 if draw.random() < 0.8 else 2}
                for option in "abc":
                    has = option in (ticks or ({"c"} if came else set()))
                    said[f"s:{option}"] = 0 if has else 1 if came else 2
                said["r"] = draw.choices(range(5), (30, 40, 15, 12, 3))[0]
                for key, at in said.items():
                    line = counts.setdefault(key, {}).setdefault((year, gender), [0] * 5)
                    line[at] += 1
    yes_no = ("yes", "no", "skipped")
    rating = ("good", "fair", "poor", "bad", "skipped")
    tables = []
    for key, by_cell in counts.items():
        answers = rating if key == "r" else yes_no
        source = Source("s", key[2:]) if key[:2] == "s:" else Source(key)
        boxes = (Box("low", ("poor", "bad")),) if key == "r" else ()
        rows = {cell: tuple(line[: len(answers)]) for cell, line in by_cell.items()}
        tables.append(CountTable(key, answers, answers[:-1], boxes, rows, LATTICE, source))
    one = ("participation",)
    took_part = CountTable(one[0], one, one, (), people, LATTICE)
    questions = (
        Question("g", SourceKind.ONE),
        Question("s", SourceKind.SEVERAL, alone=("c",), gate=Gate("g", ("yes",))),
        Question("r", SourceKind.ONE),
    )
    release, certificate = certify(
        tables, took_part, STANDARD, {"title": "t", "wave": 1}, b"s" * 32, questions=questions
    )
    pair = json.loads(release.to_json()), json.loads(certificate.to_json())
    judge(copy.deepcopy(pair))
    return pair


def first_shown(pair: Pair) -> Any:
    return next(row for row in pair[0]["tables"][0]["rows"] if row["shown"])


def hidden(pair: Pair) -> Any:
    return next(row for row in pair[0]["tables"][0]["rows"] if not row["shown"])


def exact_in_hidden(pair: Pair) -> None:
    hidden(pair)["cells"] = {"yes": {"status": "shown", "count": 3}}


def hidden_base(pair: Pair) -> None:
    hidden(pair)["base"] = 3


def extra_hidden_table(pair: Pair) -> None:
    extra = copy.deepcopy(pair[0]["tables"][0])
    extra["key"] = "exactly 3 of other said no"
    extra["rows"] = [{"group": row["group"], "shown": False, "rung": "nothing", "reason": "audit"}
                     for row in extra["rows"]]  # fmt: skip
    pair[0]["tables"].append(extra)


def one_item_twice(pair: Pair) -> None:
    extra = copy.deepcopy(pair[0]["tables"][-1])
    extra["key"] = "r2"
    pair[0]["tables"].append(extra)
    entry = copy.deepcopy(pair[1]["families"][-1])
    entry["tables"] = ["r2"]
    pair[1]["families"].append(entry)


def participation_of_answers(pair: Pair) -> None:
    table = copy.deepcopy(pair[0]["tables"][-1])
    table["key"] = "participation"
    del table["made_of"]
    pair[0]["participation"] = table


def reason_in_words(pair: Pair) -> None:
    hidden(pair)["reason"] = "3 of them"


def numbers_in_hidden_levels(pair: Pair) -> None:
    """The level of each hidden row, one of three, as a digit."""
    rows = [row for table in pair[0]["tables"] for row in table["rows"][1:] if not row["shown"]]
    assert {row["reason"] for row in rows} == {"base_below_minimum"}
    for number, row in enumerate(rows):
        row["rung"] = ("base5", "base10", "base20")[number % 3]


def a_number_in_rows_withheld_by_the_audit(pair: Pair) -> None:
    table = next(one for one in pair[0]["tables"] if not one["rows"][-1]["shown"])
    table["rows"][-1] |= {"rung": "nothing", "reason": "audit"}
    table["reason"] = "audit"


def a_level_of_a_larger_group(pair: Pair) -> None:
    for table in pair[0]["tables"]:
        for row in table["rows"][1:]:
            if not row["shown"]:
                row["rung"] = "base20"


def answer_twice(pair: Pair) -> None:
    pair[0]["tables"][-1]["base"].append(pair[0]["tables"][-1]["base"][0])


def true_for_one(pair: Pair) -> None:
    first_shown(pair)["shown"] = 1


def joint_undone(pair: Pair) -> None:
    """Two options of one question, certified apart."""
    family = pair[1]["families"][0]
    parts = []
    # Of the gate yes and no are written; of the options one "skipped", and each "yes".
    written = {"g": (0, 1), "s:a": (2, 3), "s:b": (2, 4), "s:c": (2, 5)}
    for key in family["tables"]:
        one = copy.deepcopy(family)
        one["tables"] = [key]
        one["counts"] = [[cell[at] for at in written[key]] for cell in one["counts"]]
        parts.append(one)
    pair[1]["families"][:1] = parts


def gate_forgotten(pair: Pair) -> None:
    pair[0]["questions"][1]["gate"] = None


def kind_forgotten(pair: Pair) -> None:
    pair[0]["questions"][1]["kind"] = "one"


def other_rules(pair: Pair) -> None:
    pair[0]["policy"]["minimum_base"] = 30


def unticked(pair: Pair) -> None:
    """An alternative in which students answered a tick-all question and ticked nothing."""
    family = pair[1]["families"][0]
    family["alternatives"] = 1
    for cell in family["counts"]:
        cell[:] = [digits[:2] if at < 3 else "00" for at, digits in enumerate(cell)]


TAMPERINGS = [
    exact_in_hidden, hidden_base, extra_hidden_table, one_item_twice, participation_of_answers,
    reason_in_words, numbers_in_hidden_levels, a_number_in_rows_withheld_by_the_audit,
    a_level_of_a_larger_group, answer_twice, true_for_one, joint_undone, gate_forgotten,
    kind_forgotten, other_rules, unticked,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_tamperings_are_rejected(tamper: Any, honest: Pair) -> None:
    pair = copy.deepcopy(honest)
    tamper(pair)
    with pytest.raises(verifier.Rejected, match="could have given" if tamper is unticked else None):
        judge(pair)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"shown":true', '"shown":false,"shown":true', 1),
        lambda text: text.replace('"wave":1', '"wave":1.0', 1),
        lambda text: text.replace('"wave":1', '"wave":NaN', 1),
        lambda text: text.replace('"wave":1', '"wave":' + "9" * 5000, 1),
        lambda text: text.replace('"wave":1', '"wave":' + "[" * 100_000 + "]" * 100_000, 1),
        lambda text: "[" * 100_000,
    ],
)
def test_letters_that_json_readers_take_differently(change: Any, honest: Pair) -> None:
    with pytest.raises(verifier.Rejected):
        verifier.verify(change(written(honest[0])), written(honest[1]))


def kept(name: str) -> str:
    return gzip.decompress((FORMAT_1 / f"{name}.json.gz").read_bytes()).decode()
