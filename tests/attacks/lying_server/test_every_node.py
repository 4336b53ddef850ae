"""A member added anywhere, and any two values exchanged, in every kind of file that a verifier is
given: each is refused. Files are walked to their last node, and each kind of node is tried; the
long run tries many nodes of a kind. A new verifier has to be added here."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from survey.disclosure import verify, verify_1, verify_comparison, verify_questions, verify_readers
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import count
from tests.attacks.lying_server.mutations import Path as Place
from tests.attacks.lying_server.mutations import at, generic, places
from tests.attacks.lying_server.test_fuzz import HEADER, comparison
from tests.attacks.test_lying_server import kept, written
from tests.unit.reports.comparisons.test_all_schools import compared
from tests.unit.reports.schools import with_sections
from tests.unit.reports.students import make_students

Documents = dict[str, Any]
EXTRAS: tuple[Any, ...] = ({"exact": 3}, 3, "girl", None, [], True)
"""The ordinary run tries one of them, by turns, at a node of each kind."""
SEED = b"a fixed seed, for attacks only.."


@dataclass(frozen=True)
class Kind:
    """Files that are judged together. `harmless` are places where any text or number is as true as
    another: what no verifier can check."""

    verifiers: tuple[ModuleType, ...]
    documents: Callable[[], Documents]
    judge: Callable[[Documents], object]
    harmless: Callable[[str, Place], bool]


@cache
def _report() -> tuple[str, str, str]:
    """Gates, a gate by row, options, an indicator, and a band; few students, so that it is read in
    a moment."""
    asked = with_sections(load_all()["safety", "2026.3"], "A", "D", "F")
    students = make_students(asked, 56, 4, ("y7", "y8"))
    counted = count(asked, students, YearBands(((7, 8),)), SEED)
    header: dict[str, str | int] = {**HEADER, "questionnaire": content_hash(asked)}  # type: ignore[dict-item]
    release, certificate = certify(
        counted.tables, counted.participation, STANDARD, header, SEED, questions=counted.questions
    )
    return release.to_json(), certificate.to_json(), canonical(asked)


def _documents_of_report() -> Documents:
    names = "release", "certificate", "questionnaire"
    return {name: json.loads(text) for name, text in zip(names, _report(), strict=True)}


def _judge_report(documents: Documents) -> None:
    """As a liar would have it: each file names the changed one by its new hash. The two programs
    belong together, and the service runs both."""
    before = _report()
    asked = written(documents["questionnaire"])
    release = copy.copy(documents["release"])
    if asked != before[2]:
        release["header"] = {**release["header"], "questionnaire": _hash(asked)}
    text = written(release)
    certificate = copy.copy(documents["certificate"])
    if certificate.get("release") == _hash(before[0]):
        certificate["release"] = _hash(text)
    verify_questions.verify_questions(text, asked)
    verify.verify(text, written(certificate))


def _documents_of_first_format() -> Documents:
    """Each table is certified by itself, so two of them are a whole report."""
    found = {name: json.loads(kept(f"gshs.{name}")) for name in ("release", "certificate")}
    for document in found.values():
        document["tables"] = document["tables"][:2]
    return found


def _judge_first_format(documents: Documents) -> None:
    text, certificate = written(documents["release"]), copy.copy(documents["certificate"])
    if certificate.get("release") == _hash(kept("gshs.release")):
        certificate["release"] = _hash(text)
    verify_1.verify(text, written(certificate))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@cache
def _with_years() -> tuple[str, tuple[str, ...]]:
    made, releases = compared()
    found = json.loads(made.to_json())
    named = {(one["table"], one["answer"]) for one in found["years"][:6]}
    for name in ("figures", "years"):
        found[name] = [one for one in found[name] if (one["table"], one["answer"]) in named]
    return written(found), tuple(releases)


def _words(path: Place) -> bool:
    """Words of a questionnaire, and what is said of a contact or a source."""
    return path[:1] == ("questionnaire",) and (
        path[-1] not in ("format", "crossed") or "places" in path or "help" in path
    )


KINDS = {
    "report": Kind(
        (verify, verify_questions),
        _documents_of_report,
        _judge_report,
        lambda _what, path: path[:2] == ("release", "header") or "counts" in path or _words(path),
    ),
    "report of the first format": Kind(
        (verify_1,),
        _documents_of_first_format,
        _judge_first_format,
        lambda _what, path: path[:2] == ("release", "header") or "witnesses" in path,
    ),
    "comparison": Kind(
        (verify_comparison,),
        lambda: {"comparison": comparison()[0]},
        lambda given: verify_comparison.verify_comparison(
            written(given["comparison"]), comparison()[1]
        ),
        lambda _what, path: (
            path[1:2] in (("header",), ("left_out",)) or path[-1] in ("name", "phase")
        ),
    ),
    "comparison with year groups": Kind(
        (verify_comparison,),
        lambda: {"comparison": json.loads(_with_years()[0])},
        lambda given: verify_comparison.verify_comparison(
            written(given["comparison"]), list(_with_years()[1])
        ),
        lambda _what, path: (
            path[1:2] in (("header",), ("left_out",)) or path[-1] in ("name", "phase")
        ),
    ),
    "comparisons of several readers": Kind(
        (verify_readers,),
        lambda: {
            "one": json.loads(_with_years()[0]),
            "other": comparison()[0],
        },
        lambda given: verify_readers.verify_readers([written(one) for one in given.values()]),
        # Whether figures, schools and reports are true is for the other program. So a report may
        # stand for one at the same place of a comparison that has no report in common with this.
        lambda _what, path: (
            path[:2] == ("other", "releases")
            or not (
                path[1] in ("releases", "format")
                or path[1:] == ("header", "bands")
                or path[-1] == "code"
            )
        ),
    ),
}


def test_every_verifier_is_tried() -> None:
    there = {path.stem for path in Path(verify.__file__).parent.glob("verify*.py")}
    tried = {
        module.__name__.rpartition(".")[2] for one in KINDS.values() for module in one.verifiers
    }
    assert tried == there


def _of_each_kind(documents: Documents, most: int, wanted: type | tuple[type, ...]) -> list[Place]:
    """Up to so many places of each kind, drawn at random."""
    kinds: dict[Place, list[Place]] = {}
    for path, value in places(documents):
        if path and isinstance(value, wanted):
            kinds.setdefault(generic(path), []).append(path)
    draw = random.Random(7)
    return [path for found in kinds.values() for path in draw.sample(found, min(most, len(found)))]


def _additions(documents: Documents, most: int) -> Iterator[Place]:
    """One of the extras by turns, or all of them where many nodes of a kind are tried."""
    for number, path in enumerate(_of_each_kind(documents, most, (dict, list))):
        node = at(documents, path)
        for extra in EXTRAS if most > 1 else (EXTRAS[number % len(EXTRAS)],):
            if isinstance(node, dict):
                node["exact"] = extra
                yield path
                del node["exact"]
            else:
                node.append(extra)
                yield path
                node.pop()


@pytest.mark.parametrize("most", [1, pytest.param(6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", KINDS)
def test_a_member_added_anywhere_is_refused(name: str, most: int) -> None:
    kind = KINDS[name]
    documents = kind.documents()
    kind.judge(documents)
    accepted = {
        generic(path) for path in _additions(documents, most) if not _is_refused(kind, documents)
    }
    assert {path for path in accepted if not _takes_text(path)} == set()
    assert documents == kind.documents()


def _takes_text(path: Place) -> bool:
    """Lists of words that a questionnaire says of itself, which no figure is made with; and the
    years that a school teaches, where a program reads bands and letters alone."""
    if path[:1] in (("one",), ("other",)):
        return path[1:] == ("schools", "*", "years")
    words = "languages", "themes", "nations", "items"
    return path[:1] == ("questionnaire",) and path[-1] in words


@pytest.mark.parametrize("tries", [40, pytest.param(1500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", KINDS)
def test_two_values_exchanged_are_refused(name: str, tries: int) -> None:
    kind = KINDS[name]
    documents = kind.documents()
    leaves = _of_each_kind(documents, 40, (str, int, type(None)))
    leaves = [path for path in leaves if not kind.harmless("exchange", path)]
    draw, tried = random.Random(tries), 0
    for _ in range(tries if leaves else 0):
        one, other = draw.sample(leaves, 2)
        mine, theirs = at(documents, one), at(documents, other)
        if mine == theirs and type(mine) is type(theirs):
            continue
        at(documents, one[:-1])[one[-1]], at(documents, other[:-1])[other[-1]] = theirs, mine
        assert _is_refused(kind, documents), (one, mine, other, theirs)
        at(documents, one[:-1])[one[-1]], at(documents, other[:-1])[other[-1]] = mine, theirs
        tried += 1
    assert tried > tries // 2 or not leaves
    kind.judge(documents)


TEXTS: dict[ModuleType, Callable[[], tuple[list[str], Callable[[list[str]], object]]]] = {
    verify: lambda: (list(_report()[:2]), lambda texts: verify.verify(*texts)),
    verify_1: lambda: (
        [kept("gshs.release"), kept("gshs.certificate")],
        lambda texts: verify_1.verify(*texts),
    ),
    verify_questions: lambda: (
        [_report()[0], _report()[2]],
        lambda texts: verify_questions.verify_questions(*texts),
    ),
    verify_comparison: lambda: (
        [_with_years()[0], *_with_years()[1][:1]],
        lambda texts: verify_comparison.verify_comparison(
            texts[0], [*texts[1:], *_with_years()[1][1:]]
        ),
    ),
    verify_readers: lambda: (
        [_with_years()[0], written(comparison()[0])],
        verify_readers.verify_readers,
    ),
}
"""By verifier: the files it is given, and how it reads them."""


@pytest.mark.parametrize("module", TEXTS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_name_given_twice_in_one_object_is_refused(module: ModuleType) -> None:
    """Readers of JSON differ in which of the two they take, so one program could check a value and
    another one show the other. At the start of a file, in its middle and at its end."""
    texts, read = TEXTS[module]()
    for which, text in enumerate(texts):
        members = list(re.finditer(r'(?<=[{,])"[a-z_]+":', text))
        for member in (members[0], members[len(members) // 2], members[-1]):
            twice = f"{text[: member.start()]}{member[0]}null,{text[member.start() :]}"
            with pytest.raises(module.Rejected, match="a name is given twice in one object"):
                read([*texts[:which], twice, *texts[which + 1 :]])


def test_every_verifier_is_given_a_name_twice() -> None:
    assert set(TEXTS) == {module for kind in KINDS.values() for module in kind.verifiers}


def _is_refused(kind: Kind, documents: Documents) -> bool:
    """Anything that a verifier raises but its own refusal fails the test."""
    try:
        kind.judge(documents)
    except tuple(module.Rejected for module in kind.verifiers):
        return True
    return False
