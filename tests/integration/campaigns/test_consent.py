"""Parents can say no, or have to say yes: what everyone reads, and how many cards there are."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import operations
from survey.campaigns.card_allowance import cards_of, reserve
from survey.campaigns.errors import DraftNotReadyError, MoreThanRollError
from survey.campaigns.models import PrintDetails, Wave
from survey.campaigns.printing import parent_letter, teacher_script
from survey.campaigns.printing.context import facts_of
from survey.campaigns.queries import consent_of
from survey.database import read
from survey.organisations.models import Authority, Nation, School
from survey.permissions import Role
from survey.releases.approval_gate import printed
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.campaigns.staff_page import check_page
from tests.integration.organisations.pages import words
from tests.integration.responses.doors import Student, first_of_each
from tests.world import World, sign_in

UNDER = "opt_in_under_13"
NOT_TO, NO_YES = "My parent or carer asked me not to", "My parent or carer has not said yes"
SCHOOL_AT = "/schools/{0.school_id}/policies"
AUTHORITY_AT = "/authorities/{0.authority_id}/policies"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    client.application.config["WTF_CSRF_ENABLED"] = False
    return client


def decide(app: Flask, world: World, consent: str | None, **more: object) -> None:
    with writing(app) as db:
        db.get_one(School, world.own.school_id).consent = consent
        for name, value in more.items():
            setattr(db.get_one(School, world.own.school_id), name, value)


def open_survey(app: Flask, world: World) -> tuple[str, object]:
    """A survey that is launched now, and its address."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        wave.print_details = PrintDetails(
            school_id=wave.school_id, wave_id=wave.wave_id, opt_out_by=date(2026, 12, 4)
        )
        db.flush()
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        return f"/schools/{wave.school_id}/waves/{wave.wave_id}", wave.wave_id


def make(app: Flask, world: World, wave_id: object, year: int | None, count: int) -> str:
    with writing(app) as db:
        wave = db.get_one(Wave, (world.own.school_id, wave_id))
        _batch, codes = operations.make_batch(
            db, wave=wave, year=year, label="All", count=count, key=KEY, today=TODAY, by=None
        )
        return codes[0]


@pytest.mark.parametrize(
    ("consent", "title", "slip", "before"),
    [
        (None, "If you do not want your child to take part", "I do not want my child", "said no"),
        ("opt_in", "Your child takes part only if you say yes", "Yes, my child may", "said yes"),
        (UNDER, "Does your child take part? You decide", "May your child take part", "said yes"),
    ],
)
def test_the_letter_and_its_slip_follow_the_policy(
    app: Flask, world: World, consent: str | None, title: str, slip: str, before: str
) -> None:
    decide(app, world, consent)
    _at, wave_id = open_survey(app, world)
    with app.test_request_context():
        wave = read().get_one(Wave, (world.own.school_id, wave_id))
        facts = facts_of(wave, app.extensions["settings"])
        letter = parent_letter.letter(facts, "en")
        sheet = teacher_script.script(facts, "en")
    assert letter["out_title"] == title
    assert letter["slip_title"].startswith(slip)
    assert letter["slip_boxes"] == (["Yes", "No"] if consent == UNDER else [])
    assert before in sheet["parts"][0]["points"][0]
    hand_out = " ".join(sheet["parts"][1]["points"])
    assert ("no card without a slip" in hand_out.lower()) is (consent is not None)
    if consent == UNDER:
        assert "Years 7 and 8: your child takes part only if you sign" in letter["out"]
        assert letter["slip_note"].startswith("Years 7 and 8:")


@pytest.mark.parametrize(
    ("nation", "said"),
    [(Nation.SCOTLAND, "S1 and S2: "), (Nation.NORTHERN_IRELAND, "Years 8 and 9: ")],
)
def test_the_age_holds_in_every_nation(app: Flask, world: World, nation: Nation, said: str) -> None:
    decide(app, world, UNDER, nation=nation)
    _at, wave_id = open_survey(app, world)
    with app.test_request_context():
        wave = read().get_one(Wave, (world.own.school_id, wave_id))
        facts = facts_of(wave, app.extensions["settings"])
        letter = parent_letter.letter(facts, "en")
        assert said in teacher_script.script(facts, "en")["parts"][0]["points"][0]
    assert letter["out"].startswith(said)


