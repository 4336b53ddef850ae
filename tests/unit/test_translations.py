"""Every catalogue says everything the interface says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(ROOT.glob("translations/*/LC_MESSAGES/messages.po"))
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?.?", re.DOTALL)

sweep = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)


@cache
def said() -> dict[str, tuple[str, ...]]:
    """The words in the code now: by singular, each with its plural if it has one."""
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    found = extract_from_dir(ROOT / "survey", methods, options, KEYWORDS)
    forms = (message if isinstance(message, tuple) else (message,) for _, _, message, *_ in found)
    return {form[0]: form for form in sorted(forms, key=len)}


@cache
def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, abort_invalid=True)


def messages(path: Path) -> Iterator[Message]:
    """Without the header, whose id is empty."""
    return (message for message in catalogue(path) if message.id)


def forms(words: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ())


def placeholders(words: str) -> frozenset[str]:
    """What formatting would fill or trip over, a lone per cent sign too."""
    return frozenset(PLACEHOLDER.findall(words))


def test_there_are_catalogues_and_words_to_compare() -> None:
    assert CATALOGUES
    assert said()["Next"] == ("Next",)  # from a template
    assert said()["Northern Ireland"] == ("Northern Ireland",)  # lazy, from code
    assert len(said()["About %(num)s minute."]) == 2


@sweep
def test_nothing_is_missing_and_nothing_is_stale(path: Path) -> None:
    listed = {forms(message.id) for message in messages(path)}
    missing, stale = set(said().values()) - listed, listed - set(said().values())
    assert not missing, f"run scripts/messages.sh and translate: {sorted(missing)}"
    assert not stale, f"run scripts/messages.sh: {sorted(stale)}"


@sweep
def test_everything_is_translated_in_every_plural_form(path: Path) -> None:
    number_of_plurals = catalogue(path).num_plurals
    for message in messages(path):
        given = forms(message.string)
        assert len(given) == (number_of_plurals if message.pluralizable else 1), message.id
        assert all(form.strip() for form in given), f"not translated: {message.id}"


@sweep
def test_nothing_is_a_guess(path: Path) -> None:
    # A fuzzy header makes the compiler leave the whole catalogue out.
    assert not catalogue(path).fuzzy, "the header is marked fuzzy"
    assert not [message.id for message in messages(path) if message.fuzzy]


@sweep
def test_the_header_tells_the_plural_forms_of_the_language(path: Path) -> None:
    known = get_plural(path.parents[1].name)
    assert f"nplurals={known.num_plurals};" in path.read_text(encoding="utf-8")
    assert catalogue(path).num_plurals == known.num_plurals
    assert catalogue(path).plural_expr == known.plural_expr


@sweep
def test_placeholders_are_those_of_the_english(path: Path) -> None:
    for message in messages(path):
        asked = {placeholders(form) for form in forms(message.id)}
        for form in filter(None, forms(message.string)):
            assert placeholders(form) in asked, f"{message.id!r} became {form!r}"
