"""The flow of a student through the pages: from a submitted form to the page shown next. Pure.

Nothing is stored between pages. The address of each page carries all answers so far, and all are
checked at every step: see `questionnaires.check_answers` for what is refused or dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from survey.questionnaires import routing
from survey.questionnaires.model import YEAR_ITEM, ItemKind, Questionnaire
from survey.questionnaires.routing import AnswerError, Answers, Page, Raw, Refusal
from survey.questionnaires.table_key import item_of
from survey.responses import personal_data_hints as hints
from survey.responses.personal_data_hints import PersonalDataHint

START, ASSENT, SEND = "start", "assent", "send"
STATIONS = frozenset({START, ASSENT, SEND})
"""The stations that are not pages of the questionnaire."""


class Go(StrEnum):
    """The button that the student pressed."""

    STAY = "stay"  # another language for this page
    NEXT = "next"
    BACK = "back"
    SKIP = "skip"  # leave out this page, or the part that a soft landing introduces
    NO = "no"
    PARENT = "parent"
    RETURN = "return"  # from a page outside the questionnaire
    HELP = "help"  # all the places to turn to, and back again
    LANGUAGES = "languages"  # all languages, and back again in one of them
    TAKE = "take"  # the place that was read back from the plan
    MORE = "more"  # the same, and another
    AGAIN = "again"  # not that place
    SEND = "send"
    LEAVE = "left"  # Leave now: the session ends


@dataclass(frozen=True)
class PageForm:
    """A submitted form with the answers from its address. `given` are the fields of the page,
    `so_far` the answers before it; `beside` names a page outside the questionnaire; `pressed` is
    the point clicked on a plan."""

    at: str
    go: Go
    so_far: Raw = field(default_factory=dict)
    given: Raw = field(default_factory=dict)
    receipt: str = ""
    hinted: bool = False
    beside: str = ""
    pressed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FlowStep:
    """What is shown next: the station, the values of its fields, and all answers so far.
    `skipped`: Skip was pressed on a page with answers, so the page warns before it drops them.

    `problem` is an error that the student can correct on the page; `hints` are the personal data
    that a free text seems to contain. The student may continue after a hint."""

    at: str
    answers: Answers
    shown: Raw
    page: Page | None = None
    problem: AnswerError | None = None
    hints: Mapping[str, tuple[PersonalDataHint, ...]] = field(default_factory=dict)
    so_far: Raw = field(default_factory=dict)
    skipped: bool = False

    @property
    def warns(self) -> bool:
        return bool(self.problem or self.hints or self.skipped)


def step(questionnaire: Questionnaire, year: int | None, form: PageForm) -> FlowStep:
    """The next step after a form. Raises an `AnswerError` for a form that no page can send."""
    if form.go in (Go.STAY, Go.RETURN):
        return _same(questionnaire, year, form)
    try:
        answers = _answers(questionnaire, year, form)
    except AnswerError as error:
        if not error.correctable:
            raise
        return _same(questionnaire, year, form, problem=error)
    if form.go is Go.SKIP and not form.hinted and any(form.given.values()):
        return replace(_same(questionnaire, year, form), skipped=True)
    here = _page(questionnaire, year, answers, form.at)
    if here and form.go is Go.NEXT and not form.hinted and (found := _hints(here, answers)):
        return _same(questionnaire, year, form, hints=found)
    return _station(MOVES[form.go](questionnaire, year, answers, form.at), answers)


def show(
    questionnaire: Questionnaire, year: int | None, at: str, raw: Raw, *, warned: bool = False
) -> FlowStep:
    """The page of a station from its address. `warned`: with its errors."""
    page = _laid_out(questionnaire, at)
    before = _but_of(page, raw)
    shown = {name: value for name, value in raw.items() if name not in before}
    problem: AnswerError | None = None
    try:
        answers = routing.check(questionnaire, year, raw)
    except AnswerError as error:
        if not error.correctable:
            raise
        problem, answers = error, routing.check(questionnaire, year, before)
    here = _page(questionnaire, year, answers, at)
    hints = _hints(here, answers) if here and warned and not problem else {}
    skipped = warned and not problem and not hints and any(shown.values())
    return FlowStep(at, answers, shown, here, problem if warned else None, hints, raw, skipped)


def given_on(questionnaire: Questionnaire, at: str, raw: Raw) -> Raw:
    """The answers that were given on this page."""
    before = _but_of(_laid_out(questionnaire, at), raw)
    return {name: value for name, value in raw.items() if name not in before}


def _but_of(page: Page | None, raw: Raw) -> Raw:
    """The fields other than those of the page's own questions."""
    own = set() if page is None or page.is_landing else {item.key for item in page.items}
    return {name: value for name, value in raw.items() if _item(name) not in own}


