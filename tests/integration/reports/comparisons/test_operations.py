"""An authority's comparison: refused until it is safe, made once, drawn from releases alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from survey.audit_log import Event, EventName
from survey.campaigns import programme_operations
from survey.campaigns.lifecycle.school_progress import ProgressStep
from survey.campaigns.models import Programme
from survey.campaigns.queries import programme_template
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind, Text
from survey.releases import operations as release_operations
from survey.releases.models import StoredComparison
from survey.reports.comparisons import operations as comparison_operations
from survey.reports.comparisons.comparison_document import Comparison
from survey.reports.comparisons.readiness import read_awaited
from survey.responses.models import Response
from tests.integration.reports.schools import (
    RELEASED,
    TEMPLATE,
    Known,
    add_programme,
    add_school,
    release_uncertified,
)
from tests.unit.reports.schools import with_sections

NAMES = ("Ashby", "Birchwood", "Crossfield", "Dale", "Elmtree")


@dataclass
class Place:
    """A programme and the schools in it, by name."""

    key: tuple[object, object]
    schools: dict[str, Known] = field(default_factory=dict)

    @property
    def programme(self) -> Programme:
        found = read().get(Programme, self.key)
        assert found is not None
        return found


@pytest.fixture
def place(app: Flask) -> Iterator[Place]:
    with app.test_request_context():
        with begin() as db:
            programme = add_programme(db)
            key = (programme.authority_id, programme.programme_id)
        yield Place(key)


def invite(place: Place, name: str, *, students: int = 60, **how: object) -> None:
    seed = 100 + len(place.schools)
    with begin() as db:
        programme = db.get(Programme, place.key)
        place.schools[name] = add_school(
            db, name=name, students=students, seed=seed, programme=programme, **how  # type: ignore[arg-type]
        )  # fmt: skip


def publish_all(place: Place) -> None:
    with begin() as db:
        for known in place.schools.values():
            if known.wave(db).state is WaveState.CLOSED:
                release_uncertified(db, known)


def five_released(place: Place) -> None:
    for name in NAMES:
        invite(place, name)
    publish_all(place)


def compare(place: Place) -> Comparison:
    with begin() as db:
        programme = db.get(Programme, place.key)
        comparison_operations.make(db, programme=programme, number=1, by=None, today=RELEASED)
    stored = read().get(StoredComparison, (*place.key, 1))
    assert stored is not None
    found = Comparison.from_json(stored.document)
    assert stored.release_hash == found.content_hash()
    return found


def test_five_released_schools_are_compared(place: Place):
    five_released(place)
    found = compare(place)
    assert [one.code for one in found.schools] == list("ABCDE")
    assert {one.name for one in found.schools} == {None}
    figure = found.figure("B1", "feel_unsafe")
    assert figure is not None
    assert figure.given == 5
    assert (found.header["invited"], found.header["compared"]) == (5, 5)
    told = read().scalar(
        select(func.count()).select_from(Event).where(Event.name == EventName.COMPARISON_RELEASED)
    )
    assert told == 1


def test_a_name_is_in_the_document_only_if_the_school_agreed(place: Place):
    for name in NAMES:
        invite(place, name, names_itself=name == "Dale")
    publish_all(place)
    text = compare(place).to_json()
    assert '"Dale"' in text
    assert not any(name in text for name in NAMES if name != "Dale")
    assert not any(str(known.school_id) in text for known in place.schools.values())


@pytest.mark.parametrize(("named", "shown"), [(2, 2), (3, 0), (4, 0), (5, 5)])
def test_no_school_is_named_by_being_the_only_one_left(place: Place, named: int, shown: int):
    for at, name in enumerate(NAMES):
        invite(place, name, names_itself=at < named)
    publish_all(place)
    assert sum(one.name is not None for one in compare(place).schools) == shown


def _too_few(place: Place) -> None:
    for name in NAMES[:4]:
        invite(place, name)
    publish_all(place)


def _one_still_open(place: Place) -> None:
    five_released(place)
    invite(place, "Foxhill", state=WaveState.OPEN)


def _one_closed(place: Place) -> None:
    five_released(place)
    invite(place, "Foxhill")


def _one_withdrawn(place: Place) -> None:
    five_released(place)
    with begin() as db:
        wave = place.schools["Dale"].wave(db)
        release_operations.withdraw(db, wave=wave, notice="Mistake", by=None, today=RELEASED)


def _one_too_large(place: Place) -> None:
    for name in NAMES:
        invite(place, name, students=600 if name == "Ashby" else 60)
    publish_all(place)


MISSING: dict[type[Exception], str] = {
    comparison_operations.SchoolsMissingError: "it waits for it",
    comparison_operations.TooFewSchoolsError: "at least 5 schools; 4 have one",
    comparison_operations.SchoolTooLargeError: "more than 60% of the answers",
}
"""What the page of a comparison that is not there says instead."""


@pytest.mark.parametrize(
    ("arrange", "refusal", "says"),
    [
        (_too_few, comparison_operations.TooFewSchoolsError, "4"),
        (_one_still_open, comparison_operations.SchoolsMissingError, "Foxhill"),
        (_one_closed, comparison_operations.SchoolsMissingError, "Foxhill"),
        (_one_withdrawn, comparison_operations.TooFewSchoolsError, "4"),
        (_one_too_large, comparison_operations.SchoolTooLargeError, "60%"),
    ],
)
def test_a_comparison_that_is_not_safe_is_refused_and_says_why(
    place: Place,
    arrange: Callable[[Place], None],
    refusal: type[Exception],
    says: str,
):
    arrange(place)
    with pytest.raises(refusal, match=says):
        compare(place)
    assert read().get(StoredComparison, (*place.key, 1)) is None
    ready = comparison_operations.readiness(
        read(), programme=place.programme, number=1, today=RELEASED
    )
    assert refusal in {type(one) for one in ready.in_the_way}
    missing = read_awaited(read(), programme=place.programme, number=1, today=RELEASED).sentences()
    assert not any("can be made now" in sentence for sentence in missing)
    assert any(MISSING[refusal] in sentence for sentence in missing)


def test_when_nothing_is_missing_the_page_says_so(place: Place):
    five_released(place)
    missing = read_awaited(read(), programme=place.programme, number=1, today=RELEASED)
    assert missing.sentences() == ("Nothing: the comparison can be made now.",)


def test_a_school_that_has_not_begun_does_not_hold_the_others_up(place: Place):
    five_released(place)
    invite(place, "Foxhill", students=0, state=WaveState.DRAFT)
    ready = comparison_operations.readiness(
        read(), programme=place.programme, number=1, today=RELEASED
    )
    assert [(one.school, one.step) for one in ready.left_out] == [("Foxhill", ProgressStep.INVITED)]
    found = compare(place)
    late = place.schools["Foxhill"].wave(read())
    assert late.number == 2, "it takes part in the next comparison"
    assert (found.header["invited"], found.header["compared"]) == (6, 5)


def test_a_wave_is_compared_once(place: Place):
    five_released(place)
    compare(place)
    with pytest.raises(comparison_operations.AlreadyComparedError):
        compare(place)


def test_the_database_refuses_a_second_comparison_by_its_key(place: Place):
    five_released(place)
    found = compare(place)
    second = StoredComparison(
        authority_id=place.key[0],
        programme_id=place.key[1],
        number=1,
        release_hash="other",
        document=found.to_json(),
        certificate=None,
        released_on=RELEASED,
    )
    with pytest.raises(IntegrityError), begin() as db:
        db.add(second)


def test_it_is_drawn_from_releases_and_needs_no_answer(place: Place):
    five_released(place)
    with begin() as db:
        db.execute(delete(Response))
    assert compare(place).figure("B1", "feel_unsafe") is not None


def test_what_an_authority_made_core_is_compared(place: Place):
    """Its own item, asked in every school, is asked together with the core of the template."""
    core = adapt.add_item(
        load_all()[TEMPLATE],
        Adaptation(),
        section="B",
        theme="PLACE",
        kind=ItemKind.ONE,
        wording=Text.of({"en": "How safe is the new bus station?"}),
        options=(Text.of({"en": "Safe"}), Text.of({"en": "Not safe"})),
    )
    with begin() as db:
        programme = db.get(Programme, place.key)
        assert programme is not None
        programme_operations.change_core(db, programme=programme, core=core, by=None)
        asked = with_sections(programme_template(programme), "A", "B", "F")
    for name in NAMES:
        invite(place, name, questionnaire=asked)
    publish_all(place)
    found = compare(place).figure("Z1", "o1")
    assert found is not None
    assert found.given == 5
