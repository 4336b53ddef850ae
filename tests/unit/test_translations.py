"""Every catalogue says everything there is to say in its language, and nothing else.

Staff read English and Welsh; students, and who holds a printed sheet, read all ten languages. So
the whole interface is in Welsh, the student's part of it and the questionnaires in all others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from flask_babel.speaklater import LazyString

from survey.languages import LANGUAGES, TRANSLATIONS, Script
from survey.questionnaires.translations.catalogues import FOLDER, catalogue_path

ROOT = Path(__file__).parents[2]
KEYWORDS = {
    "babel.cfg": DEFAULT_KEYWORDS | {"_l": None},
    "babel-student.cfg": DEFAULT_KEYWORDS | {"_l": None},
    "babel-questionnaires.cfg": {
        **{name: DEFAULT_KEYWORDS[name] for name in ("gettext", "pgettext")},
        "words_of": None,
    },
}
"""What marks words, as scripts/messages.sh says it."""
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?.?", re.DOTALL)

Said = tuple[str, tuple[str, ...]]
"""The context, and the words: a singular, with its plural if it has one."""


class Held(NamedTuple):
    """A catalogue, and the words it is held to."""

    tag: str
    domain: str

    @property
    def words(self) -> str:
        if self.domain == "questionnaires":
            return "babel-questionnaires.cfg"
        return "babel.cfg" if LANGUAGES[self.tag].staff else "babel-student.cfg"


HELD = tuple(Held(tag, domain) for tag in TRANSLATIONS for domain in ("messages", "questionnaires"))
sweep = pytest.mark.parametrize("held", HELD, ids=lambda held: "-".join(held))


@cache
def said(mapping: str) -> frozenset[Said]:
    """The words in the code and the templates now."""
    with (ROOT / mapping).open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(ROOT / "survey", methods, options, KEYWORDS[mapping])
    by_start: dict[tuple[str, str], tuple[str, ...]] = {}
    for _file, _line, message, _comments, context in found:
        words = forms(message)
        known = by_start.get((context or "", words[0]), ())
        by_start[context or "", words[0]] = max(known, words, key=len)
    return frozenset((context, words) for (context, _), words in by_start.items())


@cache
def catalogue(held: Held) -> Catalog:
    with catalogue_path(FOLDER, *held).open("rb") as file:
        return read_po(file, locale=held.tag, abort_invalid=True)


def messages(held: Held) -> Iterator[Message]:
    """Without the header, whose id is empty."""
    return (message for message in catalogue(held) if message.id)


def translations(held: Held) -> Iterator[tuple[str, str]]:
    """English and translation, of all that is translated; of plural forms each with the plural."""
    for message in messages(held):
        for form in filter(None, forms(message.string)):
            yield forms(message.id)[-1], form


def forms(words: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ())


def placeholders(words: str) -> frozenset[str]:
    """What formatting would fill or trip over, a lone per cent sign too."""
    return frozenset(PLACEHOLDER.findall(words))


def test_there_are_words_to_compare() -> None:
    whole, student = said("babel.cfg"), said("babel-student.cfg")
    assert ("", ("Next",)) in student  # from a template
    assert ("", ("That code does not work",)) in student  # lazy, from code
    assert ("", ("Northern Ireland",)) in whole - student  # for staff alone
    asked = said("babel-questionnaires.cfg")
    assert ("", ("Which year are you in?",)) in asked
    assert ("A4", ("Yes",)) in asked  # an answer, under its item
    assert ("", ("None of these",)) in asked  # added to own items


def test_no_sentence_has_a_line_break_of_its_template() -> None:
    words = [one for mapping in KEYWORDS for _context, said_ in said(mapping) for one in said_]
    assert [one for one in words if re.search(r"[^\n]\n ", one) or "   " in one] == []


def test_every_language_has_its_folder_and_no_other_has() -> None:
    assert {path.parent.name for path in FOLDER.glob("*/LC_MESSAGES")} == {*TRANSLATIONS}


@sweep
def test_nothing_is_missing_and_nothing_is_stale(held: Held) -> None:
    listed = {(message.context or "", forms(message.id)) for message in messages(held)}
    missing, stale = said(held.words) - listed, listed - said(held.words)
    assert not missing, f"run scripts/messages.sh and translate: {sorted(missing)}"
    assert not stale, f"run scripts/messages.sh: {sorted(stale)}"


@sweep
def test_everything_is_translated_in_every_plural_form(held: Held) -> None:
    number_of_plurals = catalogue(held).num_plurals
    empty = []
    for message in messages(held):
        given = forms(message.string)
        if not all(form.strip() for form in given):
            empty.append(message.id)
        assert len(given) == (number_of_plurals if message.pluralizable else 1), message.id
    assert not empty


@sweep
def test_nothing_is_a_guess(held: Held) -> None:
    # A fuzzy header makes the compiler leave the whole catalogue out.
    assert not catalogue(held).fuzzy, "the header is marked fuzzy"
    assert not [message.id for message in messages(held) if message.fuzzy]


@sweep
def test_the_header_tells_the_plural_forms_of_the_language(held: Held) -> None:
    known = get_plural(held.tag)
    header = catalogue_path(FOLDER, *held).read_text(encoding="utf-8")
    assert f"nplurals={known.num_plurals};" in header
    assert catalogue(held).num_plurals == known.num_plurals
    assert catalogue(held).plural_expr == known.plural_expr


def forms_of_one_number(held: Held) -> frozenset[int]:
    """The plural forms that one number alone takes: they may say it in words, or by their shape."""
    form_of = c2py(catalogue(held).plural_expr)
    taken = Counter(form_of(number) for number in range(201))
    return frozenset(form for form, count in taken.items() if count == 1)


@sweep
def test_placeholders_are_those_of_the_english(held: Held) -> None:
    for message in messages(held):
        asked = [placeholders(form) for form in forms(message.id)]
        for number, form in enumerate(forms(message.string)):
            if form and placeholders(form) not in asked:
                left_out = asked[-1] - placeholders(form)
                assert message.pluralizable, f"{message.id!r} became {form!r}"
                assert number in forms_of_one_number(held), f"{message.id!r} became {form!r}"
                assert left_out == {"%(num)s"}, f"{message.id!r} became {form!r}"
                assert placeholders(form) < asked[-1], f"{message.id!r} became {form!r}"


# What a wrong translation looks like from outside


def lines(path: Path) -> frozenset[str]:
    """What is in a list, one thing a line; a # begins a remark."""
    if not path.exists():
        return frozenset()
    words = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return frozenset(filter(None, words))


