"""What stands beside a comparison: who took part, and the place of a school among the others."""

from __future__ import annotations

import uuid

from flask import render_template
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from survey.access import Permission, requires
from survey.campaigns.finding import find_programme, find_wave
from survey.campaigns.models import Wave
from survey.db import read
from survey.reports import authority_wording
from survey.reports.awaited import STEPS
from survey.reports.chapters import Chapter
from survey.reports.models import StoredComparison
from survey.reports.pages import COMPARISON, REPORT, bp, school_page, spread_of, to_notice
from survey.reports.shelf import book_of, stored_of
from survey.reports.spread import own_letter
from survey.reports.took_part import read_took_part

AMONG = Chapter(
    "compared",
    _l("Among other schools"),
    _l("Where the school stands among the others of its authority."),
    (),
)


@bp.get(f"{COMPARISON}participation")
@requires(Permission.AUTHORITY_SEE)
def took_part(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    """Schools by name: how far each is, and its roll and response rate once it has a report."""
    programme = find_programme(read(), authority_id, programme_id)
    return render_template(
        "reports/took_part.html",
        programme=programme,
        number=number,
        schools=read_took_part(read(), programme=programme, number=number),
        steps=STEPS,
        said=authority_wording,
    )


@bp.get(f"{REPORT}{AMONG.key}")
@requires(Permission.REPORT_READ)
def own(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The school's own place among the others, of which none can be told from another."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    comparison = _comparison_of(wave)
    spread = code = None
    if comparison is not None:
        programme = find_programme(read(), comparison.authority_id, comparison.programme_id)
        spread = spread_of(programme, comparison)
        code = own_letter(spread.comparison.releases, stored.release_hash)
    return school_page(
        wave,
        stored,
        "reports/own_compared.html" if code else "reports/own_not_compared.html",
        book=book_of(wave, stored),
        chapter=AMONG,
        comparison=comparison,
        spread=spread,
        code=code,
    )


def _comparison_of(wave: Wave) -> StoredComparison | None:
    campaign = wave.campaign
    if campaign.authority_id is None or campaign.programme_id is None:
        return None
    key = campaign.authority_id, campaign.programme_id, wave.number
    return read().get(StoredComparison, key)
