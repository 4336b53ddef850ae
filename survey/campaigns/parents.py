"""The page on which parents read every item, if their school opened it. Anybody who has its address
may read it: it says what is asked, and nothing of who answers."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, current_app, g, render_template
from werkzeug.wrappers import Response

from survey.access import public
from survey.campaigns.download import as_file
from survey.campaigns.paper import items
from survey.campaigns.paper.facts import Facts, facts_of
from survey.campaigns.printing import wave_shown_under
from survey.db import read
from survey.languages import direction, language_name
from survey.phone import choose_language
from survey.settings import Settings

bp = Blueprint("parents", __name__)

PARENTS = "/parents/<word>"


@bp.get(PARENTS)
@public
def all_items(word: str) -> str:
    facts = _facts(word)
    return render_template(
        "parents/items.html",
        word=word,
        facts=facts,
        told=items.items(facts, g.language),
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
    return items.items_pdf(facts, language)


def _facts(word: str) -> Facts:
    settings: Settings = current_app.extensions["settings"]
    facts = facts_of(wave_shown_under(read(), word), settings)
    choose_language(facts.questionnaire.languages)
    return facts
