"""Draws one invented student's answers. Pure: no web and no database."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from survey.demo import parameters as p
from survey.demo.gshs_records import Raw
from survey.questionnaires.model import Item, ItemKind, Questionnaire, QuestionRole
from survey.questionnaires.table_key import TableKey


@dataclass(frozen=True)
class SchoolEffect:
    """What is different here: log-odds for the whole school and for single places, and the time of
    day at which it is worst (an option of C1)."""

    level: float
    places: Mapping[str, float]
    peak: str


@dataclass(frozen=True)
class Student:
    year: int
    gender: str
    leaning: float


def draw_student(year: int, random: Random) -> Student:
    gender = random.choices(list(p.GENDERS), weights=list(p.GENDERS.values()))[0]
    return Student(year, gender, random.gauss(0, 1))


def draw_answers(
    questionnaire: Questionnaire, student: Student, effect: SchoolEffect, random: Random
) -> Raw:
    """Raw answers by field name, as a page would carry them ("B1", "B2.toilets", "B3")."""
    raw: Raw = {}
    if random.random() * 100 >= p.SKIPPED:
        raw["A1"] = f"y{student.year}"
    raw["A2"] = student.gender
    for item in questionnaire.asked:
        if item.key in ("A1", "A2") or student.year < item.from_year:
            continue
        if item.rows_if is None:
            raw.update(_DRAW[item.kind](item, student, effect, random))
        else:
            raw.update(_times(item, raw, effect, random))
    return raw


def _times(item: Item, raw: Raw, effect: SchoolEffect, random: Random) -> Raw:
    """When each place that was rated unsafe feels least safe."""
    assert item.rows_if is not None
    found: Raw = {}
    for row in item.rows:
        rated = raw.get(TableKey.of_row(item.rows_if.item, row.key))
        if rated not in item.rows_if.options or _skips(random):
            continue
        even = dict.fromkeys(item.answers, 1.0)
        shares = {key: p.WHEN.get(row.key, {}).get(key, share) for key, share in even.items()}
        if effect.peak in shares:
            shares[effect.peak] *= p.PEAK_OF_PLACE
        found[item.row_key(row.key)] = random.choices(list(shares), list(shares.values()))[0]
    return found


def _tilt(student: Student, effect: SchoolEffect) -> float:
    """Log-odds that any adverse answer gains by student and school."""
    tilt = effect.level + p.LOADING * student.leaning + p.YEAR_EFFECT[student.year]
    return tilt + (p.ANOTHER_MORE if student.gender in ("another", "prefer_not") else 0)


def _moved(percent: float, by: float) -> float:
    """The probability whose log-odds are those of `percent`, moved by `by`."""
    odds = percent / (100 - percent) * math.exp(by)
    return odds / (1 + odds)


def _skips(random: Random) -> bool:
    return random.random() * 100 < p.SKIPPED


def _rating(place: str, item: Item, student: Student, effect: SchoolEffect, random: Random) -> str:
    by = _tilt(student, effect) + effect.places.get(place, 0)
    if student.gender == "girl":
        by += p.GIRLS_MORE[place in p.OUTSIDE]
    elif student.gender == "boy":
        by += p.BOYS_MORE.get(place, 0)
    if item.option("away") and random.random() * 100 < p.AWAY.get(place, 2):
        return "away"
    if random.random() * 100 < p.PREFER_NOT:
        return "prefer_not"
    if random.random() < _moved(p.UNSAFE.get(place, 10), by):
        return random.choices(("unsafe", "very_unsafe"), (7, 3))[0]
    return random.choices(("very_safe", "safe", "middle"), (35, 45, 20))[0]


def _choice(field: str, item: Item, student: Student, effect: SchoolEffect, random: Random) -> str:
    if item.option("prefer_not") and random.random() * 100 < p.PREFER_NOT:
        return "prefer_not"
    if field in p.TO_ME:
        return _witness(field, student, effect, random)
    even = {option.key: 1.0 for option in item.options if option.role is QuestionRole.ANSWER}
    shares = p.ONE.get(field, even)
    tilt = math.exp(_tilt(student, effect))
    weights = [share * (tilt if key in p.ADVERSE else 1) for key, share in shares.items()]
    return random.choices(list(shares), weights)[0]


def _witness(field: str, student: Student, effect: SchoolEffect, random: Random) -> str:
    girls, boys, seen = p.TO_ME[field]
    mine = {"girl": girls, "boy": boys}.get(student.gender, max(girls, boys))
    happened = random.random() < _moved(mine, _tilt(student, effect))
    saw = random.random() < _moved(seen, effect.level)
    return {(True, True): "both", (True, False): "to_me", (False, True): "saw"}.get(
        (happened, saw), "no"
    )


def _one(item: Item, student: Student, effect: SchoolEffect, random: Random) -> Raw:
    if _skips(random):
        return {}
    rated = item.option("very_unsafe") is not None
    draw = _rating if rated else _choice
    return {item.key: draw(item.key, item, student, effect, random)}


def _grid(item: Item, student: Student, effect: SchoolEffect, random: Random) -> Raw:
    rated = item.option("very_unsafe") is not None
    raw: Raw = {}
    for row in item.rows:
        field = item.row_key(row.key)
        if not _skips(random):
            draw = _rating if rated else _choice
            raw[field] = draw(row.key if rated else field, item, student, effect, random)
    return raw


def _several(item: Item, student: Student, effect: SchoolEffect, random: Random) -> Raw:
    if _skips(random):
        return {}
    ticked = list(_ticks(item, student, effect, random))
    if item.most:
        random.shuffle(ticked)
        ticked = ticked[: item.most]
    alone = next((option.key for option in item.options if option.role is QuestionRole.NONE), None)
    if not ticked:
        return {item.key: [alone]} if alone else {}
    order = [option.key for option in item.options]
    return {item.key: sorted(ticked, key=order.index)}


def _ticks(item: Item, student: Student, effect: SchoolEffect, random: Random) -> Iterator[str]:
    shares = p.SEVERAL.get(item.key, {})
    tilt = _tilt(student, effect)
    for option in item.options:
        if option.stands_alone:
            continue
        share = shares.get(option.key) or p.UNSAFE.get(option.key, 6)
        by = tilt + effect.places.get(option.key, 0) + (p.PEAK if option.key == effect.peak else 0)
        if item.key == "B5":  # where it is safest: the other way round
            share, by = 25.0, -by
        if random.random() < _moved(share, by if item.key != "P1" else 0.3 * by):
            yield option.key


def _scale(item: Item, student: Student, effect: SchoolEffect, random: Random) -> Raw:
    if _skips(random):
        return {}
    mean, spread = p.WELLBEING.get(item.key, (6.0, 2.0))
    value = random.gauss(mean - 0.5 * _tilt(student, effect), spread)
    return {item.key: str(min(10, max(0, round(value))))}


def _text(item: Item, student: Student, _effect: SchoolEffect, random: Random) -> Raw:
    if random.random() >= 0.06:
        return {}
    voices = random.choice(p.TEXTS)
    return {item.key: voices[int(abs(student.leaning) * 1000) % len(voices)]}


_DRAW = {
    ItemKind.ONE: _one,
    ItemKind.GRID: _grid,
    ItemKind.SEVERAL: _several,
    ItemKind.SCALE: _scale,
    ItemKind.TEXT: _text,
}
"""How each kind of item is answered."""
