"""The stand-alone verifier accepts what was certified, and nothing else."""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import survey.disclosure.verify as verifier
import survey.disclosure.verify_1 as verify_1
import survey.disclosure.verify_comparison as verify_comparison
from survey.disclosure.certificate import Certificate, UnreadableCertificateError
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import Release
from survey.disclosure.tables import Box
from tests.unit.disclosure.schools import RATING, SEED, counted, school, took_part

Pair = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def certified() -> tuple[str, str]:
    table = school(3, students=400)
    boxes = (Box("feel_unsafe", RATING[3:]), Box("extreme", (RATING[0],), (RATING[0], RATING[4])))
    boxed = counted(dict(table.counts), table.answers, "B2.toilets", boxes, table.lattice)
    yes_no = {
        cell: (row[0], sum(row[1:5]), row[5]) if cell[0] != "13" else (0, 0, 0)
        for cell, row in table.counts.items()
    }
    gated = counted(yes_no, key="B4:crowds", lattice=table.lattice)
    release, certificate = certify(
        [table, boxed, gated], took_part(table), STANDARD, {"id": "r1"}, SEED
    )
    assert Release.from_json(release.to_json()) == release
    assert Certificate.from_json(certificate.to_json()) == certificate
    return release.to_json(), certificate.to_json()


def test_a_certified_release_is_accepted(certified: tuple[str, str]) -> None:
    sentences = verifier.verify(*certified)
    assert any("3 tables checked" in sentence for sentence in sentences)


