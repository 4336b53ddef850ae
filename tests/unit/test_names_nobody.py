"""Words that are shown to students or printed name no member of staff."""

from __future__ import annotations

import pytest
from flask import Flask

from survey.actions.forms import ActionForm
from survey.campaigns.forms.campaigns import MoreForm
from survey.free_text.forms import WithdrawTextsForm
from survey.releases.forms import WithdrawForm

STAFF = ("Ms Khan-Ali",)
WRITTEN = {
    "found": "The toilets feel unsafe at break.", "goal": "Nobody avoids them.",
    "owner": "Mr Smith", "steps_taken": "Mr Smith stands there.", "due_on": "2026-12-18",
    "language": "en", "for_students": "y",
}  # fmt: skip


@pytest.fixture
def app() -> Flask:
    from flask_babel import Babel

    made = Flask(__name__)
    made.config.update(SECRET_KEY="s" * 32, WTF_CSRF_ENABLED=False)
    Babel(made)
    return made


@pytest.mark.parametrize(
    ("words", "is_taken"),
    [
        ("Ask Mr Smith", False),
        ("khan has a key for you", False),
        ("Ask dr. Adams or Miss Lee", False),
        ("Ask at the library desk. An adult is there at every break.", True),
    ],
)
def test_words_to_students(app: Flask, words: str, is_taken: bool) -> None:
    with app.test_request_context(method="POST", data={**WRITTEN, "we_did": words}):
        form = ActionForm(staff=STAFF)
        assert form.validate() is is_taken, form.errors
        assert bool(form.we_did.errors) is not is_taken
        if not is_taken:
            assert "names a member of staff" in str(form.we_did.errors[0])


def test_what_is_printed_or_read_in_place_of_a_report(app: Flask) -> None:
    named = "Mrs Patel lost twenty cards"
    with app.test_request_context(method="POST", data={"notice": named, "reason": named}):
        for form, field in (
            (WithdrawForm(), "notice"),
            (WithdrawTextsForm(), "notice"),
            (MoreForm(is_open=True), "reason"),
        ):
            form.validate()
            assert "names a member of staff" in str(form[field].errors[0])
