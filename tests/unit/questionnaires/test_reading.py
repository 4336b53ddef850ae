"""Every English item can be read at the age of 11: by sentence, by item and by page.

The formula is Flesch and Kincaid's, by `textstat`: 0.39 words a sentence + 11.8 syllables a word -
15.59. It gives a school grade of the United States; a child in grade g is g + 5 years old when the
year begins, so grade 6 is the age of 11.

It was made for passages of a hundred words, and a label of two has no reading age. So three things
are held, each where it says something: no sentence has more than 18 words; the formula judges what
is asked with its help, and the whole item with its rows and answers; and it judges the page a
student reads, with its title and introduction. What an item quotes under its `source` is not ours
to change, so such items are left out, wherever they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import textstat

from survey.questionnaires import routing
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Item, Questionnaire, Text

MOST_WORDS = 18
OLDEST = 11
GRADE_ONE_AGE = 6
FACES = ("happy", "middle", "sad")

ASKED = {f"{key} {version}": one for (key, version), one in load_all().items() if one.places}
"""Every shipped template but the one that replays records: that names no places."""

templates = pytest.mark.parametrize("template", ASKED.values(), ids=ASKED)


def reading_age(text: str) -> float:
    grade: float = textstat.flesch_kincaid_grade(text)
    return grade + GRADE_ONE_AGE - 1


def said(text: Text | None) -> str:
    """The English words, as a sentence: a label ends where its line ends."""
    words = text.in_language("en").strip() if text else ""
    return words if not words or words[-1] in ".?!" else f"{words}."


def wordings(item: Item) -> list[Text]:
    return [item.wording, *([item.older.text] if item.older else [])]


def labels(item: Item) -> list[Text]:
    of = (*item.rows, *item.options)
    return [one.label for one in of] + list(item.ends or ())


def ours(questionnaire: Questionnaire) -> Iterator[Item]:
    return (item for item in questionnaire.items if item.source is None)


def readings(item: Item) -> Iterator[str]:
    """What is asked, and the whole of it; for the younger and for the older."""
    for wording in wordings(item):
        asked = f"{said(wording)} {said(item.help)}"
        yield asked
        yield " ".join([asked, *map(said, labels(item))])


def pages(questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    """Each page as it is read from top to bottom, by its key."""
    for page in routing.layout(questionnaire):
        top = [said(page.section.title)]
        if page.is_landing:
            yield page.key, " ".join([*top, said(page.section.soft_landing)])
            continue
        top.append(said(page.section.intro))
        items = [item for item in page.items if item.source is None]
        for younger in (True, False):
            read = [
                text
                for item in items
                for text in (wordings(item)[0 if younger else -1], item.help, *labels(item))
            ]
            if items:
                yield page.key, " ".join([*top, *map(said, read)])


def all_texts(questionnaire: Questionnaire) -> Iterator[tuple[str, Text]]:
    for section in questionnaire.sections:
        for text in (section.title, section.intro, section.soft_landing):
            if text:
                yield f"section {section.key}", text
    for definition in questionnaire.definitions:
        yield f"definition {definition.key}", definition.meaning
    for item in ours(questionnaire):
        for text in (*wordings(item), item.help, *labels(item)):
            if text:
                yield f"item {item.key}", text


def sentences(words: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.?!:;])\s+", words) if one]


@templates
def test_no_sentence_is_long(template: Questionnaire) -> None:
    long = [
        (where, one)
        for where, text in all_texts(template)
        for one in sentences(text.in_language("en"))
        if len(one.split()) > MOST_WORDS
    ]
    assert long == []


@templates
def test_every_item_can_be_read_at_eleven(template: Questionnaire) -> None:
    hard = [
        (item.key, round(reading_age(text), 1), text)
        for item in ours(template)
        for text in readings(item)
        if reading_age(text) > OLDEST
    ]
    assert hard == []


@templates
def test_every_page_can_be_read_at_eleven(template: Questionnaire) -> None:
    hard = [
        (key, round(reading_age(text), 1), text)
        for key, text in pages(template)
        if reading_age(text) > OLDEST
    ]
    assert hard == []


def test_what_is_quoted_is_left_out_by_its_source_and_is_little() -> None:
    quoted = {item.key for one in ASKED.values() for item in one.items if item.source}
    assert quoted
    assert all(item.source and "Licence" in item.source
               for one in ASKED.values() for item in one.items if item.key in quoted)  # fmt: skip
    assert len(quoted) <= 4


def test_the_formula_tells_hard_from_easy() -> None:
    assert reading_age("The cat sat on the mat. It was fat.") < 7
    assert reading_age(
        "Institutional safeguarding arrangements necessitate comprehensive consideration of"
        " environmental circumstances."
    ) > 18  # fmt: skip
    assert (
        10 < reading_age("How often do you hear pupils say unkind things about other pupils?") < 13
    )


# Easy read


EASY = load_all()["easy-read", "2026.2"]


def test_easy_read_is_ten_short_items_one_a_page() -> None:
    assert len(EASY.asked) == 10
    assert [len(page.items) for page in routing.layout(EASY)] == [1] * 10
    for _where, text in all_texts(EASY):
        for sentence in sentences(text.in_language("en")):
            assert len(sentence.split()) <= 11, sentence


def test_easy_read_is_easier_than_the_core() -> None:
    core = load_all()["safety-core", "2026.3"]

    def age(one: Questionnaire) -> float:
        return reading_age(" ".join(said(text) for item in ours(one) for text in wordings(item)))

    assert age(EASY) < age(core) - 1.5


def test_its_feelings_are_three_faces() -> None:
    for key in ("B1", "B2", "D1", "E1"):
        plain = [one.symbol for one in EASY.by_key[key].options if one.in_base]
        assert tuple(plain) == FACES, key


def test_each_of_its_items_asks_about_a_core_item_in_its_own_way() -> None:
    """The same subject under the same key, and other answers: never to be put side by side."""
    core = load_all()["safety", "2026.3"]
    for item in EASY.items:
        assert item.key in core.by_key
        assert set(item.themes) <= set(core.by_key[item.key].themes), item.key
        if item.key != "A1":
            assert item.answers != core.by_key[item.key].answers, item.key
