"""The report of a school and the comparison of an authority, drawn from stored documents alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from survey.access import Permission, requires
from survey.campaigns.finding import find_programme, find_wave, questionnaire_of
from survey.campaigns.models import Programme, Wave
from survey.campaigns.plans import find_wave_plan, wave_picture
from survey.db import read
from survey.disclosure.release import Release
from survey.errors import NotNowError, NotThereError
from survey.questionnaires.load import load_all
from survey.reports import (
    authority_wording,
    charts,
    export,
    pictures,
    protection_wording,
    sentences,
    wording,
)
from survey.reports.awaited import STEPS, read_awaited
from survey.reports.blocks import read_blocks, tables_of
from survey.reports.chapters import Chapter, by_chapter, chapter_of, grouped
from survey.reports.compared import Comparison
from survey.reports.distribution import Distribution, read_distribution
from survey.reports.kept import Kept
from survey.reports.models import StoredComparison, StoredRelease
from survey.reports.on_plan import read_on_plan
from survey.reports.opening import Opening, read_opening, theme_of
from survey.reports.reading import Block, Reading

bp = Blueprint("reports", __name__)

REPORT = "/schools/<uuid:school_id>/waves/<uuid:wave_id>/report/"
COMPARISON = "/authorities/<uuid:authority_id>/programmes/<uuid:programme_id>/waves/<int:number>/"


class NoReportError(NotThereError):
    """The wave has no release yet."""


class NoChapterError(NotThereError):
    """The report has no chapter, or the comparison no figure, of this name."""


class WithdrawnError(NotNowError):
    """A withdrawn release is not handed out."""


@dataclass(frozen=True)
class Book:
    """A release as read once, in one language: it never changes, so neither does this."""

    reading: Reading
    opening: Opening
    chapters: tuple[tuple[Chapter, tuple[Block, ...]], ...]


_books: Kept[tuple[str, ...], Book] = Kept(64)
_drawn: Kept[tuple[str, ...], Markup] = Kept(64)
_spreads: Kept[tuple[str, ...], Distribution] = Kept(16)


def _language() -> str:
    locale = get_locale()
    return str(locale) if locale else "en"


def _stored(wave: Wave) -> StoredRelease:
    stored = read().get(StoredRelease, (wave.school_id, wave.wave_id))
    if stored is None:
        raise NoReportError(
            _("There is no report of this wave yet. It is made after the wave is closed.")
        )
    return stored


def _book(wave: Wave, stored: StoredRelease) -> Book:
    def bind() -> Book:
        questionnaire = questionnaire_of(wave)
        reading = Reading(Release.from_json(stored.document), questionnaire, _language())
        return Book(reading, read_opening(reading), by_chapter(read_blocks(reading)))

    return _books.get(_kept_as(wave, stored), bind)


def _words(kept_as: tuple[str, ...]) -> dict[str, Any]:
    """What every template of a report may call. `kept_as` names the document and the language."""

    def drawn(chart: charts.Chart) -> Markup:
        return Markup(charts.draw(chart, kept_as=kept_as))  # noqa: S704  our own drawing, escaped

    return {
        "w": wording,
        "tell": sentences,
        "pictures": pictures,
        "draw": drawn,
        "chapter_of": chapter_of,
        "theme_of": theme_of,
        "promise": protection_wording,
        "said": authority_wording,
    }


def _kept_as(wave: Wave, stored: StoredRelease) -> tuple[str, ...]:
    """Names what a page is made of: the same name, the same figures and words."""
    return stored.release_hash, wave.questionnaire_hash or "", _language()


def _school_page(wave: Wave, stored: StoredRelease, template: str, **more: object) -> str:
    return render_template(
        template,
        wave=wave,
        school=wave.campaign.school,
        stored=stored,
        **_words(_kept_as(wave, stored)),
        **more,
    )


def _draw_blocks(
    wave: Wave, stored: StoredRelease, chapter: Chapter, blocks: tuple[Block, ...], book: Book
) -> Markup:
    """The blocks of a chapter: a thousand cells and their charts, made once and kept. A wave's plan
    never changes either."""
    kept_as = _kept_as(wave, stored)

    def make() -> Markup:
        plan = find_wave_plan(read(), wave.school_id, wave.wave_id)
        page = render_template(
            "reports/blocks.html",
            blocks=blocks,
            on_plan=read_on_plan(blocks, book.reading.questionnaire, plan),
            plan_address=url_for(".plan_picture", school_id=wave.school_id, wave_id=wave.wave_id),
            hidden_groups=book.reading.hidden_groups,
            block_tables=partial(tables_of, book.reading),
            policy=book.reading.release.policy,
            is_whole_school_only=book.opening.protection.is_whole_school_only,
            **_words(kept_as),
        )
        return Markup(page)  # noqa: S704  a template of ours, escaped

    return _drawn.get((*kept_as, str(wave.wave_id), chapter.key), make)


@bp.get(REPORT)
@requires(Permission.REPORT_READ)
def school(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    """The opening page: who took part, what stands out, what is hidden and why."""
    wave = find_wave(read(), school_id, wave_id)
    stored = _stored(wave)
    if stored.withdrawn_on is not None:
        return _school_page(wave, stored, "reports/withdrawn.html")
    book = _book(wave, stored)
    return _school_page(
        wave, stored, "reports/opening.html", book=book, opening=book.opening, chapter=None
    )


@bp.get(f"{REPORT}<chapter>")
@requires(Permission.REPORT_READ)
def chapter(school_id: uuid.UUID, wave_id: uuid.UUID, chapter: str) -> str | Response:
    wave = find_wave(read(), school_id, wave_id)
    stored = _stored(wave)
    if stored.withdrawn_on is not None:
        address = url_for("reports.school", school_id=school_id, wave_id=wave_id)
        return redirect(address)  # type: ignore[return-value]
    book = _book(wave, stored)
    keys = [one.key for one, _blocks in book.chapters]
    if chapter not in keys:
        raise NoChapterError(_("This report has no such page."))
    at = keys.index(chapter)
    this, blocks = book.chapters[at]
    return _school_page(
        wave,
        stored,
        "reports/chapter.html",
        book=book,
        chapter=this,
        blocks=blocks,
        drawn_blocks=_draw_blocks(wave, stored, this, blocks, book),
        before=book.chapters[at - 1][0] if at else None,
        after=book.chapters[at + 1][0] if at + 1 < len(keys) else None,
    )


@bp.get(f"{REPORT}plan")
@requires(Permission.REPORT_READ)
def plan_picture(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The plan as it was when the wave was launched, without a figure on it."""
    find_wave(read(), school_id, wave_id)
    plan = wave_picture(read(), school_id, wave_id)
    return Response(plan.picture, content_type=plan.kind)


