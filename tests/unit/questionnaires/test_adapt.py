from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires import adapt as ad
from survey.questionnaires import document
from survey.questionnaires.adapt import (
    Adaptation,
    AdaptationError,
    OwnContact,
    OwnItem,
    OwnPlace,
    adapt,
    changes,
    missing_before_launch,
)
from survey.questionnaires.load import load
from survey.questionnaires.model import (
    YEARS,
    Inside,
    ItemKind,
    Questionnaire,
    QuestionRole,
    Text,
)

SMALL = load(Path(__file__).parent / "small-1.toml")
NOTHING = Adaptation()


def en(words: str) -> Text:
    return Text.of({"en": words})


def own(**changed: Any) -> OwnItem:
    plain = OwnItem(
        "Z1", "B", "PLACE", ItemKind.ONE, en("Is the hall safe?"), (en("Yes"), en("No"))
    )
    return replace(plain, **changed)


def keys(questionnaire: Questionnaire, item: str) -> list[str]:
    return [part.key for part in questionnaire.by_key[item].rows or ()] or list(
        questionnaire.by_key[item].answers
    )


# What changes


def test_nothing_changed_is_the_template_with_its_places_side_by_side() -> None:
    adapted = adapt(SMALL, NOTHING)
    assert adapted.sections == SMALL.sections
    assert [place.key for place in adapted.places] == [
        "classrooms", "toilets", "gates", "park", "bus_stop",
    ]  # fmt: skip


def test_an_optional_item_goes_off_and_on() -> None:
    off = ad.switch_item(SMALL, NOTHING, item="B4", on=False)
    assert not adapt(SMALL, off).by_key["B4"].on
    assert ad.switch_item(SMALL, off, item="B4", on=True) == NOTHING
    assert adapt(SMALL, ad.switch_item(SMALL, NOTHING, item="H2", on=True)).by_key["H2"].on


def test_an_item_that_is_off_takes_its_follow_up_with_it() -> None:
    off = ad.switch_item(SMALL, NOTHING, item="K2", on=False)
    assert not {"K2", "K2a"} & {item.key for item in adapt(SMALL, off).asked}


def test_a_gate_is_raised_and_put_back() -> None:
    raised = ad.raise_gate(SMALL, NOTHING, item="H2", from_year=11)
    assert adapt(SMALL, raised).by_key["H2"].from_year == 11
    assert ad.raise_gate(SMALL, raised, item="H2", from_year=9) == NOTHING


def test_when_only_older_students_are_left_theirs_are_the_words() -> None:
    raised = adapt(SMALL, ad.raise_gate(SMALL, NOTHING, item="H1", from_year=10))
    assert raised.by_key["H1"].wording_for(10) == SMALL.by_key["H1"].wording_for(10)
    assert raised.by_key["H1"].wording_for(None).in_language("en") == "Do you hear sexist comments?"


def test_an_optional_item_is_reworded_in_all_languages_at_once() -> None:
    reworded = ad.reword(SMALL, NOTHING, item="A3", wording=en("How do you get here?"))
    wording = adapt(SMALL, reworded).by_key["A3"].wording
    # The Welsh of the template would ask something else now.
    assert wording.in_language("cy") == "How do you get here?"
    assert ad.reword(SMALL, reworded, item="A3", wording=None) == NOTHING


def test_a_renamed_place_keeps_its_key_and_is_renamed_everywhere() -> None:
    renamed = replace(NOTHING, place_labels={"toilets": en("The new toilets")})
    adapted = adapt(SMALL, renamed)
    assert keys(adapted, "B2") == keys(SMALL, "B2")
    option = adapted.by_key["F2"].option("toilets")
    assert option is not None
    assert option.label == adapted.by_key["B2"].rows[1].label == en("The new toilets")


def test_an_absent_place_is_in_no_list() -> None:
    adapted = adapt(SMALL, replace(NOTHING, absent=("toilets",)))
    assert keys(adapted, "B2") == ["classrooms", "gates"]
    assert "toilets" not in keys(adapted, "B3")
    place = adapted.place("toilets")
    assert place is not None
    assert not place.present


