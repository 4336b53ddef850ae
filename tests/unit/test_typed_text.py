"""The gate that typed words go through: what is kept, how long it is, and what can be printed."""

from __future__ import annotations

import ast
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import wtforms
from flask import Flask
from flask_babel import Babel
from flask_wtf import FlaskForm
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional

import survey
from survey import typed_fields
from survey.approvals.sign_offs import NameMissingError, name_on_paper
from survey.fonts.faces import MISSING, letters, shown, unprintable
from survey.typed_fields import DateField, StringField
from survey.typed_text import first_twice, folded, is_seen, kept, length, printable

ANY = st.text(st.characters(exclude_categories=()), max_size=60)


@given(ANY)
def test_what_is_kept_stays_as_it_is_and_holds_nothing_that_breaks(words: str) -> None:
    once = kept(words)
    assert kept(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()
    assert not {unicodedata.category(one) for one in once if one not in "\n\t"} & {"Cc", "Cs"}
    assert length(once) <= len(once)


@pytest.mark.parametrize(
    ("typed", "is_kept"),
    [
        ("Sports\x02hall\ufffe", "Sportshall"),
        ("Test\0 Authority", "Test Authority"),
        (" \u200b\ufeffNorth\u200b ", "North"),
        ("Cafe\u0301", "Café"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\uf0b7 first", "• first"),
        ("\u200b\u2060\u3164", ""),
        ("می‌خواهم", "می‌خواهم"),
    ],
)
def test_words_are_put_right(typed: str, is_kept: str) -> None:
    assert kept(typed) == is_kept


@pytest.mark.parametrize(
    ("words", "letters_seen"),
    [
        ("Café", 4), ("Cafe\u0301", 4), ("", 0), ("👩‍👩‍👧", 1), ("🇬🇧", 1), ("👍🏽!", 2),
        ("ਸ਼ਹਿਰ", 3), ("য়", 1), ("a\nb", 3), ("\u0301", 1),
    ],
)  # fmt: skip
def test_length_is_what_a_reader_counts(words: str, letters_seen: int) -> None:
    assert length(words) == letters_seen


def test_what_a_box_of_a_browser_lets_in_is_never_too_long() -> None:
    """A browser counts in units of UTF-16."""
    for word in ("ਸ਼ਹਿਰ", "য়", "ক্ষ", "Café"):
        typed = (word * 300)[:300]
        assert length(kept(typed)) <= 300


@pytest.mark.parametrize(
    ("one", "other"),
    [("Café", "Cafe\u0301"), ("North", "north\u200b"), ("No  way", "no way"), ("ﬁre", "fire")],
)
def test_equal_words_are_found(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert first_twice((one, "else", other)) == other
    assert first_twice((one, "else")) is None


def test_nothing_visible_is_nothing() -> None:
    assert not is_seen(" \u200b\u3164\ufe0f")
    assert is_seen("a\u200b")


SCHOOL_SCRIPTS = (
    "Łódź ăîșț Їжак", "أهلا", "سلام", "বাংলা", "ਪੰਜਾਬੀ", "ગુજરાતી", "தமிழ்", "नेपाली", "ትግርኛ", "Ελλάς",
    "Tiếng Việt", "Ọ̀yọ́",
)  # fmt: skip


@pytest.mark.parametrize("words", SCHOOL_SCRIPTS)
def test_the_scripts_of_schools_can_be_printed(words: str) -> None:
    assert unprintable(words) == ()
    assert shown(words) == words


def test_a_letter_without_a_face_is_named_and_replaced() -> None:
    assert unprintable("Feeling safe 🙂 in 李") == ("🙂", "李")
    assert shown("Feeling safe 🙂") == f"Feeling safe {MISSING}"
    assert ord(MISSING) in letters()


@given(ANY)
def test_what_is_shown_has_a_face(words: str) -> None:
    assert unprintable(shown(printable(words))) == ()


def test_forms_take_our_fields() -> None:
    """A field of the library's own would let through what ours do not."""
    ours = {"StringField", "TextAreaField", "EmailField", "DateField", "Length", "SearchField"}
    for path in Path(survey.__file__).parent.rglob("*.py"):
        if path.name == "typed_fields.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wtforms"):
                assert not ours & {one.name for one in node.names}, path


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        ("a" + "\u0301" * 3, 1),
        ("a" + "\u0301" * 300, 285),
        ("👩‍👩‍👧‍👦", 1),
        ("👩" + "\u200d👧" * 300, 585),
        ("a" + "\u200c" * 300, 285),
        ("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", 7),
        ("🇬🇧🇵🇱", 2),
        ("நிலைமை", 3),
        ("ሰላም", 3),
    ],
)
def test_marks_that_are_piled_up_on_a_letter_count(words: str, letters: int) -> None:
    assert length(words) == letters


