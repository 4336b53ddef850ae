"""Each number that a sentence of the interface writes out is the number that the code keeps.

A sentence with a time, a size or a count that is in no row fails: then the row is missing, or the
sentence should take its number from the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from babel.messages.pofile import read_po
from limits import RateLimitItem

from survey.actions.start_page import SOON_DAYS
from survey.campaigns import access_codes
from survey.campaigns.device_check import views as device_check
from survey.campaigns.site_plans import upload as plans
from survey.encryption import sealing
from survey.free_text.decisions import SCHOOL_DAYS_TO_READ
from survey.free_text.document import FEWEST
from survey.help_requests import encryption, passwords, rate_limit, reader_views, unlocked_keys
from survey.jobs import operations as jobs
from survey.mail import outbox, sending
from survey.mail.kinds import MailKind
from survey.organisations import letterhead, sign_in
from survey.organisations import operations as organisations
from survey.organisations.accounts import (
    access_recorder,
    guess_limits,
    invitations,
    passkeys,
    sessions,
)
from survey.organisations.password_pages import forms as password_forms
from survey.organisations.password_pages import views as password_pages
from survey.organisations.school_files import csv_table
from survey.questionnaires.adaptation_rules import FEWEST_OPTIONS, MOST_OPTIONS
from survey.questionnaires.help.contact_expiry import STAYS_FRESH
from survey.questionnaires.model import MOST_OWN_PLACES
from survey.questionnaires.prohibited_topics.matching import MOST_WORDS
from survey.responses.survey_context import CONTACTS_FOR_SECONDS
from survey.self_assessment.statements import AREAS, KEYS

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "translations/cy/LC_MESSAGES/messages.po"
"""Welsh has the words of every staff page, so its catalogue lists all of them."""

MEGABYTE = 1024 * 1024
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def _script(words: str) -> bool:
    """Does the script of the check of a device hold these words?"""
    return words in (ROOT / "survey/static/preflight.js").read_text()


def _limit(rate: RateLimitItem) -> tuple[int, timedelta]:
    return rate.amount, timedelta(seconds=rate.get_expiry())


TRUE: dict[str, bool] = {
    # words of a sentence, and what makes them true
    "within a minute": CONTACTS_FOR_SECONDS <= 60,
    "works once, for seven days": invitations.HOLDS[MailKind.INVITATION] == WEEK,
    "works once, for one hour": invitations.HOLDS[MailKind.RESET] == HOUR,
    "three times an hour at most": _limit(password_pages.LINKS_OF_AN_ADDRESS) == (3, HOUR),
    "works for 7 days": organisations.FIRST_PASSWORD_DAYS == 7,
    "for one more hour": access_recorder.FIRST_PASSWORD_AFTER_USE == HOUR,
    "after 12 hours": sessions.LONGEST == 12 * HOUR,
    "Wait a quarter of an hour": _limit(guess_limits.TRIES) == (10, HOUR / 4),
    "codes for this account in a day. Wait until tomorrow": (
        _limit(guess_limits.CODES_A_DAY)[1] == DAY
    ),
    "Too many tries. Wait a minute": _limit(reader_views.TRIES_A_MINUTE)[1] == HOUR / 60,
    "try again after half a minute": _limit(guess_limits.ONE_AFTER_ANOTHER) == (1, HOUR / 120),
    "Please wait a minute": _limit(rate_limit.ONE_A_MINUTE) == (1, HOUR / 60),
    "to 128 characters": password_forms.LONGEST_PASSWORD == 128,
    "You have ten passkeys": passkeys.MOST_PASSKEYS == 10,
    "At least 12 characters": sign_in.PASSWORD_LENGTH == passwords.SHORTEST_PASSWORD == 12,
    "open on this computer for an hour": timedelta(seconds=unlocked_keys.OPEN_SECONDS) == HOUR,
    "tried again for two days": sending.GIVEN_UP_AFTER == 2 * DAY,
    "in the last 30 days": jobs.KEPT == 30 * DAY,
    "in the last month": outbox.KEPT == 30 * DAY,
    "over 180 days ago": STAYS_FRESH == 180 * DAY,
    "two weeks before they are due": SOON_DAYS == 14,
    "within two school days": SCHOOL_DAYS_TO_READ == 2,
    "if at least 20 students write": FEWEST == 20,
    "stayed open for half an hour": device_check.OLDEST_SECONDS == 30 * 60,
    "off by more than five minutes": _script("- page.now) < 300"),
    "longer than three seconds": _script("< 3000"),
    "up to 4 MB": plans.LARGEST_FILE_BYTES == 4 * MEGABYTE,
    "or SVG, up to 1 MB": plans.LARGEST_DRAWING_BYTES == MEGABYTE,
    "PNG or JPEG, up to 2 MB": letterhead.LARGEST_FILE_BYTES == 2 * MEGABYTE,
    "up to 16 MB and 20,000 rows": (csv_table.LARGEST_FILE_BYTES, csv_table.MOST_ROWS)
    == (16 * MEGABYTE, 20_000),
    "larger than 16 MB": csv_table.LARGEST_FILE_BYTES == 16 * MEGABYTE,
    "for example 1,500": plans.WIDEST < 1500,
    "for example 600": letterhead.BOXES[0][0] == 600,
    "14 groups of four": len(sealing.to_paper(bytes(sealing.KEY_BYTES)).split()) == 14,
    "last four letters only check": sealing.CHECK_LETTERS == 4,
    "Six groups of four": [len(one) for one in encryption.make_code().split("-")] == [4] * 6,
    "no O, no 0, no I, no 1 and no L": set("O0I1L").isdisjoint(encryption.ALPHABET),
    "last two letters check": encryption.CHECK_LETTERS == 2,
    "each of 20 statements": len(KEYS) == 20,
    "four areas": len(AREAS) == 4,
    "at most 18 plain words": MOST_WORDS == 18,
    "Up to six on each side": MOST_OWN_PLACES == 6,
    "2 to 10 of them": (FEWEST_OPTIONS, MOST_OPTIONS) == (2, 10),
    "code has eight letters": access_codes.LENGTH == 8,
    "Eight letters": access_codes.LENGTH == 8,
}

ADVICE = (
    # what people do, and how long things take: the code keeps no such number
    "try again in a minute",
    "Wait a minute, then go back",
    "It shows in a minute",
    "finds out in a minute",
    "Nothing there after ten minutes",
    "It takes two minutes",
    "for five minutes in a meeting",
    "at least a week before",
    "last lesson of a week",
    "needs four times the data",
    "Three or four words",
    "three or four words",
    "Like “Called it at 10 on a school day",
    "When a school day feels least safe",
)
NUMBER = (
    r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|half an"
    r"|a quarter of an|an|a)"
)
UNIT = (
    r"(?:more |school )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|MB|rows|characters"
    r"|passkeys|times|groups|statements|areas|letters)"
)
HAS_NUMBER = re.compile(rf"\b{NUMBER} {UNIT}\b", re.IGNORECASE)
ORDINARY = re.compile(
    r"\b(?:a second|(?:a|an|one) (?:day|letters?|times?|groups?))\b", re.IGNORECASE
)
"""A second person, choose a day: no number of anything."""


def _sentences() -> Iterator[str]:
    with CATALOGUE.open("rb") as file:
        for message in read_po(file):
            forms = message.id if isinstance(message.id, tuple) else (message.id,)
            yield from filter(None, forms)


def test_numbers_in_words_are_those_of_the_code() -> None:
    assert [words for words, holds in TRUE.items() if not holds] == []


def test_no_sentence_has_a_number_that_nothing_holds_it_to() -> None:
    sentences = list(_sentences())
    assert len(sentences) > 2000
    known = (*TRUE, *ADVICE)
    left = [
        one
        for one in sentences
        if HAS_NUMBER.search(ORDINARY.sub("", one)) and not any(words in one for words in known)
    ]
    assert left == []