@pytest.mark.parametrize(
    ("consent", "shown"), [(None, [NOT_TO]), ("opt_in", [NO_YES]), (UNDER, [NOT_TO, NO_YES])]
)
def test_a_student_reads_only_what_is_needed(
    app: Flask, client: FlaskClient, world: World, consent: str | None, shown: list[str]
) -> None:
    decide(app, world, consent)
    _at, wave_id = open_survey(app, world)
    code = make(app, world, wave_id, 11, 1) if consent != "opt_in" else None
    if code is None:
        count(app, world, wave_id, {"11": 5})
        code = make(app, world, wave_id, 11, 1)
    pages = [page.text for page in Student(client, code).pages(first_of_each)]
    asked = next(page for page in pages if "Would you like to take part?" in page)
    assert [words for words in (NOT_TO, NO_YES) if words in asked] == shown


def count(app: Flask, world: World, wave_id: object, slips: dict[str, int]) -> None:
    with writing(app) as db:
        db.get_one(Wave, (world.own.school_id, wave_id)).slips = slips


def test_cards_follow_the_slips(app: Flask, lead: FlaskClient, world: World) -> None:
    decide(app, world, UNDER)
    at, wave_id = open_survey(app, world)
    with pytest.raises(MoreThanRollError, match="0 cards"):
        make(app, world, wave_id, 7, 1)
    make(app, world, wave_id, 9, 180)
    page = lead.get(f"{at}/")
    check_page(page.text)
    assert f'href="{at}/slips"' in page.text

    form = lead.get(f"{at}/slips")
    check_page(form.text)
    assert 'name="slips_7"' in form.text
    assert 'name="slips_9"' not in form.text, "no slip is needed at 13"
    assert lead.post(f"{at}/slips", data={"slips_7": "120", "slips_8": "90"}).status_code == 302
    make(app, world, wave_id, 7, 120)
    with app.app_context():
        wave = read().get_one(Wave, (world.own.school_id, wave_id))
        seventh = cards_of(read(), wave).of(7)
        assert (seventh.on_roll, seventh.slips, seventh.left) == (180, 120, reserve(120))
        assert wave.slips == {"7": 120, "8": 90}
    with pytest.raises(MoreThanRollError, match="count the new slips"):
        make(app, world, wave_id, 7, reserve(120) + 1)


def test_a_report_does_not_say_how_many_slips_a_year_group_has(app: Flask, world: World) -> None:
    """Cards of a year group are as many as its slips. One less than the roll would be one student
    without a yes."""
    said = {}
    for consent in ("opt_out", UNDER):
        decide(app, world, consent)
        _at, wave_id = open_survey(app, world)
        count(app, world, wave_id, {"7": 179, "8": 150})
        for year in (7, 9):
            make(app, world, wave_id, year, 179)
        with app.app_context():
            wave = read().get_one(Wave, (world.own.school_id, wave_id))
            said[consent] = printed(cards_of(read(), wave), ())
    assert said["opt_out"] == {"cards": 358, "cards_y7": 179, "cards_y9": 179}
    assert said[UNDER] == {"cards": 358}


