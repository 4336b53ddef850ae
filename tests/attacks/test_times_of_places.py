"""When a place feels least safe is asked of those who rate it unsafe: a lower bound of how many do.

Certified by itself, such a table gives away small counts of the rating that it waits for.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.sources import (
    Gate,
    Question,
    Source,
    SourceKind,
    UntoldTieError,
    check_sources,
)
from survey.disclosure.tables import CountTable, Lattice
from survey.disclosure.verify import Rejected, verify
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.releases.tabulation import Tabulation
from tests.attacks.attackers.joint_reader import attack
from tests.attacks.test_report_read_as_a_whole import SEED, invented, released

YEARS = ("y7", "y8", "y9", "y10", "y11")
LATTICE = Lattice(YEARS, ("girl",), silent=("girl",))
EACH_YEAR = 60
RATINGS, TIMES = ("unsafe", "very_unsafe", "safe", "skipped"), ("lunch", "break", "skipped")
GATE = Gate("B2", ("unsafe", "very_unsafe"), by_row=True)
B2, B2A = Question("B2", SourceKind.GRID), Question("B2a", SourceKind.GRID, gate=GATE)


def tables(unsafe: int) -> tuple[CountTable, CountTable, CountTable]:
    """In every year so many rate a place unsafe, and all of them say when."""
    rated = dict.fromkeys(((year, "girl") for year in YEARS), (unsafe, 0, EACH_YEAR - unsafe, 0))
    timed = dict.fromkeys(rated, (unsafe, 0, EACH_YEAR - unsafe))
    people = dict.fromkeys(rated, (EACH_YEAR,))
    return (
        CountTable("B2.gates", RATINGS, RATINGS[:3], (), rated, LATTICE, Source("B2", "gates")),
        CountTable("B2a.gates", TIMES, TIMES[:2], (), timed, LATTICE, Source("B2a", "gates")),
        CountTable(PARTICIPATION, (PARTICIPATION,), (PARTICIPATION,), (), people, LATTICE),
    )


def published(unsafe: int, *questions: Question) -> tuple[str, str]:
    rated, timed, people = tables(unsafe)
    release, certificate = certify((rated, timed), people, STANDARD, {}, SEED, questions=questions)
    verify(release.to_json(), certificate.to_json())
    return release.to_json(), certificate.to_json()


def asked() -> Questionnaire:
    """The two questions of the bank, with the answers that these tables count."""
    bank = load_all()["safety", "2026.3"]
    options = [one for one in bank.by_key["B2"].options if one.key in RATINGS]
    section = next(one for one in bank.sections if one.key == "B")
    items = [
        replace(item, options=tuple(options)) if item.key == "B2" else item
        for item in section.items
        if item.key in ("B2", "B2a")
    ]
    sections = (replace(section, items=tuple(items)),)
    return replace(bank, sections=sections, indicators=(), definitions=())


def narrowed(document: str) -> set[str]:
    sizes = dict.fromkeys(((year, "girl") for year in YEARS), EACH_YEAR)
    return {one.table for one in attack(json.loads(document), asked(), sizes)}


def test_certified_apart_the_time_gives_every_year_away() -> None:
    """Four in each of five years are "fewer than 5"; twenty said when, so it is four in each."""
    document, _certificate = published(4, B2, replace(B2A, gate=None))
    assert "B2.gates" in narrowed(document)


@pytest.mark.parametrize("unsafe", [3, 4, 5, 6, 9])
def test_certified_together_it_does_not(unsafe: int) -> None:
    document, _certificate = published(unsafe, B2, B2A)
    assert narrowed(document) == set()
    rows = {row["group"]: row for row in json.loads(document)["tables"][1]["rows"]}
    assert not any(row["shown"] for group, row in rows.items() if group != "all")


OTHERWISE = {
    "apart": (None, "no certificate, or not in its place"),
    "another gate": (Gate("B2", ("safe",), by_row=True), "none that students could have given"),
}


@pytest.mark.parametrize("how", OTHERWISE)
def test_the_verifier_refuses_what_was_certified_otherwise(how: str) -> None:
    gate, why = OTHERWISE[how]
    document, certificate = map(json.loads, published(9, B2, replace(B2A, gate=gate)))
    document["questions"][1]["gate"] = GATE.as_dict()
    release = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    certificate["release"] = sha256(release.encode()).hexdigest()
    with pytest.raises(Rejected, match=why):
        verify(release, json.dumps(certificate, sort_keys=True, separators=(",", ":")))


@pytest.mark.parametrize(
    ("questions", "sources"),
    [
        (
            (replace(B2, kind=SourceKind.ONE), B2A),
            {"B2": Source("B2"), "B2a.x": Source("B2a", "x")},
        ),
        ((B2, B2A), {"B2.y": Source("B2", "y"), "B2a.x": Source("B2a", "x")}),
        (
            (B2, B2A, Question("Q", SourceKind.ONE, gate=Gate("B2a", ("lunch",)))),
            {"B2.x": Source("B2", "x"), "B2a.x": Source("B2a", "x"), "Q": Source("Q")},
        ),
    ],
    ids=["no rows to wait for", "another row", "waits for what waits"],
)
def test_ties_the_audit_cannot_follow_are_refused(
    questions: tuple[Question, ...], sources: dict[str, Source]
) -> None:
    with pytest.raises(UntoldTieError):
        check_sources(sources, {one.key: one for one in questions})


def places_only(counted: Tabulation) -> Tabulation:
    tables = tuple(t for t in counted.tables if t.source and t.source.question in ("B2", "B2a"))
    return replace(counted, tables=tables)


@pytest.mark.parametrize("students", [60])
def test_a_school_with_times_read_as_a_whole(students: int) -> None:
    release, sizes = released(places_only(invented(("safety", "2026.3"), students, 7)))
    assert attack(release, load_all()["safety", "2026.3"], sizes) == []
