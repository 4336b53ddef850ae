"""A place of several schools: tied by an analyst, figured once under the rules, acted on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.actions.shared_places import figures as shared_place_figures
from survey.actions.shared_places import operations as shared_place_operations
from survey.actions.shared_places.figures import CannotPutTogetherError
from survey.actions.shared_places.models import SharedPlace
from survey.actions.shared_places.operations import SettledError, TakenError
from survey.actions.shared_places.outside_places import outside_places, suggestions
from survey.campaigns.models import Programme
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Inside, Place, Questionnaire, Text
from survey.releases.models import StoredRelease
from survey.releases.register import publications
from survey.reports.comparisons import operations as comparison_operations
from tests.integration.actions.shared_places.together import put_together
from tests.integration.reports.markup import Node, check_page, read_page
from tests.integration.reports.schools import RELEASED, Known, add_programme, add_school
from tests.jobs import run_jobs
from tests.unit.reports.schools import make_release, with_sections
from tests.world import World, sign_in

DAY = date(2026, 12, 28)
NAMES = ("Ashby", "Birchwood", "Crossfield", "Dale", "Elmtree", "Fernhill", "Glen", "Heath")
OUTSIDE = with_sections(load_all()["safety-core", "2026.3"], "A", "D")
NAMED = frozenset({"Ashby", "Birchwood"})
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Setting:
    """Eight schools of a programme with a report each; two agreed to be named."""

    def __init__(self, questionnaire: Questionnaire = OUTSIDE) -> None:
        self.schools: dict[str, Known] = {}
        with begin() as db:
            programme = add_programme(db)
            self.key = (programme.authority_id, programme.programme_id)
            for seed, name in enumerate(NAMES, start=1):
                known = add_school(
                    db,
                    name=name,
                    students=0,
                    seed=seed,
                    programme=programme,
                    questionnaire=questionnaire,
                    names_itself=name in NAMED,
                )
                self.schools[name] = known
                made = make_release(80, seed, OUTSIDE)
                known.wave(db).state = WaveState.RELEASED
                db.add(
                    StoredRelease(
                        school_id=known.school_id,
                        wave_id=known.wave_id,
                        release_hash=made.content_hash(),
                        document=made.to_json(),
                        certificate=None,
                        released_on=RELEASED,
                    )
                )

    @property
    def programme(self) -> Programme:
        return read().get_one(Programme, self.key)

    def compare(self) -> None:
        with begin() as db:
            programme = db.get_one(Programme, self.key)
            comparison_operations.make(db, programme=programme, number=1, by=None, today=RELEASED)

    def tie(self, *names: str, key: str = "stops", called: str = "Riverside") -> SharedPlace:
        with begin() as db:
            return shared_place_operations.begin_place(
                db,
                programme=db.get_one(Programme, self.key),
                name=called,
                ties={self.schools[name].school_id: key for name in names},
                today=DAY,
                by=None,
            )

    def printed(self, name: str, table: str = "D1.stops") -> tuple[int, int]:
        """Count and base of "unsafe or very unsafe", from the JSON of the release alone."""
        known = self.schools[name]
        stored = read().get_one(StoredRelease, (known.school_id, known.wave_id))
        tables = json.loads(stored.document)["tables"]
        (found,) = (one for one in tables if one["key"] == table)
        box = found["rows"][0]["boxes"]["feel_unsafe"]
        return box["count"], box["of_base"]


@pytest.fixture
def setting(app: Flask) -> Iterator[Setting]:
    with app.test_request_context():
        yield Setting()


def together(place: SharedPlace) -> None:
    with begin() as db:
        at = (place.authority_id, place.shared_place_id)
        put_together(db, place=db.get_one(SharedPlace, at), number=1, today=DAY)


def test_it_is_made_of_the_shares_that_the_releases_print(setting: Setting) -> None:
    """All schools are of one size and so of one band: each counts the same."""
    setting.compare()
    place = setting.tie(*NAMES)
    together(place)
    (figure,) = place.figures
    shares = [setting.printed(name) for name in NAMES]
    percents = [(200 * count + base) // (2 * base) for count, base in shares]
    assert figure.schools == len(NAMES)
    assert figure.percent == (2 * sum(percents) + len(NAMES)) // (2 * len(NAMES))


@pytest.mark.parametrize(
    ("names", "compared", "missing"),
    [
        (NAMES, False, "is not made yet"),
        (NAMES[:4], True, "Fewer than 5 of its schools .* So many are needed"),
        (NAMES[:5], True, "could tell which school a letter is"),
        (NAMES[:7], True, "could tell which school a letter is"),
    ],
)
def test_without_enough_schools_it_says_what_is_missing(
    setting: Setting, names: tuple[str, ...], compared: bool, missing: str
) -> None:
    if compared:
        setting.compare()
    place = setting.tie(*names)
    with pytest.raises(CannotPutTogetherError, match=missing):
        together(place)
    (wave,) = shared_place_figures.wave_figures(read(), place)
    assert re.search(missing, " ".join(wave.missing))
    assert wave.figure is None


def test_all_compared_schools_together_leave_none_out(setting: Setting) -> None:
    setting.compare()
    place = setting.tie(*NAMES)
    together(place)
    assert place.figures[0].schools == len(NAMES)


def test_a_place_that_schools_know_as_two_kinds_could_tell_them_apart(setting: Setting) -> None:
    setting.compare()
    with begin() as db:
        keys = ["stops"] * 6 + ["parks"] * 2
        place = shared_place_operations.begin_place(
            db,
            programme=db.get_one(Programme, setting.key),
            name="Riverside",
            ties={
                setting.schools[name].school_id: key for name, key in zip(NAMES, keys, strict=True)
            },
            today=DAY,
            by=None,
        )
    with pytest.raises(CannotPutTogetherError, match="could tell"):
        together(place)


def test_what_is_missing_says_nothing_of_what_a_school_prints(setting: Setting) -> None:
    """Else schools could be tried one by one, until the answer changes."""
    setting.compare()
    place = setting.tie(*NAMES)
    before = shared_place_figures.wave_figures(read(), place)[0].missing
    hidden = make_release(15, 99, OUTSIDE)
    with begin() as db:
        known = setting.schools["Dale"]
        stored = db.get_one(StoredRelease, (known.school_id, known.wave_id))
        stored.document = hidden.to_json()
    assert shared_place_figures.wave_figures(read(), place)[0].missing == before == ()


def test_once_it_is_made_its_schools_stay_and_it_is_not_made_again(setting: Setting) -> None:
    setting.compare()
    place = setting.tie(*NAMES)
    together(place)
    with pytest.raises(shared_place_operations.FigureMadeError):
        together(place)
    fewer = {setting.schools[name].school_id: "stops" for name in NAMES[:4]}
    with begin() as db:
        found = db.get_one(SharedPlace, (place.authority_id, place.shared_place_id))
        with pytest.raises(SettledError):
            shared_place_operations.change_place(
                db, place=found, name="Riverside", ties=fewer, by=None
            )
        same = shared_place_operations.ties_of(found)
        shared_place_operations.change_place(
            db, place=found, name="Riverside station", ties=same, by=None
        )
    assert place.name == "Riverside station"


def test_a_school_that_joined_later_can_be_added_and_the_figure_stays(setting: Setting) -> None:
    setting.compare()
    place = setting.tie(*NAMES)
    together(place)
    before = publications.shared_ties()
    with begin() as db:
        programme = db.get_one(Programme, setting.key)
        joined = add_school(db, name="Joined", students=0, seed=99, programme=programme)
        found = db.get_one(SharedPlace, (place.authority_id, place.shared_place_id))
        ties = shared_place_operations.ties_of(found)
        shared_place_operations.change_place(
            db, place=found, name="Riverside", ties={**ties, joined.school_id: "stops"}, by=None
        )
        publications.settle(db)
    assert publications.shared_ties() == before, "it is in no figure of the first survey"


def test_a_schools_place_is_part_of_one_shared_place(setting: Setting) -> None:
    """Else two sums could be taken from each other."""
    setting.compare()
    setting.tie(*NAMES[:5])
    with pytest.raises(TakenError, match="Riverside"):
        setting.tie("Ashby", "Glen", called="Another")
    assert len(shared_place_operations.places_of(read(), setting.programme)) == 1
    setting.tie(*NAMES[:5], key="parks", called="The park")


def test_a_school_that_is_not_named_shows_the_templates_places_alone(app: Flask) -> None:
    with app.test_request_context():
        setting = Setting(with_own_names(OUTSIDE))
        seen = outside_places(read(), setting.programme, "en")
        assert [one.school.name for one in seen] == list(NAMES)
        for one in seen:
            labels = {place.label for place in one.places}
            is_named = one.school.name in NAMED
            assert ("Riverside bus station" in labels) is is_named
            assert ("The old mill" in labels) is is_named
            assert one.label("stops") is not None
        (found,) = (one for one in suggestions(seen, []) if "Riv" in one.name)
        assert found.schools == ("Ashby", "Birchwood")


def test_a_place_that_a_school_lacks_is_not_missing_beside_its_name(app: Flask) -> None:
    """In the comparison one letter shows no figure of it."""
    with app.test_request_context():
        setting = Setting(without(OUTSIDE, "parks"))
        for one in outside_places(read(), setting.programme, "en"):
            assert (one.label("parks") is None) is (one.school.name in NAMED)


def without(questionnaire: Questionnaire, place: str) -> Questionnaire:
    """The questionnaire of a school that lacks a place."""
    places = (replace(one, present=one.key != place) for one in questionnaire.places)
    return replace(questionnaire, places=tuple(places))


def with_own_names(questionnaire: Questionnaire) -> Questionnaire:
    """The questionnaire of a school that renamed a place and added one."""
    places = tuple(
        replace(one, label=Text.of({"en": "Riverside bus station"})) if one.key == "stops" else one
        for one in questionnaire.places
    )
    own = Place("own_mill", Text.of({"en": "The old mill"}), Inside.OUTSIDE, own=True)
    return replace(questionnaire, places=(*places, own))


@pytest.fixture
def analyst(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.ANALYST))
    return client


def fetch(client: FlaskClient, address: str) -> Node:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:400]
    page = read_page(answer.text)
    check_page(page, "en")
    return page


def test_an_analyst_ties_schools_and_reads_no_more_than_the_rules_allow(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """The page holds the share of all, the figures of named schools as the comparison has them,
    and no other number."""
    with app.test_request_context():
        setting = Setting()
        setting.compare()
        place = setting.tie(*NAMES, called="Riverside")
        together(place)
        share = place.figures[0].percent
        at = f"/authorities/{place.authority_id}/shared-places/{place.shared_place_id}"
        named = {setting.printed(name) for name in NAMED}
        with begin() as db:
            member = db.query(Member).filter_by(email=world.email(Role.ANALYST)).one()
            member.memberships[0].authority_id = place.authority_id
    sign_in(client, world.email(Role.ANALYST))
    page = fetch(client, at)
    (section,) = (
        one for one in page.all("section") if one.attributes["aria-labelledby"] == "figures"
    )
    allowed = {2026, len(NAMES), share}
    allowed |= {(200 * count + base) // (2 * base) for count, base in named}
    assert set(map(int, re.findall(r"\d+", section.text))) == allowed
    for name in NAMES[2:]:
        assert name not in section.text
    for name in NAMED:
        assert name in section.text


def test_an_action_with_a_partner_is_agreed_and_moved_on(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    at = f"/authorities/{world.own.authority_id}/shared-places/{world.own.shared_place_id}"
    empty = analyst.post(f"{at}/actions/new", data={"partner": "police"})
    assert "Write who sees to it." in empty.text
    agreed = {
        "partner": "police",
        "who": "Neighbourhood team",
        "steps_taken": "A patrol at the end of the school day",
        "due_on": "2027-01-29",
    }
    assert analyst.post(f"{at}/actions/new", data=agreed).location == at
    page = fetch(analyst, at)
    assert "Police: Neighbourhood team" in page.text
    own = f"/authorities/{world.own.authority_id}/partner-actions/{world.own.partner_action_id}"
    assert analyst.post(f"{own}/move", data={"to": "done", "note": ""}).status_code == 409
    for to in ("under_way", "done"):
        assert analyst.post(f"{own}/move", data={"to": to, "note": ""}).status_code == 302
    assert "Take it up again" in fetch(analyst, at).text
    data = agreed | {"who": "Depot manager, east"}
    assert analyst.post(f"{own}/edit", data=data).status_code == 302
    assert "Depot manager, east" in fetch(analyst, at).text


def test_without_a_report_the_list_says_what_shared_places_begin_with(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    programme = f"/authorities/{world.own.authority_id}/programmes/{world.own.programme_id}"
    assert "begin with reports" in fetch(analyst, f"{programme}/shared-places/").text
    assert (
        "No school of this programme has a report yet"
        in fetch(analyst, f"{programme}/shared-places/new").text
    )


def test_a_suggestion_fills_the_form_and_is_kept(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with app.test_request_context():
        setting = Setting(with_own_names(OUTSIDE))
        ids = {name: setting.schools[name].school_id for name in NAMES}
        authority_id, programme_id = setting.key
        with begin() as db:
            member = db.query(Member).filter_by(email=world.email(Role.ANALYST)).one()
            member.memberships[0].authority_id = authority_id
    sign_in(client, world.email(Role.ANALYST))
    here = f"/authorities/{authority_id}/programmes/{programme_id}/shared-places/"
    page = fetch(client, here)
    (link,) = (
        one.attributes["href"]
        for one in page.all("a")
        if one.text.startswith("Make it one place") and "Riverside" in one.text
    )
    form = fetch(client, link)
    chosen = {
        one.attributes["name"]: option.attributes["value"]
        for one in form.all("select")
        for option in one.all("option")
        if "selected" in option.attributes
    }
    tied = {f"school_{ids[name].hex}" for name in NAMED}
    assert {name for name, value in chosen.items() if value} == tied
    none = dict.fromkeys(chosen, "")
    refused = client.post(f"{here}new", data={"name": "Riverside", **none})
    assert "Choose at least one school" in refused.text
    saved = client.post(f"{here}new", data={"name": "Riverside", **chosen})
    assert saved.status_code == 302
    assert "Riverside" in fetch(client, here).text
    with app.app_context():
        (place,) = read().query(SharedPlace).filter_by(authority_id=authority_id).all()
        assert shared_place_operations.ties_of(place) == {ids[name]: "stops" for name in NAMED}


def test_the_page_puts_it_on_the_queue_and_a_worker_makes_it(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with app.test_request_context():
        setting = Setting()
        setting.compare()
        place = setting.tie(*NAMES, called="Riverside")
        at = f"/authorities/{place.authority_id}/shared-places/{place.shared_place_id}"
        with begin() as db:
            member = db.query(Member).filter_by(email=world.email(Role.ANALYST)).one()
            member.memberships[0].authority_id = place.authority_id
    sign_in(client, world.email(Role.ANALYST))
    for _press in range(2):
        assert client.post(f"{at}/waves/1/together").location == at
    page = fetch(client, at)
    assert "The figure is being made." in page.text
    assert any(one.attributes.get("http-equiv") == "refresh" for one in page.all("meta"))
    assert run_jobs(app) == 1
    page = fetch(client, at)
    assert "in all 8 schools together" in page.text
    assert not any(one.attributes.get("http-equiv") == "refresh" for one in page.all("meta"))


def test_what_changed_while_it_was_worked_out_is_not_stored(setting: Setting) -> None:
    setting.compare()
    place = setting.tie(*NAMES)
    worked = shared_place_figures.work_out(read(), place=place, number=1)
    read().rollback()
    other = setting.tie(*NAMES, key="parks", called="The park")
    together(other)
    with pytest.raises(CannotPutTogetherError, match="Something changed"), begin() as db:
        shared_place_figures.keep(
            db,
            place=db.get_one(SharedPlace, (place.authority_id, place.shared_place_id)),
            number=1,
            worked=worked,
            today=DAY,
            by=None,
        )
    read().rollback()
    assert place.figures == []
