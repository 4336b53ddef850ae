"""The student's way through the pages, pure: what a form carries in, what is shown next out.

Nothing is kept between two pages. Every form carries all answers so far, and all of them are
checked at every step; see `questionnaires.answers` for what is refused and what is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from survey.questionnaires import routing
from survey.questionnaires.model import YEAR_ITEM, ItemKind, Questionnaire
from survey.questionnaires.routing import AnswerError, Answers, Page, Raw, Refusal
from survey.responses import hints
from survey.responses.hints import Hint

START, ASSENT, SEND = "start", "assent", "send"
STATIONS = frozenset({START, ASSENT, SEND})
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
    RETURN = "return"  # from a page beside the walk
    HELP = "help"  # all the places to turn to, and back again
    LANGUAGES = "languages"  # all languages, and back again in one of them
    TAKE = "take"  # the place that was read back from the plan
    MORE = "more"  # the same, and another
    AGAIN = "again"  # not that place
    SEND = "send"


@dataclass(frozen=True)
class Form:
    """What a page sends. `given` are its own fields, `so_far` the packed answers before it;
    `beside` names the page, if it is none of the walk's own; `pressed` is where a plan was."""

    at: str
    go: Go
    so_far: str = ""
    given: Raw = field(default_factory=dict)
    receipt: str = ""
    hinted: bool = False
    beside: str = ""
    pressed: Mapping[str, str] = field(default_factory=dict)


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
    so_far: str = ""


def start() -> Step:
    """Where everybody begins."""
    return Step(START, {}, {}, "")


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
    if form.go in (Go.STAY, Go.RETURN):
        return _same(questionnaire, year, form)
    try:
        answers = _answers(questionnaire, year, form)
    except AnswerError as error:
        if not error.correctable:
            raise
        return _same(questionnaire, year, form, problem=error)
    here = _page(questionnaire, year, answers, form.at)
    if here and form.go is Go.NEXT and not form.hinted and (found := _hints(here, answers)):
        return _same(questionnaire, year, form, hints=found)
    receipt = form.receipt
    if form.at == ASSENT and form.go is Go.NEXT:
        receipt = receipt or new_receipt()
    to = MOVES[form.go](questionnaire, year, answers, form.at)
    return _station(questionnaire, to, answers, receipt)


def all_answers(questionnaire: Questionnaire, year: int | None, form: Form) -> Answers:
    """What is to be stored, checked whole."""
    if form.at != SEND or form.given or not RECEIPT.fullmatch(form.receipt):
        raise AnswerError("", Refusal.MALFORMED)
    return routing.check(questionnaire, year, routing.unpack(questionnaire, form.so_far))


def under_another_code(questionnaire: Questionnaire, year: int | None, so_far: str) -> str:
    """The answers so far, carried over to a code that may preset another year group: what is not
    for that year is dropped."""
    if year is None:
        return so_far
    kept = {
        name: value
        for name, value in routing.unpack(questionnaire, so_far).items()
        if name != YEAR_ITEM
        and (item := questionnaire.by_key.get(name.partition(".")[0])) is not None
        and item.from_year <= year
    }
    return routing.pack(questionnaire, routing.check(questionnaire, year, kept))


def _answers(questionnaire: Questionnaire, year: int | None, form: Form) -> Answers:
    """All answers after this page, checked."""
    earlier = routing.unpack(questionnaire, form.so_far)
    page = _laid_out(questionnaire, form.at)
    if page is None or page.is_landing:
        if form.given:
            raise AnswerError("", Refusal.UNKNOWN_ITEM)
        answers = routing.check(questionnaire, year, earlier)
        skips = page is not None and form.go is Go.SKIP
        return routing.skip_section(answers, page.section) if page and skips else answers
    given = {} if form.go is Go.SKIP else form.given
    return routing.check(questionnaire, year, routing.merge(page, earlier, given))


def _laid_out(questionnaire: Questionnaire, at: str) -> Page | None:
    """The page of that key as it would be for everybody; None for a station."""
    if at in STATIONS:
        return None
    for page in routing.layout(questionnaire):
        if page.key == at:
            return page
    raise AnswerError("", Refusal.MALFORMED)


def _page(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> Page | None:
    """The page a form says it comes from; it must be one that this student is shown. What is
    answered on a page never decides whether that page is shown, so the answers after it will do."""
    if at in STATIONS:
        return None
    here = routing.page(questionnaire, year, answers, at)
    if here is None:
        raise AnswerError("", Refusal.MALFORMED)
    return here


def _same(
    questionnaire: Questionnaire,
    year: int | None,
    form: Form,
    *,
    problem: AnswerError | None = None,
    hints: Mapping[str, tuple[Hint, ...]] | None = None,
) -> Step:
    """The page once more, with what was given on it just as it was given."""
    before = routing.check(questionnaire, year, routing.unpack(questionnaire, form.so_far))
    here = _page(questionnaire, year, before, form.at)
    if here is None and form.given:
        raise AnswerError("", Refusal.UNKNOWN_ITEM)
    return Step(
        form.at,
        before,
        form.given,
        form.receipt,
        here,
        problem,
        hints or {},
        routing.pack(questionnaire, before),
    )


def _hints(here: Page, answers: Answers) -> dict[str, tuple[Hint, ...]]:
    texts = (item.key for item in here.items if item.kind is ItemKind.TEXT and item.key in answers)
    found = {key: hints.find(str(answers[key])) for key in texts}
    return {key: seen for key, seen in found.items() if seen}


def _next(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> Page | str:
    if at == START:
        return ASSENT
    if at == SEND:
        return SEND
    after = None if at == ASSENT else at
    return routing.next_page(questionnaire, year, answers, after) or SEND


def _skip(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> Page | str:
    page = _laid_out(questionnaire, at)
    if page is None:
        return at
    return routing.next_page(questionnaire, year, answers, at, skip=page.is_landing) or SEND


def _back(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> Page | str:
    if at in (START, ASSENT):
        return START
    before = None if at == SEND else at
    return routing.previous_page(questionnaire, year, answers, before) or ASSENT


def _nowhere(
    _questionnaire: Questionnaire, _year: int | None, _answers: Answers, _at: str
) -> Page | str:
    raise AnswerError("", Refusal.MALFORMED)


Move = Callable[[Questionnaire, int | None, Answers, str], Page | str]

MOVES: Mapping[Go, Move] = {
    Go.NEXT: _next,
    Go.BACK: _back,
    Go.SKIP: _skip,
    # These stay, or end the walk: the view sees to them, and nothing leads on from them.
    Go.STAY: _nowhere,
    Go.NO: _nowhere,
    Go.PARENT: _nowhere,
    Go.RETURN: _nowhere,
    Go.HELP: _nowhere,
    Go.TAKE: _nowhere,
    Go.MORE: _nowhere,
    Go.AGAIN: _nowhere,
    Go.LANGUAGES: _nowhere,
    Go.SEND: _nowhere,
}
"""Where a button leads: to a page, or to a station."""


def _station(questionnaire: Questionnaire, to: Page | str, answers: Answers, receipt: str) -> Step:
    so_far = routing.pack(questionnaire, answers)
    if isinstance(to, str):
        return Step(to, answers, {}, receipt, so_far=so_far)
    here = {item.key for item in to.items}
    shown = {
        name: list(values)
        for name, values in routing.fields({key: answers[key] for key in here if key in answers})
    }
    return Step(to.key, answers, shown, receipt, to, so_far=so_far)
