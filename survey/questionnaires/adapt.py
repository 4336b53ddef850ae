"""A template and a school's adaptation of it make a questionnaire.

Every change is a small function from adaptation to adaptation; each looks at the whole result
again, so that a change which a form allowed and a document someone made up meet the same rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import count
from typing import TypeVar

from flask_babel import gettext as _

from survey.questionnaires.adaptation import (
    Adaptation,
    AdaptationError,
    OwnContact,
    OwnItem,
    OwnPlace,
    from_document,
    to_document,
)
from survey.questionnaires.adaptation_diff import changes
from survey.questionnaires.adaptation_rules import OWN_PLACE_KEY, complaints, why_wording_is_locked
from survey.questionnaires.model import (
    FROM_START,
    NATIONS,
    HelpContact,
    Inside,
    Item,
    ItemKind,
    Option,
    Place,
    Questionnaire,
    QuestionnaireError,
    QuestionRole,
    Section,
    Text,
)
from survey.questionnaires.places import expand
from survey.questionnaires.translations.catalogues import words_of
from survey.questionnaires.translations.year_names import with_year_names
from survey.questionnaires.years.primary import with_primary
from survey.year_groups.values import YearNaming

__all__ = [
    "Adaptation",
    "AdaptationError",
    "OwnContact",
    "OwnItem",
    "OwnPlace",
    "adapt",
    "add_item",
    "add_place",
    "change_item",
    "changes",
    "from_document",
    "missing_before_launch",
    "offer_languages",
    "order_sections",
    "raise_gate",
    "remove_item",
    "reword",
    "set_contacts",
    "switch_item",
    "to_document",
    "why_wording_is_locked",
]  # fmt: skip

T = TypeVar("T")

OWN_SENSITIVITY = 2
"""An own question has middle sensitivity, as no one has rated it."""


def adapt(
    template: Questionnaire,
    adaptation: Adaptation,
    naming: YearNaming = YearNaming.ENGLAND_AND_WALES,
    years: Collection[int] = (),
) -> Questionnaire:
    """The questionnaire of a school, with the names of year groups of its nation, or an
    `AdaptationError` for the first thing not allowed. `years` are the year groups on roll: Year 6
    is asked where it is among them."""
    for field, why in complaints(template, adaptation):
        raise AdaptationError(field, why)
    template = with_year_names(template, naming)
    places = _places(template, adaptation)
    sections = {
        section.key: _section(section, template, adaptation, places)
        for section in template.sections
    }
    order = adaptation.section_order or tuple(sections)
    try:
        made = replace(
            template,
            languages=adaptation.languages or template.languages,
            places=places,
            sections=tuple(sections[key] for key in order),
            help=(*own_help(adaptation), *template.help),
            crossed=adaptation.crossed,
        )
        return with_primary(made, years)
    except QuestionnaireError as error:
        raise AdaptationError(
            error.where, _("This cannot be asked so: %(why)s.", why=error)
        ) from error


def missing_before_launch(template: Questionnaire, adaptation: Adaptation) -> tuple[str, ...]:
    """What has to be done before anyone may be asked, in the user's words; nothing, if ready."""
    adapt(template, adaptation)
    missing = []
    if not adaptation.contacts:
        missing.append(
            _(
                "Name at least one person at the school to turn to, like your safeguarding lead,"
                " and say how."
            )
        )
    elif not names_somebody(adaptation):
        missing.append(
            _(
                "Give the room, the times and the e-mail address of at least one of the people"
                " to turn to."
            )
        )
    return tuple(missing)


def names_somebody(adaptation: Adaptation) -> bool:
    """Is there a person to turn to whom students can find: with a room, times and an address?"""
    return any(contact.is_whole for contact in adaptation.contacts)


def _places(template: Questionnaire, adaptation: Adaptation) -> tuple[Place, ...]:
    canonical = [
        replace(
            place,
            label=adaptation.place_labels.get(place.key, place.label),
            present=place.key not in adaptation.absent,
        )
        for place in template.places
    ]
    own = [Place(place.key, place.label, place.inside, own=True) for place in adaptation.own_places]
    return tuple(place for side in Inside for place in (*canonical, *own) if place.inside is side)


def _section(
    section: Section,
    template: Questionnaire,
    adaptation: Adaptation,
    places: tuple[Place, ...],
) -> Section:
    items = [_item(item, adaptation) for item in section.items]
    items = [expand(item, template.places, places) for item in items]
    own = [_own_item(item) for item in adaptation.own_items if item.section == section.key]
    return replace(section, items=(*items, *own))


def _item(item: Item, adaptation: Adaptation) -> Item:
    item = replace(item, on=adaptation.switched.get(item.key, item.on))
    if item.key in adaptation.wordings:
        item = replace(item, wording=adaptation.wordings[item.key], older=None)
    gate = adaptation.gates.get(item.key, item.from_year)
    if item.older and gate >= item.older.from_year:
        # Only older students are left, so theirs are the plain words now.
        item = replace(item, wording=item.older.text, older=None)
    return replace(item, from_year=gate)


def _own_item(own: OwnItem) -> Item:
    options = tuple(Option(f"o{number}", text) for number, text in enumerate(own.options, start=1))
    if own.kind is ItemKind.SEVERAL:
        # Without it, "none" could not be distinguished from a skip.
        options = (*options, Option("none", words_of("None of these"), QuestionRole.NONE))
    return Item(
        key=own.key,
        kind=own.kind,
        wording=own.wording,
        themes=(own.theme,),
        options=options,
        ends=own.ends,
        most=own.most,
        from_year=own.from_year,
        sensitivity=OWN_SENSITIVITY,
        own=True,
    )


