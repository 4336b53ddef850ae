"""The pages of the draft editor, as forms: one to make each, one to read it back.

A form has a field only for what the template leaves open. Reading makes an adaptation of what was
typed; whatever the template does not allow becomes a complaint next to its field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired

from survey.campaigns.forms.campaigns import checks, language_label
from survey.campaigns.titles import LONGEST_TITLE
from survey.edit_conflicts import EditForm
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.adaptation_rules import (
    LONGEST_LABEL,
    LONGEST_WORDING,
    complaints,
    why_wording_is_locked,
)
from survey.questionnaires.gender_question.wording import sex_or_gender
from survey.questionnaires.model import (
    FROM_START,
    YEAR_ITEM,
    Inside,
    Item,
    Questionnaire,
    Section,
    Text,
)
from survey.typed_fields import Length, StringField
from survey.year_groups.wording import current_naming, tidy, year_number


def languages_of(template: Questionnaire, adaptation: Adaptation) -> tuple[str, ...]:
    """The languages the school offers, the first of them first."""
    return adaptation.languages or template.languages


def form_of(fields: Mapping[str, Field], data: Mapping[str, Any]) -> FlaskForm:
    """A form with these fields, filled with `data` unless something was sent."""
    form: FlaskForm = type("DraftForm", (EditForm,), dict(fields))(data=data)
    return form


def complain(form: FlaskForm, name: str, why: str) -> None:
    field = form[name]
    field.errors = [*field.errors, why]


def attempt(
    form: FlaskForm,
    name: str,
    adaptation: Adaptation,
    change: Callable[..., Adaptation],
    template: Questionnaire,
    **to: Any,
) -> Adaptation:
    """The changed adaptation; or the one before, and the reason next to the field `name`."""
    try:
        return change(template, adaptation, **to)
    except AdaptationError as refused:
        complain(form, name, refused.why)
        return adaptation


# Words in several languages


def text_fields(
    name: str, label: str, languages: tuple[str, ...], *, most: int, kind: type[Field] = StringField
) -> dict[str, Field]:
    """A field for each language, the first under the plain name."""
    return {
        f"{name}-{tag}": kind(
            label if tag == languages[0] else f"{label} ({language_label(tag)})", [Length(max=most)]
        )
        for tag in languages
    }


def text_data(name: str, text: Text | None) -> dict[str, str]:
    return {f"{name}-{tag}": words for tag, words in text.by_language} if text else {}


def read_text(form: FlaskForm, name: str, languages: tuple[str, ...]) -> Text | None:
    """What was written, or None if nothing was. The other languages fall back on the first, so
    that one has to be there."""
    words = {tag: " ".join((form[f"{name}-{tag}"].data or "").split()) for tag in languages}
    given = {tag: said for tag, said in words.items() if said}
    if given and languages[0] not in given:
        complain(
            form,
            f"{name}-{languages[0]}",
            _("Write it in %(language)s too.", language=language_label(languages[0])),
        )
    return Text.of(given) if given else None


# Title and languages


def basics_form(title: str, template: Questionnaire, adaptation: Adaptation) -> FlaskForm:
    offered = languages_of(template, adaptation)
    names = [SelectChoice(tag, language_label(tag)) for tag in template.languages]
    fields = {
        "title": StringField(
            _("Title"),
            [DataRequired(_("Write a title.")), Length(max=LONGEST_TITLE)],
            description=_("It is on the card and on the first page."),
        ),
        "languages": checks(
            _("Languages to choose from"),
            InputRequired(_("Choose at least one language.")),
            choices=names,
        ),
        "first": SelectField(
            _("Language that comes first"),
            choices=names,
            description=_("Your own words are asked for in this language."),
        ),
        "crossed": BooleanField(
            sex_or_gender(
                _("Report by year group and gender together as well"),
                _("Report by year group and sex together as well"),
            ),
            description=tidy(
                _(
                    "For example, girls in Year %(year)s. These groups are small, so more figures"
                    " are rounded coarsely or hidden. It pays only where a year group has about 100"
                    " students or more, and cannot be changed once the survey is open.",
                    year=year_number(9),
                )
            ),
        ),
    }
    if template.is_pulse:
        del fields["crossed"]
    data = {
        "title": title,
        "languages": list(offered),
        "first": offered[0],
        "crossed": adaptation.crossed,
    }
    return form_of(fields, data)


def read_basics(form: FlaskForm, template: Questionnaire, adaptation: Adaptation) -> Adaptation:
    first, chosen = form["first"].data, form["languages"].data
    if first not in chosen:
        complain(form, "first", _("Choose one of the languages ticked above."))
        return adaptation
    if "crossed" in form:
        adaptation = replace(adaptation, crossed=bool(form["crossed"].data))
    order = (first, *(tag for tag in template.languages if tag in chosen and tag != first))
    # Chosen in the template's own order, they are the template's own.
    return attempt(form, "languages", adaptation, adapt.offer_languages, template, languages=order)


# The items of a section


def can_be_switched(item: Item) -> bool:
    """A core item is always asked; a follow-up comes and goes with the item it belongs to."""
    return not item.core and item.part_of is None


def has_gate(template: Questionnaire, item: Item) -> bool:
    return item.key != YEAR_ITEM and not template.is_pulse


def can_be_reworded(item: Item) -> bool:
    return why_wording_is_locked(item) is None


def section_form(template: Questionnaire, adaptation: Adaptation, section: Section) -> FlaskForm:
    languages = languages_of(template, adaptation)
    fields: dict[str, Field] = {}
    data: dict[str, Any] = {}
    for item in section.items:
        key = item.key
        if can_be_switched(item):
            fields[f"on-{key}"] = BooleanField(_("Ask this"))
            data[f"on-{key}"] = adaptation.switched.get(key, item.on)
        if has_gate(template, item):
            fields[f"year-{key}"] = SelectField(_("From year group"), choices=_years(item))
            data[f"year-{key}"] = str(adaptation.gates.get(key, item.from_year))
        if can_be_reworded(item):
            fields |= text_fields(
                f"words-{key}", _("Your own wording"), languages, most=LONGEST_WORDING
            )
            data |= text_data(f"words-{key}", adaptation.wordings.get(key))
    return form_of(fields, data)


def _years(item: Item) -> list[SelectChoice]:
    return [
        SelectChoice(
            str(year),
            tidy(_("Year %(year)s and up", year=year_number(year)))
            if year > FROM_START
            else _("All"),
        )
        for year in current_naming().numbers
        if year >= item.from_year
    ]


def read_section(
    form: FlaskForm, template: Questionnaire, adaptation: Adaptation, section: Section
) -> Adaptation:
    languages = languages_of(template, adaptation)
    for item in section.items:
        key = item.key
        if can_be_switched(item):
            on, was = form[f"on-{key}"].data, adaptation.switched.get(key, item.on)
            if on is not was:
                adaptation = attempt(
                    form, f"on-{key}", adaptation, adapt.switch_item, template, item=key, on=on
                )
        if has_gate(template, item):
            year, before = int(form[f"year-{key}"].data), adaptation.gates.get(key, item.from_year)
            if year != before:
                adaptation = attempt(
                    form, f"year-{key}", adaptation, adapt.raise_gate, template,
                    item=key, from_year=year,
                )  # fmt: skip
        if can_be_reworded(item):
            wording = read_text(form, f"words-{key}", languages)
            if wording != adaptation.wordings.get(key):
                adaptation = attempt(
                    form, f"words-{key}-{languages[0]}", adaptation, adapt.reword, template,
                    item=key, wording=wording,
                )  # fmt: skip
    return adaptation


# Places


def places_form(template: Questionnaire, adaptation: Adaptation) -> FlaskForm:
    languages = languages_of(template, adaptation)
    fields: dict[str, Field] = {}
    data: dict[str, Any] = {}
    for place in template.places:
        called = adaptation.place_labels.get(place.key, place.label)
        fields |= text_fields(f"label-{place.key}", _("Name"), languages, most=LONGEST_LABEL)
        fields[f"absent-{place.key}"] = BooleanField(_("We don’t have this"))
        data |= text_data(f"label-{place.key}", called)
        data[f"absent-{place.key}"] = place.key in adaptation.absent
    for own in adaptation.own_places:
        fields |= text_fields(f"label-{own.key}", _("Name"), languages, most=LONGEST_LABEL)
        fields[f"remove-{own.key}"] = BooleanField(_("Remove again"))
        data |= text_data(f"label-{own.key}", own.label)
    for side in Inside:
        fields |= text_fields(f"new-{side}", _("Add another place"), languages, most=LONGEST_LABEL)
    return form_of(fields, data)


def read_places(form: FlaskForm, template: Questionnaire, adaptation: Adaptation) -> Adaptation:
    languages = languages_of(template, adaptation)
    labels: dict[str, Text] = {}
    for place in template.places:
        label = read_text(form, f"label-{place.key}", languages)
        if label is not None and not _same(label, place.label, languages):
            labels[place.key] = label
    own_places = []
    for own in adaptation.own_places:
        name = f"label-{own.key}"
        label = read_text(form, name, languages)
        if label is None and not form[f"remove-{own.key}"].data:
            complain(form, f"{name}-{languages[0]}", _("Write a name, or take the place away."))
        if not form[f"remove-{own.key}"].data:
            own_places.append(replace(own, label=label or own.label))
    # One change for all places: two of them may swap their names.
    changed = replace(
        adaptation,
        place_labels=labels,
        absent=tuple(one.key for one in template.places if form[f"absent-{one.key}"].data),
        own_places=tuple(own_places),
    )
    for field, why in complaints(template, changed):
        complain(form, _place_field(form, field, languages), why)
    if form.errors:
        return adaptation
    for side in Inside:
        label = read_text(form, f"new-{side}", languages)
        if label is not None:
            changed = attempt(
                form, f"new-{side}-{languages[0]}", changed, adapt.add_place, template,
                label=label, inside=side,
            )  # fmt: skip
    return changed


def _same(one: Text, other: Text, languages: tuple[str, ...]) -> bool:
    return all(one.in_language(tag) == other.in_language(tag) for tag in languages)


def _place_field(form: FlaskForm, field: str, languages: tuple[str, ...]) -> str:
    """The field of the page that a complaint about places is of: that of the place it names; else
    the name that is twice, or the first place that is marked as absent."""
    part, _dot, key = field.partition(".")
    names = [str(name) for name in form.data if name.startswith("label-")]
    if (name := f"label-{key}-{languages[0]}") in names:
        return name
    if part == "absent":
        ticked = (str(one.name) for one in form if one.name.startswith("absent-") and one.data)
        return next(ticked)
    seen: set[tuple[str, str]] = set()
    for name in names:
        words = " ".join((form[name].data or "").casefold().split())
        twin = (name.rpartition("-")[2], words)
        if words and twin in seen:  # nothing written is no name
            return name
        seen.add(twin)
    return names[0]
