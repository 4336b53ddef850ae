"""Files made to keep a verifier busy, to fill its memory, or to make it fail in front of a reader:
it refuses each in a sentence and soon. And numbers that no figure of the file is tied to."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import survey.disclosure.verify as verify
import survey.disclosure.verify_1 as verify_1
import survey.disclosure.verify_comparison as verify_comparison
import survey.disclosure.verify_readers as verify_readers
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.sources import Question, Source, SourceKind
from survey.disclosure.tables import CountTable, Lattice
from tests.attacks.test_lying_server import Pair, honest, judge, written  # noqa: F401

Check = Callable[[str], object]
MODULES: list[tuple[ModuleType, Check]] = [
    (verify, lambda text: verify.verify(text, text)),
    (verify_1, lambda text: verify_1.verify(text, text)),
    (verify_comparison, lambda text: verify_comparison.verify_comparison(text, [text])),
    (verify_readers, lambda text: verify_readers.verify_readers([text, text + " "])),
]
SECONDS = 3.0


def in_a_release(inside: str) -> str:
    return '{"format":"safety-survey-release/2","header":{"title":' + inside + "}}"


@pytest.mark.parametrize(("module", "check"), MODULES)
@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 30_000,  # each quotation mark could begin a text that has no end
        '"' + "\\\\" * 30_000 + '\\"',
        in_a_release("[" + "[]," * 40_000 + "[]]"),
        in_a_release("[" * 50_000),
        in_a_release("[" + "1," * 110_000 + "1]"),
        in_a_release('"' + "a" * 500_000),
        in_a_release('"\ud800"'),
        "\ufeff{}",
        "nul\0l",
        "",
    ],
    ids=range(10),
)
def test_it_is_refused_soon(
    module: ModuleType, check: Check, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PIECES", 100_000)  # a twentieth, so that the test is short
    began = time.process_time()
    with pytest.raises(module.Rejected):
        check(text)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("module", [module for module, _check in MODULES])
def test_no_traceback_on_a_screen_of_few_letters(module: ModuleType, tmp_path: Path) -> None:
    """The refusal repeats a name of the file, which the screen cannot show."""
    name = '{"a":1,"\\ud800":2,"قلعة":3}'
    files = []
    for at in range(2):
        files.append(tmp_path / f"{at}.json")
        files[-1].write_text(name + " " * at, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, str(module.__file__), *map(str, files)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.startswith("REJECTED: ")


def test_a_name_that_cannot_be_printed_is_refused_in_words(
    honest: Pair,  # noqa: F811
    tmp_path: Path,
) -> None:
    release, certificate = copy.deepcopy(honest)
    certificate["families"][0]["cells"][0][0] = "\ud800"
    for name, one in (("release", release), ("certificate", certificate)):
        (tmp_path / name).write_text(json.dumps(one), encoding="utf-8")
    command = [sys.executable, str(verify.__file__), str(tmp_path / "release")]
    found = subprocess.run(
        [*command, str(tmp_path / "certificate")], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (1, "")


@pytest.mark.parametrize("number", ["-0", "1.0", "1e0", "9" * 400, "true", "-1", '"1"', "null"])
def test_a_number_has_one_spelling(honest: Pair, number: str) -> None:  # noqa: F811
    """Two files of one meaning would be two that claim to be the audited one."""
    release, certificate = copy.deepcopy(honest)
    text = written(release).replace('"wave":1', f'"wave":{number}', 1)
    with pytest.raises(verify.Rejected):
        verify.verify(text, written(certificate))
    release["header"]["roll"] = 0
    text = written(release).replace('"roll":0', '"roll":-0', 1)
    with pytest.raises(verify.Rejected, match="no number"):
        verify.verify(text, written(certificate))


def test_thousands_of_alternatives_are_refused(honest: Pair) -> None:  # noqa: F811
    release, certificate = copy.deepcopy(honest)
    family = certificate["families"][0]
    family["alternatives"] = 20_001
    for cell in family["counts"]:
        cell[:] = ["00" * 20_001 for _digits in cell]
    with pytest.raises(verify.Rejected, match="number of alternatives"):
        judge((release, certificate))


# Numbers that nothing was tied to.


LATTICE = Lattice(("y7", "y8"), ("girl",), silent=("girl",))
ONE = ("participation",)


def two_years() -> Pair:
    """A question of all, and one that only Year 8 was asked."""
    people = {("y7", "girl"): (60,), ("y8", "girl"): (62,)}
    answers = ("yes", "no", "skipped")
    tables = [
        CountTable("A1", answers, answers[:2], (), {("y8", "girl"): (20, 30, 12)}, LATTICE,
                   Source("A1")),
    ]  # fmt: skip
    release, certificate = certify(
        tables,
        CountTable(ONE[0], ONE, ONE, (), people, LATTICE),
        STANDARD,
        {},
        b"s" * 32,
        questions=[Question("A1", SourceKind.ONE)],
    )
    return json.loads(release.to_json()), json.loads(certificate.to_json())


def test_how_many_took_part_is_rounded_also_where_no_question_counts_them() -> None:
    """Only Year 8 was asked anything, so no entry of the certificate has the size of Year 7."""
    pair = two_years()
    judge(copy.deepcopy(pair))
    row = next(one for one in pair[0]["participation"]["rows"] if one["group"] == "year=y7")
    lies: list[Callable[[Any], object]] = [
        lambda row: row.update(base=61),
        lambda row: row["cells"]["participation"].update(count=61),
        lambda row: row["cells"].update(participation={"status": "fewer_than", "limit": 4}),
        lambda row: row["cells"].update(participation={"status": "hidden", "count": 3}),
        lambda row: (row.update(base=5), row["cells"]["participation"].update(count=5)),
        lambda row: (row.update(base=400), row["cells"]["participation"].update(count=400)),
    ]
    for lie in lies:
        before = copy.deepcopy(row)
        lie(row)
        with pytest.raises(verify.Rejected, match="participation"):
            judge(copy.deepcopy(pair))
        row.clear()
        row.update(before)


def test_a_group_has_one_size_for_all_questions() -> None:
    """A question of Year 8 alone, certified as if Year 8 had other girls than it has in a question
    of all years: what is certified for other sizes is not certified for the true ones."""
    honest_pair = two_groups({"y7": 60, "y8": 62}, {"y8": 62})
    judge(copy.deepcopy(honest_pair))
    other = two_groups({"y8": 63}, {"y8": 63})
    lie = copy.deepcopy(honest_pair)
    lie[0]["tables"][1], lie[1]["families"][1] = other[0]["tables"][1], other[1]["families"][1]
    with pytest.raises(verify.Rejected, match="other sizes"):
        judge(lie)


def two_groups(first: dict[str, int], second: dict[str, int]) -> Pair:
    answers = ("yes", "no", "skipped")
    tables = []
    for key, sizes in (("A1", first), ("A2", second)):
        counts = {(year, "girl"): (20, size - 32, 12) for year, size in sizes.items()}
        tables.append(CountTable(key, answers, answers[:2], (), counts, LATTICE, Source(key)))
    people = {(year, "girl"): (size,) for year, size in (first | second).items()}
    release, certificate = certify(
        tables,
        CountTable(ONE[0], ONE, ONE, (), people, LATTICE),
        STANDARD,
        {},
        b"s" * 32,
        questions=[Question("A1", SourceKind.ONE), Question("A2", SourceKind.ONE)],
    )
    return json.loads(release.to_json()), json.loads(certificate.to_json())
