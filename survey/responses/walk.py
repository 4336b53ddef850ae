"""The student's way through the pages, pure: what a form carries in, what is shown next out.

Nothing is kept between two pages. Every form carries all answers so far, and all of them are
checked at every step; see `questionnaires.answers` for what is refused and what is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from survey.questionnaires import routing
from survey.questionnaires.model import YEAR_ITEM, ItemKind, Questionnaire
from survey.questionnaires.routing import AnswerError, Answers, Page, Raw, Refusal
from survey.responses import hints
from survey.responses.hints import Hint

START, ASSENT, SEND = "start", "assent", "send"
"""The stations that are no page of the questionnaire."""

RECEIPT = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Go(StrEnum):
    """What the student pressed."""

    STAY = "stay"  # another language for this page
    NEXT = "next"
    BACK = "back"
    SKIP = "skip"  # leave out this page, or the part a soft landing speaks of
    NO = "no"
    PARENT = "parent"
    SEND = "send"


@dataclass(frozen=True)
class Form:
    """What a page sends. `given` are its own fields, `so_far` the packed answers before it."""

    at: str
    go: Go
    so_far: str = ""
    given: Raw = field(default_factory=dict)
    receipt: str = ""
    hinted: bool = False


@dataclass(frozen=True)
class Step:
    """What is shown: the station, what its fields hold, and what it carries on.

    `problem` is what an honest student can put right on the page; `hints` is what a free text seems
    to carry. Going on after a hint is the student's choice."""

    at: str
    answers: Answers
    shown: Raw
    receipt: str
    page: Page | None = None
    problem: AnswerError | None = None
    hints: Mapping[str, tuple[Hint, ...]] = field(default_factory=dict)

    @property
    def so_far(self) -> str:
        return routing.pack(self.answers)


def start(questionnaire: Questionnaire, year: int | None) -> Step:
    """Where everybody begins."""
    return _station(questionnaire, year, START, {}, "")


def step(
    questionnaire: Questionnaire,
    year: int | None,
    form: Form,
    *,
    new_receipt: Callable[[], str],
) -> Step:
    """Where a form leads, or an `AnswerError` for one that no page of ours sent."""
    if form.receipt and not RECEIPT.fullmatch(form.receipt):
        raise AnswerError("", Refusal.MALFORMED)
    earlier = routing.unpack(form.so_far)
    before = routing.check(questionnaire, year, earlier)
    here = _page(questionnaire, year, before, form)
    stay = Step(form.at, before, dict(form.given), form.receipt, here)
    if form.go is Go.STAY:
        return stay if here else _station(questionnaire, year, form.at, before, form.receipt)
    try:
        answers = _answers(questionnaire, year, form, here, before, earlier)
    except AnswerError as error:
        if not error.correctable:
            raise
        return replace(stay, problem=error)
    if form.go is Go.NEXT and here and not form.hinted and (found := _hints(here, answers)):
        return replace(stay, hints=found)
    receipt = form.receipt
    if form.at == ASSENT and form.go is Go.NEXT:
        receipt = receipt or new_receipt()
    to = MOVES[form.go](questionnaire, year, answers, form.at)
    return _station(questionnaire, year, to, answers, receipt)


def all_answers(questionnaire: Questionnaire, year: int | None, form: Form) -> Answers:
    """What is to be stored, checked whole."""
    if form.at != SEND or form.given or not RECEIPT.fullmatch(form.receipt):
        raise AnswerError("", Refusal.MALFORMED)
    return routing.check(questionnaire, year, routing.unpack(form.so_far))


def under_another_code(questionnaire: Questionnaire, year: int | None, so_far: str) -> str:
    """The answers so far, carried over to a code that may preset another year group: what is not
    for that year is dropped."""
    if year is None:
        return so_far
    kept = {
        name: value
        for name, value in routing.unpack(so_far).items()
        if name != YEAR_ITEM
        and (item := questionnaire.by_key.get(name.partition(".")[0])) is not None
        and item.from_year <= year
    }
    return routing.pack(routing.check(questionnaire, year, kept))


def _page(
    questionnaire: Questionnaire, year: int | None, before: Answers, form: Form
) -> Page | None:
    """The page a form says it comes from; it must be one that this student is shown."""
    if form.at in (START, ASSENT, SEND):
        if form.given:
            raise AnswerError("", Refusal.UNKNOWN_ITEM)
        return None
    here = routing.page(questionnaire, year, before, form.at)
    if here is None:
        raise AnswerError("", Refusal.MALFORMED)
    return here


def _answers(
    questionnaire: Questionnaire,
    year: int | None,
    form: Form,
    here: Page | None,
    before: Answers,
    earlier: Raw,
) -> Answers:
    """All answers after this page."""
    if here is None:
        return before
    if form.go is Go.SKIP and here.is_landing:
        return routing.skip_section(before, here.section)
    given = {} if form.go is Go.SKIP else form.given
    return routing.check(questionnaire, year, routing.merge(here, earlier, given))


def _hints(here: Page, answers: Answers) -> dict[str, tuple[Hint, ...]]:
    texts = (item.key for item in here.items if item.kind is ItemKind.TEXT and item.key in answers)
    found = {key: hints.find(str(answers[key])) for key in texts}
    return {key: seen for key, seen in found.items() if seen}


def _next(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> str:
    if at == START:
        return ASSENT
    if at == SEND:
        return SEND
    after = None if at == ASSENT else at
    following = routing.next_page(questionnaire, year, answers, after)
    return following.key if following else SEND


def _skip(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> str:
    page = routing.page(questionnaire, year, answers, at)
    whole_part = page is not None and page.is_landing
    following = routing.next_page(questionnaire, year, answers, at, skip=whole_part)
    return following.key if following else SEND


def _back(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> str:
    if at in (START, ASSENT):
        return START
    before = None if at == SEND else at
    previous = routing.previous_page(questionnaire, year, answers, before)
    return previous.key if previous else ASSENT


def _stay(_questionnaire: Questionnaire, _year: int | None, _answers: Answers, at: str) -> str:
    return at


MOVES: Mapping[Go, Callable[[Questionnaire, int | None, Answers, str], str]] = {
    Go.STAY: _stay,
    Go.NEXT: _next,
    Go.BACK: _back,
    Go.SKIP: _skip,
    # These end the walk or leave it; a form that sends them from elsewhere just stays.
    Go.NO: _stay,
    Go.PARENT: _stay,
    Go.SEND: _stay,
}


def _station(
    questionnaire: Questionnaire, year: int | None, at: str, answers: Answers, receipt: str
) -> Step:
    page = None
    shown: dict[str, str | list[str]] = {}
    if at not in (START, ASSENT, SEND):
        page = routing.page(questionnaire, year, answers, at)
        here = {item.key for item in page.items} if page else set()
        shown = {
            name: list(values)
            for name, values in routing.fields(answers)
            if name.partition(".")[0] in here
        }
    return Step(at, answers, shown, receipt, page)
