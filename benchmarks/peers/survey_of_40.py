"""The survey that is compared: 40 questions on 12 pages, 80 answers, in both formats.

`python -m benchmarks.peers.survey_of_40 FOLDER` writes `survey-of-40.toml` for this product and
`survey-of-40.txt`, a survey structure that LimeSurvey imports (tab-separated values). The words are
the same, and so are the pages: two arrays of 21 rows, and 38 lists of five answers, four on a page.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

KEY, VERSION, TITLE = "peer-survey-of-40", "1", "A survey of 40 questions"
LISTS, LISTS_ON_A_PAGE, ARRAYS, ROWS = 38, 4, 2, 21
ANSWERS = ("Never", "Rarely", "Sometimes", "Often", "Always")
PAGES = ARRAYS + -(-LISTS // LISTS_ON_A_PAGE)
QUESTIONS = ARRAYS + LISTS
GIVEN = ARRAYS * ROWS + LISTS


def list_words(number: int) -> str:
    return f"How often does thing number {number} happen at your school?"


def array_words(number: int) -> str:
    return f"How often do you see each of these things in week {number}?"


def row_words(number: int) -> str:
    return f"Thing number {number}, on the way or in the building"


def ours() -> str:
    """The survey as a template of this product."""
    say = json.dumps
    options = [f'  {{ key = "{answer.lower()}", label = {say(answer)} }},' for answer in ANSWERS]
    lines = [
        f'key = "{KEY}"',
        f'version = "{VERSION}"',
        f"title = {say(TITLE)}",
        'languages = ["en"]',
        'help = "uk"',
        "[[scale]]",
        'key = "OFTEN"',
        "option = [",
        *options,
        "]",
    ]
    for number in range(1, ARRAYS + 1):
        lines += ["[[section]]", f'key = "{"AB"[number - 1]}"', f'title = "Part {number}"']
        lines += _question(f"{'AB'[number - 1]}9", "grid", array_words(number))
        lines += ["row = ["]
        lines += [f'  {{ key = "r{n}", label = {say(row_words(n))} }},' for n in range(1, ROWS + 1)]
        lines += ["]"]
    lines += ["[[section]]", 'key = "C"', f'title = "Part {ARRAYS + 1}"']
    for number in range(1, LISTS + 1):
        lines += _question(f"C{number}", "one", list_words(number))
    return "\n".join(lines) + "\n"


def _question(key: str, kind: str, words: str) -> list[str]:
    return [
        "[[section.item]]",
        f'key = "{key}"',
        f'kind = "{kind}"',
        'themes = ["DEMO"]',
        'options = "OFTEN"',
        f"wording = {json.dumps(words)}",
    ]


COLUMNS = (
    "class", "type/scale", "name", "relevance", "text", "help", "language", "validation",
    "mandatory", "other", "default", "same_default",
)  # fmt: skip
"""Of LimeSurvey's tab-separated structure: manual.limesurvey.org, "Tab Separated Value survey
structure". Settings of the survey are rows of class S, and of its language SL."""

SETTINGS = (
    ("format", "G"),  # a page for each group
    ("anonymized", "Y"),
    ("datestamp", "N"),
    ("ipaddr", "N"),
    ("allowprev", "Y"),
    ("usecookie", "N"),
    ("showwelcome", "Y"),
    ("template", "fruity"),
)


def theirs() -> list[dict[str, str]]:
    """The rows of the survey as LimeSurvey imports it."""
    rows = [{"class": "S", "name": name, "text": value} for name, value in SETTINGS]
    rows.append({"class": "S", "name": "language", "text": "en"})
    rows.append({"class": "SL", "name": "surveyls_title", "text": TITLE, "language": "en"})
    for number in range(1, ARRAYS + 1):
        rows.append(_group(number))
        rows.append(_asked("F", f"array{number}", array_words(number)))
        rows += [
            {
                "class": "SQ",
                "type/scale": "0",
                "name": f"r{n}",
                "text": row_words(n),
                "language": "en",
            }
            for n in range(1, ROWS + 1)
        ]
        rows += _answers()
    for number in range(1, LISTS + 1):
        if number % LISTS_ON_A_PAGE == 1:
            rows.append(_group(ARRAYS + 1 + number // LISTS_ON_A_PAGE))
        rows.append(_asked("L", f"list{number}", list_words(number)))
        rows += _answers()
    return rows


def _group(number: int) -> dict[str, str]:
    return {"class": "G", "type/scale": f"G{number}", "name": f"Part {number}", "relevance": "1",
            "language": "en"}  # fmt: skip


def _asked(kind: str, name: str, words: str) -> dict[str, str]:
    return {"class": "Q", "type/scale": kind, "name": name, "relevance": "1", "text": words,
            "language": "en", "mandatory": "N", "other": "N"}  # fmt: skip


def _answers() -> list[dict[str, str]]:
    return [
        {"class": "A", "type/scale": "0", "name": f"A{n}", "text": answer, "language": "en"}
        for n, answer in enumerate(ANSWERS, 1)
    ]


def write(folder: Path) -> None:
    (folder / "survey-of-40.toml").write_text(ours(), encoding="utf-8")
    with (folder / "survey-of-40.txt").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", delimiter="\t", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(theirs())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    print(f"{QUESTIONS} questions on {PAGES} pages, {GIVEN} answers")
