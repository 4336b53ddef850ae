"""Catalogues are read whole, or the reader says which one is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.languages import TRANSLATIONS
from survey.questionnaires.load import load
from survey.questionnaires.translations.catalogues import (
    CatalogueError,
    catalogues,
    read_catalogue,
    words_of,
)

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def written(tmp_path: Path, words: str) -> Path:
    path = tmp_path / "questionnaires.po"
    path.write_text(words, encoding="utf-8")
    return path


def test_a_translation_is_found_under_its_context(tmp_path: Path) -> None:
    catalogue = read_catalogue(
        written(
            tmp_path,
            HEADER
            + 'msgctxt "A4"\nmsgid "Yes"\nmsgstr "Oes"\n\nmsgctxt "J1"\nmsgid "Yes"\n'
            + 'msgstr "Ydw"\n\nmsgid "No"\nmsgstr ""\n\n#, fuzzy\nmsgid "Maybe"\nmsgstr "Oes"\n',
        )
    )
    assert catalogue == {("A4", "Yes"): "Oes", ("J1", "Yes"): "Ydw"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (HEADER + 'msgid "Yes"\nmsgstr: "Oes"\n', "misformatted keyword on 4"),
        ("#, fuzzy\n" + HEADER, "header is marked fuzzy"),
        (HEADER + 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\n', "plural forms"),
    ],
)
def test_a_broken_catalogue_says_so(tmp_path: Path, words: str, why: str) -> None:
    path = written(tmp_path, words)
    with pytest.raises(CatalogueError, match=why) as broken:
        read_catalogue(path)
    assert str(path) in str(broken.value)


def test_a_catalogue_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"gone\.po"):
        read_catalogue(tmp_path / "gone.po")


def test_every_language_has_one() -> None:
    assert tuple(catalogues()) == TRANSLATIONS
    assert words_of("Yes", "A4").in_language("cy") == "Oes"
    assert words_of("Yes", "J1").in_language("cy") == "Ydw"
    assert words_of("In no catalogue").by_language == (("en", "In no catalogue"),)


def test_english_words_of_a_template_are_translated_and_own_tables_stand(tmp_path: Path) -> None:
    path = tmp_path / "two-1.toml"
    path.write_text(
        'key = "two"\nversion = "1"\nlanguages = ["en", "cy"]\ntitle = "Prefer not to say"\n'
        '[[section]]\nkey = "A"\ntitle = { en = "One", cy = "Un" }\n'
        '[[section.item]]\nkey = "A1"\nkind = "text"\nthemes = ["DEMO"]\nwording = "Unheard of"\n',
        encoding="utf-8",
    )
    found = load(path)
    assert found.title.by_language == (
        ("cy", "Gwell gen i beidio â dweud"),
        ("en", "Prefer not to say"),
    )
    assert found.sections[0].title.in_language("cy") == "Un"
    assert not found.by_key["A1"].wording.has("cy")
