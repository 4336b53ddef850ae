"""What a school may change, rule by rule.

Each rule looks at the template and the whole adaptation and names what is not allowed, as the
field it concerns and a reason in the user's words. Core items stay comparable between schools;
care is never lowered; own words are checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from survey.questionnaires import blocked
from survey.questionnaires.adaptation import Adaptation, OwnItem, SchoolContact
from survey.questionnaires.model import (
    KEY,
    MOST_OWN_ITEMS,
    MOST_OWN_PLACES,
    THEMES,
    YEAR_ITEM,
    YEARS,
    Inside,
    Item,
    ItemKind,
    Questionnaire,
    Text,
)
from survey.questionnaires.places import SIDES

Complaint = tuple[str, str]
"""The field of the adaptation and why it cannot be so."""
Rule = Callable[[Questionnaire, Adaptation], Iterator[Complaint]]

OWN_KINDS = (ItemKind.ONE, ItemKind.SEVERAL, ItemKind.SCALE)
OWN_THEMES = tuple(theme for theme in THEMES if theme != "DEMO")
"""An own item about who somebody is would single students out."""
OWN_ITEM_KEY = re.compile(r"Z[1-9][0-9]?")
OWN_PLACE_KEY = "own_"
FEWEST_OPTIONS, MOST_OPTIONS = 2, 10
FEWEST_PLACES = 2
MOST_CONTACTS = 4
LONGEST_WORDING, LONGEST_LABEL, LONGEST_CONTACT = 200, 60, 160
SIDE_WORDS = {Inside.INSIDE: "at school", Inside.OUTSIDE: "outside school"}


def complaints(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    """Everything the template does not allow."""
    for rule in RULES:
        yield from rule(template, adaptation)


def _switches(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    for key, on in adaptation.switched.items():
        where, item = f"switched.{key}", template.by_key.get(key)
        if item is None:
            yield where, f"There is no item {key} in this template."
        elif item.core and not on:
            yield where, f"{key} is asked in every school, for comparison. It cannot be left out."


def _gates(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    for key, year in adaptation.gates.items():
        where, item = f"gates.{key}", template.by_key.get(key)
        if item is None:
            yield where, f"There is no item {key} in this template."
        elif key == YEAR_ITEM:
            yield where, "Every student is asked for the year group, or none could be shown."
        elif year not in YEARS:
            yield where, f"A year group is {YEARS[0]} to {YEARS[-1]}."
        elif year < item.from_year and item.sensitivity == 3:
            yield where, f"{key} is sensitive. Year {item.from_year} is the lowest it may be shown."
        elif year < item.from_year:
            yield where, f"{key} starts in year {item.from_year}. It can start later, not earlier."


def _wordings(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    for key, text in adaptation.wordings.items():
        where, item = f"wordings.{key}", template.by_key.get(key)
        if item is None:
            yield where, f"There is no item {key} in this template."
        elif locked := why_wording_is_locked(item):
            yield where, locked
        else:
            yield from _languages_of(template, where, (text,))
            yield from _too_long(where, text, LONGEST_WORDING)
            # What the template itself says about the item may be said; nothing else is let in.
            said = {finding.topic for finding in blocked.find(item.wording)}
            longest = max(blocked.MOST_WORDS, *_word_counts(item.wording))
            for finding in blocked.find(text, longest=longest):
                if finding.topic not in said:
                    yield where, finding.why


def why_wording_is_locked(item: Item) -> str | None:
    """Why the wording of a template's item cannot be changed, or None if it can."""
    reasons = (
        (item.core, "has the same words in every school, for comparison"),
        (item.sensitivity == 3, "is sensitive, and was worded with care"),
        (item.source is not None, "has official words"),
        (item.kind is ItemKind.TEXT, "is worded so that nobody is named"),
    )
    why = next((why for applies, why in reasons if applies), None)
    return why and f"{item.key} {why}. Its wording cannot be changed."


def _word_counts(text: Text) -> tuple[int, ...]:
    return tuple(len(words.split()) for _, words in text.by_language)


