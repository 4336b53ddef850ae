"""An authority's core: what it locks holds for every school, by the rules of our core."""

from __future__ import annotations

from dataclasses import replace

import pytest

from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.authority_core import can_be_locked, with_core
from survey.questionnaires.document import canonical, content_hash, from_document, to_document
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Condition, ItemKind, Text
from survey.releases.tabulation_plan import plan

SAFETY = load_all()["safety", "2026.3"]
LOCKABLE = [item.key for item in SAFETY.items if can_be_locked(item)]


def english(words: str) -> Text:
    return Text.of({"en": words})


def locking(*keys: str) -> Adaptation:
    return Adaptation(switched=dict.fromkeys(keys, True))


def with_own_item() -> Adaptation:
    return adapt.add_item(
        SAFETY,
        Adaptation(),
        section="B",
        theme="PLACE",
        kind=ItemKind.ONE,
        wording=english("How safe is the new bus station?"),
        options=(english("Safe"), english("Not safe")),
    )


@pytest.mark.parametrize("template", load_all().values(), ids=lambda one: one.key)
def test_an_authority_that_locks_nothing_has_the_template_itself(template):
    assert with_core(template, Adaptation()) == template
    assert canonical(with_core(template, Adaptation())) == canonical(template)


@pytest.mark.parametrize("key", LOCKABLE)
def test_a_locked_item_can_neither_be_left_out_nor_worded_otherwise(key: str):
    template = with_core(SAFETY, locking(key))
    assert template.by_key[key].core
    assert template.by_key[key] in template.asked
    with pytest.raises(AdaptationError, match="asked in every school") as refused:
        adapt.switch_item(template, Adaptation(), item=key, on=False)
    assert refused.value.field == f"switched.{key}"
    own = english("How safe is it here?")
    with pytest.raises(AdaptationError, match="same words in every school"):
        adapt.reword(template, Adaptation(), item=key, wording=own)
    # A document someone made up meets the same rules.
    with pytest.raises(AdaptationError):
        adapt.adapt(template, Adaptation(switched={key: False}))
    with pytest.raises(AdaptationError):
        adapt.adapt(template, Adaptation(wordings={key: own}))


@pytest.mark.parametrize("key", LOCKABLE)
def test_what_is_not_locked_stays_as_optional_as_it_was(key: str):
    template = with_core(SAFETY, locking(key))
    changed = {item.key for item in template.items if item != SAFETY.by_key[item.key]}
    follow = {item.key for item in SAFETY.items if item.part_of == key}
    assert changed == {key} | {one for one in follow if template.by_key[one].core}
    others = [one for one in LOCKABLE if one not in changed]
    left_out = adapt.adapt(template, Adaptation(switched=dict.fromkeys(others, False)))
    assert not {item.key for item in left_out.asked} & set(others)
    assert {item.key for item in left_out.asked} >= changed


def test_a_follow_up_is_locked_with_the_item_it_belongs_to():
    template = with_core(SAFETY, locking("K2"))
    assert template.by_key["K2a"].core
    assert with_core(SAFETY, Adaptation()).by_key["K2a"].core is False


def test_what_an_item_hangs_on_is_locked_with_it():
    shown = Condition("A5", (SAFETY.by_key["A5"].options[0].key,))
    sections = tuple(
        section
        if section.key != "B"
        else replace(
            section,
            items=tuple(
                replace(item, show_if=shown) if item.key == "B5" else item for item in section.items
            ),
        )
        for section in SAFETY.sections
    )
    template = replace(SAFETY, sections=sections)
    locked = with_core(template, locking("B5"))
    assert locked.by_key["A5"].core
    assert locked.by_key["A5"].on


def test_an_item_of_the_authority_is_core_and_the_schools_own_come_after_it():
    template = with_core(SAFETY, with_own_item())
    item = template.by_key["Z1"]
    assert (item.core, item.own) == (True, False)
    school = adapt.add_item(
        template,
        Adaptation(),
        section="B",
        theme="PLACE",
        kind=ItemKind.ONE,
        wording=english("How safe is the pond?"),
        options=(english("Safe"), english("Not safe")),
    )
    assert [own.key for own in school.own_items] == ["Z2"]
    both = adapt.adapt(template, school)
    assert (both.by_key["Z1"].core, both.by_key["Z2"].own) == (True, True)
    assert from_document(to_document(both)) == both
    with pytest.raises(AdaptationError):
        adapt.remove_item(template, Adaptation(), item="Z1")


def test_what_is_locked_is_compared_and_what_is_not_is_not():
    template = with_core(SAFETY, replace(with_own_item(), switched={"B5": True}))
    core = {table.key.partition(":")[0] for table in plan(template) if table.is_core}
    assert {"Z1", "B5"} <= core
    before = {table.key.partition(":")[0] for table in plan(SAFETY) if table.is_core}
    assert core - before == {"Z1", "B5"}


@pytest.mark.parametrize(
    "core",
    [
        Adaptation(switched={"B5": False}),
        Adaptation(switched={"B1": True}),  # ours
        Adaptation(switched={"P2": True}),  # free text
        Adaptation(switched={"K2a": True}),  # comes with K2
        Adaptation(switched={"Q99": True}),
        Adaptation(gates={"B5": 9}),
        Adaptation(wordings={"B5": english("Where is it safe?")}),
        Adaptation(absent=("library",)),
        Adaptation(languages=("en",)),
    ],
)
def test_an_authority_can_do_no_more_than_lock_and_add(core: Adaptation):
    with pytest.raises(AdaptationError):
        with_core(SAFETY, core)


def test_an_item_of_the_authority_keeps_the_rules_for_own_items():
    bad = replace(
        with_own_item(),
        own_items=(replace(with_own_item().own_items[0], wording=english("What is your name?")),),
    )
    with pytest.raises(AdaptationError):
        with_core(SAFETY, bad)


def test_schools_of_one_programme_launch_the_very_same_questionnaire():
    core = replace(with_own_item(), switched={"B5": True})
    one, two = (adapt.adapt(with_core(SAFETY, core), Adaptation()) for _ in range(2))
    assert content_hash(one) == content_hash(two)
