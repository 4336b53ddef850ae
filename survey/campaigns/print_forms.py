"""What leads and coordinators fill in for the printed sheets."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Optional

from survey.campaigns.forms import short
from survey.campaigns.models import PrintDetails
from survey.campaigns.printing import LONGEST_LINE
from survey.languages import language_name

NO_SECOND = ""
WELSH = "cy"


class DetailsForm(FlaskForm):
    """The lines of the letter, the poster and the teacher's page that only the school knows."""

    asked_on = DateField(_l("Day of the survey"), [Optional()])
    opt_out_by = DateField(_l("Last day for parents to say no"), [Optional()])
    opt_out_how = StringField(
        _l("How parents say no"),
        [short(LONGEST_LINE)],
        description=_l("A phone number or an e-mail address of the school, or both."),
    )
    signed_by = StringField(
        _l("Who signs the letter"),
        [short(LONGEST_LINE)],
        description=_l("Name and role, like “J. Adeyemi, headteacher”."),
    )
    drop_in = StringField(
        _l("Drop-in on the day"),
        [short(LONGEST_LINE)],
        description=_l(
            "Where and until when students can talk to somebody afterwards, like “Room 12, until"
            " 4 o’clock”. Teachers read it on their page."
        ),
    )

    @classmethod
    def of(cls, details: PrintDetails | None) -> DetailsForm:
        return cls(obj=details)


class CardLanguagesForm(FlaskForm):
    """The one or two languages of a card."""

    first = SelectField(_l("Language of the cards"))
    second = SelectField(_l("Second language"))

    def __init__(self, languages: Iterable[str], **given: object) -> None:
        tags = tuple(languages)
        # In Wales a school's papers are in both languages, unless it says otherwise.
        second = WELSH if WELSH in tags[:2] and tags[0] != WELSH else NO_SECOND
        super().__init__(data={"first": tags[0], "second": second}, **given)
        named = [SelectChoice(tag, language_name(tag)) for tag in tags]
        self.first.choices = named
        self.second.choices = [SelectChoice(NO_SECOND, _l("None")), *named]

    def chosen(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for tag in (self.first.data, self.second.data) if tag))
