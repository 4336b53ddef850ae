"""Two pages: the report of a short survey of parents or staff, and the three perspectives."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.campaigns.adult_surveys import find_pulse
from survey.campaigns.models import Wave
from survey.campaigns.queries import find_wave
from survey.database import read
from survey.permissions import Permission, requires
from survey.questionnaires.model import Audience
from survey.releases.models import StoredRelease
from survey.reports.blueprint import REPORT, bp
from survey.reports.cached_page_parts import Piece
from survey.reports.page_shell import (
    NoChapterError,
    kept_part,
    lend,
    made_ahead,
    plan_of,
    school_page,
    to_notice,
)
from survey.reports.perspectives import wording as perspective_wording
from survey.reports.perspectives.queries import newest_of_students, voices_names, voices_of
from survey.reports.school.chapters import MORE
from survey.reports.school.question_blocks import tables_of
from survey.reports.school.report_loader import Book, book_of, stored_of
from survey.reports.table_of_contents import contents_of

lend(views=perspective_wording)


@bp.get(f"{REPORT}pulse")
@requires(Permission.REPORT_READ)
def pulse(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The report of a short survey of parents or staff."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    book = book_of(wave, stored)
    if not book.reading.questionnaire.is_pulse:
        raise NoChapterError(_("This report has no such page."))

    def give(book: Book) -> Mapping[str, object]:
        blocks = [block for _chapter, held in book.chapters for block in held]
        order = [item.key for item in book.reading.questionnaire.asked]
        blocks.sort(key=lambda block: order.index(block.key) if block.key in order else -1)
        return {
            "chapter": MORE,
            "overviews": book.overviews,
            "blocks": blocks,
            "on_plan": partial(plan_of, wave, book, blocks),
            "hidden_groups": (),
            "block_tables": partial(tables_of, book.reading),
            "is_whole_school_only": False,
            "in_short": {key for one in book.reading.questionnaire.indicators for key in one.items},
        }

    drawn = kept_part(wave, stored, ("pulse",), "reports/school/item_blocks.html", give)
    return school_page(
        wave,
        stored,
        "reports/perspectives/pulse.html",
        reading=book.reading,
        opening=book.opening,
        chapter=None,
        drawn=drawn,
        students=newest_of_students(wave.school_id),
    )


@bp.get(f"{REPORT}views")
@requires(Permission.REPORT_READ)
def views(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The three perspectives on each place."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    if contents_of(wave, stored).is_pulse:
        raise NoChapterError(_("This report has no such page."))
    return school_page(
        wave,
        stored,
        "reports/perspectives/perspectives.html",
        chapter=None,
        is_of_voices=True,
        drawn=_views(wave, stored),
        started=lambda audience: find_pulse(read(), school_id, Audience(audience)),
    )


@made_ahead
def _views(wave: Wave, stored: StoredRelease) -> tuple[Piece, ...]:
    """The cached table of perspectives; audiences that were not asked are left open."""

    def give(book: Book) -> Mapping[str, object]:
        return {"book": book, "voices": voices_of(wave, book)}

    template, names = "reports/perspectives/views.html", voices_names(wave)
    return kept_part(wave, stored, ("views",), template, give, names)
