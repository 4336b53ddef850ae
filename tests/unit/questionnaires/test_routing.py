from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.questionnaires.load import load, load_all
from survey.questionnaires.model import Item, ItemKind, Questionnaire
from survey.questionnaires.routing import (
    AnswerError,
    Answers,
    Page,
    Raw,
    Refusal,
    check,
    layout,
    merge,
    next_page,
    page,
    pages,
    previous_page,
    progress,
    shown_items,
    skip_section,
    year_of,
)
from tests.unit.questionnaires.strategies import raws

SMALL = load(Path(__file__).parent / "small-1.toml")
WALKED = [SMALL, *load_all().values()]
years = st.none() | st.integers(7, 13)


def shown(year: int | None, answers: Answers, questionnaire: Questionnaire = SMALL) -> str:
    return " ".join(item.key for item in shown_items(questionnaire, year, answers))


def walk(year: int | None, answers: Answers, questionnaire: Questionnaire = SMALL) -> str:
    return " ".join(one.key for one in pages(questionnaire, year, answers))


# Which items


@pytest.mark.parametrize(
    ("year", "answers", "expected"),
    [
        (None, {}, "A1 A2 B1 B2 B3 B4 F1 K2 O1"),
        (None, {"A1": "y7"}, "A1 A2 B1 B2 B3 B4 F1 K2 O1"),
        (None, {"A1": "y8"}, "A1 A2 A3 B1 B2 B3 B4 F1 H1 K2 O1"),
        (8, {}, "A2 A3 B1 B2 B3 B4 F1 H1 K2 O1"),
        (9, {}, "A2 A3 B1 B2 B3 B4 F1 H1 K2 O1 P2"),
        (7, {"F1": {"pushed": "saw"}}, "A2 B1 B2 B3 B4 F1 F2 K2 O1"),
        (7, {"F1": {"pushed": "no"}}, "A2 B1 B2 B3 B4 F1 K2 O1"),
        (7, {"K2": "yes"}, "A2 B1 B2 B3 B4 F1 K2 K2a O1"),
    ],
)
def test_gates_and_conditions_say_what_is_shown(
    year: int | None, answers: Answers, expected: str
) -> None:
    assert shown(year, answers) == expected


def test_an_item_that_is_off_takes_its_follow_ups_with_it() -> None:
    off = {"K2", "B4"}
    sections = tuple(
        replace(s, items=tuple(replace(i, on=i.on and i.key not in off) for i in s.items))
        for s in SMALL.sections
    )
    without = replace(SMALL, sections=sections)
    assert shown(13, {"K2": "yes"}, without) == "A2 A3 B1 B2 B3 F1 H1 O1 P2"


def test_the_year_is_read_from_the_answers() -> None:
    assert year_of({"A1": "y11"}) == 11
    assert year_of({}) is None
    assert year_of({"A1": "y6"}) == 6
    assert year_of({"A1": "y5"}) is None


@pytest.mark.parametrize("named", sorted(load_all()))
def test_no_shipped_template_shows_a_sensitive_item_to_who_names_no_year(
    named: tuple[str, str],
) -> None:
    assert all(item.sensitivity < 3 for item in shown_items(load_all()[named], None, {}))


# Which pages


def test_a_page_is_a_landing_a_grid_or_a_few_items_of_one_section() -> None:
    assert walk(9, {"F1": {"names": "saw"}, "K2": "yes"}) == (
        "A-1 A-2 B-1 B-2 B-3 F-1 F-2 H-0 H-1 K-1 K-2 O-1"
    )
    by_key = {one.key: one for one in pages(SMALL, 9, {})}
    assert [item.key for item in by_key["B-3"].items] == ["B3", "B4"]
    assert by_key["H-0"].is_landing
    assert by_key["H-0"].items == ()
    assert by_key["B-1"].opens_section
    assert not by_key["B-2"].opens_section


def test_a_landing_without_anything_behind_it_is_not_shown() -> None:
    assert "H-0" in walk(8, {})
    assert "H" not in walk(7, {})


@pytest.mark.parametrize("questionnaire", WALKED, ids=lambda q: q.key)
def test_no_page_needs_to_know_what_is_given_on_it(questionnaire: Questionnaire) -> None:
    for one in layout(questionnaire):
        here = {item.key for item in one.items}
        grids = [i for i in one.items if i.kind is ItemKind.GRID and i.rows_if is None]
        if one.is_landing:
            continue
        assert len(one.items) <= 4
        assert not grids or len(one.items) == 1
        for item in one.items:
            assert item.show_if is None or item.show_if.item not in here
            assert "A1" not in here or item.from_year == 7


@given(st.data())
def test_next_and_previous_undo_each_other(data: st.DataObject) -> None:
    questionnaire = data.draw(st.sampled_from(WALKED), "questionnaire")
    year = data.draw(years)
    answers = check(questionnaire, None, data.draw(raws(questionnaire)))
    walked = pages(questionnaire, year, answers)
    assert next_page(questionnaire, year, answers, None) == walked[0]
    assert previous_page(questionnaire, year, answers, walked[0].key) is None
    assert next_page(questionnaire, year, answers, walked[-1].key) is None
    for one, after in pairwise(walked):
        assert next_page(questionnaire, year, answers, one.key) == after
        back = previous_page(questionnaire, year, answers, after.key)
        assert back == one or _is_landing_of(back, one, answers)


def _is_landing_of(back: Page | None, one: Page, answers: Answers) -> bool:
    """Back before an untouched section with a soft landing is back to the landing."""
    return (
        back is not None
        and back.is_landing
        and back.section == one.section
        and not any(item.key in answers for item in one.section.items)
    )