def test_slips_never_raise_what_the_roll_allows(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """A lead counts slips alone. They can only take cards away."""
    decide(app, world, "opt_in")
    at, wave_id = open_survey(app, world)
    refused = lead.post(f"{at}/slips", data={f"slips_{y}": "181" for y in range(7, 12)})
    assert "There are 180 students on roll" in words(refused)
    for odd in ("-1", "1,000", "many", ""):
        answer = lead.post(f"{at}/slips", data={f"slips_{y}": odd for y in range(7, 12)})
        assert "There is a problem" in words(answer)
    assert lead.post(f"{at}/slips", data={"slips_7": "1", "slips_13": "5"}).status_code == 422
    with app.app_context():
        assert read().get_one(Wave, (world.own.school_id, wave_id)).slips is None
    count(app, world, wave_id, {str(year): 9999 for year in range(7, 12)})  # by hand
    with app.app_context():
        cards = cards_of(read(), read().get_one(Wave, (world.own.school_id, wave_id)))
        assert [one.most for one in cards.years] == [180 + reserve(180)] * 5


def test_without_a_yes_no_slip_is_counted(app: Flask, lead: FlaskClient, world: World) -> None:
    at, _wave_id = open_survey(app, world)
    assert "/slips" not in lead.get(f"{at}/").text
    assert lead.get(f"{at}/slips").status_code == 409


def test_what_held_at_launch_stays(app: Flask, world: World) -> None:
    decide(app, world, "opt_in")
    _at, wave_id = open_survey(app, world)
    decide(app, world, "opt_out")
    with app.app_context():
        assert str(consent_of(read().get_one(Wave, (world.own.school_id, wave_id)))) == "opt_in"
        old = read().get_one(Wave, (world.own.school_id, world.own.wave_id))
        assert consent_of(old).is_opt_out, "launched before there was a choice"


def test_a_yes_needs_a_day_in_the_letter(app: Flask, lead: FlaskClient, world: World) -> None:
    decide(app, world, "opt_in")
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        with pytest.raises(DraftNotReadyError):
            operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        launch = f"/schools/{wave.school_id}/waves/{wave.wave_id}/launch"
    assert "by which day parents send the slip" in words(lead.get(launch))
    details = {"opt_out_by": "2026-12-04"}
    assert lead.post(launch.replace("launch", "print/"), data=details).status_code == 302
    page = words(lead.get(launch))
    assert "Opt-in: a parent of every student has to say yes" in page
    assert "Without a slip with a yes" in page


def test_a_school_chooses_and_an_authority_decides(
    app: Flask, client: FlaskClient, lead: FlaskClient, world: World
) -> None:
    at = SCHOOL_AT.format(world.own)
    page = lead.get(at)
    check_page(page.text)
    chosen = {"consent": "opt_in_under", "under": "14", "gender_question": "sex-2026.1"}
    assert lead.post(at, data=chosen).status_code == 302
    with app.app_context():
        school = read().get_one(School, world.own.school_id)
        assert (school.consent, school.gender_question) == ("opt_in_under_14", "sex-2026.1")
    for wrong in ({"consent": "perhaps"}, {"gender_question": "none-1999.9"}, {"under": "40"}):
        assert "There is a problem" in words(lead.post(at, data={**chosen, **wrong})), wrong

    analyst = app.test_client()
    sign_in(analyst, world.email(Role.ANALYST))
    here = AUTHORITY_AT.format(world.own)
    check_page(analyst.get(here).text)
    data = {"consent": "opt_out", "under": "13", "gender_question": ""}
    assert analyst.post(here, data=data).status_code == 302
    with app.app_context():
        authority = read().get_one(Authority, world.own.authority_id)
        assert (authority.consent, authority.gender_question) == ("opt_out", None)
    page = words(lead.get(at))
    assert "Northmoor Council decided this for its schools." in page
    assert lead.post(at, data={"gender_question": "both-2026.1"}).status_code == 302
    with app.app_context():
        school = read().get_one(School, world.own.school_id)
        assert school.consent == "opt_in_under_14", "kept, for the day the authority leaves it open"
        assert school.gender_question == "both-2026.1"


@pytest.mark.parametrize(
    ("consent", "said", "easy"),
    [
        ("opt_out", "letter before a survey and can say no", "can say no too"),
        ("opt_in", "only if a parent or carer said yes", "only if your parents or carers say yes"),
        (UNDER, "(Years 7 and 8)", "Years 7 and 8: you take part only if"),
    ],
)
def test_papers_of_a_school_say_its_policy(
    app: Flask, lead: FlaskClient, world: World, consent: str, said: str, easy: str
) -> None:
    decide(app, world, consent, gender_question="both-2026.1")
    at = f"/schools/{world.own.school_id}/papers"
    for key in ("dpia-school", "notice-adult", "notice-child"):
        page = lead.get(f"{at}/{key}")
        check_page(page.text)
        assert said in words(page), key
    assert easy in words(lead.get(f"{at}/notice-easy"))
    assert "No figure combines the two" in words(lead.get(f"{at}/dpia-school"))
    assert lead.get(f"{at}/notice-easy.pdf").content_type == "application/pdf"
    assert lead.get(f"/schools/{world.other.school_id}/papers/dpia-school").status_code == 404
    assert said not in words(lead.get("/papers/notice-adult")), "of no school"


def test_opt_in_under_an_age_asks_for_the_age(lead: FlaskClient, world: World) -> None:
    sent = {"consent": "opt_in_under", "gender_question": "gender-2026.1"}
    for under in ("", "99"):
        answer = lead.post(SCHOOL_AT.format(world.own), data={**sent, "under": under})
        assert answer.status_code == 200
        assert "Choose an age." in words(answer)
    answer = lead.post(
        SCHOOL_AT.format(world.own), data={**sent, "consent": "opt_out", "under": ""}
    )
    assert answer.status_code == 302


def test_blanks_are_no_choice(client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.ANALYST))
    at = AUTHORITY_AT.format(world.own)
    for sent in ({"consent": "  ", "gender_question": ""}, {"consent": "", "gender_question": " "}):
        answer = client.post(at, data=sent)
        assert answer.status_code == 200
        assert "notice--error" in answer.text
