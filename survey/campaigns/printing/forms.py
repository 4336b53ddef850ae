"""Forms of leads and coordinators for the printed sheets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Optional

from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.models import Wave
from survey.campaigns.printing.operations import LONGEST_LINE
from survey.campaigns.queries import consent_of
from survey.edit_conflicts import EditForm
from survey.languages import language_name
from survey.typed_fields import DateField, Length, StringField

NO_SECOND = ""
WELSH = "cy"


class DetailsForm(EditForm):
    """The lines of the letter, the poster and the teacher's page that only the school knows."""

    asked_on = DateField(_l("Day of the survey"), [Optional()])
    opt_out_by = DateField(_l("Last day for parents to say no"), [Optional()])
    opt_out_how = StringField(
        _l("How parents say no"),
        [Length(max=LONGEST_LINE)],
        description=_l("A phone number or an e-mail address of the school, or both."),
    )
    signed_by = StringField(
        _l("Who signs the letter"),
        [Length(max=LONGEST_LINE)],
        description=_l("Name and role, like “J. Adeyemi, headteacher”."),
    )
    drop_in = StringField(
        _l("Drop-in on the day"),
        [Length(max=LONGEST_LINE)],
        description=_l(
            "Where and until when students can talk to somebody afterwards, like “Room 12, until"
            " 4 o’clock”. Teachers read it on their page."
        ),
    )

    def __init__(self, *, of_pulse: bool, **given: Any) -> None:
        super().__init__(**given)
        if of_pulse:  # its letter has no day and no way to opt out: a card can be left unused
            del self.asked_on, self.opt_out_by, self.opt_out_how, self.drop_in

    @classmethod
    def of(cls, wave: Wave) -> DetailsForm:
        form = cls(of_pulse=is_pulse(wave.campaign), obj=wave.print_details)
        if form.opt_out_by is not None and not consent_of(wave).is_opt_out:
            form.opt_out_by.label.text = _("Last day for slips to come back")
            form.opt_out_how.label.text = _("How parents reach you")
        return form

    def given(self) -> dict[str, Any]:
        """What was written, for `printing.save_details`; what this form does not ask is empty."""
        days, lines = ("asked_on", "opt_out_by"), ("opt_out_how", "signed_by", "drop_in")
        return {
            **{name: self[name].data if name in self else None for name in days},
            **{name: (self[name].data or "") if name in self else "" for name in lines},
        }


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
