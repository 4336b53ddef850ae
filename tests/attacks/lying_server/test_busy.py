"""Files that are of the format, and made to keep a verifier busy for hours; and files of other
kinds, or in each other's places. Each ends soon, with a sentence and no Python error."""

from __future__ import annotations

import copy
import gzip
import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import survey.disclosure.verify as verify
import survey.disclosure.verify_1 as verify_1
import survey.disclosure.verify_comparison as verify_comparison
import survey.disclosure.verify_questions as verify_questions
import survey.disclosure.verify_readers as verify_readers
from survey.questionnaires.document import canonical, content_hash, to_document
from survey.questionnaires.load import load_all
from tests.attacks.lying_server.test_fuzz import comparison
from tests.attacks.lying_server.test_questions import silent_release
from tests.attacks.test_lying_server import Pair, honest, judge, kept, written  # noqa: F401

SECONDS = 10.0
PROGRAMS: tuple[ModuleType, ...] = (
    verify, verify_1, verify_comparison, verify_questions, verify_readers,
)  # fmt: skip
SIZE = 4
ALTERNATIVES = sorted({(SIZE - at, at) for at in range(5)} | {(at, 0) for at in range(5)})


def with_many_groups(years: int, genders: int, asked: list[list[int]]) -> dict[str, Any]:
    """A release in which every group took part and no table prints anything."""
    names = [f"y{at}" for at in range(years)], [f"g{at}" for at in range(genders)]
    groups = ["all", *(f"year={one}" for one in names[0]), *(f"gender={one}" for one in names[1])]
    sizes = [years * genders, *[genders] * years, *[years] * genders]
    people = []
    for group, size in zip(groups, sizes, strict=True):
        base = (SIZE * size + 2) // 5 * 5
        whole = {"status": "shown", "count": base, "percent": 100}
        people.append(
            {"group": group, "shown": True, "rung": "base5", "reason": "none", "base": base,
             "cells": {"participation": whole}, "boxes": {}}
        )  # fmt: skip
    silent = [
        {"group": group, "shown": False, "rung": "nothing", "reason": "audit"} for group in groups
    ]
    one = ["participation"]
    keys = [f"A{at}" for at in range(len(asked))]
    return {
        "format": "safety-survey-release/2",
        "header": {},
        "policy": {"version": "w5-1", "start": "base5", **verify.POLICIES["w5-1"]},
        "lattice": {"years": names[0], "genders": names[1], "crossed": False, "silent": []},
        "participation": {
            "key": one[0], "answers": one, "base": one, "boxes": [], "rung": "base5",
            "reason": "none", "rows": people,
        },
        "tables": [
            {"key": key, "answers": ["a", "b", "skipped"], "base": ["a", "b"], "boxes": [],
             "rung": "nothing", "reason": "audit", "rows": silent,
             "made_of": {"question": key, "part": None, "yes": [], "no": []}}
            for key in keys
        ],
        "questions": [
            {"key": key, "kind": "one", "years": [f"y{at}" for at in of], "alone": [],
             "most": None, "gate": None}
            for key, of in zip(keys, asked, strict=True)
        ],
    }  # fmt: skip


def certified(release: dict[str, Any]) -> dict[str, Any]:
    """Alternatives that leave every count of every group open."""
    line = ["".join(f"{one[at]:02x}" for one in ALTERNATIVES) for at in range(2)]
    families = []
    for question in release["questions"]:
        cells = [
            [f"year={year},gender={gender}", SIZE]
            for year in question["years"]
            for gender in release["lattice"]["genders"]
        ]
        families.append(
            {"tables": [question["key"]], "cells": cells, "alternatives": len(ALTERNATIVES),
             "counts": [line] * len(cells), "proofs": []}
        )  # fmt: skip
    return {"format": "safety-survey-certificate/2", "release": "", "families": families}


def test_a_hundred_years_and_a_hundred_genders_are_refused() -> None:
    """A megabyte that took minutes: each group was held against each cell."""
    few = with_many_groups(8, 6, [list(range(8))])
    judge((few, certified(few)))
    for years, genders in ((100, 100), (100, 8), (20, 100)):
        many = with_many_groups(years, genders, [list(range(years))])
        soon(lambda many=many: judge((many, certified(many))), verify.Rejected, "too many groups")  # type: ignore[misc]


def test_a_thousand_ways_to_ask_are_refused() -> None:
    """Sizes of groups were compared between any two of them."""
    ways = [[at for at in range(12) if way >> at & 1] for way in range(1, 300)]
    many = with_many_groups(12, 6, ways)
    soon(lambda: judge((many, certified(many))), verify.Rejected, "too many ways")


def soon(check: Callable[[], object], rejected: type[Exception], words: str) -> None:
    began = time.process_time()
    with pytest.raises(rejected, match=words):
        check()
    assert time.process_time() - began < SECONDS


def longer(document: Any) -> dict[str, Callable[[], None]]:
    """Changes of a questionnaire that make it long in one way."""
    items = [item for section in document["sections"] for item in section["items"]]
    grid = next(item for item in items if item["kind"] == "grid")
    last = document["sections"][-1]["items"]

    def chain() -> None:
        for at in range(1_100):
            item = copy.copy(items[3])
            waits = {"item": f"N{at - 1}", "options": ["yes"]} if at else None
            last.append({**item, "key": f"N{at}", "show_if": waits})

    return {
        "options": lambda: items[3]["options"].extend(items[3]["options"][:1] * 1_000),
        "rows": lambda: grid["rows"].extend(grid["rows"][:1] * 1_000),
        "yes": lambda: document["indicators"][0]["yes"].extend(["x"] * 1_000),
        "chain": chain,
    }


