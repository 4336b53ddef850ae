"""A server that certifies the tables of other questions than it asked. `verify.py` believes what a
release declares of its questions; `verify_questions.py` holds that against the questionnaire."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import survey.disclosure.verify_questions as program
from survey.disclosure.certify import _questions
from survey.disclosure.figures import HiddenReason
from survey.disclosure.policy import STANDARD
from survey.disclosure.protect import withhold
from survey.disclosure.release import Release
from survey.disclosure.sources import Question
from survey.disclosure.verify import verify
from survey.disclosure.verify_questions import Rejected, verify_questions
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import count
from tests.attacks import test_times_of_places as times
from tests.attacks.lying_server.mutations import mutants
from tests.attacks.test_lying_server import written

BANDS = YearBands(((7, 8), (9,), (10, 11)))


def silent_release(asked: Questionnaire) -> Any:
    """A release that prints nothing, and declares all that is asked."""
    counted = count(asked, (), BANDS)
    declared = _questions(counted.tables, counted.questions, {})
    tables = tuple(withhold(table, HiddenReason.SURVEY_TOO_SMALL) for table in counted.tables)
    took_part = withhold(counted.participation, HiddenReason.SURVEY_TOO_SMALL)
    header = {"questionnaire": content_hash(asked)}
    release = Release(
        header, STANDARD, counted.lattice, took_part, tables, tuple(declared.values())
    )
    return json.loads(release.to_json())


def test_a_question_without_the_one_it_waits_for_is_accepted_by_one_verifier_alone() -> None:
    """The two tables of `test_times_of_places.py`, certified apart: they give away that exactly
    four of a year said "unsafe", in a report that `verify.py` alone accepts."""
    release, certificate = times.published(4, times.B2, Question("B2a", times.B2A.kind))
    assert verify(release, certificate)
    asked = times.asked()
    lie = json.loads(release)
    lie["header"]["questionnaire"] = content_hash(asked)
    with pytest.raises(Rejected):
        verify_questions(written(lie), canonical(asked))


def lies(release: Any) -> Iterator[str]:
    """Each says less of how answers are tied than is true, so that more would pass the audit."""
    by_key = {question["key"]: question for question in release["questions"]}
    tables = {table["key"]: table for table in release["tables"]}
    changes: list[tuple[str, Any, str, Any]] = [
        ("no gate", by_key["F3"], "gate", None),
        ("no gate by row", by_key["B2a"], "gate", None),
        ("a gate of all rows", by_key["B2a"]["gate"], "by_row", False),
        ("a wider gate", by_key["F3"]["gate"], "answers", ["to_me", "saw", "both", "no"]),
        ("nothing excludes", by_key["L2"], "alone", []),
        ("any number of ticks", by_key["B5"], "most", None),
        ("another kind", by_key["B3"], "kind", "grid"),
        ("fewer years", by_key["H1"], "years", by_key["H1"]["years"][1:]),
        ("an indicator of less", tables["@harm_any"]["made_of"], "yes", ["to_me"]),
        ("no crossing", release["lattice"], "crossed", True),
    ]
    for label, where, name, lie in changes:
        before = where.get(name)
        assert before != lie, label
        where[name] = lie
        yield label
        where[name] = before
    for kept in ("questions", "tables"):
        before = list(release[kept])
        for at in range(0, len(before), 17):
            release[kept] = before[:at] + before[at + 1 :]
            yield f"{before[at]['key']} is left out"
            release[kept] = [*before, {**copy.deepcopy(before[at]), "key": "Z9"}]
            yield f"{before[at]['key']} is there under another name"
        release[kept] = before


def test_what_is_declared_otherwise_is_refused() -> None:
    asked = load_all()["safety", "2026.3"]
    release, document = silent_release(asked), canonical(asked)
    tried = 0
    for label in lies(release):
        assert is_refused(release, document), label
        tried += 1
    assert tried > 30
    assert verify_questions(written(release), document)


def test_whatever_is_changed_of_what_is_declared() -> None:
    """A member added or left out, two values exchanged, another order: all of it is refused. What
    is printed is for `verify.py`."""
    asked = load_all()["safety-core", "2026.3"]
    release, document = silent_release(asked), canonical(asked)
    for table in release["tables"]:
        table["rows"], table["boxes"] = [], [b for b in table["boxes"] if b["key"][:1] == "@"]
    made_of = [one["made_of"] for one in release["tables"]]
    for part, tries in ((release["questions"], 60), *((one, 1) for one in made_of[::6])):
        for what, path in mutants(part, 4, tries):
            assert is_refused(release, document), (what, path)


def is_refused(release: Any, document: str) -> bool:
    try:
        verify_questions(written(release), document)
    except Rejected:
        return True
    return False


def test_another_questionnaire_is_refused() -> None:
    asked, other = load_all()["safety", "2026.3"], load_all()["safety-core", "2026.3"]
    with pytest.raises(Rejected, match="another questionnaire"):
        verify_questions(written(silent_release(asked)), canonical(other))
    for text in ("", "[]", '{"a":1,"a":2}', "[" * 5000, '"' + '\\"' * 30_000):
        with pytest.raises(Rejected):
            verify_questions(written(silent_release(asked)), text)


def test_the_command_line(tmp_path: Path) -> None:
    """Copied out of the project, in an interpreter without any package of ours."""
    asked = load_all()["gshs", "2018.1"]
    script = tmp_path / "verify_questions.py"
    script.write_text(Path(str(program.__file__)).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "release").write_text(written(silent_release(asked)), encoding="utf-8")
    (tmp_path / "asked").write_text(canonical(asked), encoding="utf-8")
    (tmp_path / "other").write_text("{}", encoding="utf-8")
    for given, status, word in (("asked", 0, "ACCEPTED"), ("other", 1, "REJECTED")):
        found = subprocess.run(
            [sys.executable, "-I", "-S", str(script), str(tmp_path / "release"),
             str(tmp_path / given)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (found.returncode, found.stdout[:8]) == (status, word)
    assert program.main([]) == 2
    assert program.main([str(tmp_path / "release"), str(tmp_path / "none")]) == 2
