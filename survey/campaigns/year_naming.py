"""Whose names for year groups a page uses: those of its survey, its school or its authority."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request

from survey.campaigns.models import Wave
from survey.campaigns.queries import questionnaire_of
from survey.database import read
from survey.organisations.models import Authority, School
from survey.year_groups import wording
from survey.year_groups.values import YearNaming


def init_app(app: Flask) -> None:
    app.extensions[wording.YEAR_NAMING] = naming_of_request
    app.jinja_env.filters["year_number"] = wording.year_number
    app.jinja_env.globals.update(
        year_name=wording.year_name,
        year_number=wording.year_number,
        years_label=wording.years_label,
        tidy_years=wording.tidy,
    )


def naming_of_request() -> YearNaming:
    """A launched survey keeps the names that its students read. Looked up once in a request, and
    only if a year group is spoken of."""
    if not has_request_context():
        return YearNaming.ENGLAND_AND_WALES
    if "year_naming_here" not in g:
        g.year_naming_here = _look_up(request.view_args or {})
    return YearNaming(g.year_naming_here)


def _look_up(address: dict[str, object]) -> YearNaming:
    school_id, wave_id = address.get("school_id"), address.get("wave_id")
    if school_id and wave_id:
        wave = read().get(Wave, (school_id, wave_id))
        if wave is not None and wave.questionnaire_hash is not None:
            return questionnaire_of(wave).naming
    found: School | Authority | None = None
    if school_id:
        found = read().get(School, school_id)
    elif authority_id := address.get("authority_id"):
        found = read().get(Authority, authority_id)
    return YearNaming.of_nation(found.nation if found else "")
