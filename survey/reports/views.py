"""The pages of a school's report, drawn from stored documents alone."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import partial

from flask import redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from survey.campaigns.models import Wave
from survey.campaigns.queries import consent_of, find_wave
from survey.campaigns.site_plans.operations import wave_picture
from survey.database import read
from survey.disclosure.tables import Group
from survey.permissions import Permission, requires
from survey.releases.models import StoredRelease
from survey.reports.blueprint import REPORT, bp
from survey.reports.page_shell import (
    NoChapterError,
    kept_part,
    place_address,
    plan_of,
    school_page,
    to_notice,
)
from survey.reports.perspectives.queries import voices_of
from survey.reports.school.chapters import Chapter, chapter_of
from survey.reports.school.item_blocks import tables_of
from survey.reports.school.one_group import blocks_of, group_called, panel_of
from survey.reports.school.report import Book, book_of, stored_of
from survey.reports.school.report_data import Block
from survey.reports.trends.trend import side_of
from survey.reports.wording.consent import consent_sentence


def chosen_group(book: Book) -> Group | None:
    """The year group or gender whose figures the reader asked for; None for the whole school."""
    return group_called(book.reading, request.args.get("group"))


def _named(key: str, group: Group | None) -> str:
    """What a part of a page is kept under."""
    return key if group is None else f"{key}/{group.key}"


def _draw_blocks(
    wave: Wave,
    stored: StoredRelease,
    chapter: Chapter,
    blocks: tuple[Block, ...],
    book: Book,
    group: Group | None,
) -> Markup:
    return kept_part(
        wave,
        stored,
        book,
        _named(chapter.key, group),
        "reports/school/item_blocks.html",
        chapter=chapter,
        chosen=group,
        overviews=book.overviews,
        blocks=blocks_of(book.reading, blocks, group),
        on_plan=partial(plan_of, wave, book, blocks),
        hidden_groups=book.reading.hidden_groups,
        block_tables=partial(tables_of, book.reading),
        is_whole_school_only=book.opening.protection.is_whole_school_only,
    )


@bp.get(REPORT)
@requires(Permission.REPORT_READ)
def school(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The opening page: who took part, what stands out, what is hidden and why."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return school_page(wave, stored, "reports/school/withdrawn.html")
    book = book_of(wave, stored)
    if book.reading.questionnaire.is_pulse:
        return redirect(url_for(".pulse", school_id=school_id, wave_id=wave_id))
    return school_page(
        wave,
        stored,
        "reports/school/summary.html",
        book=book,
        opening=book.opening,
        chapter=None,
        chosen=chosen_group(book),
        place_address=place_address(wave, book),
        side=side_of(wave),
        consent_words=consent_sentence(consent_of(wave), book.opening.responded),
    )


@bp.get(f"{REPORT}<chapter>")
@requires(Permission.REPORT_READ)
def chapter(school_id: uuid.UUID, wave_id: uuid.UUID, chapter: str) -> str | Response:
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    book = book_of(wave, stored)
    if book.reading.questionnaire.is_pulse:  # it is all on one page
        raise NoChapterError(_("This report has no such page."))
    keys = [one.key for one, _blocks in book.chapters]
    if chapter not in keys:
        raise NoChapterError(_("This report has no such page."))
    at = keys.index(chapter)
    this, blocks = book.chapters[at]
    group = chosen_group(book)
    return school_page(
        wave,
        stored,
        "reports/school/chapter.html",
        book=book,
        chapter=this,
        blocks=blocks,
        chosen=group,
        groups_to_choose=book.reading.groups(),
        drawn_blocks=_draw_blocks(wave, stored, this, blocks, book, group),
        before=book.chapters[at - 1][0] if at else None,
        after=book.chapters[at + 1][0] if at + 1 < len(keys) else None,
    )


@bp.get(f"{REPORT}places/<place>")
@requires(Permission.REPORT_READ)
def place(school_id: uuid.UUID, wave_id: uuid.UUID, place: str) -> str | Response:
    """Everything the release holds of one place."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    book = book_of(wave, stored)
    this = book.place(place)
    if this is None:
        raise NoChapterError(_("This report has no such page."))
    home, group = chapter_of(this.themes), chosen_group(book)
    blocks = [b for _chapter, held in book.chapters for b in held if b.key == this.item]
    drawn = kept_part(
        wave,
        stored,
        book,
        _named(f"places/{place}", group),
        "reports/school/place_blocks.html",
        place=replace(this, answers=panel_of(book.reading, this.answers, group)),
        chosen=group,
        on_plan=partial(plan_of, wave, book, blocks),
        place_tables=partial(tables_of, book.reading),
    )
    near = [one for one in book.places if one.item == this.item]
    at = near.index(this)
    return school_page(
        wave,
        stored,
        "reports/school/place.html",
        book=book,
        chapter=home,
        place=this,
        chosen=group,
        groups_to_choose=book.reading.groups(),
        side=side_of(wave),
        voices=voices_of(wave, book),
        drawn_blocks=drawn,
        before=near[at - 1] if at else None,
        after=near[at + 1] if at + 1 < len(near) else None,
    )


@bp.get(f"{REPORT}plan")
@requires(Permission.REPORT_READ)
def plan_picture(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The plan as it was when the wave was launched, without a figure on it."""
    find_wave(read(), school_id, wave_id)
    plan = wave_picture(read(), school_id, wave_id)
    return Response(plan.picture, content_type=plan.kind)
