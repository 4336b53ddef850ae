"""The rules of what a school may change.

Each rule checks the template with the whole adaptation and returns what is not allowed: the field
and the reason in the user's words. Shared questions stay comparable between schools, safeguards
cannot be removed, and a school's own words are checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from survey.languages import ENGLISH, language_name
from survey.questionnaires.adaptation import Adaptation, OwnContact, OwnItem
from survey.questionnaires.model import (
    FROM_START,
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
from survey.questionnaires.prohibited_topics import matching
from survey.typed_text import first_twice, length
from survey.year_groups.wording import current_naming, tidy, year_number

Complaint = tuple[str, str]
"""A field of the adaptation, and why its value is not allowed."""
Rule = Callable[[Questionnaire, Adaptation], Iterator[Complaint]]

OWN_KINDS = (ItemKind.ONE, ItemKind.SEVERAL, ItemKind.SCALE)
OWN_THEMES = tuple(theme for theme in THEMES if theme != "DEMO")
"""An own question about identity would single students out."""
OWN_ITEM_KEY = re.compile(r"Z[1-9][0-9]?")
OWN_PLACE_KEY = "own_"
FEWEST_OPTIONS, MOST_OPTIONS = 2, 10
FEWEST_PLACES = 2
MOST_CONTACTS = 4
LONGEST_WORDING, LONGEST_LABEL, LONGEST_CONTACT = 200, 60, 160
TOO_MANY_OWN = {
    Inside.INSIDE: _l("You can add up to %(most)s places at school.", most=MOST_OWN_PLACES),
    Inside.OUTSIDE: _l("You can add up to %(most)s places outside school.", most=MOST_OWN_PLACES),
}
TOO_FEW = {
    Inside.INSIDE: _l("Keep at least %(least)s places at school.", least=FEWEST_PLACES),
    Inside.OUTSIDE: _l("Keep at least %(least)s places outside school.", least=FEWEST_PLACES),
}
CORE_WORDS = _l(
    "%(key)s has the same words in every school, for comparison. Its wording cannot be changed."
)
SENSITIVE_WORDS = _l(
    "%(key)s is sensitive, and was worded with care. Its wording cannot be changed."
)
OFFICIAL_WORDS = _l("%(key)s has official words. Its wording cannot be changed.")
CAREFUL_WORDS = _l("%(key)s is worded so that no one is named. Its wording cannot be changed.")
STARTS = tuple(year for year in YEARS if year >= FROM_START)
"""The years from which a question can be asked. Year 6 sees those from the first
(`years.primary`)."""

NO_YEARS = _l("Adults are asked for no year group, so nothing can start at one.")
SAME_NAME = {
    Inside.INSIDE: _l("Two places at school have the same name."),
    Inside.OUTSIDE: _l("Two places outside school have the same name."),
}
LONGEST_EMAIL = 254
EMAIL = re.compile(r"[^@\s]+@[^@\s.]++(?:\.[^@\s.]++)+")


def _no_such_year() -> str:
    first, last = year_number(FROM_START), year_number(current_naming().numbers[-1])
    return str(_("A year group is %(first)s to %(last)s.", first=first, last=last))


def complaints(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    """Everything that the template does not allow."""
    for rule in RULES:
        yield from rule(template, adaptation)


def _switches(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    for key, on in adaptation.switched.items():
        where, item = f"switched.{key}", template.by_key.get(key)
        if item is None:
            yield where, _("There is no question %(key)s in this template.", key=key)
        elif item.core and not on:
            yield (
                where,
                _(
                    "%(key)s is asked in every school, for comparison. It cannot be left out.",
                    key=key,
                ),
            )


def _gates(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    for key, year in adaptation.gates.items():
        where, item = f"gates.{key}", template.by_key.get(key)
        if item is None:
            yield where, _("There is no question %(key)s in this template.", key=key)
        elif key == YEAR_ITEM:
            yield where, _("Every student is asked for the year group, or none could be shown.")
        elif year not in STARTS:
            yield where, _no_such_year()
        elif template.is_pulse:
            yield where, str(NO_YEARS)
        elif year < item.from_year and item.sensitivity == 3:
            yield (
                where,
                tidy(
                    _(
                        "%(key)s is sensitive. Year %(year)s is the lowest it may be shown.",
                        key=key,
                        year=year_number(item.from_year),
                    )
                ),
            )
        elif year < item.from_year:
            yield (
                where,
                tidy(
                    _(
                        "%(key)s starts in year %(year)s. It can start later, not earlier.",
                        key=key,
                        year=year_number(item.from_year),
                    )
                ),
            )


def _wordings(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    for key, text in adaptation.wordings.items():
        where, item = f"wordings.{key}", template.by_key.get(key)
        if item is None:
            yield where, _("There is no question %(key)s in this template.", key=key)
        elif locked := why_wording_is_locked(item):
            yield where, locked
        else:
            yield from _languages_of(template, where, (text,))
            yield from _too_long(where, text, LONGEST_WORDING)
            # Words of the template itself are allowed; other words are not.
            said = {finding.topic for finding in matching.find(item.wording)}
            longest = max(matching.MOST_WORDS, *_word_counts(item.wording))
            for finding in matching.find(text, longest=longest):
                if finding.topic not in said:
                    yield where, finding.why


def why_wording_is_locked(item: Item) -> str | None:
    """Why the wording of a template's item cannot be changed, or None if it can."""
    reasons = (
        (item.core, CORE_WORDS),
        (item.sensitivity == 3, SENSITIVE_WORDS),
        (item.source is not None, OFFICIAL_WORDS),
        (item.kind is ItemKind.TEXT, CAREFUL_WORDS),
    )
    why = next((why for applies, why in reasons if applies), None)
    return why and str(why) % {"key": item.key}


