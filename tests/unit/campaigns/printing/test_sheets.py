"""Poster, letter, all items and the teacher's page: what they say, and that all can read them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdf
import pytest
from flask import Flask
from flask_babel import Babel

from survey import pdf as typeset
from survey.campaigns.printing import (
    adult_survey_letter,
    item_list,
    parent_letter,
    poster,
    teacher_script,
)
from survey.campaigns.printing.context import Facts
from survey.fonts.faces import FONTS
from survey.languages import LANGUAGES
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, OwnContact
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Text
from tests.unit.campaigns.pdf_checks import check_sheet, tags, words
from tests.unit.campaigns.printing.glyphs import boxes

TRANSLATIONS = Path(__file__).parents[4] / "translations"
LEAD = OwnContact(
    name=Text.of({"en": "Ms Okafor"}),
    how=Text.of({"en": "Knock at break"}),
    room=Text.of({"en": "Room 12"}),
)
ASKED = adapt.adapt(load_all()["safety", "2026.3"], Adaptation(contacts=(LEAD,)))
BARE = Facts(
    title="How safe is Northmoor High?",
    school_name="Northmoor High School",
    nation="england",
    authority_name="Northmoor Council",
    questionnaire=ASKED,
    operator_name="The Operator",
    erase_after_days=365,
    address="https://survey.northmoor.example",
    host="survey.northmoor.example",
    help=ASKED.help,
)
FULL = replace(
    BARE,
    asked_on=date(2026, 12, 8),
    opt_out_by=date(2026, 12, 4),
    opt_out_how="office@northmoor.example, 01632 960 123",
    signed_by="J. Adeyemi, headteacher",
    drop_in="Room 12, until 4 o’clock",
    items_word="k7qm3xpd",
)
ASKED_PARENTS = adapt.adapt(load_all()["parent-pulse", "2026.1"], Adaptation(contacts=(LEAD,)))
PULSE = replace(
    FULL, questionnaire=ASKED_PARENTS, help=ASKED_PARENTS.help, closes_on=date(2026, 12, 11)
)
A4 = (595, 842)
"""Width and height in points."""

MOST_SIDES = {"poster": 1, "letter": 2, "script": 2, "items": 12, "note": 2}
SHEETS: dict[str, Callable[[Facts, str], bytes]] = {
    "poster": poster.poster_pdf,
    "letter": parent_letter.letter_pdf,
    "items": item_list.items_pdf,
    "script": teacher_script.script_pdf,
    "note": lambda facts, language: adult_survey_letter.note_pdf(_of_pulse(facts), language),
}
ORDINARY = ("en", "uk", "ur", "bn", "pa")
"""A language of each script; the others of that script are tried in the long run."""
STUDENTS = [
    pytest.param(sheet, tag, marks=() if tag in ORDINARY else pytest.mark.slow)
    for sheet in ("poster", "letter", "items", "note")
    for tag in LANGUAGES
]
STAFF = [("script", tag) for tag, known in LANGUAGES.items() if known.staff]


def _of_pulse(facts: Facts) -> Facts:
    return replace(
        facts, questionnaire=PULSE.questionnaire, help=PULSE.help, closes_on=PULSE.closes_on
    )


@pytest.fixture(autouse=True)
def _words() -> Iterator[None]:
    app = Flask("survey")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app)
    with app.test_request_context():
        yield


def titles(sheet: str, language: str) -> str:
    if sheet in ("poster", "note"):
        return FULL.title
    if sheet == "letter":
        from flask_babel import force_locale, gettext

        with force_locale(language):
            return str(gettext("Letter to parents: %(title)s", title=FULL.title))
    given = {"items": item_list.items, "script": teacher_script.script}[sheet](FULL, language)
    return str(given["heading"])


@pytest.mark.parametrize(("sheet", "language"), STUDENTS + STAFF)
def test_sheet_can_be_read_by_all_in_every_language(sheet: str, language: str) -> None:
    content = SHEETS[sheet](FULL, language)
    pdf = check_sheet(content, language=language, title=titles(sheet, language))
    assert len(pdf.pages) <= MOST_SIDES[sheet]
    kinds = tags(pdf)
    assert kinds.count("H1") == 1
    assert "H2" in kinds
    assert kinds.index("H1") < kinds.index("H2")


@pytest.mark.parametrize("sheet", SHEETS)
def test_sheet_of_the_same_facts_is_the_same_file(sheet: str) -> None:
    assert SHEETS[sheet](FULL, "en") == SHEETS[sheet](FULL, "en")


@pytest.mark.parametrize("sheet", SHEETS)
def test_what_a_school_writes_is_words_and_never_source(sheet: str) -> None:
    wild = '#panic() "; read("/etc/passwd") $ * _ ` \\ <a>'
    facts = replace(FULL, title=wild, school_name=wild, opt_out_how=wild, drop_in=wild)
    pdf = check_sheet(SHEETS[sheet](facts, "en"), language="en", title=_title(sheet, wild))
    assert "#panic()" in words(pdf)


def _title(sheet: str, title: str) -> str:
    return {"poster": title, "note": title, "letter": f"Letter to parents: {title}"}.get(
        sheet, titles(sheet, "en")
    )


def test_poster_says_who_asks_and_where_to_turn_and_holds_no_code() -> None:
    said = words(check_sheet(poster.poster_pdf(FULL, "en"), language="en", title=FULL.title))
    for part in (
        "Northmoor High School and Northmoor Council want to know",
        "Tuesday, December 8, 2026",
        "match it to your answers",
        "Ms Okafor",
        "Childline",
        "Українська",
    ):
        assert part in said
    assert FULL.host not in said


@pytest.mark.parametrize("words_of_title", ["W" * 80, "Safe? " * 13, "A"])
def test_poster_is_one_page_whatever_its_title(words_of_title: str) -> None:
    facts = replace(FULL, title=words_of_title.strip())
    pdf = check_sheet(poster.poster_pdf(facts, "en"), language="en", title=facts.title)
    assert len(pdf.pages) == 1


def test_letter_says_when_how_to_say_no_and_where_to_read_more() -> None:
    said = words(
        check_sheet(
            parent_letter.letter_pdf(FULL, "en"), language="en", title=titles("letter", "en")
        )
    )
    for part in (
        "Friday, December 4, 2026",
        "01632 960 123",
        "J. Adeyemi, headteacher",
        "survey.northmoor.example/parents/k7qm3xpd",
        "I do not want my child to take part",
    ):
        assert part in said


def test_letter_says_of_no_page_that_is_closed() -> None:
    said = words(
        check_sheet(
            parent_letter.letter_pdf(BARE, "en"), language="en", title=titles("letter", "en")
        )
    )
    assert "/parents/" not in said
    assert "Ask the school to show you all the questions." in said


def test_letter_leaves_out_a_section_that_nobody_is_asked() -> None:
    chosen = next(one for one in ASKED.sections if not any(item.core for item in one.items))
    emptied = replace(chosen, items=tuple(replace(item, on=False) for item in chosen.items))
    sections = tuple(emptied if one is chosen else one for one in ASKED.sections)
    facts = replace(FULL, questionnaire=replace(ASKED, sections=sections))
    title = chosen.title.in_language("en")
    assert title in parent_letter.letter(FULL, "en")["asked"]
    assert title not in parent_letter.letter(facts, "en")["asked"]


def test_parents_read_every_item_that_is_asked_with_all_its_answers() -> None:
    pdf = check_sheet(item_list.items_pdf(FULL, "en"), language="en", title=titles("items", "en"))
    said = words(pdf)
    for item in ASKED.asked:
        for text in (item.wording, *(o.label for o in item.options), *(r.label for r in item.rows)):
            assert " ".join(text.in_language("en").split()) in said, item.key
        if item.older:
            assert item.older.text.in_language("en") in said
    for item in ASKED.items:
        if item not in ASKED.asked:
            assert item.wording.in_language("en") not in said


def test_parents_read_which_years_see_an_item() -> None:
    told = {
        item["words"]: item["years"]
        for section in item_list.items(FULL, "en")["sections"]
        for item in section["items"]
    }
    for item in ASKED.asked:
        years = "All years" if item.from_year == 7 else f"Year {item.from_year} and above"
        assert told[item.wording.in_language("en")] == years


def test_teacher_reads_whom_to_tell_and_what_not_to_do() -> None:
    said = words(
        check_sheet(
            teacher_script.script_pdf(FULL, "en"), language="en", title=titles("script", "en")
        )
    )
    for part in ("Read this aloud", "Ms Okafor", "Room 12, until 4", "Please do not", "tells you"):
        assert part in said


def test_phone_numbers_hold_together_from_right_to_left() -> None:
    given = typeset._ready({"how": "اتصل على 0800 1111", "n": [1, "<svg 1 2>"]}, "ar")
    assert given == {"how": "اتصل على \u20660800\u00a01111\u2069", "n": [1, "<svg 1 2>"]}


@pytest.mark.parametrize(
    ("title", "way"), [("How safe?", "ltr"), ("ما مدى", "rtl"), ("2026", "ltr")]
)
def test_a_title_runs_its_own_way(title: str, way: str) -> None:
    assert typeset.runs(title) == way


def test_every_language_has_its_face_on_the_shelf() -> None:
    shelf = {path.name.split("-")[0] for path in FONTS.glob("*.ttf")}
    assert {known.font.replace(" ", "") for known in LANGUAGES.values()} < shelf
    assert (FONTS / "OFL.txt").read_text().count("SIL OPEN FONT LICENSE")


def test_fonts_stay_small() -> None:
    assert sum(path.stat().st_size for path in FONTS.glob("*.ttf")) < 2_800_000


def test_letter_of_a_pulse_speaks_to_its_readers() -> None:
    pdf = check_sheet(adult_survey_letter.note_pdf(PULSE, "en"), language="en", title=PULSE.title)
    assert len(pdf.pages) == 1
    said = words(pdf)
    for part in ("Dear parent or carer,", adult_survey_letter.note(PULSE, "en")["by"],
                 "fewer than 20 people", "0808 800 5000",
                 "Your child's day", "J. Adeyemi, headteacher"):  # fmt: skip
        assert part in said
    asked = load_all()["staff-pulse", "2026.1"]
    staff = replace(PULSE, questionnaire=asked, help=asked.help)
    assert adult_survey_letter.note(staff, "en")["dear"] == "Dear colleague,"
    assert "everybody who works here" in adult_survey_letter.note(staff, "en")["opening"]


def test_items_of_a_pulse_name_no_year() -> None:
    told = item_list.items(PULSE, "en")
    assert {item["years"] for section in told["sections"] for item in section["items"]} == {""}
    said = words(
        check_sheet(item_list.items_pdf(PULSE, "en"), language="en", title=told["heading"])
    )
    assert "All years" not in said
    assert "students" not in told["opening"]


@pytest.mark.parametrize("tag", [tag for sheet, tag in STAFF if sheet == "script"])
def test_what_to_do_when_a_student_tells_something_is_on_the_first_page(tag: str) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(teacher_script.script_pdf(FULL, tag)))
    said = teacher_script.script(FULL, tag)
    first = " ".join(pdf.pages[0].extract_text().split())
    for title in (said["read_title"], said["told_title"], said["upset_title"]):
        assert title in first


@pytest.mark.parametrize("tag", ["en", "cy", "pl", "so"])
def test_the_slip_is_on_a_page_of_the_letter(tag: str) -> None:
    """In English and Welsh all of it is on one side; a longer one ends next to its slip."""
    pdf = pypdf.PdfReader(io.BytesIO(parent_letter.letter_pdf(FULL, tag)))
    said = parent_letter.letter(FULL, tag)
    pages = ["".join(page.extract_text().split()) for page in pdf.pages]
    (slip,) = [page for page in pages if "".join(said["slip_title"].split()) in page]
    assert "".join(said["help_title"].split()) in slip
    if tag in ("en", "cy"):
        assert len(pages) == 1


@pytest.mark.parametrize("tag", ["uk", "ar", "ur", "bn"])
def test_a_letter_of_two_sides_fills_both(tag: str) -> None:
    """Words reach the lower third of both sides, and what follows the slip is not on a third."""
    pages = boxes(parent_letter.letter_pdf(FULL, tag))
    assert len(pages) == 2
    for page in pages:
        reached = max(one.bottom for one in page if one.bottom < 0.94 * A4[1])
        assert reached > 0.66 * A4[1], tag


@pytest.mark.parametrize(
    ("sheet", "tag"),
    [("letter", "en"), ("letter", "pa"), ("letter", "ur"), ("poster", "pa"), ("note", "pa")],
)
def test_words_begin_on_the_side_that_reading_starts_from(sheet: str, tag: str) -> None:
    """More lines start at the left margin than end at the right one, or the other way round."""
    words = [one for page in boxes(SHEETS[sheet](FULL, tag)) for one in page]
    at_left = sum(one.left < 0.12 * A4[0] for one in words)
    at_right = sum(one.right > 0.88 * A4[0] for one in words)
    assert (at_left > at_right) == (LANGUAGES[tag].direction == "ltr"), (at_left, at_right)