def own_help(adaptation: Adaptation) -> tuple[HelpContact, ...]:
    """The people of the school to turn to, as students are shown them."""
    return tuple(
        HelpContact(
            key=f"school_{number}",
            name=contact.name,
            how=contact.how,
            nations=NATIONS,
            room=contact.room,
            times=contact.times,
            email=contact.email,
            own=True,
        )
        for number, contact in enumerate(adaptation.contacts, start=1)
    )


# The changes, one by one.


def _checked(template: Questionnaire, changed: Adaptation) -> Adaptation:
    adapt(template, changed)
    return changed


def switch_item(
    template: Questionnaire, adaptation: Adaptation, *, item: str, on: bool
) -> Adaptation:
    """Ask an optional item, or leave it out."""
    known = template.by_key.get(item)
    as_before = known is not None and known.on is on
    switched = _with(adaptation.switched, item, None if as_before else on)
    return _checked(template, replace(adaptation, switched=switched))


def raise_gate(
    template: Questionnaire, adaptation: Adaptation, *, item: str, from_year: int
) -> Adaptation:
    """Show an item to students of `from_year` and above only; the template's year undoes it."""
    known = template.by_key.get(item)
    as_before = known is not None and known.from_year == from_year
    gates = _with(adaptation.gates, item, None if as_before else from_year)
    return _checked(template, replace(adaptation, gates=gates))


def reword(
    template: Questionnaire, adaptation: Adaptation, *, item: str, wording: Text | None
) -> Adaptation:
    """Ask an optional item in the school's words, or (None) in the template's again."""
    known = template.by_key.get(item)
    as_before = known is not None and known.wording == wording
    wordings = _with(adaptation.wordings, item, None if as_before else wording)
    return _checked(template, replace(adaptation, wordings=wordings))


def add_place(
    template: Questionnaire, adaptation: Adaptation, *, label: Text, inside: Inside
) -> Adaptation:
    """Add a place that only this school has."""
    taken = {place.key for place in template.places}
    taken |= {place.key for place in adaptation.own_places}
    own = OwnPlace(_place_key(label, taken), label, inside)
    return _checked(template, replace(adaptation, own_places=(*adaptation.own_places, own)))


def _place_key(label: Text, taken: set[str]) -> str:
    """A key that says the name, so that the same place is found again in the next wave."""
    letters = unicodedata.normalize("NFKD", label.in_language("en")).lower()
    letters = "".join(c for c in letters if not unicodedata.combining(c))
    slug = OWN_PLACE_KEY + (re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:28] or "place")
    return next(key for key in (slug, *(f"{slug}_{n}" for n in range(2, 99))) if key not in taken)


def add_item(
    template: Questionnaire,
    adaptation: Adaptation,
    *,
    section: str,
    theme: str,
    kind: ItemKind,
    wording: Text,
    options: tuple[Text, ...] = (),
    ends: tuple[Text, Text] | None = None,
    most: int | None = None,
    from_year: int = FROM_START,
) -> Adaptation:
    """Add an item of the school's own at the end of a section."""
    taken = {*template.by_key, *(own.key for own in adaptation.own_items)}
    key = next(f"Z{n}" for n in count(1) if f"Z{n}" not in taken)
    own = OwnItem(key, section, theme, kind, wording, options, ends, most, from_year)
    return _checked(template, replace(adaptation, own_items=(*adaptation.own_items, own)))


def change_item(template: Questionnaire, adaptation: Adaptation, *, item: OwnItem) -> Adaptation:
    """Put an own item in the place of the one with its key."""
    _own(adaptation, item.key)
    changed = tuple(item if own.key == item.key else own for own in adaptation.own_items)
    return _checked(template, replace(adaptation, own_items=changed))


def remove_item(template: Questionnaire, adaptation: Adaptation, *, item: str) -> Adaptation:
    """Take an own item away again."""
    _own(adaptation, item)
    kept = tuple(own for own in adaptation.own_items if own.key != item)
    return _checked(template, replace(adaptation, own_items=kept))


def _own(adaptation: Adaptation, key: str) -> OwnItem:
    for own in adaptation.own_items:
        if own.key == key:
            return own
    raise AdaptationError(f"own_items.{key}", _("You have no such question."))


def order_sections(
    template: Questionnaire, adaptation: Adaptation, *, order: tuple[str, ...]
) -> Adaptation:
    """Ask the sections in another order."""
    as_before = order == tuple(section.key for section in template.sections)
    return _checked(template, replace(adaptation, section_order=() if as_before else order))


def offer_languages(
    template: Questionnaire, adaptation: Adaptation, *, languages: tuple[str, ...]
) -> Adaptation:
    """Offer some of the template's languages, the first of them first; none means all."""
    as_before = languages == template.languages
    return _checked(template, replace(adaptation, languages=() if as_before else languages))


def set_contacts(
    template: Questionnaire, adaptation: Adaptation, *, contacts: tuple[OwnContact, ...]
) -> Adaptation:
    """Say whom students of this school can turn to."""
    return _checked(template, replace(adaptation, contacts=contacts))


def _with(table: Mapping[str, T], key: str, value: T | None) -> dict[str, T]:
    """The table with one entry changed, or (None) gone."""
    rest = {name: known for name, known in table.items() if name != key}
    return rest if value is None else {**rest, key: value}
