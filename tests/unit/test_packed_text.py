"""Long text is stored packed, and read as it was whichever way it was packed."""

from __future__ import annotations

import zlib

import pytest
from sqlalchemy.dialects.sqlite import dialect

from survey.database import Packed, PackedTight

TEXTS = ("", "{}", "Año 9 · 0a1b2c" * 1000)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", [Packed(), PackedTight()])
def test_text_is_read_as_it_was_stored(kind: Packed, text: str) -> None:
    packed = kind.process_bind_param(text, dialect())
    assert kind.process_result_value(packed, dialect()) == text
    assert kind.process_bind_param(None, dialect()) is None
    assert kind.process_result_value(None, dialect()) is None


@pytest.mark.parametrize("text", TEXTS)
def test_a_certificate_that_an_earlier_version_stored_is_read(text: str) -> None:
    assert PackedTight().process_result_value(zlib.compress(text.encode()), dialect()) == text
