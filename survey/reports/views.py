"""The pages of a school's report. They need only stored documents."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.campaigns.models import Wave
from survey.campaigns.queries import consent_of, find_wave
from survey.campaigns.site_plans.operations import wave_picture
from survey.database import read
from survey.disclosure.tables import Group
from survey.permissions import Permission, requires
from survey.releases.models import StoredRelease
from survey.reports.blueprint import REPORT, bp
from survey.reports.cached_page_parts import Piece
from survey.reports.comparisons.views import compared_names, usual_of
from survey.reports.page_shell import (
    NoChapterError,
    kept_part,
    made_ahead,
    plan_of,
    school_page,
    to_notice,
)
from survey.reports.perspectives.queries import voices_names, voices_of
from survey.reports.school.chapters import chapter_of
from survey.reports.school.one_group_charts import blocks_of, panel_of
from survey.reports.school.question_blocks import tables_of
from survey.reports.school.report_loader import Book, stored_of
from survey.reports.table_of_contents import TableOfContents, contents_of
from survey.reports.trends.earlier_releases import standing_names
from survey.reports.trends.load_trends import side_of
from survey.reports.wording.consent import consent_sentence


def _of(group: Group | None) -> str:
    """The suffix of a cached part for a chosen group."""
    return "" if group is None else group.key


def _summary(wave: Wave, stored: StoredRelease, group: Group | None) -> tuple[Piece, ...]:
    """The opening page: who took part, what stands out, what is hidden and why."""
    consent = consent_of(wave)
    shown = (wave.opened_on, wave.closed_on, stored.released_on, stored.is_certified)

    def give(book: Book) -> Mapping[str, object]:
        return {
            "book": book,
            "opening": book.opening,
            "chapter": None,
            "chosen": group,
            "side": side_of(wave),
            "consent_words": consent_sentence(consent, book.opening.responded),
            "usual_of": usual_of(wave),
        }

    return kept_part(
        wave,
        stored,
        ("summary", _of(group)),
        "reports/school/summary_part.html",
        give,
        (*standing_names(read(), wave), *compared_names(wave), consent, *shown),
    )


def _chapter(wave: Wave, stored: StoredRelease, key: str, group: Group | None) -> tuple[Piece, ...]:
    """The figures of one chapter."""

    def give(book: Book) -> Mapping[str, object]:
        this, blocks = next(one for one in book.chapters if one[0].key == key)
        return {
            "chapter": this,
            "chosen": group,
            "overviews": book.overviews,
            "blocks": blocks_of(book.reading, blocks, group),
            "on_plan": partial(plan_of, wave, book, blocks),
            "hidden_groups": book.reading.hidden_groups,
            "block_tables": partial(tables_of, book.reading),
            "is_whole_school_only": book.opening.protection.is_whole_school_only,
        }

    part = ("chapter", key, _of(group))
    return kept_part(wave, stored, part, "reports/school/item_blocks.html", give)


def _place(wave: Wave, stored: StoredRelease, key: str, group: Group | None) -> tuple[Piece, ...]:
    """All figures of one place, its change, and the answers of adults about it."""

    def give(book: Book) -> Mapping[str, object]:
        this = book.place(key)
        if this is None:
            raise NoChapterError(_("This report has no such page."))
        blocks = [b for _chapter, held in book.chapters for b in held if b.key == this.item]
        return {
            "place": replace(this, answers=panel_of(book.reading, this.answers, group)),
            "chosen": group,
            "on_plan": partial(plan_of, wave, book, blocks),
            "place_tables": partial(tables_of, book.reading),
            "side": side_of(wave),
            "voices": voices_of(wave, book),
        }

    return kept_part(
        wave,
        stored,
        ("place", key, _of(group)),
        "reports/school/place_part.html",
        give,
        (*standing_names(read(), wave), *voices_names(wave)),
    )


@made_ahead
def _all(wave: Wave, stored: StoredRelease) -> None:
    contents = contents_of(wave, stored)
    if contents.is_pulse:
        return
    _summary(wave, stored, None)
    for one in contents.chapters:
        _chapter(wave, stored, one.key, None)
    for place in contents.places:
        _place(wave, stored, place.key, None)


def _whole(wave: Wave, stored: StoredRelease) -> TableOfContents:
    """The table of contents of a report with more than one page."""
    contents = contents_of(wave, stored)
    if contents.is_pulse:
        raise NoChapterError(_("This report has no such page."))
    return contents


@bp.get(REPORT)
@requires(Permission.REPORT_READ)
def school(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The opening page: who took part, what stands out, what is hidden and why."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return school_page(wave, stored, "reports/school/withdrawn.html")
    contents = contents_of(wave, stored)
    if contents.is_pulse:
        return redirect(url_for(".pulse", school_id=school_id, wave_id=wave_id))
    group = contents.group_called(request.args.get("group"))
    return school_page(
        wave,
        stored,
        "reports/school/summary.html",
        chapter=None,
        chosen=group,
        drawn=_summary(wave, stored, group),
    )


@bp.get(f"{REPORT}<chapter>")
@requires(Permission.REPORT_READ)
def chapter(school_id: uuid.UUID, wave_id: uuid.UUID, chapter: str) -> str | Response:
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    contents = _whole(wave, stored)
    keys = [one.key for one in contents.chapters]
    if chapter not in keys:
        raise NoChapterError(_("This report has no such page."))
    at = keys.index(chapter)
    this = contents.chapters[at]
    group = contents.group_called(request.args.get("group"))
    return school_page(
        wave,
        stored,
        "reports/school/chapter.html",
        chapter=this.chapter,
        titles=this.titles,
        chosen=group,
        groups_to_choose=contents.groups_to_choose,
        drawn=_chapter(wave, stored, chapter, group),
        before=contents.chapters[at - 1].chapter if at else None,
        after=contents.chapters[at + 1].chapter if at + 1 < len(keys) else None,
    )


@bp.get(f"{REPORT}places/<place>")
@requires(Permission.REPORT_READ)
def place(school_id: uuid.UUID, wave_id: uuid.UUID, place: str) -> str | Response:
    """All figures of one place."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    contents = contents_of(wave, stored)
    this = contents.place(place)
    if this is None:
        raise NoChapterError(_("This report has no such page."))
    group = contents.group_called(request.args.get("group"))
    near = [one for one in contents.places if one.item == this.item]
    at = near.index(this)
    return school_page(
        wave,
        stored,
        "reports/school/place.html",
        chapter=chapter_of(this.themes),
        place=this,
        chosen=group,
        groups_to_choose=contents.groups_to_choose,
        drawn=_place(wave, stored, place, group),
        before=near[at - 1] if at else None,
        after=near[at + 1] if at + 1 < len(near) else None,
    )


@bp.get(f"{REPORT}plan")
@requires(Permission.REPORT_READ)
def plan_picture(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The plan as it was at launch, without figures."""
    find_wave(read(), school_id, wave_id)
    plan = wave_picture(read(), school_id, wave_id)
    return Response(plan.picture, content_type=plan.kind)
