from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from survey.questionnaires import adapt as ad
from survey.questionnaires.adapt import (
    Adaptation,
    AdaptationError,
    OwnContact,
    OwnItem,
    OwnPlace,
    adapt,
)
from survey.questionnaires.load import load
from survey.questionnaires.model import Inside, ItemKind, Text

SMALL = load(Path(__file__).parent / "small-1.toml")
NOTHING = Adaptation()


def en(words: str) -> Text:
    return Text.of({"en": words})


def own(**changed: Any) -> OwnItem:
    plain = OwnItem(
        "Z1", "B", "PLACE", ItemKind.ONE, en("Is the hall safe?"), (en("Yes"), en("No"))
    )
    return replace(plain, **changed)


# What is not allowed: as a document that someone made up, past all forms

NO = [
    ("switched.B1", Adaptation(switched={"B1": False})),
    ("switched.Q1", Adaptation(switched={"Q1": True})),
    ("gates.A1", Adaptation(gates={"A1": 8})),
    ("gates.H2", Adaptation(gates={"H2": 8})),
    ("gates.A3", Adaptation(gates={"A3": 7})),
    ("gates.A3", Adaptation(gates={"A3": 14})),
    ("gates.Q1", Adaptation(gates={"Q1": 8})),
    ("wordings.B1", Adaptation(wordings={"B1": en("Is it nice?")})),  # core
    ("wordings.H2", Adaptation(wordings={"H2": en("Is it nice?")})),  # sensitivity 3
    ("wordings.P2", Adaptation(wordings={"P2": en("Tell us all")})),  # free text
    ("wordings.Q1", Adaptation(wordings={"Q1": en("Is it nice?")})),
    ("wordings.A3", Adaptation(wordings={"A3": en("What is your name?")})),
    ("wordings.A3", Adaptation(wordings={"A3": en("word " * 19)})),
    ("wordings.A3", Adaptation(wordings={"A3": Text.of({"fr": "Comment viens-tu ?"})})),
    ("place_labels.moon", Adaptation(place_labels={"moon": en("Moon")})),
    ("place_labels.gates", Adaptation(place_labels={"gates": en("x" * 61)})),
    ("place_labels.gates", Adaptation(place_labels={"gates": en("Room of Mr Example")})),
    ("place_labels", Adaptation(place_labels={"gates": en("Toilets ")})),
    ("absent.moon", Adaptation(absent=("moon",))),
    ("absent", Adaptation(absent=("gates", "gates"))),
    ("absent", Adaptation(absent=("gates", "toilets"))),
    ("absent", Adaptation(absent=("park",))),
    ("own_places", Adaptation(own_places=(OwnPlace("gates", en("Hall"), Inside.INSIDE),))),
    ("own_places.hall", Adaptation(own_places=(OwnPlace("hall", en("Hall"), Inside.INSIDE),))),
    ("own_items", Adaptation(own_items=(own(key="A1"),))),
    ("own_items", Adaptation(own_items=(own(), own()))),
    ("own_items.B9", Adaptation(own_items=(own(key="B9"),))),
    ("own_items.Z1", Adaptation(own_items=(own(section="Q"),))),
    ("own_items.Z1", Adaptation(own_items=(own(section="A"),))),
    ("own_items.Z1", Adaptation(own_items=(own(theme="DEMO"),))),
    ("own_items.Z1", Adaptation(own_items=(own(theme="FOOD"),))),
    ("own_items.Z1", Adaptation(own_items=(own(kind=ItemKind.TEXT, options=()),))),
    ("own_items.Z1", Adaptation(own_items=(own(kind=ItemKind.GRID),))),
    ("own_items.Z1", Adaptation(own_items=(own(kind=ItemKind.SCALE, options=()),))),
    ("own_items.Z1", Adaptation(own_items=(own(ends=(en("Low"), en("High"))),))),
    ("own_items.Z1", Adaptation(own_items=(own(options=(en("Yes"),)),))),
    ("own_items.Z1", Adaptation(own_items=(own(options=(en("Yes"), en("yes"))),))),
    ("own_items.Z1", Adaptation(own_items=(own(options=tuple(map(en, "abcdefghijk"))),))),
    ("own_items.Z1", Adaptation(own_items=(own(most=1),))),
    ("own_items.Z1", Adaptation(own_items=(own(kind=ItemKind.SEVERAL, most=3),))),
    ("own_items.Z1", Adaptation(own_items=(own(from_year=6),))),
    ("own_items.Z1", Adaptation(own_items=(own(wording=en("Do you feel safe at home?")),))),
    ("own_items.Z1", Adaptation(own_items=(own(options=(en("Yes"), en("Suicide"))),))),
    ("section_order", Adaptation(section_order=("B", "A", "F", "H", "K", "O"))),
    ("section_order", Adaptation(section_order=("A", "B"))),
    ("section_order", Adaptation(section_order=("A", "B", "F", "H", "K", "K"))),
    ("languages", Adaptation(languages=("fr",))),
    ("languages", Adaptation(languages=("en", "en"))),
    ("contacts", Adaptation(contacts=(OwnContact(en("Nurse"), en("Knock")),) * 5)),
    ("contacts.0", Adaptation(contacts=(OwnContact(en("Nurse"), en("x" * 161)),))),
    ("contacts.0", Adaptation(contacts=(OwnContact(en("Nurse"), Text.of({"fr": "Ici"})),))),
]  # fmt: skip


