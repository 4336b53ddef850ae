"""Every questionnaire that a school can launch is declared as it is asked, so its report can be
published; and a report that a verifier for readers rejects is not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from hashlib import sha256

import pytest
from flask import Flask

from survey.campaigns.lifecycle import launch_checks
from survey.disclosure.certify import certify
from survey.disclosure.verify import verify
from survey.disclosure.verify_questions import Rejected, verify_questions
from survey.questionnaires import adapt as schools
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.document import LATER, canonical, content_hash, to_document
from survey.questionnaires.gender_question.variants import VARIANTS, with_variant
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind, Questionnaire, Text
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases import launch_gate
from survey.releases.certified_figures import NotCertifiedError, PreparedRelease, certified
from survey.releases.policy import POLICY
from survey.releases.tabulation import count
from survey.year_groups.values import YearNaming
from tests.integration.releases.test_views import with_a_text_that_waits
from tests.unit.reports.schools import with_sections
from tests.unit.reports.students import make_students

Change = Callable[[Questionnaire], Adaptation]
ROLLS: tuple[Collection[int], ...] = ((), (6,), (6, 7, 8), (7, 8, 9, 10, 11), (12, 13))


def said(words: str) -> Text:
    return Text.of({"en": words})


def in_own_words(asked: Questionnaire) -> Adaptation:
    """A tick-all question that starts late, a scale, and a choice."""
    section = asked.sections[-1].key
    made = Adaptation()
    for kind, options, ends, most, start in (
        (ItemKind.SEVERAL, ("Pies", "Soup", "Rice"), None, 2, 7 if asked.is_pulse else 12),
        (ItemKind.SCALE, (), ("Cold", "Hot"), None, 7),
        (ItemKind.ONE, ("Yes", "No"), None, None, 7),
    ):
        made = schools.add_item(
            asked, made, section=section, theme="PLACE", kind=kind, wording=said("How is lunch?"),
            options=tuple(map(said, options)), ends=ends and (said(ends[0]), said(ends[1])),
            most=most, from_year=start,
        )  # fmt: skip
    return made


def switched(asked: Questionnaire) -> Adaptation:
    made = Adaptation()
    for item in asked.items:
        if not item.core:
            made = schools.switch_item(asked, made, item=item.key, on=not item.on)
    return made


def raised(asked: Questionnaire) -> Adaptation:
    """Every question that may start later starts with Year 12, and a place is not there."""
    made = Adaptation(absent=tuple(place.key for place in asked.places[:1]))
    for item in asked.items:
        try:
            made = schools.raise_gate(asked, made, item=item.key, from_year=12)
        except AdaptationError:
            continue
    return made


CHANGES: tuple[Change, ...] = (
    lambda _asked: Adaptation(),
    lambda _asked: Adaptation(crossed=True),
    in_own_words,
    switched,
    raised,
)


def launched(template: Questionnaire, at: int) -> Questionnaire:
    """One of the questionnaires that schools make of a template. Five numbers in a row have each
    roll, each change, and each variant of the question about gender."""
    naming = list(YearNaming)[at % len(YearNaming)]
    asked = with_variant(template, list(VARIANTS)[at % len(VARIANTS)])
    change = CHANGES[(at + at // len(ROLLS)) % len(CHANGES)](asked)
    return schools.adapt(asked, change, naming, ROLLS[at % len(ROLLS)])


def declared(asked: Questionnaire, young: int) -> str:
    """What a release of this questionnaire declares, with so few answers, all of the youngest year
    group, that nothing is printed."""
    draw = random.Random(young)
    year = {"A1": asked.by_key["A1"].base[0]} if "A1" in asked.by_key else {}
    answers = [check(asked, None, draw.choice((year, {}))) for _ in range(young)]
    counted = count(asked, answers, YearBands(((7, 8), (9,), (10, 11))), bytes(32))
    release, certificate = certify(
        counted.tables, counted.participation, POLICY, {"questionnaire": content_hash(asked)},
        bytes(32), questions=counted.questions,
    )  # fmt: skip
    assert verify(release.to_json(), certificate.to_json())
    return release.to_json()


ALL = [(name, number, at) for number, name in enumerate(sorted(load_all())) for at in range(75)]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        # Two of the first five, other ones for the next template.
        pytest.param(
            name, at, marks=[] if at in (number % 5, (number + 2) % 5) else [pytest.mark.slow]
        )
        for name, number, at in ALL
    ],
)
def test_whatever_a_school_asks_is_declared_as_it_is_asked(name: tuple[str, str], at: int) -> None:
    """Also a question that starts at a later year than the school teaches."""
    asked = launched(load_all()[name], at)
    for young in (0, 15)[: 1 + (at < 2)]:
        assert verify_questions(declared(asked, young), canonical(asked))
    launch_gate.refuse_unreportable(asked)


def test_a_questionnaire_launched_before_some_of_its_fields_were_kept() -> None:
    """Its reference is that of the document as it was kept, and readers are given that."""
    asked = load_all()["easy-read", "2026.2"]
    document = to_document(asked)
    sections = [document, *document["sections"]]
    for kind, held in (("Questionnaire", sections[:1]), ("Section", sections[1:])):
        for name, usual in LATER[kind].items():
            for one in held:
                assert one.pop(name) == usual
    for item in (item for section in document["sections"] for item in section["items"]):
        assert item.pop("rows_if") is None
    kept = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    release = json.loads(declared(asked, 0))
    release["header"]["questionnaire"] = sha256(kept.encode()).hexdigest()
    assert verify_questions(json.dumps(release), kept)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_report_that_declares_other_questions_is_not_published(app: Flask) -> None:
    """Accepted by `verify.py`: it is the questionnaire that says what was asked."""
    asked = with_sections(load_all()["safety-core", "2026.3"], "A", "D")
    counted = count(asked, make_students(asked, 24, 1, ("y7", "y8")))
    header = {"questionnaire": content_hash(asked)}
    prepared = PreparedRelease(counted, header, bytes(32), canonical(asked))
    release, _certificate = certified(prepared)
    assert any(row.shown for table in release.tables for row in table.rows)
    gated = next(one for one in counted.questions if one.gate is not None)
    lie = tuple(replace(one, gate=None) if one is gated else one for one in counted.questions)
    with app.test_request_context():
        for other in (
            replace(prepared, counted=replace(counted, questions=lie)),
            replace(prepared, questionnaire=canonical(replace(asked, crossed=True))),
            replace(prepared, questionnaire=""),
        ):
            with pytest.raises(NotCertifiedError):
                certified(other)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_survey_that_could_not_be_reported_is_not_launched(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = load_all()["parent-pulse", "2026.1"]
    launch_checks.refuse_unreportable(asked)

    def reject(*_texts: str) -> None:
        raise Rejected("a question is declared otherwise than it was asked")

    monkeypatch.setattr("survey.disclosure.verify_questions.verify_questions", reject)
    with app.test_request_context(), pytest.raises(launch_gate.UnreportableError):
        launch_checks.refuse_unreportable(replace(asked, version="2026.9"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_text_that_waits_for_an_answer_is_not_launched(app: Flask) -> None:
    """The texts are published, and each would be one more student who gave that answer."""
    with app.test_request_context(), pytest.raises(launch_gate.UnreportableError):
        launch_checks.refuse_unreportable(with_a_text_that_waits())
