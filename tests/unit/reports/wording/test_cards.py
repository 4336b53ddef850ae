"""What a release keeps of its cards, and how a report says it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from survey.approvals.models import Approval, ApprovalKind
from survey.campaigns.card_allowance import RESERVE_LEAST, Cards, Stock, reserve
from survey.releases.approval_gate import printed
from survey.reports.wording.cards_against_roll import sentences

MADE = Cards(
    (
        Stock(year=9, roll=180, raised=10, extra=25, made=215, left=0),
        Stock(year=10, roll=30, raised=0, extra=0, made=0, left=35),
        Stock(year=None, roll=0, raised=0, extra=0, made=12, left=3),
    ),
    is_limited=True,
)
GRANTED = (
    Approval(kind=ApprovalKind.CARDS, year=9, count=20, reason="A box got wet = lost"),
    Approval(kind=ApprovalKind.CARDS, year=9, count=5, reason="And five more"),
    Approval(kind=ApprovalKind.ROLL, year=9, count=10, reason="Ten joined in October"),
)


@pytest.fixture
def speaking():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def test_a_release_keeps_cards_and_each_reason() -> None:
    assert printed(MADE, GRANTED) == {
        "cards": 227,
        "cards_y9": 215,
        "cards_any": 12,
        "extra_cards_y9": 25,
        "extra_cards_y9_reason_1": "A box got wet = lost",
        "extra_cards_y9_reason_2": "And five more",
        "roll_raised_y9": 10,
        "roll_raised_y9_reason_1": "Ten joined in October",
    }


def test_a_report_says_them(speaking: None) -> None:
    said = sentences({"roll": 220, **printed(MADE, GRANTED)})
    assert said[0] == "227 cards were made for 220 students on roll."
    assert said[1] == "12 of them can be used in any year group."
    assert said[3].endswith("Reason: A box got wet = lost; And five more")
    assert said[4].startswith("Year 9: the roll was raised by 10 students")


def test_a_release_from_before_says_nothing(speaking: None) -> None:
    assert sentences({"roll": 220, "roll_y9": 180}) == []


@pytest.mark.parametrize(
    ("roll", "more"), [(0, 0), (1, RESERVE_LEAST), (50, 5), (51, 6), (180, 18), (1000, 100)]
)
def test_the_reserve_is_a_tenth_and_at_least_five(roll: int, more: int) -> None:
    assert reserve(roll) == more
