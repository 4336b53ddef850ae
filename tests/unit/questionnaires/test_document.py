from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires.document import (
    DocumentError,
    content_hash,
    from_document,
    to_document,
)
from survey.questionnaires.load import load_all
from survey.questionnaires.model import (
    Inside,
    Item,
    ItemKind,
    Option,
    Place,
    Questionnaire,
    QuestionRole,
    Section,
    Text,
    Wording,
)

words = st.text(min_size=1, max_size=12).filter(str.strip)
texts = st.dictionaries(st.sampled_from(("en", "cy", "ur")), words, min_size=1).map(Text.of)
options = st.lists(
    st.builds(Option, st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), texts,
              st.sampled_from(QuestionRole)),
    min_size=2, max_size=5, unique_by=lambda option: option.key,
)  # fmt: skip


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    items = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        kind = draw(st.sampled_from((ItemKind.ONE, ItemKind.SEVERAL, ItemKind.SCALE)))
        scale = kind is ItemKind.SCALE
        items.append(
            Item(
                f"B{number}",
                kind,
                draw(texts),
                ("PLACE",),
                options=() if scale else tuple(draw(options)),
                ends=(draw(texts), draw(texts)) if scale else None,
                older=draw(st.none() | st.builds(Wording, st.integers(8, 13), texts)),
                sensitivity=draw(st.integers(0, 3)),
                on=draw(st.booleans()),
                source=draw(st.none() | words),
            )
        )
    place = st.builds(Place, st.just("park"), texts, st.sampled_from(Inside), st.booleans())
    return Questionnaire(
        key="any",
        version=draw(words),
        title=draw(texts),
        languages=("en",),
        places=tuple(draw(st.lists(place, max_size=1))),
        sections=(Section("B", draw(texts), tuple(items), draw(st.none() | texts)),),
    )


@given(questionnaires())
def test_a_document_gives_back_what_it_was_made_of(questionnaire: Questionnaire) -> None:
    through = json.loads(json.dumps(to_document(questionnaire)))
    assert from_document(through) == questionnaire
    assert content_hash(from_document(through)) == content_hash(questionnaire)


@pytest.mark.parametrize("named", sorted(load_all()))
def test_every_shipped_template_goes_through(named: tuple[str, str]) -> None:
    template = load_all()[named]
    assert from_document(json.loads(json.dumps(to_document(template)))) == template


def test_the_hash_sees_every_word_and_no_order_of_writing(small: Questionnaire) -> None:
    document = to_document(small)
    shuffled = dict(reversed(document.items()))
    assert content_hash(from_document(shuffled)) == content_hash(small)
    assert content_hash(replace(small, version="2")) != content_hash(small)
    document["sections"][0]["items"][0]["help"] = {"en": "One"}
    assert content_hash(from_document(document)) != content_hash(small)
    assert len(content_hash(small)) == 64


def _item(document: dict[str, Any]) -> dict[str, Any]:
    found = document["sections"][0]["items"][0]
    assert isinstance(found, dict)
    return found


BROKEN = [
    (lambda d: d.pop("format"), "format"),
    (lambda d: d.update(format=2), "format"),
    (lambda d: d.update(extra=1), "document"),
    (lambda d: d.pop("places"), "document"),
    (lambda d: d.update(languages="en"), "languages"),
    (lambda d: d.update(languages=[1]), "languages[0]"),
    (lambda d: d.update(title="Small"), "title"),
    (lambda d: d.update(title={}), "title"),
    (lambda d: _item(d).update(kind="slider"), "sections[0].items[0].kind"),
    (lambda d: _item(d).update(sensitivity=True), "sections[0].items[0].sensitivity"),
    (lambda d: _item(d).update(from_year=5), "sections[0].items[0]"),
    (lambda d: _item(d).update(by_key={}), "sections[0].items[0]"),
    (lambda d: _item(d).update(ends=[{"en": "low"}]), "sections[0].items[0].ends"),
    (lambda d: _item(d).update(wording={"en": 1}), "sections[0].items[0].wording"),
    (lambda d: d["sections"].append(d["sections"][0]), "section A, item A1"),
]


@pytest.mark.parametrize(("breaks", "where"), BROKEN)
def test_a_broken_document_says_where(small: Questionnaire, breaks: Any, where: str) -> None:
    document = to_document(small)
    breaks(document)
    with pytest.raises(DocumentError) as broken:
        from_document(document)
    assert str(broken.value).startswith(f"{where}: ")


def test_a_document_from_before_there_were_definitions_is_still_read() -> None:
    template = load_all()["safety", "2026.3"]
    document = to_document(template)
    del document["definitions"]
    assert from_document(document) == replace(template, definitions=())
