"""A text of any script fits its room, comes back as it was, and the room has one length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import text_encodings
from survey.questionnaires.item_kinds import fixed_length_text
from survey.questionnaires.model import LONGEST_TEXT
from survey.typed_text import length
from tests.examples import OF_A_PROMISE

OF_SCRIPTS = {
    "English": "The stairs are dark. ",
    "Panjabi": "ਪੌੜੀਆਂ ਵਿੱਚ ਹਨੇਰਾ ਹੈ। ਸ਼ਾਮ ਨੂੰ ਡਰ ਲੱਗਦਾ ਹੈ ",
    "Bengali": "সিঁড়িতে খুব অন্ধকার। বিকেলে ভয় লাগে ",
    "Urdu": "سیڑھیوں پر اندھیرا ہے۔ شام کو ڈر لگتا ہے ",
    "Arabic": "الدَّرَجُ مُظْلِمٌ. أَخَافُ فِي الْمَسَاءِ ",
    "Ukrainian": "На сходах темно — там страшно. ",
    "emoji": "😀🏫",
    "Chinese": "楼梯很暗",
}


@pytest.mark.parametrize("script", OF_SCRIPTS)
def test_the_longest_text_of_every_script_fits(script: str) -> None:
    words = ""
    for letter in OF_SCRIPTS[script] * 200:
        if length(words + letter) > LONGEST_TEXT:
            break
        words += letter
    assert length(words) >= LONGEST_TEXT - 1
    room = fixed_length_text.write(words)
    assert room is not None
    assert len(room) == fixed_length_text.WIDTH
    assert fixed_length_text.read(room) == words


@OF_A_PROMISE
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
def test_what_fits_is_read_back(words: str) -> None:
    room = fixed_length_text.write(words)
    assert room is not None
    assert (len(room), fixed_length_text.read(room)) == (fixed_length_text.WIDTH, words)


@OF_A_PROMISE
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=80))
def test_every_spelling_reads_what_it_writes(words: str) -> None:
    for written, read in text_encodings.SPELLINGS:
        assert read(written(words)) == words
