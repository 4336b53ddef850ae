"""An estimate of how long a questionnaire takes, from its words and the year group that reads it.

Rates of reading are medians of US grades 6 and 8, which are Years 7 and 9: 145 and 151 words a
minute read aloud (Hasbrouck and Tindal, 2017 and 2006). Silent reading of a good reader is faster,
and of a student who is new to English much slower: a quarter of Year 7 needs half as long again.
Adults read 238 words a minute silently (Brysbaert, 2019). Answers that were read before, as those
of every row of a list, are glanced at. The time of a tap and of a page is our own estimate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from survey.questionnaires import routing
from survey.questionnaires.model import YEAR_ITEM, Item, Questionnaire, Text
from survey.year_groups.values import YearGroup

WORDS_A_MINUTE = ((9, 151), (0, 145))
"""From a year group, how many words its median student reads in a minute."""
WORDS_A_MINUTE_OF_ADULTS = 238
WORDS_BEFORE = 150
"""Words of the first page and of the question whether to take part."""
GLANCE = 1 / 3
"""How much of the time of reading it takes to look again at words that were read."""
ROWS_CALLED_FOR = 2
"""How many rows of a grid that waits row by row a student is asked."""
SECONDS_PER_TAP = 3
SECONDS_PER_SCREEN = 2


def minutes_of(questionnaire: Questionnaire, year: int | None = None) -> int:
    """About how many minutes a student of the median needs who answers everything: one of `year`,
    or, where a survey is for all years, of the year group that takes longest."""
    years = [year] if year is not None else [group.number for group in _years(questionnaire)]
    return max(_minutes(questionnaire, one) for one in years)


def _years(questionnaire: Questionnaire) -> tuple[YearGroup, ...]:
    """The year groups that are asked."""
    item = questionnaire.by_key.get(YEAR_ITEM)
    found = tuple(map(YearGroup.parse, item.answers)) if item else ()
    return tuple(one for one in found if one is not None) or questionnaire.naming.groups


@lru_cache(maxsize=256)
def _minutes(questionnaire: Questionnaire, year: int) -> int:
    shown = [
        item
        for item in questionnaire.asked
        if item.from_year <= year and not (item.key == YEAR_ITEM and questionnaire.is_pulse)
    ]
    # A grid that waits row by row is asked of the few rows that an earlier answer calls for.
    shown = [replace(i, rows=i.rows[:ROWS_CALLED_FOR]) if i.rows_if else i for i in shown]
    new, again = _words(questionnaire, shown, year)
    rate = next(words for first, words in WORDS_A_MINUTE if year >= first)
    if questionnaire.is_pulse:
        rate = WORDS_A_MINUTE_OF_ADULTS
    reading = (WORDS_BEFORE + new + again * GLANCE) * 60 / rate
    taps = sum(len(item.rows) or 1 for item in shown)
    pages = {item.key for item in shown}
    screens = sum(
        any(item.key in pages for item in page.items) for page in routing.layout(questionnaire)
    )
    return max(2, round((reading + taps * SECONDS_PER_TAP + screens * SECONDS_PER_SCREEN) / 60))


def _words(questionnaire: Questionnaire, shown: Iterable[Item], year: int) -> tuple[int, int]:
    """How many words a student reads for the first time, and how many again."""
    new = again = 0
    seen: set[tuple[str, ...]] = set()
    sections = {item.key: section for section in questionnaire.sections for item in section.items}
    opened: set[str] = set()
    for item in shown:
        section = sections[item.key]
        if section.key not in opened:
            opened.add(section.key)
            texts = (section.title_for(year), section.landing_for(year), section.intro)
            new += sum(_count(text) for text in texts if text)
        new += _count(item.wording_for(year)) + (_count(item.help) if item.help else 0)
        new += sum(_count(row.label) for row in item.rows)
        answers = tuple(option.label.in_language("en") for option in item.options)
        words = sum(len(answer.split()) for answer in answers)
        if answers and answers not in seen:
            seen.add(answers)
            new += words
        else:
            again += words
        again += words * max(len(item.rows) - 1, 0)
    return new, again


def _count(text: Text) -> int:
    return len(text.in_language("en").split())
