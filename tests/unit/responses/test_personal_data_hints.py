"""What in a free text leads to a person."""

from __future__ import annotations

import pytest

from survey.responses.personal_data_hints import PersonalDataHint, find


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ring 07700 900123 please", (PersonalDataHint.PHONE,)),
        ("+44 (0)7700 900-123", (PersonalDataHint.PHONE,)),
        ("write to sam@example.org", (PersonalDataHint.EMAIL,)),
        ("follow @sam_9x", (PersonalDataHint.HANDLE,)),
        ("see www.example.org/me", (PersonalDataHint.LINK,)),
        ("sam@example.org or 07700900123", (PersonalDataHint.EMAIL, PersonalDataHint.PHONE)),
        ("The toilets at 12.30, since September 2026", ()),
        ("Block 4, room 12, 3 times a week", ()),
        ("meet @ the gates", ()),
        ("more lights by the bus stop.It is dark", ()),
    ],
)
def test_what_is_pointed_out(words: str, expected: tuple[PersonalDataHint, ...]) -> None:
    assert find(words) == expected
