"""Counting, judged by a slow and obvious second method that goes over raw answers again and again
and shares no code with the clever one."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from survey.disclosure.tables import CountTable, Group, TotalsDisagreeError
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Item, ItemKind, Option, Questionnaire, QuestionRole, Text
from survey.releases import sums_of_answers
from survey.releases.sums_of_answers import net_of
from survey.releases.tabulation import StrangeAnswerError, Tabulation, count, read_response
from survey.releases.tabulation_plan import TableNameTakenError, plan
from tests.unit.reports.schools import without_none
from tests.unit.reports.students import make_students

SAFETY = load_all()["safety", "2026.3"]
STUDENTS = make_students(SAFETY, 300)
COUNTED = count(SAFETY, STUDENTS)
YEARS = ("y7", "y8", "y9", "y10", "y11", "y12", "y13", "unsaid")
GENDERS = ("girl", "boy", "another", "unsaid")
OUTSIDE = ("prefer_not", "not_told")
"""Answers that are no part of the base of any item, and so are counted with those left out."""


def table(key: str, of: Tabulation = COUNTED) -> CountTable:
    return next(one for one in of.tables if one.key == key)


def year_said(student):
    return student.get("A1", "unsaid")


def gender_said(student):
    said = student.get("A2", "unsaid")
    return "unsaid" if said == "prefer_not" else said


def is_asked(item: Item, student) -> bool:
    """By the years alone: a student who does not say is asked what year 7 is asked."""
    said = year_said(student)
    return int(said[1:] if said != "unsaid" else 7) >= item.from_year


def expected(key: str, questionnaire: Questionnaire, student) -> str | None:
    """What a student counts as in the table of that key, spelt out kind by kind."""
    if key.startswith("@"):
        return expected_of_indicator(key[1:], questionnaire, student)
    for mark in ".:":
        if mark in key:
            item_key, part = key.split(mark)
            break
    else:
        item_key, part, mark = key, "", ""
    item = questionnaire.by_key[item_key]
    if not is_asked(item, student):
        return None
    given = student.get(item_key)
    if mark == ".":
        given = (given or {}).get(part)
    if given in (None, *OUTSIDE, ("prefer_not",)):
        return "skipped"
    if mark != ":":
        return given
    return "yes" if part in given else "no"


def expected_of_indicator(key: str, questionnaire: Questionnaire, student) -> str | None:
    indicator = next(one for one in questionnaire.indicators if one.key == key)
    said: list[str] = []
    asked = False
    for item_key in indicator.items:
        asked = asked or is_asked(questionnaire.by_key[item_key], student)
        given = student.get(item_key, ())
        if isinstance(given, str):
            said.append(given)
        else:
            said.extend(given.values() if isinstance(given, dict) else given)
    if not asked:
        return None
    if any(one in indicator.yes for one in said):
        return "yes"
    out = {*indicator.leave_out, "prefer_not", "away"}
    return "no" if any(one not in out for one in said) else "skipped"


def test_every_table_agrees_with_the_slow_method():
    assert len(COUNTED.tables) > 100
    for one in COUNTED.tables:
        for year in YEARS:
            for gender in GENDERS:
                here = [
                    expected(one.key, SAFETY, student)
                    for student in STUDENTS
                    if (year_said(student), gender_said(student)) == (year, gender)
                ]
                slow = tuple(here.count(answer) for answer in one.answers)
                assert one.counts[year, gender] == slow, (one.key, year, gender)


def test_every_item_row_option_and_indicator_has_one_table():
    wanted = []
    for item in SAFETY.asked:
        if item.key in ("A1", "A2") or item.kind == "text":
            continue
        if item.kind == "grid":
            wanted += [f"{item.key}.{row.key}" for row in item.rows]
        elif item.kind == "several":
            wanted += [f"{item.key}:{o.key}" for o in item.options if o.role != "prefer_not"]
        else:
            wanted.append(item.key)
    wanted += [f"@{one.key}" for one in SAFETY.indicators if not net_of(SAFETY, one)]
    assert [one.key for one in COUNTED.tables] == wanted


def test_everybody_is_counted_once():
    assert COUNTED.respondents == 300
    for year in YEARS:
        here = sum(year_said(student) == year for student in STUDENTS)
        assert COUNTED.participation.row(Group(year=year)) == (here,)


def test_the_groups_are_years_and_genders_and_nothing_finer():
    assert COUNTED.lattice.years == YEARS
    assert COUNTED.lattice.genders == GENDERS
    assert not COUNTED.lattice.crossed
    rows = {group.key for group in COUNTED.lattice.groups}
    assert rows == {
        "all",
        *(f"year={year}" for year in YEARS[:-1]),
        *(f"gender={gender}" for gender in GENDERS[:-1]),
    }  # those who did not say are counted, and have no row


def test_who_is_too_young_for_an_item_has_no_cell_in_its_table():
    harm = table("H2.touch")
    for year in ("y7", "y8", "unsaid"):
        assert sum(harm.row(Group(year=year))) == 0
        assert sum(COUNTED.participation.row(Group(year=year))) > 0
    assert sum(harm.row(Group(year="y9"))) == sum(COUNTED.participation.row(Group(year="y9")))


def test_silence_is_one_count_whatever_its_kind():
    """
    F1 of four students    F3              counts as
    "no" in all rows       -  (not asked)  skipped
    "saw" in one row       left out        skipped
    "saw" in one row       prefer not      skipped
    "saw" in one row       toilets         yes
    """
    heard = {"hurt": "saw", "names": "no"}
    counted = count(
        SAFETY,
        [
            {"F1": {"names": "no"}},
            {"F1": heard},
            {"F1": heard, "F3": ("prefer_not",)},
            {"F1": heard, "F3": ("toilets",)},
        ],
    )
    where = table("F3:toilets", counted)
    assert dict(zip(where.answers, where.row(Group()), strict=True)) == {
        "yes": 1,
        "no": 0,
        "skipped": 3,
    }
    assert where.base == ("yes", "no")


def test_prefer_not_to_say_has_no_count_of_its_own():
    for one in COUNTED.tables:
        assert one.answers == (*one.base, "skipped"), one.key
    said = [{"B1": "prefer_not"}, {}, {"B1": "safe"}]
    row = table("B1", count(SAFETY, said))
    counts = dict(zip(row.answers, row.row(Group()), strict=True))
    assert (counts["skipped"], counts["safe"]) == (2, 1)


def test_the_order_of_responses_makes_no_difference():
    shuffled = list(STUDENTS)
    random.Random(5).shuffle(shuffled)
    assert count(SAFETY, shuffled) == COUNTED


def test_boxes_follow_the_scale_and_not_the_item():
    """
    scale   box            answers
    SAFE5   feel_unsafe    unsafe, very_unsafe       of those who rated the place
    WIT3    happened       to_me, both
    """
    toilets = table("B2.toilets")
    assert toilets.base == ("very_safe", "safe", "middle", "unsafe", "very_unsafe", "away")
    unsafe, safe = toilets.boxes
    assert (unsafe.key, unsafe.answers) == (sums_of_answers.FEEL_UNSAFE, ("unsafe", "very_unsafe"))
    assert unsafe.of == safe.of == ("very_safe", "safe", "middle", "unsafe", "very_unsafe")
    assert table("B1").base == unsafe.of  # no "I don't go there" about the whole school
    assert table("B1").boxes[0].of is None
    assert {box.key for box in table("F1.hurt").boxes} == {
        sums_of_answers.HAPPENED,
        sums_of_answers.WITNESSED,
    }
    bands = [(box.key, box.answers) for box in table("O1").boxes]
    assert bands == [
        ("low", ("0", "1", "2", "3", "4")),
        ("medium", ("5", "6")),
        ("high", ("7", "8")),
        ("very_high", ("9", "10")),
    ]


def test_a_table_without_boxes_is_said_by_its_answers():
    figures = {one.key: one.figures for one in plan(SAFETY)}
    assert figures["B4:crowds"] == ("yes",)
    assert figures["@harm_any"] == ("yes",)
    assert figures["J1"] == ("yes", "sort_of", "no")
    assert figures["B2.toilets"] == (sums_of_answers.FEEL_UNSAFE, sums_of_answers.FEEL_SAFE)


def test_free_text_is_never_tabulated():
    assert not any(one.key.startswith(("P1a", "P2")) for one in COUNTED.tables)
    with pytest.raises(StrangeAnswerError):
        read_response(SAFETY, json.dumps({"P1a": "a light at the gate"}))


@pytest.mark.parametrize(
    ("stored", "item"),
    [
        ("nonsense", "?"),
        ("[]", "?"),
        ('{"Z9":"yes"}', "Z9"),
        ('{"B1":"sideways"}', "B1"),
        ('{"B1":["safe"]}', "B1"),
        ('{"B3":"toilets"}', "B3"),
        ('{"B3":["the_moon"]}', "B3"),
        ('{"B2":{"toilets":"sideways"}}', "B2"),
        ('{"B2":{"the_moon":"safe"}}', "B2"),
    ],
)
def test_a_response_the_questionnaire_cannot_have_given_stops_the_count(stored, item):
    with pytest.raises(StrangeAnswerError) as wrong:
        read_response(SAFETY, stored)
    assert wrong.value.item == item
    assert "sideways" not in str(wrong.value)


def test_every_stored_response_reads_back_as_it_was():
    for student in STUDENTS[:50]:
        assert read_response(SAFETY, json.dumps(student)) == student


def test_tables_that_do_not_add_up_are_refused():
    short = replace(table("B1"), counts={("y7", "girl"): (1,) + (0,) * 5})
    with pytest.raises(TotalsDisagreeError):
        Tabulation(COUNTED.lattice, COUNTED.participation, (short,))


def test_an_option_may_not_be_called_as_reports_call_a_gap():
    own = Item(
        key="Z1",
        kind=ItemKind.ONE,
        wording=Text.of({"en": "Is there a clock?"}),
        themes=("TIME",),
        options=tuple(
            Option(k, Text.of({"en": k}), QuestionRole.ANSWER) for k in ("yes", "skipped")
        ),
    )
    section = replace(SAFETY.sections[0], items=(*SAFETY.sections[0].items, own))
    with pytest.raises(TableNameTakenError):
        plan(replace(SAFETY, sections=(section, *SAFETY.sections[1:])))


@pytest.mark.parametrize(("key", "option"), [("D2", "lighting"), ("P1", "better_toilets")])
def test_who_ticks_none_of_these_is_in_the_base(key: str, option: str) -> None:
    """30 of 60 tick one thing and 30 tick none: half of them, and not all of those who ticked."""
    said = [{key: (option,) if at % 2 else ("none",)} for at in range(60)]
    counted = table(f"{key}:{option}", count(SAFETY, said))
    yes, no, left_out = map(sum, zip(*counted.counts.values(), strict=True))
    assert counted.base == ("yes", "no")
    assert (yes, no, left_out) == (30, 30, 0)
    assert not SAFETY.by_key[key].counts_only_ticks
    assert without_none(SAFETY, key).by_key[key].counts_only_ticks
