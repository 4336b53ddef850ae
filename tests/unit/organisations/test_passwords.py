"""Passwords that are easy to guess are refused, and long and unusual ones are not."""

from __future__ import annotations

import time

import pytest

from survey.organisations.accounts.passwords import bits, is_easy

ABOUT = ("Lee Hill", "lead@northmoor.test", "Northmoor High School")

EASY = (
    "password1234",
    "Password1234!",
    "P@ssw0rd1234",
    "passwordpassword",
    "123456789012",
    "210987654321",
    "aaaaaaaaaaaa",
    "abcabcabcabc",
    "abcdefghijkl",
    "qwertyuiop12",
    "qwertyuiopasdf",
    "1qaz2wsx3edc",
    "iloveyou12345",
    "liverpool2024",
    "letmein12345",
    "monkeydragon",
    "summer2025!!",
    "charlotte1999",
    "            ",
    "lead@northmoor.test",
    "northmoor1234",
    "NorthmoorHighSchool",
    "northmoor high school",
    "Northmoor High School 1",
    "leehillleehill",
    "Lee Hill 2026",
    "saferplaces1",
)
GOOD = (
    "a long demo password",
    "another long password",
    "seven quiet otters",
    "correct horse battery staple",
    "café au lait long",
    "ticket lemon basalt",
    "k3vq-9hzt-m2xd-w7pb",
    "xkqjvwzhtbpd",
    "pwyllgor gwyrdd tawel",
    "三只安静的水獭在河边",
)


@pytest.mark.parametrize("password", EASY)
def test_what_many_would_try_is_easy(password: str) -> None:
    assert is_easy(password, ABOUT), bits(password, ABOUT)


@pytest.mark.parametrize("password", GOOD)
def test_words_of_ones_own_are_not(password: str) -> None:
    assert not is_easy(password, ABOUT), bits(password, ABOUT)


@pytest.mark.parametrize("unit", ["a", "ab", "1", " ", "é", "pass", "\n", "aA"])
def test_the_longest_password_is_judged_at_once(unit: str) -> None:
    began = time.process_time()
    bits(unit * (128 // len(unit)) + "x", ABOUT)
    assert time.process_time() - began < 1
