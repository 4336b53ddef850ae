"""What is the same question in two waves, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from survey.questionnaires import adapt
from survey.questionnaires.adaptation import Adaptation
from survey.questionnaires.load import load_all
from survey.questionnaires.model import (
    Condition,
    Inside,
    Item,
    ItemKind,
    Questionnaire,
    QuestionRole,
    Text,
)
from survey.releases.tabulation_plan import plan
from survey.reports.trends.comparability import Alike, Relation

SAFETY = load_all()["safety", "2026.3"]
Edit = Callable[[Item], Item]


def with_item(key: str, edit: Edit, of: Questionnaire = SAFETY) -> Questionnaire:
    sections = tuple(
        replace(one, items=tuple(edit(item) if item.key == key else item for item in one.items))
        for one in of.sections
    )
    return replace(of, sections=sections)


def said(text: Text, **words: str) -> Text:
    return Text.of(dict(text.by_language) | words)


def reworded(**words: str) -> Edit:
    return lambda item: replace(item, wording=said(item.wording, **words))


def relabelled(option: str, **words: str) -> Edit:
    def edit(item: Item) -> Item:
        options = tuple(
            replace(one, label=said(one.label, **words)) if one.key == option else one
            for one in item.options
        )
        return replace(item, options=options)

    return edit


def row_called(row: str, **words: str) -> Edit:
    def edit(item: Item) -> Item:
        rows = tuple(
            replace(one, label=said(one.label, **words)) if one.key == row else one
            for one in item.rows
        )
        return replace(item, rows=rows)

    return edit


def school(**changes: object) -> Questionnaire:
    return adapt.adapt(SAFETY, replace(Adaptation(), **changes))  # type: ignore[arg-type]


SHED = school(
    own_places=(adapt.OwnPlace("own_bike_shed", Text.of({"en": "Bike shed"}), Inside.INSIDE),)
)
GYM = school(
    own_places=(adapt.OwnPlace("own_bike_shed", Text.of({"en": "Gym wall"}), Inside.INSIDE),)
)
RIVALS = school(switched={"K2": True})
RIVALS_AND_SHED = school(
    switched={"K2": True},
    own_places=(adapt.OwnPlace("own_bike_shed", Text.of({"en": "Bike shed"}), Inside.INSIDE),),
)
RENAMED = school(place_labels={"toilets": Text.of({"en": "Toilets by the hall", "cy": "Toiledau"})})


def test_every_question_is_the_same_as_itself():
    alike = Alike(SAFETY, SAFETY)
    assert {alike.of(one.key).relation for one in plan(SAFETY)} == {Relation.SAME}
    assert alike.same_genders


@pytest.mark.parametrize(
    ("before", "now", "table", "relation"),
    [
        # Places are known by their key, whatever they are called.
        (SAFETY, RENAMED, "B2.toilets", Relation.SAME),
        (SAFETY, RENAMED, "B3:toilets", Relation.SAME),
        (SHED, GYM, "B2.own_bike_shed", Relation.SAME),
        (SAFETY, SHED, "B2.own_bike_shed", Relation.ADDED),
        (SHED, SAFETY, "B2.own_bike_shed", Relation.DROPPED),
        (SAFETY, school(absent=("gates",)), "B2.gates", Relation.DROPPED),
        # Every other row of the grid is a separate question.
        (SAFETY, SHED, "B2.toilets", Relation.SAME),
        # But where up to three may be ticked, one more takes ticks from the others.
        (SAFETY, SHED, "B3:toilets", Relation.OTHERWISE),
        (RIVALS, RIVALS_AND_SHED, "K2a:toilets", Relation.SAME),
        # And "any place outside" is of other places.
        (SAFETY, school(absent=("parks",)), "@journey_unsafe", Relation.OTHERWISE),
        (SAFETY, school(absent=("parks",)), "D1.stops", Relation.SAME),
        (SAFETY, school(switched={"A5": True}), "A5", Relation.ADDED),
        (SAFETY, SAFETY, "Z9", Relation.DROPPED),
    ],
)
def test_places_are_matched_by_what_they_are(
    before: Questionnaire, now: Questionnaire, table: str, relation: Relation
):
    assert Alike(before, now).of(table).relation is relation


def without_prefer_not(item: Item) -> Item:
    return replace(
        item, options=tuple(o for o in item.options if o.role is not QuestionRole.PREFER_NOT)
    )


def without_last_answer(item: Item) -> Item:
    return replace(item, options=item.options[:-2])


@pytest.mark.parametrize(
    ("item", "edit", "table"),
    [
        ("B6", reworded(en="How often do you avoid a place?"), "B6"),
        ("B6", reworded(cy="Pa mor aml?"), "B6"),
        ("B6", relabelled("never", en="Not once"), "B6"),
        ("B6", without_prefer_not, "B6"),
        ("B6", without_last_answer, "B6"),
        ("H1", reworded(en="How often?"), "@sexharm_heard"),
        ("F1", row_called("names", en="Called you things"), "F1.names"),
        ("F1", row_called("names", en="Called you things"), "@harm_any"),
        ("F3", lambda item: replace(item, most=2), "F3:toilets"),
        (
            "F3",
            lambda item: replace(item, show_if=Condition("F1", ("to_me", "both"))),
            "F3:toilets",
        ),
        # Who is led to F3 follows from F1.
        ("F1", reworded(en="Has it happened?"), "F3:toilets"),
        ("O1", lambda item: replace(item, ends=item.ends[::-1]), "O1"),
    ],
)
def test_a_question_in_other_words_or_with_other_answers_is_another(
    item: str, edit: Edit, table: str
):
    assert Alike(SAFETY, with_item(item, edit)).of(table).relation is Relation.OTHERWISE


def test_a_row_in_other_words_leaves_the_other_rows_as_they_were():
    edited = with_item("F1", row_called("names", en="Called you things"))
    assert Alike(SAFETY, edited).of("F1.hurt").relation is Relation.SAME


def test_a_better_translation_for_few_readers_ends_no_comparison():
    edited = with_item("B6", reworded(pl="Jak często?"))
    assert Alike(SAFETY, edited).of("B6").relation is Relation.SAME


def test_welsh_counts_where_welsh_was_offered():
    edited = with_item("B6", reworded(cy="Pa mor aml?"))
    english = [replace(one, languages=("en", "pl")) for one in (SAFETY, edited)]
    assert Alike(*english).of("B6").relation is Relation.SAME


def test_another_own_question_under_an_old_key_is_another():
    def asks(words: str) -> Questionnaire:
        return adapt.adapt(
            SAFETY,
            adapt.add_item(
                SAFETY,
                Adaptation(),
                section="C",
                theme="TIME",
                kind=ItemKind.ONE,
                wording=Text.of({"en": words}),
                options=(Text.of({"en": "Yes"}), Text.of({"en": "No"})),
            ),
        )

    first, second = asks("Do you stay for clubs?"), asks("Do you eat lunch?")
    assert Alike(first, first).of("Z1").relation is Relation.SAME
    assert Alike(first, second).of("Z1").relation is Relation.OTHERWISE


def test_of_a_raised_gate_only_the_years_that_were_asked_twice_compare():
    kin = Alike(SAFETY, school(gates={"B6": 9})).of("B6")
    assert (kin.relation, kin.from_year, kin.is_of_same_years) == (Relation.SAME, 9, False)


def test_girls_are_only_compared_where_gender_was_asked_alike():
    edited = with_item("A2", relabelled("girl", en="Female"))
    assert not Alike(SAFETY, edited).same_genders


def test_an_old_name_is_told_only_of_what_was_renamed():
    alike = Alike(SAFETY, RENAMED)
    old = alike.old_name("toilets")
    assert old is not None
    assert old.in_language("en") == "Toilets"
    assert alike.old_name("gates") is None
    assert Alike(SAFETY, SHED).old_name("own_bike_shed") is None


@pytest.mark.parametrize("key", ["D2", "P1", "F3"])
def test_a_list_that_got_none_of_these_is_another_question(key: str) -> None:
    def edit(item: Item) -> Item:
        return replace(
            item, options=tuple(o for o in item.options if o.role is not QuestionRole.NONE)
        )

    old = with_item(key, edit)
    tables = [one.key for one in plan(old) if one.key.startswith(f"{key}:")]
    assert len(tables) > 1
    assert Alike(old, SAFETY).of(f"{key}:none").relation is Relation.ADDED
    assert {Alike(old, SAFETY).of(one).relation for one in tables} == {Relation.OTHERWISE}
    assert {Alike(SAFETY, SAFETY).of(one).relation for one in tables} == {Relation.SAME}
