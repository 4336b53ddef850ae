"""The way through the pages, without a web."""

from __future__ import annotations

from dataclasses import replace

import pytest

from survey.questionnaires import routing
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.routing import AnswerError, Refusal
from survey.responses import flow as response_flow
from survey.responses.flow import ASSENT, SEND, START, FlowStep, Go, PageForm
from survey.responses.personal_data_hints import PersonalDataHint

RECEIPT = "r" * 22


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    return load_all()["safety", "2026.3"]


def press(questionnaire: Questionnaire, year: int | None, form: PageForm) -> FlowStep:
    return response_flow.step(questionnaire, year, form)


def after(step: FlowStep, go: Go, **given: str | list[str]) -> PageForm:
    return PageForm(at=step.at, go=go, so_far=step.so_far, given=given, receipt=RECEIPT)


def to_page(questionnaire: Questionnaire, year: int | None, key: str) -> FlowStep:
    """By Next, answering nothing, to the page of that key."""
    step = FlowStep(START, {}, {})
    while step.at != key:
        assert step.at != SEND, f"no page {key} on the way"
        step = press(questionnaire, year, after(step, Go.NEXT))
    return step


@pytest.mark.parametrize("year", [None, 7, 8, 9, 13])
def test_next_leads_through_every_page_to_send(
    questionnaire: Questionnaire, year: int | None
) -> None:
    step, seen = FlowStep(START, {}, {}), []
    while step.at != SEND:
        seen.append(step.at)
        step = press(questionnaire, year, after(step, Go.NEXT))
    expected = [page.key for page in routing.pages(questionnaire, year, {})]
    assert seen == [START, ASSENT, *expected]


@pytest.mark.parametrize("year", [7, 9])
def test_back_leads_the_same_way_to_the_start(questionnaire: Questionnaire, year: int) -> None:
    step = to_page(questionnaire, year, SEND)
    seen = []
    while step.at != START:
        step = press(questionnaire, year, after(step, Go.BACK))
        seen.append(step.at)
    assert seen[-2:] == [ASSENT, START]
    assert len(seen) == len(set(seen))


def test_a_preset_year_is_not_asked_for_and_not_taken_from_the_form(
    questionnaire: Questionnaire,
) -> None:
    first = to_page(questionnaire, 9, "A-1")
    assert first.page is not None
    assert "A1" not in [item.key for item in first.page.items]
    with pytest.raises(AnswerError):
        press(questionnaire, 9, after(first, Go.NEXT, A1="y12"))


def test_answers_go_along_and_are_ticked_again_on_the_way_back(
    questionnaire: Questionnaire,
) -> None:
    b1 = to_page(questionnaire, 9, "B-1")
    b2 = press(questionnaire, 9, after(b1, Go.NEXT, B1="unsafe"))
    assert b2.answers["B1"] == "unsafe"
    back = press(questionnaire, 9, after(b2, Go.BACK, **{"B2.toilets": "very_unsafe"}))
    assert back.shown == {"B1": ["unsafe"]}
    assert back.answers["B2"] == {"toilets": "very_unsafe"}


def test_skipping_a_page_drops_what_was_ticked_on_it_when_it_is_pressed_again(
    questionnaire: Questionnaire,
) -> None:
    b1 = to_page(questionnaire, 9, "B-1")
    b2 = press(questionnaire, 9, after(b1, Go.NEXT, B1="unsafe"))
    back = press(questionnaire, 9, after(b2, Go.BACK))
    said = press(questionnaire, 9, after(back, Go.SKIP, B1="unsafe"))
    assert (said.at, said.skipped, said.warns) == (back.at, True, True)
    assert said.shown == {"B1": "unsafe"}
    again = replace(after(said, Go.SKIP, B1="unsafe"), hinted=True)
    skipped = press(questionnaire, 9, again)
    assert skipped.at == b2.at
    assert "B1" not in skipped.answers


def test_a_soft_landing_can_be_skipped_with_all_that_follows_it(
    questionnaire: Questionnaire,
) -> None:
    landing = to_page(questionnaire, 9, "H-0")
    inside = press(questionnaire, 9, after(landing, Go.NEXT))
    assert inside.at == "H-1"
    back = press(questionnaire, 9, after(inside, Go.BACK, H1="never"))
    assert back.at == "H-0"
    skipped = press(questionnaire, 9, after(back, Go.SKIP))
    assert skipped.at == "I-0"
    assert "H1" not in skipped.answers


def test_another_language_keeps_the_page_with_its_ticks(questionnaire: Questionnaire) -> None:
    b3 = to_page(questionnaire, 9, "B-3")
    four = ["classrooms", "toilets", "gates", "library"]
    same = press(questionnaire, 9, after(b3, Go.STAY, B3=four))
    assert (same.at, same.shown, same.problem) == ("B-3", {"B3": four}, None)