def same_in(tag: str) -> frozenset[str]:
    """What reads in the language as it does in English: names, and words they share."""
    return lines(FOLDER / "names.txt") | lines(FOLDER / tag / "same.txt")


LETTERS: Mapping[Script, str] = {
    Script.LATIN: r"A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    Script.CYRILLIC: r"\u0400-\u04ff",
    Script.ARABIC: r"\u0600-\u06ff\u0750-\u077f",
    Script.BENGALI: r"\u0980-\u09ff",
    Script.GURMUKHI: r"\u0a00-\u0a7f",
}


def bare(words: str) -> str:
    """The words without what formatting puts in."""
    return PLACEHOLDER.sub(" ", words)


@sweep
def test_nothing_was_left_in_english(held: Held) -> None:
    same = [
        english
        for english, form in translations(held)
        if form.casefold() == english.casefold()
        if re.search("[a-z]", bare(english), re.IGNORECASE)
    ]
    assert not sorted(set(same) - same_in(held.tag))


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_every_word_said_to_be_the_same_is_so(tag: str) -> None:
    """A list that outlives its words would hide the next mistake."""
    both = (Held(tag, "messages"), Held(tag, "questionnaires"))
    same = {english for held in both for english, form in translations(held) if english == form}
    assert not lines(FOLDER / tag / "same.txt") - same


@sweep
def test_words_are_in_the_script_of_the_language(held: Held) -> None:
    own = re.compile(f"[{LETTERS[LANGUAGES[held.tag].script]}]")
    foreign = [
        form
        for english, form in translations(held)
        if re.search("[a-z]", bare(english), re.IGNORECASE)
        if english not in same_in(held.tag) and not own.search(bare(form))
    ]
    assert not foreign


@sweep
def test_no_word_mixes_two_scripts(held: Held) -> None:
    """A Latin o within a Cyrillic word looks right, and is read aloud as nonsense."""
    seams = "|".join(
        f"[{one}][{other}]"
        for one in LETTERS.values()
        for other in LETTERS.values()
        if one != other
    )
    assert not [form for _english, form in translations(held) if re.search(seams, bare(form))]


@sweep
def test_digits_are_latin_in_every_language(held: Held) -> None:
    assert not [form for _english, form in translations(held) if re.search(r"[^\D0-9]", bare(form))]


@sweep
def test_numbers_to_call_and_addresses_stay(held: Held) -> None:
    kept = re.compile(r"\d[\d ]{3,}\d|\b\d{3,}|https?://\S+|\b[\w-]+(?:\.[a-z]{2,})+")
    for english, form in translations(held):
        assert Counter(kept.findall(bare(english))) == Counter(kept.findall(bare(form))), form


@sweep
def test_sentences_end_as_they_do_in_english(held: Held) -> None:
    """A question stays one; a label gets no full stop, and a sentence keeps its own."""
    ends = {".": ".।۔", "?": "?؟", "": ""}
    for english, form in translations(held):
        end = english[-1] if english[-1] in ".?" else ""
        of_any = ".।۔?؟"
        fits = form[-1] in ends[end] if end else form[-1] not in of_any or form[-2:] == ".."
        assert fits, f"{english!r} became {form!r}"


def test_nothing_said_when_a_module_loads_is_fixed_in_one_language() -> None:
    """A word translated too early would stay in the language of the first reader."""
    from survey.responses import messages as pages

    for page in pages.MESSAGES.values():
        assert all(isinstance(words, LazyString) for words in (page.title, *page.says))
