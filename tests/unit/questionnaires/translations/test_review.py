"""A review counts for the words it was made of, and for no others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from survey.languages import LANGUAGES, TRANSLATIONS
from survey.questionnaires.translations.catalogues import FOLDER, CatalogueError, catalogue_path
from survey.questionnaires.translations.review import (
    DOMAINS,
    Review,
    is_reviewed,
    review_path,
    unreviewed,
    words_hash,
)

TODAY = "2026-11-24"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The Welsh catalogues, in a place where they may be changed."""
    shutil.copytree(FOLDER / "cy", tmp_path / "cy", ignore=shutil.ignore_patterns("review.toml"))
    return tmp_path


def signed_off(folder: Path) -> None:
    words = words_hash(folder, "cy")
    review_path(folder, "cy").write_text(f'by = "teacher"\non = {TODAY}\nwords = "{words}"\n')


def change(folder: Path, domain: str, before: str, after: str) -> None:
    path = catalogue_path(folder, "cy", domain)
    words = path.read_text(encoding="utf-8")
    assert before in words
    path.write_text(words.replace(before, after, 1), encoding="utf-8")


def test_without_a_review_nothing_is_reviewed(folder: Path) -> None:
    assert not is_reviewed("cy", folder)
    assert is_reviewed("en", folder)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_review_ends_when_a_word_changes(folder: Path, domain: str) -> None:
    signed_off(folder)
    assert is_reviewed("cy", folder)
    change(folder, domain, '\nmsgstr "D', '\nmsgstr "Dd')
    assert not is_reviewed("cy", folder)


def test_a_review_outlives_a_remark(folder: Path) -> None:
    signed_off(folder)
    change(folder, "questionnaires", 'msgid "None of these"', '#. A remark.\nmsgid "None of these"')
    assert is_reviewed("cy", folder)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "review.toml"
    path.write_text(f'by = "x"\non = {TODAY}\nwords = "y"\n')
    day = Review.read(path).on
    review = Review('athro “Cymraeg”, a \\ "llywodraethwr"', day, "f" * 64)
    review.write(path)
    assert Review.read(path) == review


@pytest.mark.parametrize(
    "words",
    [
        'by = "teacher"',
        f'by = "teacher"\non = "{TODAY}"\nwords = "a"',
        f'by = "teacher"\non = {TODAY}\nwords = "a"\nname = "Mair"',
        "by = ",
    ],
)
def test_a_review_that_says_something_else_is_refused(tmp_path: Path, words: str) -> None:
    path = tmp_path / "review.toml"
    path.write_text(words)
    with pytest.raises(CatalogueError, match=r"review\.toml"):
        Review.read(path)


def test_every_translation_is_to_be_checked_until_somebody_signs_it_off() -> None:
    signed = {tag for tag in TRANSLATIONS if review_path(FOLDER, tag).exists()}
    assert set(unreviewed(LANGUAGES)) >= {*TRANSLATIONS} - signed
    for tag in signed:
        assert is_reviewed(tag), f"{tag} changed after its review: have it read again"