def test_too_many_ticks_are_shown_to_be_put_right(questionnaire: Questionnaire) -> None:
    b3 = to_page(questionnaire, 9, "B-3")
    four = ["classrooms", "toilets", "gates", "library"]
    same = press(questionnaire, 9, after(b3, Go.NEXT, B3=four))
    assert same.at == "B-3"
    assert same.shown == {"B3": four}
    assert same.problem is not None
    assert (same.problem.item, same.problem.reason) == ("B3", Refusal.TOO_MANY)
    opened = response_flow.show(questionnaire, 9, "B-3", same.so_far, warned=True)
    assert opened.problem is not None
    assert (opened.problem.reason, opened.shown) == (Refusal.TOO_MANY, {"B3": four})


def test_a_look_aside_keeps_what_hangs_on_the_page(questionnaire: Questionnaire) -> None:
    answered = {"F1.names": "often", "F3": ["toilets"]}
    form = PageForm("F-1", Go.STAY, answered, {"F1.names": "often"})
    assert press(questionnaire, 9, form).so_far == answered


def test_a_phone_number_is_pointed_out_once(questionnaire: Questionnaire) -> None:
    p2 = to_page(questionnaire, 9, "P-2")
    words = "text me on 07700 900123"
    pointed_out = press(questionnaire, 9, after(p2, Go.NEXT, P2=words))
    assert pointed_out.at == "P-2"
    assert pointed_out.hints == {"P2": (PersonalDataHint.PHONE,)}
    opened = response_flow.show(questionnaire, 9, "P-2", pointed_out.so_far, warned=True)
    assert (opened.hints, opened.shown) == (pointed_out.hints, {"P2": words})
    form = PageForm("P-2", Go.NEXT, p2.so_far, {"P2": words}, RECEIPT, hinted=True)
    assert press(questionnaire, 9, form).answers["P2"] == words


@pytest.mark.parametrize(
    "form",
    [
        PageForm("nowhere", Go.NEXT),
        PageForm("H-2", Go.NEXT),  # a page for older students
        PageForm("B-1", Go.NEXT, given={"C1": "lunch"}),
        PageForm("B-1", Go.NEXT, given={"B1": "not_an_option"}),
        PageForm("B-1", Go.NEXT, given={"B1": ["safe", "unsafe"]}),
        PageForm("B-1", Go.NEXT, so_far={"C2": "nonsense"}),
        PageForm("B-1", Go.STAY, given={"C1": "lunch"}),
        PageForm(START, Go.NEXT, given={"B1": "safe"}),
    ],
    ids=str,
)
def test_what_no_page_of_ours_sends_is_refused(
    questionnaire: Questionnaire, form: PageForm
) -> None:
    with pytest.raises(AnswerError):
        press(questionnaire, 7, form)


@pytest.mark.parametrize(
    "form",
    [
        PageForm("B-1", Go.SEND, receipt=RECEIPT),
        PageForm(SEND, Go.SEND),  # without a receipt
        PageForm(SEND, Go.SEND, given={"B1": "safe"}, receipt=RECEIPT),
        PageForm(SEND, Go.SEND, so_far={"B1": "bogus"}, receipt=RECEIPT),
    ],
    ids=str,
)
def test_send_checks_everything_again(questionnaire: Questionnaire, form: PageForm) -> None:
    with pytest.raises(AnswerError):
        response_flow.all_answers(questionnaire, 7, form)


def test_send_refuses_what_is_not_for_the_year(questionnaire: Questionnaire) -> None:
    so_far = {"H2.touch": "to_me"}
    with pytest.raises(AnswerError) as refused:
        response_flow.all_answers(
            questionnaire, 7, PageForm(SEND, Go.SEND, so_far, receipt=RECEIPT)
        )
    assert refused.value.reason is Refusal.NOT_FOR_YEAR


def test_stale_answers_are_dropped_at_send(questionnaire: Questionnaire) -> None:
    stale = {"A1": "y9", "F1.names": "no", "F3": "toilets"}
    form = PageForm(SEND, Go.SEND, stale, receipt=RECEIPT)
    assert response_flow.all_answers(questionnaire, None, form) == {
        "A1": "y9",
        "F1": {"names": "no"},
    }


def test_another_code_takes_over_what_is_for_its_year(questionnaire: Questionnaire) -> None:
    so_far = {"A1": "y9", "B1": "safe", "H2.touch": "no"}
    for_seven = response_flow.under_another_code(questionnaire, 7, so_far)
    assert for_seven == {"A1": ["y7"], "B1": ["safe"]}
    assert response_flow.under_another_code(questionnaire, None, so_far) == so_far
