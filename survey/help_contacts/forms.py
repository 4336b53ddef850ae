"""Forms for a help contact, and for a check of it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectMultipleField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Optional, Regexp, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from survey.edit_conflicts import EditForm
from survey.help_contacts.operations import Given
from survey.organisations.forms import NATIONS
from survey.questionnaires.help.contacts import HelpContact, strays
from survey.questionnaires.model import Audience
from survey.typed_fields import Length, StringField

LONGEST_NAME, LONGEST_HOW, LONGEST_LINK = 60, 200, 200
AUDIENCES = {
    Audience.STUDENTS.value: _l("Students"),
    Audience.PARENTS.value: _l("Parents"),
    Audience.STAFF.value: _l("Staff"),
}


class ContactForm(EditForm):
    """English, and Welsh if it is there too. Other languages show the English words: a number that
    was changed must not stay wrong in a translation."""

    name_en = StringField(
        _l("Name, in English"), [DataRequired(_l("Write the name.")), Length(max=LONGEST_NAME)]
    )
    how_en = StringField(
        _l("How to get in touch, in English"),
        [DataRequired(_l("Say how to get in touch.")), Length(max=LONGEST_HOW)],
        description=_l("Like “Call 0800 1111, free, day or night.”"),
    )
    name_cy = StringField(_l("Name, in Welsh"), [Length(max=LONGEST_NAME)])
    how_cy = StringField(_l("How to get in touch, in Welsh"), [Length(max=LONGEST_HOW)])
    link = StringField(
        _l("Web address"),
        [
            Optional(),
            Length(max=LONGEST_LINK),
            Regexp(
                r"\s*https://[^\s<>\"']+\s*$",
                message=_l("Write a whole address that begins with https://."),
            ),
        ],
    )

    def validate_how_cy(self, field: Field) -> None:
        if bool(field.data) != bool(self.name_cy.data):
            raise StopValidation(_("Write both the name and how to get in touch, or neither."))
        if stray := strays(field.data or "", self.how_en.data or ""):
            raise StopValidation(
                _("The English does not have the number %(number)s. Change both.", number=stray)
            )

    def given(self) -> Given:
        """What was written."""
        name, how = {"en": _line(self.name_en.data)}, {"en": _line(self.how_en.data)}
        if self.name_cy.data and self.how_cy.data:
            name["cy"], how["cy"] = _line(self.name_cy.data), _line(self.how_cy.data)
        return Given(name, how, _line(self.link.data) or None)


class NationalForm(ContactForm):
    """With the nations and the people that the operator shows it to."""

    nations = SelectMultipleField(
        _l("Nations"),
        [DataRequired(_l("Choose at least one nation."))],
        choices=[SelectChoice(one.value, label) for one, label in NATIONS.items()],
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    audiences = SelectMultipleField(
        _l("Who sees it"),
        [DataRequired(_l("Choose who sees it."))],
        choices=[SelectChoice(one, label) for one, label in AUDIENCES.items()],
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    def given(self) -> Given:
        plain = super().given()
        return Given(
            plain.name,
            plain.how,
            plain.link,
            tuple(self.nations.data or ()),
            tuple(self.audiences.data or ()),
        )


class CheckForm(FlaskForm):
    how = StringField(
        _l("How you checked it"),
        [DataRequired(_l("Say how you checked it.")), Length(max=120)],
        description=_l("Like “Called it at 10 on a school day: answered.”"),
    )


def known(contact: HelpContact) -> dict[str, Any]:
    """A contact as the form shows it. Welsh only if it has Welsh words."""
    data = {"link": contact.link or "", "nations": list(contact.nations)}
    for tag in ("en", "cy"):
        if contact.name.has(tag) and contact.how.has(tag):
            data[f"name_{tag}"] = contact.name.in_language(tag)
            data[f"how_{tag}"] = contact.how.in_language(tag)
    return data


def _line(given: str | None) -> str:
    return " ".join((given or "").split())