def _places(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    known = {place.key for place in template.places}
    for key in sorted(adaptation.place_labels.keys() - known):
        yield f"place_labels.{key}", "There is no such place in this template."
    for key in sorted(set(adaptation.absent) - known):
        yield f"absent.{key}", "There is no such place in this template."
    if len(set(adaptation.absent)) != len(adaptation.absent):
        yield "absent", "A place is marked twice."
    own = [place.key for place in adaptation.own_places]
    if len(set(own)) != len(own) or set(own) & known:
        yield "own_places", "Two places have one key."
    for place in adaptation.own_places:
        if not (KEY.fullmatch(place.key) and place.key.startswith(OWN_PLACE_KEY)):
            yield f"own_places.{place.key}", f"The key of an own place starts with {OWN_PLACE_KEY}"
    labels = {f"place_labels.{key}": text for key, text in adaptation.place_labels.items()}
    labels |= {f"own_places.{place.key}": place.label for place in adaptation.own_places}
    for where, text in labels.items():
        yield from _languages_of(template, where, (text,))
        yield from _too_long(where, text, LONGEST_LABEL)
        yield from ((where, finding.why) for finding in blocked.find(text))
    for side in Inside:
        yield from _places_of_side(template, adaptation, side)
    for place in adaptation.own_places:
        if not any(item.places and place.inside in SIDES[item.places] for item in template.items):
            yield f"own_places.{place.key}", "No item of this template asks about such places."


def _places_of_side(
    template: Questionnaire, adaptation: Adaptation, side: Inside
) -> Iterator[Complaint]:
    own = [place for place in adaptation.own_places if place.inside is side]
    if len(own) > MOST_OWN_PLACES:
        yield "own_places", f"You can add up to {MOST_OWN_PLACES} places {SIDE_WORDS[side]}."
    canonical = [place for place in template.places if place.inside is side]
    present = [place for place in canonical if place.key not in adaptation.absent]
    if len(present) < min(FEWEST_PLACES, len(canonical)):
        yield "absent", f"Keep at least {FEWEST_PLACES} places {SIDE_WORDS[side]}."
    labels = [adaptation.place_labels.get(place.key, place.label) for place in present]
    labels += [place.label for place in own]
    for language in template.languages:
        seen = [label.in_language(language).casefold().strip() for label in labels]
        if len(set(seen)) != len(seen):
            yield "place_labels", f"Two places {SIDE_WORDS[side]} have the same name."
            return


def _own_items(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    if len(adaptation.own_items) > MOST_OWN_ITEMS:
        yield "own_items", f"You can add up to {MOST_OWN_ITEMS} items."
    keys = [item.key for item in adaptation.own_items]
    if len(set(keys)) != len(keys) or set(keys) & set(template.by_key):
        yield "own_items", "Two items have one key."
    for item in adaptation.own_items:
        where = f"own_items.{item.key}"
        yield from ((where, why) for broken, why in _own_item_rules(template, item) if broken)
        yield from _languages_of(template, where, item.texts)
        yield from _too_long(where, item.wording, LONGEST_WORDING)
        for text in item.texts:
            yield from ((where, finding.why) for finding in blocked.find(text))
        for label in item.texts[1:]:
            yield from _too_long(where, label, LONGEST_LABEL)


def _own_item_rules(template: Questionnaire, item: OwnItem) -> Iterator[tuple[bool, str]]:
    sections = {section.key: section for section in template.sections}
    section, count = sections.get(item.section), len(item.options)
    scale = item.kind is ItemKind.SCALE
    yield not OWN_ITEM_KEY.fullmatch(item.key), "The key of an own item is Z1 to Z99."
    yield section is None, "There is no such section in this template."
    yield (
        (section is not None and any(other.key == YEAR_ITEM for other in section.items)),
        "Items about the student cannot be added: together they could point at one person.",
    )
    yield item.kind not in OWN_KINDS, "An own item is one choice, several choices or a scale."
    yield item.theme not in OWN_THEMES, "Choose one of the themes."
    yield item.from_year not in YEARS, f"A year group is {YEARS[0]} to {YEARS[-1]}."
    yield (
        (not scale and not FEWEST_OPTIONS <= count <= MOST_OPTIONS),
        f"Give {FEWEST_OPTIONS} to {MOST_OPTIONS} options.",
    )
    yield scale and count > 0, "A scale from 0 to 10 has no options."
    yield scale != (item.ends is not None), "A scale needs words for 0 and for 10, others do not."
    yield (
        (
            item.most is not None
            and (item.kind is not ItemKind.SEVERAL or not 1 <= item.most <= count)
        ),
        "How many may be picked is between one and the number of options.",
    )
    yield (
        any(
            len({option.in_language(language).casefold().strip() for option in item.options})
            != count
            for language in template.languages
        ),
        "Two options have the same words.",
    )


def _section_order(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    order = adaptation.section_order
    if not order:
        return
    sections = {section.key: section for section in template.sections}
    if sorted(order) != sorted(sections):
        yield "section_order", "Every section has its place in the order, once."
        return
    first = [key for key, section in sections.items() if _holds(section.items, YEAR_ITEM)]
    if first and order[0] != first[0]:
        yield "section_order", "The section about the student comes first."
    home = {item.key: section.key for section in template.sections for item in section.items}
    for item in template.items:
        for source in (item.part_of, item.show_if.item if item.show_if else None):
            if source and order.index(home[source]) > order.index(home[item.key]):
                before, after = (
                    sections[home[key]].title.in_language("en") for key in (source, item.key)
                )
                why = f"“{after}” has to come after “{before}”: {item.key} follows up {source}."
                yield "section_order", why


def _holds(items: Sequence[Item], key: str) -> bool:
    return any(item.key == key for item in items)


def _languages(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    if unknown := set(adaptation.languages) - set(template.languages):
        yield "languages", f"This template has no words in {', '.join(sorted(unknown))}."
    if len(set(adaptation.languages)) != len(adaptation.languages):
        yield "languages", "A language is named twice."


def _contacts(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    if len(adaptation.contacts) > MOST_CONTACTS:
        yield "contacts", f"Name up to {MOST_CONTACTS} people, so that nobody has to choose long."
    for number, contact in enumerate(adaptation.contacts):
        where = f"contacts.{number}"
        yield from _languages_of(template, where, _texts_of(contact))
        for text in _texts_of(contact):
            yield from _too_long(where, text, LONGEST_CONTACT)


def _texts_of(contact: SchoolContact) -> tuple[Text, ...]:
    return (contact.name, contact.how, *([contact.room] if contact.room else []))


def _languages_of(
    template: Questionnaire, where: str, texts: Sequence[Text]
) -> Iterator[Complaint]:
    for text in texts:
        if unknown := {tag for tag, _ in text.by_language} - set(template.languages):
            yield where, f"This template is not in {', '.join(sorted(unknown))}."


def _too_long(where: str, text: Text, longest: int) -> Iterator[Complaint]:
    if any(len(words) > longest for _, words in text.by_language):
        yield where, f"Use at most {longest} letters."


RULES: tuple[Rule, ...] = (
    _switches,
    _gates,
    _wordings,
    _places,
    _own_items,
    _section_order,
    _languages,
    _contacts,
)
