"""The form of the people to turn to."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field

from survey.campaigns.forms.campaigns import language_label
from survey.campaigns.forms.drafts import (
    attempt,
    complain,
    form_of,
    languages_of,
    read_text,
    text_data,
    text_fields,
)
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, OwnContact
from survey.questionnaires.adaptation_rules import (
    LONGEST_CONTACT,
    LONGEST_EMAIL,
    MOST_CONTACTS,
    is_email,
)
from survey.questionnaires.help.contacts import strays
from survey.questionnaires.model import Questionnaire
from survey.typed_fields import EmailField, Length

CONTACT_PARTS = ("name", "how", "room", "times")


def contacts_form(template: Questionnaire, adaptation: Adaptation) -> FlaskForm:
    languages = languages_of(template, adaptation)
    labels = {
        "name": _("Name or role"),
        "how": _("How to reach them"),
        "room": _("Room"),
        "times": _("When they are there"),
    }
    fields: dict[str, Field] = {}
    data: dict[str, Any] = {}
    for number in range(MOST_CONTACTS):
        for part in CONTACT_PARTS:
            name = f"{part}-{number}"
            fields |= text_fields(name, labels[part], languages, most=LONGEST_CONTACT)
            if number < len(adaptation.contacts):
                data |= text_data(name, getattr(adaptation.contacts[number], part))
        fields[f"email-{number}"] = EmailField(_("E-mail address"), [Length(max=LONGEST_EMAIL)])
        if number < len(adaptation.contacts):
            data[f"email-{number}"] = adaptation.contacts[number].email or ""
    return form_of(fields, data)


def _complain_of_numbers(form: FlaskForm, name: str, languages: tuple[str, ...]) -> None:
    """A number that was changed in one language must not stay as it was in another."""
    first = form[f"{name}-{languages[0]}"].data or ""
    for tag in languages[1:]:
        if stray := strays(form[f"{name}-{tag}"].data or "", first):
            complain(
                form,
                f"{name}-{tag}",
                _(
                    "The number %(number)s is not in the words in %(language)s. Change both.",
                    number=stray,
                    language=language_label(languages[0]),
                ),
            )


def read_contacts(form: FlaskForm, template: Questionnaire, adaptation: Adaptation) -> Adaptation:
    languages = languages_of(template, adaptation)
    first, contacts = languages[0], []
    for number in range(MOST_CONTACTS):
        name, how, room, times = (
            read_text(form, f"{part}-{number}", languages) for part in CONTACT_PARTS
        )
        email = (form[f"email-{number}"].data or "").strip()
        if not any((name, how, room, times, email)):
            continue
        _complain_of_numbers(form, f"how-{number}", languages)
        if email and not is_email(email):
            complain(
                form,
                f"email-{number}",
                _("Write a whole e-mail address, like name@school.example."),
            )
        if name is None:
            complain(form, f"name-{number}-{first}", _("Write who it is."))
        if how is None:
            complain(form, f"how-{number}-{first}", _("Write how to reach them."))
        if name is not None and how is not None:
            contacts.append(OwnContact(name, how, room, times, email or None))
    if form.errors:
        return adaptation
    return attempt(
        form, f"name-0-{first}", adaptation, adapt.set_contacts, template, contacts=tuple(contacts)
    )
