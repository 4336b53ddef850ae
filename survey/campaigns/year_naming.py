"""Whose names for groups a page uses: those of its survey, its school or its authority. Year groups
are called as in the nation; other groups are of gender or of sex, as was asked."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request

from survey.campaigns.models import Wave
from survey.campaigns.queries import questionnaire_of
from survey.database import read
from survey.organisations.models import Authority, School
from survey.organisations.policies.operations import policies_of
from survey.questionnaires.gender_question import wording as gender_wording
from survey.questionnaires.gender_question.variants import VARIANTS
from survey.year_groups import wording
from survey.year_groups.values import YearNaming


def init_app(app: Flask) -> None:
    app.extensions[wording.YEAR_NAMING] = naming_of_request
    app.extensions[gender_wording.GROUPS_BY_SEX] = groups_by_sex_in_request
    app.jinja_env.globals["sex_or_gender"] = gender_wording.sex_or_gender
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


def groups_by_sex_in_request() -> bool:
    """A launched survey keeps what its students were asked."""
    if not has_request_context():
        return False
    if "groups_by_sex_here" not in g:
        g.groups_by_sex_here = _are_by_sex(request.view_args or {})
    return bool(g.groups_by_sex_here)


def _are_by_sex(address: dict[str, object]) -> bool:
    school_id = address.get("school_id")
    if not school_id:
        return False
    if wave_id := address.get("wave_id"):
        wave = read().get(Wave, (school_id, wave_id))
        if wave is not None and wave.questionnaire_hash is not None:
            return gender_wording.groups_by_sex(questionnaire_of(wave))
    school = read().get(School, school_id)
    if school is None:
        return False
    known = VARIANTS.get(policies_of(school).gender_question)
    return known is not None and known.groups_by_sex


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