@given(st.data())
def test_what_is_shown_is_on_one_page_each_in_order(data: st.DataObject) -> None:
    questionnaire = data.draw(st.sampled_from(WALKED))
    year = data.draw(years)
    answers = check(questionnaire, None, data.draw(raws(questionnaire)))
    walked = pages(questionnaire, year, answers)
    on_pages = [item.key for one in walked for item in one.items]
    assert on_pages == [item.key for item in shown_items(questionnaire, year, answers)]
    assert len({one.key for one in walked}) == len(walked)


def test_a_page_comes_whether_or_not_its_question_is_called_for() -> None:
    """F2 waits for F1 and is alone on its page. The number of pages must tell nothing."""
    there, empty = page(SMALL, 9, {"F1": {"names": "saw"}}, "F-2"), page(SMALL, 9, {}, "F-2")
    assert there is not None
    assert empty is not None
    assert ([one.key for one in there.items], empty.items) == (["F2"], ())
    assert next_page(SMALL, 9, {}, "F-1") == empty
    assert next_page(SMALL, 9, {}, "F-2") == page(SMALL, 9, {}, "H-0")
    assert previous_page(SMALL, 9, {}, "F-2") == page(SMALL, 9, {}, "F-1")


def test_skipping_a_landing_skips_its_section_both_ways() -> None:
    after = next_page(SMALL, 9, {}, "H-0", skip=True)
    assert after == page(SMALL, 9, {}, "K-1")
    assert previous_page(SMALL, 9, {}, "K-1") == page(SMALL, 9, {}, "H-0")


def test_answers_in_a_section_lead_back_into_it_until_it_is_skipped() -> None:
    answers = {"B1": "safe", "H1": "no"}
    assert previous_page(SMALL, 9, answers, "K-1") == page(SMALL, 9, answers, "H-1")
    section = next(s for s in SMALL.sections if s.key == "H")
    assert skip_section(answers, section) == {"B1": "safe"}


def test_an_unknown_page_is_refused() -> None:
    for ask in (next_page, previous_page):
        with pytest.raises(AnswerError):
            ask(SMALL, 9, {}, "Q-7")
    with pytest.raises(AnswerError):
        progress(SMALL, 9, {}, "Q-7")


def test_progress_counts_parts_and_does_not_move_with_answers() -> None:
    steps = [progress(SMALL, 9, {}, one.key) for one in pages(SMALL, 9, {})]
    assert [(step.position, step.count) for step in steps] == [
        (1, 6), (1, 6), (2, 6), (2, 6), (2, 6), (3, 6), (3, 6), (4, 6), (4, 6), (5, 6), (5, 6),
        (6, 6),
    ]  # fmt: skip
    assert [step.position for step in (progress(SMALL, 7, {}, key) for key in ("K-1", "O-1"))] == [
        4,
        5,
    ]
    assert progress(SMALL, 9, {"K2": "yes"}, "K-2").count == 6


# What a page gave


def test_a_page_speaks_for_all_its_items() -> None:
    here = page(SMALL, 9, {}, "B-3")
    assert here is not None
    earlier: Raw = {"B1": "safe", "B3": ["park", "gates"], "B4": "dark"}
    assert merge(here, earlier, {"B3": "gates"}) == {"B1": "safe", "B3": "gates"}


def test_a_grid_row_is_replaced_with_its_page() -> None:
    here = page(SMALL, 9, {}, "B-2")
    assert here is not None
    earlier = {"B2.gates": "safe", "B2.toilets": "safe"}
    assert merge(here, earlier, {"B2.toilets": "unsafe"}) == {"B2.toilets": "unsafe"}


def test_a_page_cannot_answer_for_others() -> None:
    here = page(SMALL, 9, {}, "B-3")
    assert here is not None
    with pytest.raises(AnswerError) as refused:
        merge(here, {}, {"B1": "safe"})
    assert (refused.value.item, refused.value.reason) == ("B1", Refusal.UNKNOWN_ITEM)


@given(st.data())
def test_answering_page_by_page_gives_what_answering_at_once_gives(data: st.DataObject) -> None:
    """The oracle: one form with everything, checked once."""
    questionnaire = data.draw(st.sampled_from(WALKED))
    year = data.draw(years)
    raw = {
        name: value
        for name, value in data.draw(raws(questionnaire)).items()
        if _may(questionnaire, year, name)
    }
    carried: Mapping[str, str | list[str]] = {}
    here = next_page(questionnaire, year, {}, None)
    while here is not None:
        names = {item.key for item in here.items}
        given = {name: value for name, value in raw.items() if name.partition(".")[0] in names}
        carried = merge(here, carried, given)
        here = next_page(questionnaire, year, check(questionnaire, year, carried), here.key)
    assert check(questionnaire, year, carried) == check(questionnaire, year, raw)


def _may(questionnaire: Questionnaire, year: int | None, name: str) -> bool:
    item: Item = questionnaire.by_key[name.partition(".")[0]]
    return year is None or (item.from_year <= year and item.key != "A1")


@pytest.mark.parametrize("year", [None, 7, 9, 13])
def test_one_page_is_what_the_walk_says_of_it(year: int | None) -> None:
    """It is worked out from its section alone, and must be the page of the whole walk."""
    from tests.unit.reports.students import make_students

    bank = load_all()["safety", "2026.3"]
    for student in make_students(bank, 12):
        answers = {key: one for key, one in student.items() if year is None or key != "A1"}
        walked = {one.key: one for one in pages(bank, year, answers)}
        for laid_out in layout(bank):
            assert page(bank, year, answers, laid_out.key) == walked.get(laid_out.key)