def test_it_runs_alone(certified: tuple[str, str], tmp_path: Path) -> None:
    """Copied out of the project, in an isolated interpreter without any package of ours."""
    script = tmp_path / "verify.py"
    script.write_text(Path(verifier.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    for name, text in zip(("release.json", "certificate.json"), certified, strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(script)]
    files = [str(tmp_path / "release.json"), str(tmp_path / "certificate.json")]
    found = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.split()[0]) == (0, "ACCEPTED.")
    found = subprocess.run([*command, *files[::-1]], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    found = subprocess.run([*command, files[0]], capture_output=True, text=True, check=False)
    assert found.returncode == 2
    found = subprocess.run(
        [*command, files[0], str(tmp_path / "no")], capture_output=True, text=True, check=False
    )
    assert found.returncode == 2


@pytest.mark.parametrize("module", [verifier, verify_1, verify_comparison])
def test_each_is_one_file_that_imports_the_standard_library_alone(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    modules = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules <= set(sys.stdlib_module_names)


def test_the_first_format_is_checked_by_one_file(tmp_path: Path) -> None:
    script = tmp_path / "verify_1.py"
    script.write_text(Path(verify_1.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    files = []
    for name in ("release", "certificate"):
        packed = Path(__file__).parent / "format_1" / f"gshs.{name}.json.gz"
        files.append(tmp_path / f"{name}.json")
        files[-1].write_bytes(gzip.decompress(packed.read_bytes()))
    command = [sys.executable, "-I", "-S", str(script), *map(str, files)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.split()[0]) == (0, "ACCEPTED.")


def first_row(release: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = release["tables"][0]["rows"][0]
    return row


def shown_cell(release: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = next(c for c in first_row(release)["cells"].values() if "percent" in c)
    return cell


def hide_last_table(pair: Pair) -> None:
    pair[1]["families"].pop()


def exact_count(pair: Pair) -> None:
    shown_cell(pair[0])["count"] += 1


def other_count(pair: Pair) -> None:
    cell, base = shown_cell(pair[0]), first_row(pair[0])["base"]
    cell["count"] += 50
    cell["percent"] = (200 * cell["count"] + base) // (2 * base)


def exact_percent(pair: Pair) -> None:
    shown_cell(pair[0])["percent"] += 1


def decimal_percent(pair: Pair) -> None:
    shown_cell(pair[0])["percent"] += 0.5


def one_more_field(pair: Pair) -> None:
    shown_cell(pair[0])["exact"] = 3


def other_base(pair: Pair) -> None:
    first_row(pair[0])["base"] += 5


def counts_of(pair: Pair) -> list[list[str]]:
    """The counts of the first family: one list for each cell, of digits for each unknown."""
    counts: list[list[str]] = pair[1]["families"][0]["counts"]
    return counts


def keep_alternatives(pair: Pair, number: int) -> None:
    pair[1]["families"][0]["alternatives"] = number
    for cell in counts_of(pair):
        cell[:] = [digits[: 2 * number] for digits in cell]


def fewer_alternatives(pair: Pair) -> None:
    keep_alternatives(pair, 2)


def no_alternatives(pair: Pair) -> None:
    keep_alternatives(pair, 0)


def one_alternative_less_than_said(pair: Pair) -> None:
    counts_of(pair)[0][0] = counts_of(pair)[0][0][:-2]


def another_number_of_alternatives(pair: Pair) -> None:
    pair[1]["families"][0]["alternatives"] += 1


def alternatives_in_another_order(pair: Pair) -> None:
    for cell in counts_of(pair):
        cell[:] = [digits[-2:] + digits[2:-2] + digits[:2] for digits in cell]


def an_alternative_twice(pair: Pair) -> None:
    pair[1]["families"][0]["alternatives"] += 1
    for cell in counts_of(pair):
        cell[:] = [digits[:2] + digits for digits in cell]


def negative_count(pair: Pair) -> None:
    counts_of(pair)[0][0] = "-1" + counts_of(pair)[0][0][2:]


def large_letters(pair: Pair) -> None:
    """The same counts, as another reader of hexadecimal would take them."""
    for cell in counts_of(pair):
        cell[:] = [digits.upper() for digits in cell]


def a_gap(pair: Pair) -> None:
    counts_of(pair)[0][0] = " 1" + counts_of(pair)[0][0][2:]


def moved_students(pair: Pair) -> None:
    """All of each cell gave the first answer, in one alternative."""
    keep_alternatives(pair, 1)
    for cell, (_, size) in zip(counts_of(pair), pair[1]["families"][0]["cells"], strict=True):
        cell[:] = [f"{size if not at else 0:02x}" for at, _ in enumerate(cell)]


def resized_alternative(pair: Pair) -> None:
    counts_of(pair)[0][0] = "ff" + counts_of(pair)[0][0][2:]


def counts_of_a_cell_more(pair: Pair) -> None:
    counts_of(pair).append(counts_of(pair)[-1])


def counts_of_an_answer_more(pair: Pair) -> None:
    counts_of(pair)[0].append(counts_of(pair)[0][-1])


def other_sizes(pair: Pair) -> None:
    pair[1]["families"][0]["cells"][0][1] += 1


def missing_row(pair: Pair) -> None:
    pair[0]["tables"][0]["rows"].pop()


def weak_policy(pair: Pair) -> None:
    pair[0]["policy"]["small"] = 3


def shown_small_group(pair: Pair) -> None:
    for row in pair[0]["tables"][0]["rows"]:
        if not row["shown"]:
            row.update(first_row(pair[0]), group=row["group"])
            return
    raise AssertionError("no hidden row to show")


CHANGES = [
    hide_last_table,
    exact_count,
    other_count,
    exact_percent,
    decimal_percent,
    one_more_field,
    other_base,
    fewer_alternatives,
    no_alternatives,
    one_alternative_less_than_said,
    another_number_of_alternatives,
    alternatives_in_another_order,
    an_alternative_twice,
    negative_count,
    large_letters,
    a_gap,
    moved_students,
    resized_alternative,
    counts_of_a_cell_more,
    counts_of_an_answer_more,
    other_sizes,
    missing_row,
    weak_policy,
    shown_small_group,
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_rejected(change: Callable[[Pair], None], certified: tuple[str, str]) -> None:
    """Even when the person who changed the release also rewrote the hash in the certificate."""
    pair = (json.loads(certified[0]), json.loads(certified[1]))
    change(pair)
    text = json.dumps(pair[0], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    pair[1]["release"] = sha256(text.encode()).hexdigest()
    with pytest.raises(verifier.Rejected):
        verifier.verify(text, json.dumps(pair[1]))


def test_a_certificate_of_another_release_is_rejected(certified: tuple[str, str]) -> None:
    release = json.loads(certified[0])
    release["header"]["id"] = "r2"
    with pytest.raises(verifier.Rejected, match="another release"):
        verifier.verify(json.dumps(release), certified[1])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "x"}'])
def test_other_files_are_refused(text: str, certified: tuple[str, str]) -> None:
    with pytest.raises(verifier.Rejected):
        verifier.verify(text, certified[1])
    with pytest.raises(verifier.Rejected):
        verifier.verify(certified[0], text)
    with pytest.raises(UnreadableCertificateError):
        Certificate.from_json(text)


def test_the_proof_of_a_bound_is_checked() -> None:
    """Weak duality by hand: 30 people, at most 4 and at most 9 gave the other answers."""
    made_of = {"question": "q", "part": None, "yes": [], "no": []}
    table = {"key": "q", "answers": ["a", "b", "c"], "made_of": made_of}
    question = {"key": "q", "kind": "one", "years": ["7"], "alone": [], "most": None, "gate": None}
    release = {"questions": [question], "policy": {}}
    family = verifier._Family(release, [table], {}, {("7", "g"): 30}, {})
    every = (None, None)
    family.facts = {(every, frozenset({"q/b"})): (0, 4), (every, frozenset({"q/c"})): (0, 9)}
    target = (every, frozenset({"q/a"}))
    size = "year=7,gender=g|q/a+q/b+q/c"
    proof = {"divisor": 1, "parts": [["all|q/b", -1], ["all|q/c", -1], [size, 1]]}
    assert family._proved(*target, proof) == 17
    proof["parts"] = [[size, 2]]
    assert family._proved(*target, proof) <= 0
    proof["parts"] = [["all|q/z", 1]]
    with pytest.raises(verifier.Rejected):
        family._proved(*target, proof)