def _word_counts(text: Text) -> tuple[int, ...]:
    return tuple(len(words.split()) for _, words in text.by_language)


def _places(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    known = {place.key for place in template.places}
    for key in sorted(adaptation.place_labels.keys() - known):
        yield f"place_labels.{key}", _("There is no such place in this template.")
    for key in sorted(set(adaptation.absent) - known):
        yield f"absent.{key}", _("There is no such place in this template.")
    if len(set(adaptation.absent)) != len(adaptation.absent):
        yield "absent", _("A place is marked twice.")
    own = [place.key for place in adaptation.own_places]
    if len(set(own)) != len(own) or set(own) & known:
        yield "own_places", _("Two places have one key.")
    for place in adaptation.own_places:
        if not (KEY.fullmatch(place.key) and place.key.startswith(OWN_PLACE_KEY)):
            yield (
                f"own_places.{place.key}",
                _("The key of an own place starts with %(start)s.", start=OWN_PLACE_KEY),
            )
    labels = {f"place_labels.{key}": text for key, text in adaptation.place_labels.items()}
    labels |= {f"own_places.{place.key}": place.label for place in adaptation.own_places}
    for where, text in labels.items():
        yield from _languages_of(template, where, (text,))
        yield from _too_long(where, text, LONGEST_LABEL)
        yield from ((where, finding.why) for finding in matching.find(text))
    for side in Inside:
        yield from _places_of_side(template, adaptation, side)
    for place in adaptation.own_places:
        if not any(item.places and place.inside in SIDES[item.places] for item in template.items):
            yield (
                f"own_places.{place.key}",
                _("No question of this template asks about such places."),
            )


def _places_of_side(
    template: Questionnaire, adaptation: Adaptation, side: Inside
) -> Iterator[Complaint]:
    own = [place for place in adaptation.own_places if place.inside is side]
    if len(own) > MOST_OWN_PLACES:
        yield "own_places", str(TOO_MANY_OWN[side])
    canonical = [place for place in template.places if place.inside is side]
    present = [place for place in canonical if place.key not in adaptation.absent]
    if len(present) < min(FEWEST_PLACES, len(canonical)):
        yield "absent", str(TOO_FEW[side])
    labels = [adaptation.place_labels.get(place.key, place.label) for place in present]
    labels += [place.label for place in own]
    for language in template.languages:
        if first_twice(label.in_language(language) for label in labels):
            yield "place_labels", str(SAME_NAME[side])
            return


def _own_items(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    if len(adaptation.own_items) > MOST_OWN_ITEMS:
        yield "own_items", _("You can add up to %(most)s questions.", most=MOST_OWN_ITEMS)
    keys = [item.key for item in adaptation.own_items]
    if len(set(keys)) != len(keys) or set(keys) & set(template.by_key):
        yield "own_items", _("Two questions have one key.")
    for item in adaptation.own_items:
        where = f"own_items.{item.key}"
        yield from ((where, why) for broken, why in _own_item_rules(template, item) if broken)
        yield from _languages_of(template, where, item.texts)
        yield from _too_long(where, item.wording, LONGEST_WORDING)
        for text in item.texts:
            yield from ((where, finding.why) for finding in matching.find(text))
        for label in item.texts[1:]:
            yield from _too_long(where, label, LONGEST_LABEL)


def _own_item_rules(template: Questionnaire, item: OwnItem) -> Iterator[tuple[bool, str]]:
    sections = {section.key: section for section in template.sections}
    section, count = sections.get(item.section), len(item.options)
    scale = item.kind is ItemKind.SCALE
    yield not OWN_ITEM_KEY.fullmatch(item.key), _("The key of an own question is Z1 to Z99.")
    yield section is None, _("There is no such section in this template.")
    yield (
        (section is not None and any(other.key == YEAR_ITEM for other in section.items)),
        _("Questions about the student cannot be added: together they could point at one person."),
    )
    yield (
        item.kind not in OWN_KINDS,
        _("An own question is one choice, several choices or a scale."),
    )
    yield item.theme not in OWN_THEMES, _("Choose one of the themes.")
    yield (
        item.from_year not in STARTS,
        _no_such_year(),
    )
    yield template.is_pulse and item.from_year != FROM_START, str(NO_YEARS)
    yield (
        (not scale and not FEWEST_OPTIONS <= count <= MOST_OPTIONS),
        _("Give %(least)s to %(most)s options.", least=FEWEST_OPTIONS, most=MOST_OPTIONS),
    )
    yield scale and count > 0, _("A scale from 0 to 10 has no options.")
    yield (
        scale != (item.ends is not None),
        _("A scale needs words for 0 and for 10, others do not."),
    )
    yield (
        (
            item.most is not None
            and (item.kind is not ItemKind.SEVERAL or not 1 <= item.most <= count)
        ),
        _("How many may be picked is between one and the number of options."),
    )
    yield (
        any(
            first_twice(option.in_language(language) for option in item.options)
            for language in template.languages
        ),
        _("Two options have the same words."),
    )


def _section_order(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    order = adaptation.section_order
    if not order:
        return
    sections = {section.key: section for section in template.sections}
    if sorted(order) != sorted(sections):
        yield "section_order", _("Every section has its place in the order, once.")
        return
    first = [key for key, section in sections.items() if _holds(section.items, YEAR_ITEM)]
    if first and order[0] != first[0]:
        yield "section_order", _("The section about the student comes first.")
    home = {item.key: section.key for section in template.sections for item in section.items}
    for item in template.items:
        for source in (item.part_of, item.show_if.item if item.show_if else None):
            if source and order.index(home[source]) > order.index(home[item.key]):
                language = str(get_locale() or ENGLISH)
                before, after = (
                    sections[home[key]].title.in_language(language) for key in (source, item.key)
                )
                why = _(
                    "“%(after)s” has to come after “%(before)s”: %(item)s follows up %(source)s.",
                    after=after,
                    before=before,
                    item=item.key,
                    source=source,
                )
                yield "section_order", why


def _holds(items: Sequence[Item], key: str) -> bool:
    return any(item.key == key for item in items)


def _languages(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    if unknown := set(adaptation.languages) - set(template.languages):
        yield (
            "languages",
            _("This template has no words in %(languages)s.", languages=_names(unknown)),
        )
    if len(set(adaptation.languages)) != len(adaptation.languages):
        yield "languages", _("A language is named twice.")


def _names(tags: Iterable[str]) -> str:
    return ", ".join(language_name(tag) for tag in sorted(tags))


def _contacts(template: Questionnaire, adaptation: Adaptation) -> Iterator[Complaint]:
    if len(adaptation.contacts) > MOST_CONTACTS:
        yield (
            "contacts",
            _("Name up to %(most)s people, so that no one has to choose long.", most=MOST_CONTACTS),
        )
    for number, contact in enumerate(adaptation.contacts):
        where = f"contacts.{number}"
        yield from _languages_of(template, where, _texts_of(contact))
        for text in _texts_of(contact):
            yield from _too_long(where, text, LONGEST_CONTACT)
        if contact.email is not None and not is_email(contact.email):
            yield where, _("Write a whole e-mail address, like name@school.example.")


def is_email(given: str) -> bool:
    """Whether it looks like an e-mail address."""
    return len(given) <= LONGEST_EMAIL and EMAIL.fullmatch(given) is not None


def _texts_of(contact: OwnContact) -> tuple[Text, ...]:
    given = (contact.name, contact.how, contact.room, contact.times)
    return tuple(text for text in given if text is not None)


def _languages_of(
    template: Questionnaire, where: str, texts: Sequence[Text]
) -> Iterator[Complaint]:
    for text in texts:
        if unknown := {tag for tag, _ in text.by_language} - set(template.languages):
            yield where, _("This template is not in %(languages)s.", languages=_names(unknown))


def _too_long(where: str, text: Text, longest: int) -> Iterator[Complaint]:
    if any(length(words) > longest for _, words in text.by_language):
        yield where, _("Use at most %(most)s letters.", most=longest)


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
