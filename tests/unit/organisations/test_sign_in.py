from __future__ import annotations

import math
import re

import pytest

from survey.organisations.operations import CLEAR_LETTERS, make_password
from survey.organisations.sign_in import PASSWORD_LENGTH, NoPost, is_own_path


@pytest.mark.parametrize("address", ["/", "/staff", "/schools/1/?tab=2", "/a//b"])
def test_a_path_of_this_site_is_own(address: str) -> None:
    assert is_own_path(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "staff",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        " /staff",
    ],
)
def test_anything_else_is_not(address: str) -> None:
    assert not is_own_path(address)


def test_a_first_password_is_long_readable_and_new_each_time() -> None:
    made = {make_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password)
        assert len(password) >= PASSWORD_LENGTH
        assert not set(password) & set("ilo01")
    assert 16 * math.log2(len(CLEAR_LETTERS)) > 75


def test_an_address_is_a_name_in_lower_case_and_no_mail_goes_out() -> None:
    post = NoPost(None)  # type: ignore[arg-type]
    assert post.normalize("  Lead@School.Test ") == "lead@school.test"
    with pytest.raises(NotImplementedError):
        post.send_mail("welcome", "Hello", "lead@school.test")