def _hand_out(
    school_id: uuid.UUID,
    wave_id: uuid.UUID,
    make: Callable[[Wave, StoredRelease], export.File | None],
) -> Response:
    wave = find_wave(read(), school_id, wave_id)
    stored = _stored(wave)
    if stored.withdrawn_on is not None:
        raise WithdrawnError(_("This report was withdrawn, so its files are no longer handed out."))
    return _download(make(wave, stored))


def _download(file: export.File | None) -> Response:
    if file is None:
        abort(404)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, content_type=file.kind, headers=headers)


@bp.get(f"{REPORT}release.csv")
@requires(Permission.REPORT_READ)
def release_csv(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    return _hand_out(
        school_id,
        wave_id,
        lambda wave, stored: export.release_csv(stored, questionnaire_of(wave), _language()),
    )


@bp.get(f"{REPORT}release.json")
@requires(Permission.REPORT_READ)
def release_json(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    return _hand_out(school_id, wave_id, lambda _wave, stored: export.release_json(stored))


@bp.get(f"{REPORT}certificate.json")
@requires(Permission.REPORT_READ)
def certificate(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    return _hand_out(school_id, wave_id, lambda _wave, stored: export.certificate_json(stored))


def _compared(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Mapping[str, Any]:
    """What every page of a comparison needs; without a comparison, `spread` is None."""
    programme = find_programme(read(), authority_id, programme_id)
    key = (authority_id, programme_id, number)
    stored = read().get(StoredComparison, key)
    spread = None if stored is None else _spread(programme, stored)
    kept_as = ("" if stored is None else stored.release_hash, _language())
    return {
        "programme": programme,
        "number": number,
        "stored": stored,
        "spread": spread,
        **_words(kept_as),
    }


def _spread(programme: Programme, stored: StoredComparison) -> Distribution:
    language = _language()

    def lay_out() -> Distribution:
        comparison = Comparison.from_json(stored.document)
        template = load_all()[programme.template_key, programme.template_version]
        return read_distribution(comparison, template, language)

    return _spreads.get((stored.release_hash, language), lay_out)


@bp.get(COMPARISON)
@requires(Permission.COMPARISON_READ)
def authority(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    """Schools of a programme side by side, or what is missing for that."""
    context = _compared(authority_id, programme_id, number)
    spread = context["spread"]
    if spread is None:
        awaited = read_awaited(read(), programme=context["programme"], number=number)
        return render_template("reports/not_compared.html", awaited=awaited, steps=STEPS, **context)
    chapters = grouped(spread.figures)
    return render_template("reports/authority.html", chapters=chapters, **context)


@bp.get(f"{COMPARISON}figures/<table>/<answer>")
@requires(Permission.COMPARISON_READ)
def compared(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, table: str, answer: str
) -> str:
    """One figure, school by school, in the order of their letters."""
    context = _compared(authority_id, programme_id, number)
    found = context["spread"] and context["spread"].find(table, answer)
    if not found:
        raise NoChapterError(_("This figure is not compared."))
    return render_template("reports/compared.html", one=found, **context)


@bp.get(f"{COMPARISON}comparison.json")
@requires(Permission.COMPARISON_READ)
def comparison_json(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Response:
    stored = _compared(authority_id, programme_id, number)["stored"]
    return _download(stored and export.comparison_json(stored))