def _item(name: str) -> str:
    return item_of(name)


def all_answers(questionnaire: Questionnaire, year: int | None, form: PageForm) -> Answers:
    """All answers to store, checked together."""
    if form.at != SEND or form.given or not form.receipt:
        raise AnswerError("", Refusal.MALFORMED)
    return routing.check(questionnaire, year, form.so_far)


def under_another_code(questionnaire: Questionnaire, year: int | None, so_far: Raw) -> Raw:
    """The answers so far under another code. Answers that do not belong to the year group preset by
    that code are dropped."""
    if year is None:
        return so_far
    kept = {
        name: value
        for name, value in so_far.items()
        if name != YEAR_ITEM
        and (item := questionnaire.by_key.get(item_of(name))) is not None
        and item.from_year <= year
    }
    return _as_raw(routing.check(questionnaire, year, kept))


def _answers(questionnaire: Questionnaire, year: int | None, form: PageForm) -> Answers:
    """All answers after this page, checked."""
    page = _laid_out(questionnaire, form.at)
    if page is None or page.is_landing:
        if form.given:
            raise AnswerError("", Refusal.UNKNOWN_ITEM)
        answers = routing.check(questionnaire, year, form.so_far)
        skips = page is not None and form.go is Go.SKIP
        return routing.skip_section(answers, page.section) if page and skips else answers
    given = {} if form.go is Go.SKIP else form.given
    return routing.check(questionnaire, year, routing.merge(page, form.so_far, given))


def _laid_out(questionnaire: Questionnaire, at: str) -> Page | None:
    """The page with this key as it is for everyone; None for a station."""
    if at in STATIONS:
        return None
    for page in routing.layout(questionnaire):
        if page.key == at:
            return page
    raise AnswerError("", Refusal.MALFORMED)


def _page(questionnaire: Questionnaire, year: int | None, answers: Answers, at: str) -> Page | None:
    """The page that a form names, which must be one that this student is shown. The answers on a
    page never decide whether that page is shown, so the answers after it can be used."""
    if at in STATIONS:
        return None
    here = routing.page(questionnaire, year, answers, at)
    if here is None:
        raise AnswerError("", Refusal.MALFORMED)
    return here


def _same(
    questionnaire: Questionnaire,
    year: int | None,
    form: PageForm,
    *,
    problem: AnswerError | None = None,
    hints: Mapping[str, tuple[PersonalDataHint, ...]] | None = None,
) -> FlowStep:
    """The same page again with the same answers."""
    page = _laid_out(questionnaire, form.at)
    if form.given and (page is None or page.is_landing):
        raise AnswerError("", Refusal.UNKNOWN_ITEM)
    is_asked = page is not None and not page.is_landing
    so_far = routing.merge(page, form.so_far, form.given) if page and is_asked else form.so_far
    before = routing.check(questionnaire, year, _but_of(page, form.so_far))
    here = _page(questionnaire, year, before, form.at)
    return FlowStep(form.at, before, form.given, here, problem, hints or {}, so_far)


def _hints(here: Page, answers: Answers) -> dict[str, tuple[PersonalDataHint, ...]]:
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
    # These stay on the page or end the session, so the view handles them.
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
    Go.LEAVE: _nowhere,
}
"""Where a button leads: to a page, or to a station."""


def _station(to: Page | str, answers: Answers) -> FlowStep:
    so_far = _as_raw(answers)
    if isinstance(to, str):
        return FlowStep(to, answers, {}, so_far=so_far)
    here = {item.key for item in to.items}
    shown = {name: value for name, value in so_far.items() if _item(name) in here}
    return FlowStep(to.key, answers, shown, to, so_far=so_far)


def _as_raw(answers: Answers) -> dict[str, str | list[str]]:
    return {name: list(values) for name, values in routing.fields(answers)}