@pytest.mark.parametrize("way", ["options", "rows", "yes", "chain"])
def test_a_questionnaire_without_end_is_refused(way: str) -> None:
    asked = load_all()["safety-core", "2026.3"]
    document = to_document(asked)
    longer(document)[way]()
    release = written(silent_release(asked)).replace(
        content_hash(asked), verify_questions.hashlib.sha256(written(document).encode()).hexdigest()
    )
    soon(
        lambda: verify_questions.verify_questions(release, written(document)),
        verify_questions.Rejected,
        "asks too much",
    )


@pytest.mark.parametrize("number", ["7.0", "7e0", "1e999", "-0", "9" * 5000, "NaN", "Infinity"])
def test_a_questionnaire_holds_whole_numbers_of_one_spelling(number: str) -> None:
    asked = load_all()["safety-core", "2026.3"]
    text = canonical(asked).replace('"from_year":9', f'"from_year":{number}', 1)
    assert text != canonical(asked)
    reference = verify_questions.hashlib.sha256(text.encode()).hexdigest()
    release = written(silent_release(asked)).replace(content_hash(asked), reference)
    with pytest.raises(verify_questions.Rejected, match="number"):
        verify_questions.verify_questions(release, text)


def test_comparisons_without_end_are_refused() -> None:
    found, releases = comparison()
    many = copy.deepcopy(found)
    many["schools"] = [many["schools"][0]] * 3_000
    for check, rejected in (
        (lambda: verify_comparison.verify_comparison(written(many), releases),
         verify_comparison.Rejected),
        (lambda: verify_readers.verify_readers([written(many), written(found)]),
         verify_readers.Rejected),
    ):  # fmt: skip
        soon(check, rejected, "too many schools")
    for school in found["schools"]:
        school["years"] = [f"y{at}" for at in range(200)]
    soon(
        lambda: verify_comparison.verify_comparison(written(found), releases),
        verify_comparison.Rejected,
        "too many",
    )


def packed(data: bytes) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("release.json", data)
    return found.getvalue()


@pytest.mark.parametrize("program", PROGRAMS)
def test_files_of_other_kinds(
    program: ModuleType,
    honest: Pair,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Packed, in another encoding, with a mark at its front, twice in one file, without end, cut
    off, or no file at all; and a file of the right kind in the wrong place."""
    release, certificate = (written(one).encode() for one in honest)
    asked = load_all()["safety-core", "2026.3"]
    files = {
        "gzip": gzip.compress(release),
        "zip": packed(release),
        "utf-16": release.decode().encode("utf-16"),
        "mark": b"\xef\xbb\xbf" + release,
        "latin": '{"title":"Café"}'.encode("latin-1"),
        "twice": release + release,
        "cut": release[:-2],
        "lines": release.replace(b",", b",\r\n"),
        "digits": release.replace(b'"small":5', '"small":\u0665'.encode()),
        "true": release.replace(b'"shown":true', b'"shown":1'),
        "release": release,
        "certificate": certificate,
        "format 1": kept("compared-0.release").encode(),
        "comparison": kept("comparison").encode(),
        "questionnaire": canonical(asked).encode(),
        "empty": b"",
    }
    assert release not in (files["digits"], files["true"], files["lines"])
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    os.symlink("/dev/zero", tmp_path / "endless")
    os.symlink(tmp_path / "endless", tmp_path / "link")
    (tmp_path / "folder").mkdir()
    began = time.process_time()
    for name in [*files, "endless", "link", "folder", "none"]:
        for other in ("certificate", "release", name) if name in files else ("release",):
            if program is verify and (name, other) == ("lines", "certificate"):
                continue  # white space says nothing: it is accepted
            for pair in ((name, other), (other, name)):
                if program is verify and pair == ("release", "certificate"):
                    continue
                status = program.main([str(tmp_path / one) for one in pair])
                said = capsys.readouterr()
                assert said.err == ""
                assert status in (1, 2), pair
                assert said.out.startswith(("REJECTED: ", "Cannot read: ")), (pair, said.out)
    assert time.process_time() - began < 4 * SECONDS


def test_a_certificate_of_another_report_or_an_earlier_one(honest: Pair) -> None:  # noqa: F811
    """Same questions and same sizes, another survey: the certificate names its release."""
    release, certificate = copy.deepcopy(honest)
    judge((release, certificate))
    other = json.loads(written(release))
    other["header"]["wave"] = 2
    with pytest.raises(verify.Rejected, match="another release"):
        verify.verify(written(other), written(certificate))


def test_a_comparison_of_releases_that_are_not_given() -> None:
    found, releases = comparison()
    text = written(found)
    assert verify_comparison.verify_comparison(text, releases)
    for given in (releases[:-1], [*releases, releases[0]], [*releases[:-1], releases[0]], []):
        with pytest.raises(verify_comparison.Rejected, match="other releases"):
            verify_comparison.verify_comparison(text, given)