@pytest.mark.parametrize(
    "words", ["\ufe0f", "\u200b\ufe0f", "\u00ad", "\u202e", "\u3164", "\u2060"]
)
def test_a_field_that_must_be_filled_in_is_not_filled_by_what_no_one_sees(words: str) -> None:
    form = wtforms.form.BaseForm({"name": StringField(validators=[DataRequired()])})
    form.process(MultiDict({"name": words}))
    assert not form.validate()


@pytest.mark.parametrize(
    "name", ["", "\u200b", "\ufe0f", "\u202e", "a" + "\u0301" * 2000, "x" * 121]
)
def test_a_head_who_signed_on_paper_has_a_name_that_can_be_read(name: str) -> None:
    app = Flask("survey")
    Babel(app)
    with app.test_request_context(), pytest.raises(NameMissingError):
        name_on_paper(name)


class DayForm(FlaskForm):
    day = DateField(validators=[InputRequired("Choose a day.")])
    other = DateField(validators=[Optional()])
    one = SelectField(choices=[SelectChoice("a", "A")])


DAYS = {
    "2027-02-28": date(2027, 2, 28),
    " 2028-02-29 ": date(2028, 2, 29),
    "31/12/2026": date(2026, 12, 31),
    "2027-02-29": "in the calendar",
    "2027-02-31": "in the calendar",
    "12/31/2026": "in the calendar",
    "tomorrow": "in the calendar",
    "2026-12-31T10:00": "in the calendar",
    "0001-01-01": "2000 to 2099",
    "1999-12-31": "2000 to 2099",
    "9999-12-31": "2000 to 2099",
    "31/12/9999": "2000 to 2099",
    "": "Choose a day.",
    "  ": "Choose a day.",
}


@pytest.mark.parametrize("typed", DAYS)
def test_a_day_is_one_that_a_calendar_can_count_from(typed: str) -> None:
    app = Flask("survey")
    app.config["SECRET_KEY"] = "x"
    Babel(app)
    typed_fields.init_app()
    with app.test_request_context(method="POST", data={"day": typed, "other": typed, "one": "a"}):
        form = DayForm(meta={"csrf": False})
        if isinstance(DAYS[typed], date):
            assert form.validate(), form.errors
            assert form.day.data == form.other.data == DAYS[typed]
        else:
            assert not form.validate()
            assert DAYS[typed] in str(form.day.errors[0])
            assert form.day.data is None
            assert bool(form.other.errors) == bool(typed.strip()), "an optional day may be empty"


def test_a_choice_that_is_gone_is_said_in_our_words() -> None:
    app = Flask("survey")
    app.config["SECRET_KEY"] = "x"
    Babel(app)
    typed_fields.init_app()
    with app.test_request_context(method="POST", data={"day": "2027-01-01", "one": "b"}):
        form = DayForm(meta={"csrf": False})
        assert not form.validate()
        assert form.one.errors == ["This cannot be chosen any more. Choose again."]
