"""What a report says of how parents agreed to the survey, and what that means for its figures."""

from __future__ import annotations

from collections.abc import Iterable

from survey.i18n import gettext as _
from survey.organisations.policies.consent import Consent
from survey.reports.school.report_data import years_of
from survey.reports.school.summary import Responded
from survey.year_groups.wording import list_of_years


def consent_sentence(consent: Consent, responded: Iterable[Responded]) -> str:
    """The policy that the survey followed, for the year groups that were asked. Where a parent had
    to say yes, it adds who may be missing."""
    if consent.is_opt_out:
        return _("Parents could say no before the survey.")
    if consent.under is None:
        return _(
            "A parent of every student had to say yes first. Those who took part may differ from"
            " those whose parents did not answer."
        )
    years = sorted({year for one in responded for year in years_of(one.group)})
    asked = list_of_years(consent.years_with_slips(years))
    if not asked:
        return _("Parents could say no before the survey.")
    return _(
        "In %(years)s, a parent had to say yes first. There, those who took part may differ from"
        " those whose parents did not answer. Parents of older students could say no.",
        years=asked,
    )
