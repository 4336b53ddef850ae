"""Pages of an authority about all its schools together: year groups, and changes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import render_template

from survey.campaigns.models import Programme
from survey.database import read
from survey.permissions import Permission, requires
from survey.releases.models import StoredComparison
from survey.reports.blueprint import COMPARISON, bp
from survey.reports.comparisons.all_schools import charts, wording
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges, read_changes
from survey.reports.comparisons.all_schools.year_group_claims import read_years
from survey.reports.comparisons.build_comparison import own_letter
from survey.reports.comparisons.overlapping_comparisons import releases_of
from survey.reports.comparisons.survey_months import survey_month, survey_months
from survey.reports.comparisons.view_model import Distribution
from survey.reports.comparisons.views import compared_of, spread_of
from survey.reports.page_shell import lend

lend(whole=wording, whole_charts=charts)


@bp.get(f"{COMPARISON}years")
@requires(Permission.COMPARISON_READ)
def compared_years(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    """The shares of each year group over all schools, and those that stand out."""
    context = compared_of(authority_id, programme_id, number)
    return render_template("reports/comparisons/years.html", **with_whole(context))


@bp.get(f"{COMPARISON}changes")
@requires(Permission.COMPARISON_READ)
def compared_changes(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    """The changes over all schools since the previous survey."""
    context = compared_of(authority_id, programme_id, number)
    return render_template("reports/comparisons/changes.html", **with_whole(context))


def with_whole(context: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the figures of all schools together to a comparison."""
    spread, stored = context["spread"], context["stored"]
    if spread is None:
        return {**context, "years": None, "changes": None, "earlier": None}
    return {
        **context,
        "years": read_years(spread),
        "changes": changes_of(context["programme"], stored, spread),
        "earlier": spread.comparison.header.get("since"),
    }


def changes_of(
    programme: Programme, stored: StoredComparison, spread: Distribution
) -> AllSchoolsChanges | None:
    """The changes since the previous comparison; None if there is none."""
    since, codes = spread.comparison.header.get("since"), spread.comparison.codes_in("since_of")
    earlier = read().get(StoredComparison, (stored.authority_id, stored.programme_id, since))
    if not codes or earlier is None:
        return None
    before = spread_of(programme, earlier)
    letters = _letters(before, spread)
    names = survey_months(programme, earlier.number, stored.number)
    return read_changes(before, spread, {code: letters[code] for code in codes}, names)


def survey_name(context: Mapping[str, Any]) -> str:
    """The name of a survey in files: its month, as on the page of changes."""
    programme, number, spread = context["programme"], context["number"], context["spread"]
    since = None if spread is None else spread.comparison.header.get("since")
    if since is None:
        return survey_month(programme, number)
    return survey_months(programme, since, number)[1]


def _letters(before: Distribution, now: Distribution) -> dict[str, str]:
    """The letter of a school in the earlier comparison, by its letter in the later one."""
    schools = {
        school: own_letter(before.releases, one)
        for one, school in releases_of(read(), before.releases).items()
    }
    return {
        str(own_letter(now.releases, one)): str(schools[school])
        for one, school in releases_of(read(), now.releases).items()
        if school in schools
    }