def test_own_places_come_after_those_of_their_side() -> None:
    added = ad.add_place(SMALL, NOTHING, label=en("Old Pier"), inside=Inside.OUTSIDE)
    added = ad.add_place(SMALL, added, label=en("Sports Hall"), inside=Inside.INSIDE)
    adapted = adapt(SMALL, added)
    inside = ["classrooms", "toilets", "gates", "own_sports_hall"]
    outside = ["park", "bus_stop", "own_old_pier"]
    assert keys(adapted, "B2") == inside
    assert keys(adapted, "B3") == [*inside, *outside, "online", "none"]
    assert keys(adapted, "K2a") == outside


def test_places_of_one_name_on_two_sides_have_two_keys() -> None:
    added = ad.add_place(SMALL, NOTHING, label=en("Field"), inside=Inside.INSIDE)
    added = ad.add_place(SMALL, added, label=en("Field"), inside=Inside.OUTSIDE)
    assert [place.key for place in added.own_places] == ["own_field", "own_field_2"]


def test_own_items_stand_at_the_end_of_their_section() -> None:
    added = ad.add_item(
        SMALL, NOTHING, section="B", theme="PLACE", kind=ItemKind.SEVERAL,
        wording=en("What would help in the hall?"), options=(en("Light"), en("Adults")), most=1,
        from_year=8,
    )  # fmt: skip
    adapted = adapt(SMALL, added)
    item = adapted.sections[1].items[-1]
    assert (item.key, item.own, item.core, item.from_year) == ("Z1", True, False, 8)
    assert [(option.key, option.role) for option in item.options] == [
        ("o1", QuestionRole.ANSWER),
        ("o2", QuestionRole.ANSWER),
        ("none", QuestionRole.NONE),
    ]
    assert ad.remove_item(SMALL, added, item="Z1") == NOTHING


def test_an_own_item_can_be_changed() -> None:
    added = Adaptation(own_items=(own(),))
    changed = ad.change_item(SMALL, added, item=own(wording=en("Is the gym safe?")))
    assert adapt(SMALL, changed).by_key["Z1"].wording == en("Is the gym safe?")
    with pytest.raises(AdaptationError):
        ad.change_item(SMALL, added, item=own(key="Z2"))


def test_sections_change_places() -> None:
    order = ("A", "O", "K", "B", "F", "H")
    moved = ad.order_sections(SMALL, NOTHING, order=order)
    assert tuple(section.key for section in adapt(SMALL, moved).sections) == order
    back = ad.order_sections(SMALL, moved, order=("A", "B", "F", "H", "K", "O"))
    assert back == NOTHING


def test_a_school_offers_some_of_the_languages() -> None:
    welsh = ad.offer_languages(SMALL, NOTHING, languages=("cy",))
    assert adapt(SMALL, welsh).languages == ("cy",)


def test_people_of_the_school_come_first_among_help() -> None:
    nurse = OwnContact(en("School nurse"), en("Knock any time"), en("Room 4"))
    adapted = adapt(SMALL, ad.set_contacts(SMALL, NOTHING, contacts=(nurse,)))
    assert [(contact.key, contact.own) for contact in adapted.help] == [
        ("school_1", True),
        ("childline", False),
    ]
    assert adapted.help[0].room == en("Room 4")


def test_help_is_required_before_launch() -> None:
    assert "at least one person" in missing_before_launch(SMALL, NOTHING)[0]
    nurse = OwnContact(en("School nurse"), en("Knock any time"))
    (missing,) = missing_before_launch(SMALL, Adaptation(contacts=(nurse,)))
    assert "room" in missing
    whole = replace(nurse, room=en("Room 4"), times=en("Every day"), email="nurse@school.example")
    assert missing_before_launch(SMALL, Adaptation(contacts=(nurse, whole))) == ()
    for part in ("room", "times", "email"):
        assert missing_before_launch(
            SMALL, Adaptation(contacts=(replace(whole, **{part: None}),))
        ), part


# The summary


