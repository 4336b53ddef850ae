"""Everything a student may be asked, with every answer there is and the years that see it: for
parents, on paper and on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from survey import pdf as typeset
from survey.campaigns.printing.context import Facts
from survey.questionnaires.model import Item, Questionnaire
from survey.year_groups.wording import named_as, tidy, year_number

SHEET = "campaigns/printing/item_list"


def items_pdf(facts: Facts, language: str) -> bytes:
    given = items(facts, language)
    return typeset.pdf(SHEET, language=language, title=given["heading"], given=given)


def items(facts: Facts, language: str) -> dict[str, Any]:
    """What the preview says in `language`."""
    asked = facts.questionnaire
    with force_locale(language), named_as(asked.naming):
        return {
            "school": facts.school_name,
            "school_runs": typeset.runs(facts.school_name),
            "survey": facts.title,
            "survey_runs": typeset.runs(facts.title),
            "heading": _("All questions of the survey"),
            "opening": _(
                "This is everything that is asked, with all the answers there are to choose from."
                " Any question can be skipped."
            )
            if asked.is_pulse
            else _(
                "This is everything that students may be asked, with all the answers they can"
                " choose. They can skip any question. Some are for older years only."
            ),
            "timeframe": asked.timeframe.in_language(language) if asked.timeframe else "",
            "sections": [
                {
                    "title": section.title.in_language(language),
                    "intro": section.intro.in_language(language) if section.intro else "",
                    "landing": section.soft_landing.in_language(language)
                    if section.soft_landing
                    else "",
                    "items": list(_told(asked, section.items, language)),
                }
                for section in asked.sections
                if any(item in asked.asked for item in section.items)
            ],
        }


def _told(
    questionnaire: Questionnaire, items: Iterable[Item], language: str
) -> Iterator[dict[str, Any]]:
    for item in items:
        if item not in questionnaire.asked:
            continue
        yield {
            "words": item.wording.in_language(language),
            "older": tidy(
                _(
                    "Year %(year)s and above read: %(words)s",
                    year=year_number(item.older.from_year),
                    words=item.older.text.in_language(language),
                )
            )
            if item.older
            else "",
            "help": item.help.in_language(language) if item.help else "",
            "years": ""
            if questionnaire.is_pulse
            else _years(item.from_year, questionnaire.youngest),
            "only_if": _only_if(questionnaire, item, language),
            "how": _how(item),
            "mark": item.kind.mark,
            "rows": [row.label.in_language(language) for row in item.rows],
            "options": _options(item, language),
        }


def _how(item: Item) -> str:
    words, values = item.kind.how(item)
    return str(_(words, **values))


def _years(from_year: int, youngest: int) -> str:
    if from_year <= youngest:
        return str(_("All years"))
    return tidy(_("Year %(year)s and above", year=year_number(from_year)))


def _only_if(questionnaire: Questionnaire, item: Item, language: str) -> str:
    """Why not everyone sees it. The condition names answers; parents read the question."""
    waits_for = item.show_if or item.rows_if
    if waits_for is None:
        return ""
    words = questionnaire.by_key[waits_for.item].wording.in_language(language)
    return str(_("Only shown after some answers to: %(words)s", words=words))


def _options(item: Item, language: str) -> list[str]:
    if item.ends is not None:
        low, high = (end.in_language(language) for end in item.ends)
        return [f"0: {low}", f"10: {high}"]
    return [option.label.in_language(language) for option in item.options]
