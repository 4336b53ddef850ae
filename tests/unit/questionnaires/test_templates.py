"""The shipped templates: what the design promises of them, swept over every item and every text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date

import pytest

from survey.questionnaires.load import SHIPPED, load_all
from survey.questionnaires.model import (
    Audience,
    HelpContact,
    Item,
    ItemKind,
    Questionnaire,
    QuestionRole,
    Section,
    Text,
)

TEMPLATES = load_all()
BANK = TEMPLATES["safety", "2026.3"]
PARENTS = TEMPLATES["parent-pulse", "2026.1"]
STAFF = TEMPLATES["staff-pulse", "2026.1"]
SHORT = TEMPLATES["safety-core", "2026.3"]
RECORDS = TEMPLATES["gshs", "2018.1"]
MOST_WORDS = 18
CHOSEN = (ItemKind.ONE, ItemKind.SEVERAL, ItemKind.GRID)
INSIDE = "classrooms corridors toilets changing_rooms canteen outdoors library gates"
OUTSIDE = "journey outside_gates stops transport parks town near_home"
SHORT_KEYS = "A1 A2 A3 B1 B2 B2a B3 B4 B6 C1 C2 D1 D1a D2 D3 E1 F1 F2 G1 H1 H3 L1 L2 L3 N1 O1 O5 P1"
NATIONS = {"england", "wales", "scotland", "northern_ireland"}

# Response sets by the option that only they have: their keys as printed.
RESPONSE_SETS = {
    "very_safe": "very_safe safe middle unsafe very_unsafe away prefer_not",
    "most_weeks": "never once_or_twice few_times most_weeks most_days prefer_not",
    "saw": "to_me saw both no prefer_not",
    "agree_lot": "agree_lot agree not_sure disagree disagree_lot prefer_not",
}

every_template = pytest.mark.parametrize(
    "template", TEMPLATES.values(), ids=[f"{key}-{version}" for key, version in TEMPLATES]
)


def texts(value: object, where: str = "") -> Iterator[tuple[str, Text]]:
    """Every text in a questionnaire, with the way to it."""
    if isinstance(value, Text):
        yield where, value
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part, where)
    elif is_dataclass(value):
        here = f"{where} {getattr(value, 'key', '')}".strip()
        for each in fields(value):
            if each.name != "by_key":
                yield from texts(getattr(value, each.name), f"{here} {each.name}")


def wordings(item: Item) -> Iterator[Text]:
    yield item.wording
    if item.older:
        yield item.older.text


def bank_items(template: Questionnaire) -> list[Item]:
    return [item for item in template.items if item.part_of is None]


def shown(template: Questionnaire, year: int) -> list[Item]:
    return [i for i in template.asked if i.part_of is None and i.from_year <= year]


def landed(section: Section) -> bool:
    return section.soft_landing is not None


def test_every_file_is_a_template() -> None:
    assert len(TEMPLATES) == len(list(SHIPPED.iterdir()))


# The bank as designed


def test_the_bank_has_48_items_of_which_37_are_core() -> None:
    items = bank_items(BANK)
    assert len(items) == 48
    assert sum(item.core for item in items) == 37
    optional = [item.key for item in items if not item.core]
    assert optional == ["A4", "A5", "B5", "D4", "I1", "I2", "K2", "M2", "O4", "P2", "P3"]


def test_seven_items_wait_for_a_school_to_turn_them_on() -> None:
    off = [item.key for item in BANK.items if not item.on]
    assert off == ["A4", "A5", "D4", "I2", "K2", "O4", "P3"]
    assert len([item for item in BANK.asked if item.part_of is None]) == 41


@pytest.mark.parametrize(("year", "items"), [(7, 35), (8, 37), (9, 41), (13, 41)])
def test_younger_years_see_fewer_items(year: int, items: int) -> None:
    assert len(shown(BANK, year)) == items


def test_the_bank_runs_from_a_to_p() -> None:
    assert "".join(section.key for section in BANK.sections) == "ABCDEFGHIJKLMNOP"
    for section in BANK.sections:
        assert {item.key[0] for item in section.items} == {section.key}


def test_places_are_the_eight_inside_and_seven_outside() -> None:
    assert [row.key for row in BANK.by_key["B2"].rows] == INSIDE.split()
    assert [row.key for row in BANK.by_key["D1"].rows] == OUTSIDE.split()
    everywhere = [place.key for place in BANK.places]
    assert BANK.by_key["F3"].answers == (*everywhere, "online", "none", "prefer_not")


def test_year_nine_reads_the_full_wording_of_h1() -> None:
    item = BANK.by_key["H1"]
    assert "sexual" not in item.wording_for(8).in_language("en")
    assert "sexual" in item.wording_for(9).in_language("en")


def test_only_year_nine_and_above_meet_the_most_sensitive_items() -> None:
    gates = {item.key: item.from_year for item in BANK.items if item.sensitivity == 3}
    assert gates == {"H2": 9, "I2": 9, "J2": 9}


def test_soft_landings_stand_before_h_i_and_j() -> None:
    assert [section.key for section in BANK.sections if landed(section)] == ["H", "I", "J"]


# The short form


def test_the_short_form_is_the_core_in_the_words_of_the_bank() -> None:
    assert [item.key for item in SHORT.items] == SHORT_KEYS.split()
    for item in SHORT.items:
        assert item.core or item.rows_if, item.key
        assert item == BANK.by_key[item.key]


def test_the_short_form_frames_its_items_as_the_bank_does() -> None:
    of_bank = {section.key: section for section in BANK.sections}
    for section in SHORT.sections:
        whole = of_bank[section.key]
        assert (section.title, section.intro, section.soft_landing) == (
            (whole.title, whole.intro, whole.soft_landing)
        )
    assert SHORT.places == BANK.places
    assert SHORT.languages == BANK.languages
    assert SHORT.timeframe == BANK.timeframe
    assert SHORT.help == BANK.help


def test_the_short_form_keeps_every_indicator_it_has_the_items_for() -> None:
    possible = [i for i in BANK.indicators if set(i.items) <= set(SHORT.by_key)]
    assert list(SHORT.indicators) == possible


# The records template


def test_records_fall_into_the_same_groups_as_answers() -> None:
    for key in ("A1", "A2"):
        assert RECORDS.by_key[key] == BANK.by_key[key]


def test_having_met_it_at_all_is_everything_but_the_first_answer() -> None:
    for indicator in RECORDS.indicators:
        if indicator.key in ("attacked", "fought", "missed"):
            (item,) = indicator.items
            assert indicator.yes == RECORDS.by_key[item].base[1:]


# The pulses


def test_pulses_are_six_items_for_parents_and_eight_for_staff() -> None:
    assert PARENTS.audience is Audience.PARENTS
    assert STAFF.audience is Audience.STAFF
    assert [item.key for item in PARENTS.asked] == [f"Q{n}" for n in range(1, 7)]
    assert [item.key for item in STAFF.asked] == [f"S{n}" for n in range(1, 9)]
    students = [one for one in TEMPLATES.values() if one.audience is Audience.STUDENTS]
    assert len(students) == len(TEMPLATES) - 2


def test_pulses_ask_nobody_for_year_or_gender() -> None:
    for pulse in (PARENTS, STAFF):
        assert not {"A1", "A2"} & set(pulse.by_key)
        assert not any("DEMO" in item.themes for item in pulse.items)


def test_a_place_of_a_pulse_is_a_place_of_the_students() -> None:
    assert PARENTS.places == BANK.places
    for place in STAFF.places:
        known = BANK.place(place.key)
        assert known is not None
        assert (place.inside, place.label.in_language("cy")) == (
            known.inside,
            known.label.in_language("cy"),
        )
    assert [place.key for place in STAFF.places] == INSIDE.split()
    assert PARENTS.by_key["Q3"].answers == (*INSIDE.split(), *OUTSIDE.split(), "none", "prefer_not")
    assert STAFF.by_key["S1"].answers == (*INSIDE.split(), "none", "prefer_not")


def test_the_two_lists_of_harms_are_one() -> None:
    assert STAFF.by_key["S3"].options == STAFF.by_key["S4"].options


@pytest.mark.parametrize(("pulse", "item", "of"), [
    (PARENTS, "Q6", "P1"), (STAFF, "S8", "P1"), (STAFF, "S2", "C1"),
])  # fmt: skip
def test_answers_taken_from_the_bank_are_those_of_the_bank(
    pulse: Questionnaire, item: str, of: str
) -> None:
    def english(one: Item) -> list[tuple[str, QuestionRole, str, str]]:
        return [(o.key, o.role, o.label.in_language("en"), o.label.in_language("cy"))
                for o in one.options]  # fmt: skip

    asked = pulse.by_key[item]
    known = [one for one in english(BANK.by_key[of])
             if asked.kind is ItemKind.SEVERAL or one[1] is not QuestionRole.NONE]  # fmt: skip
    assert english(asked) == known


# Sweeps over all templates


@every_template
def test_welsh_speaks_to_a_teenager_as_ti(template: Questionnaire) -> None:
    if template.audience is not Audience.STUDENTS:
        return
    official = {item.wording for item in template.items if item.source}
    formal = [
        where
        for where, text in texts(template)
        if text not in official
        if re.search(r"\b(chi|chwi|eich|ydych|byddwch)\b", text.in_language("cy").lower())
    ]
    assert formal == []


@every_template
def test_wordings_are_short(template: Questionnaire) -> None:
    long = [
        (item.key, wording.in_language("en"))
        for item in template.items
        if item.source is None
        for wording in wordings(item)
        if len(wording.in_language("en").split()) > MOST_WORDS
    ]
    assert long == []


@pytest.mark.parametrize("template", [BANK, SHORT], ids=["bank", "short"])
def test_a_response_set_is_the_same_wherever_it_is_used(template: Questionnaire) -> None:
    labels: dict[tuple[str, str], tuple[Text, QuestionRole]] = {}
    met = set()
    for item in template.items:
        for mark, keys in RESPONSE_SETS.items():
            if item.option(mark) is None:
                continue
            met.add(mark)
            # The school as a whole is the one place no one stays away from.
            left_out = {"away"} if item.key == "B1" else set()
            assert item.answers == tuple(k for k in keys.split() if k not in left_out), item.key
            for option in item.options:
                said = (option.label, option.role)
                assert labels.setdefault((mark, option.key), said) == said, item.key
    assert met == set(RESPONSE_SETS)


@every_template
def test_options_that_say_so_stand_alone(template: Questionnaire) -> None:
    roles = {
        "prefer_not": QuestionRole.PREFER_NOT,
        "none": QuestionRole.NONE,
        "away": QuestionRole.AWAY,
    }
    for item in template.items:
        for option in item.options:
            assert option.role == roles.get(option.key, option.role), (item.key, option.key)
            assert (option.role is QuestionRole.PREFER_NOT) == (option.key == "prefer_not"), (
                item.key
            )


@every_template
def test_a_sensitive_choice_can_be_declined(template: Questionnaire) -> None:
    for item in template.items:
        if item.sensitivity >= 2 and item.kind in CHOSEN:
            assert item.option("prefer_not"), item.key


@every_template
def test_a_sensitive_section_says_that_it_may_be_skipped(template: Questionnaire) -> None:
    for section in template.sections:
        worst = max(item.sensitivity for item in section.items)
        if worst < 2:
            continue
        said = section.soft_landing if landed(section) else section.intro
        assert said is not None, section.key
        assert "skip" in said.in_language("en"), section.key
        assert "hepgor" in said.in_language("cy"), section.key
        assert worst < 3 or landed(section), section.key


@every_template
def test_what_happened_to_both_counts_with_what_happened_to_me(template: Questionnaire) -> None:
    named = [(i.key, i.show_if.options) for i in template.items if i.show_if]
    named += [(indicator.key, indicator.yes) for indicator in template.indicators]
    for where, options in named:
        assert ("to_me" in options) <= ("both" in options), where


@every_template
def test_a_follow_up_is_no_younger_than_its_item_and_not_core(template: Questionnaire) -> None:
    for item in template.items:
        if item.part_of:
            assert item.from_year >= template.by_key[item.part_of].from_year, item.key
            assert not item.core, item.key


@every_template
def test_free_text_asks_not_to_name_anyone(template: Questionnaire) -> None:
    for item in template.items:
        if item.kind is ItemKind.TEXT:
            assert item.help is not None, item.key
            assert "not name anyone" in item.help.in_language("en"), item.key


@every_template
def test_indicators_count_answers_of_core_items(template: Questionnaire) -> None:
    assert template.indicators
    for indicator in template.indicators:
        for key in indicator.items:
            item = template.by_key[key]
            assert item.core, indicator.key
            assert {*indicator.yes, *indicator.leave_out} < set(item.base), indicator.key
            assert not {*indicator.yes} & {*indicator.leave_out}, indicator.key


@every_template
def test_help_reaches_every_nation_and_says_how_it_was_checked(template: Questionnaire) -> None:
    assert {nation for contact in template.help for nation in contact.nations} == NATIONS
    for contact in template.help:
        assert not contact.last_checked or date.fromisoformat(contact.last_checked), contact.key
        assert contact.checked, contact.key
        assert contact.link is None or contact.link.startswith("https://"), contact.key
        assert contact.link or re.search(r"\d{3}", contact.how.in_language("en")), contact.key


@every_template
def test_a_contact_says_the_same_in_every_template(template: Questionnaire) -> None:
    known: dict[str, HelpContact] = {}
    for other in TEMPLATES.values():
        for contact in other.help:
            known.setdefault(contact.key, contact)
    for contact in template.help:
        for tag in template.languages:
            assert contact.name.in_language(tag) == known[contact.key].name.in_language(tag)
            assert contact.how.in_language(tag) == known[contact.key].how.in_language(tag)


WITHOUT_NONE = {
    "B4": "its help says to leave it out where no place feels unsafe",
    "K2a": "follows a yes, and has somewhere else",
}


@every_template
def test_whoever_has_nothing_to_tick_can_say_so(template: Questionnaire) -> None:
    """Else those to whom nothing applies look like those who were not asked."""
    silent = {item.key for item in template.items if item.counts_only_ticks}
    assert silent <= set(WITHOUT_NONE)


def test_none_of_these_is_said_in_every_language() -> None:
    for template in (BANK, SHORT, TEMPLATES["easy-read", "2026.2"]):
        for item in template.items:
            for option in item.options:
                if option.role is QuestionRole.NONE:
                    assert all(option.label.has(tag) for tag in template.languages), item.key