def test_changes_are_listed_as_data() -> None:
    adaptation = Adaptation(
        switched={"B4": False, "H2": True, "K2": True},  # K2 is on anyway
        gates={"H2": 10},
        wordings={"A3": en("How do you get here?")},
        place_labels={"gates": en("Main gate")},
        absent=("toilets",),
        own_places=(OwnPlace("own_hall", en("Hall"), Inside.INSIDE),),
        own_items=(own(),),
        section_order=("A", "F", "B", "H", "K", "O"),
        languages=("cy", "en"),
        contacts=(OwnContact(en("Nurse"), en("Knock")),),
    )
    assert [(change.kind, change.key) for change in changes(SMALL, adaptation)] == [
        ("reworded", "A3"),
        ("item_off", "B4"),
        ("item_on", "H2"),
        ("gate_raised", "H2"),
        ("item_added", "Z1"),
        ("place_absent", "toilets"),
        ("place_renamed", "gates"),
        ("place_added", "own_hall"),
        ("sections_reordered", ""),
        ("languages_chosen", ""),
        ("contact_added", "school_1"),
    ]
    assert changes(SMALL, NOTHING) == ()


# Whatever a school does

Step = Callable[[Adaptation], Adaptation]
labels = st.sampled_from(["Hall", "Gym", "Pond", "Long path", "Café", "Y neuadd"]).map(en)
item_keys = st.sampled_from([*SMALL.by_key, "Q1"])
place_keys = st.sampled_from([place.key for place in SMALL.places])
steps = st.one_of(
    st.builds(lambda i, on: lambda a: ad.switch_item(SMALL, a, item=i, on=on),
              item_keys, st.booleans()),
    st.builds(lambda i, y: lambda a: ad.raise_gate(SMALL, a, item=i, from_year=y),
              item_keys, st.integers(6, 14)),
    st.builds(lambda i, t: lambda a: ad.reword(SMALL, a, item=i, wording=t), item_keys, labels),
    st.builds(lambda p, t: lambda a: replace(a, place_labels={**a.place_labels, p: t}),
              place_keys, labels),
    st.builds(lambda p: lambda a: replace(a, absent=(*a.absent, p)), place_keys),
    st.builds(lambda t, s: lambda a: ad.add_place(SMALL, a, label=t, inside=s),
              labels, st.sampled_from(Inside)),
    st.builds(lambda o: lambda a: ad.order_sections(SMALL, a, order=tuple(o)),
              st.permutations("ABFHKO").map(lambda o: ["A", *(k for k in o if k != "A")])),
    st.builds(lambda s, t: lambda a: ad.add_item(
        SMALL, a, section=s, theme="PLACE", kind=ItemKind.ONE, wording=t,
        options=(en("Yes"), en("No"))), st.sampled_from("ABFHKO"), labels),
)  # fmt: skip


def legal(taken: list[Step]) -> Adaptation:
    """The adaptation after the steps that were allowed."""
    adaptation = NOTHING
    for step in taken:
        try:
            changed = step(adaptation)
            adapt(SMALL, changed)
        except AdaptationError:
            continue
        adaptation = changed
    return adaptation


@given(st.lists(steps, max_size=12).map(legal))
def test_core_items_stay_what_they_are(adaptation: Adaptation) -> None:
    adapted = adapt(SMALL, adaptation)
    places = {place.key for place in (*SMALL.places, *adapted.places)}
    for item in SMALL.items:
        now = adapted.by_key[item.key]
        assert now.from_year >= item.from_year
        assert (now.kind, now.sensitivity, now.themes, now.core, now.ends, now.show_if) == (
            item.kind, item.sensitivity, item.themes, item.core, item.ends, item.show_if,
        )  # fmt: skip
        assert [option for option in now.options if option.key not in places] == [
            option for option in item.options if option.key not in places
        ]
        if item.core:
            assert now.on
            years = range(now.from_year, YEARS[-1] + 1)
            assert [now.wording_for(y) for y in years] == [item.wording_for(y) for y in years]
            if item.places is None:
                assert (now.options, now.rows) == (item.options, item.rows)
    canonical = [place.key for place in adapted.places if not place.own]
    assert sorted(canonical) == sorted(place.key for place in SMALL.places)


@given(st.lists(steps, max_size=12).map(legal))
def test_a_draft_and_what_is_launched_from_it_can_be_stored(adaptation: Adaptation) -> None:
    stored = json.loads(json.dumps(ad.to_document(adaptation)))
    assert ad.from_document(stored) == adaptation
    adapted = adapt(SMALL, adaptation)
    assert document.from_document(document.to_document(adapted)) == adapted