@pytest.mark.parametrize(("field", "adaptation"), NO)
def test_a_crafted_document_is_refused_by_name(field: str, adaptation: Adaptation) -> None:
    through = ad.from_document(json.loads(json.dumps(ad.to_document(adaptation))))
    assert through == adaptation
    with pytest.raises(AdaptationError) as refused:
        adapt(SMALL, through)
    assert refused.value.field == field
    assert refused.value.why == refused.value.message != ""


def test_an_official_wording_stays() -> None:
    items = tuple(
        replace(item, source="Office for National Statistics") if item.key == "A3" else item
        for item in SMALL.sections[0].items
    )
    official = replace(
        SMALL, sections=(replace(SMALL.sections[0], items=items), *SMALL.sections[1:])
    )
    with pytest.raises(AdaptationError) as refused:
        ad.reword(official, NOTHING, item="A3", wording=en("How do you get here?"))
    assert "official" in refused.value.why


def test_a_section_stays_after_what_it_follows_up() -> None:
    section = replace(SMALL.sections[2], items=SMALL.sections[2].items[:1])
    follow_up = replace(SMALL.sections[2], key="G", items=SMALL.sections[2].items[1:])
    split = replace(SMALL, sections=(SMALL.sections[0], section, follow_up), indicators=())
    with pytest.raises(AdaptationError) as refused:
        ad.order_sections(split, NOTHING, order=("A", "G", "F"))
    assert refused.value.field == "section_order"
    assert "F2 follows up F1" in refused.value.why


@pytest.mark.parametrize("side", Inside)
def test_at_most_six_own_places_a_side(side: Inside) -> None:
    adaptation = NOTHING
    for number in range(6):
        adaptation = ad.add_place(SMALL, adaptation, label=en(f"Spot {number}"), inside=side)
    with pytest.raises(AdaptationError, match="up to 6"):
        ad.add_place(SMALL, adaptation, label=en("One more"), inside=side)


def test_at_most_eight_own_items() -> None:
    eight = tuple(own(key=f"Z{number}") for number in range(1, 9))
    assert len(adapt(SMALL, Adaptation(own_items=eight)).items) == len(SMALL.items) + 8
    with pytest.raises(AdaptationError, match="up to 8"):
        adapt(SMALL, Adaptation(own_items=(*eight, own(key="Z9"))))


@pytest.mark.parametrize(
    "document",
    [{}, {"format": 1}, {"format": 1, **ad.to_document(NOTHING), "core": []},
     {**ad.to_document(NOTHING), "gates": {"H2": "9"}}],
)  # fmt: skip
def test_a_document_of_another_shape_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(AdaptationError):
        ad.from_document(document)
