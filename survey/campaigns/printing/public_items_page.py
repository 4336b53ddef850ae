"""The page on which parents read every item, if their school opened it. Anyone who has its address
may read it: it says what is asked, and nothing of who answers."""

from __future__ import annotations

from functools import lru_cache

from flask import g, render_template
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import bp
from survey.campaigns.printing import item_list
from survey.campaigns.printing.context import Facts, facts_of
from survey.campaigns.printing.operations import wave_shown_under
from survey.database import read
from survey.http.attachments import as_file
from survey.http.light_pages import choose_language
from survey.languages import direction, language_name
from survey.permissions import public
from survey.settings import current_settings

PARENTS = "/parents/<word>"


@bp.get(PARENTS)
@public
def all_items(word: str) -> str:
    facts = _facts(word)
    return render_template(
        "campaigns/printing/public_items.html",
        word=word,
        facts=facts,
        told=item_list.items(facts, g.language),
        languages=facts.questionnaire.languages,
        language_name=language_name,
        direction_of=direction,
    )


@bp.get(f"{PARENTS}/print")
@public
def all_items_pdf(word: str) -> Response:
    facts = _facts(word)
    return as_file(_drawn_once(facts, g.language), "application/pdf", f"items-{g.language}.pdf")


@lru_cache(maxsize=32)
def _drawn_once(facts: Facts, language: str) -> bytes:
    """A thousand parents open one letter on one evening; the sheet is drawn for the first."""
    return item_list.items_pdf(facts, language)


def _facts(word: str) -> Facts:
    settings = current_settings()
    facts = facts_of(wave_shown_under(read(), word), settings)
    choose_language(facts.questionnaire.languages)
    return facts
