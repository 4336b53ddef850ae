"""The report of a school and the comparison of an authority, drawn from stored documents alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from re import sub
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from survey.actions import report_wording as action_report_wording
from survey.actions.report_links import read_beside
from survey.cache import Kept
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import find_programme, find_wave, programme_template
from survey.campaigns.site_plans.operations import find_wave_plan, wave_picture
from survey.database import read
from survey.errors import NotThereError
from survey.permissions import Permission, requires
from survey.releases.models import StoredComparison, StoredRelease
from survey.reports.blueprint import COMPARISON, REPORT, bp
from survey.reports.charts import dot_chart, report_charts
from survey.reports.comparisons import report_charts as comparison_report_charts
from survey.reports.comparisons import wording as comparison_wording
from survey.reports.comparisons.document import Comparison
from survey.reports.comparisons.readiness import STEPS, read_awaited
from survey.reports.comparisons.view_model import Distribution, read_distribution
from survey.reports.perspectives import wording as perspective_wording
from survey.reports.perspectives.queries import voices_of
from survey.reports.school.chapters import Chapter, chapter_of, grouped
from survey.reports.school.item_blocks import tables_of
from survey.reports.school.report import Book, book_of, kept_as, spoken, stored_of
from survey.reports.school.report_data import Block
from survey.reports.school.site_plan import OnPlan, read_on_plan
from survey.reports.school.summary import theme_of
from survey.reports.trends import wording as trend_wording
from survey.reports.trends.earlier_releases import has_earlier
from survey.reports.trends.trend import side_of
from survey.reports.wording import cards as cards_wording
from survey.reports.wording import figures as figures_wording
from survey.reports.wording import places as places_wording
from survey.reports.wording import summary as summary_wording
from survey.reports.wording import suppression as suppression_wording


class NoChapterError(NotThereError):
    """The report has no chapter, or the comparison no figure, of this name."""


_drawn: Kept[tuple[str, ...], Markup] = Kept(256)
_spreads: Kept[tuple[str, ...], Distribution] = Kept(16)


def _words(name: tuple[str, ...], chart_address: Callable[..., str]) -> dict[str, Any]:
    """What every template of a report may call. `name` is of the document and the language;
    `chart_address` says where a chart is to be had as a picture."""

    def drawn(chart: dot_chart.Drawable) -> Markup:
        return Markup(dot_chart.draw(chart, kept_as=name))  # noqa: S704  our own drawing, escaped

    def still(chart: dot_chart.Drawable) -> Markup:
        """One that does not answer: small, and the way to the one that does."""
        return Markup(sub(' data-drawing="[^"]*"', "", drawn(chart)))  # noqa: S704  as above

    return {
        "w": figures_wording,
        "tell": summary_wording,
        "of_place": places_wording,
        "pictures": report_charts,
        "funnels": comparison_report_charts,
        "draw": drawn,
        "draw_still": still,
        "chart_address": chart_address,
        "chapter_of": chapter_of,
        "theme_of": theme_of,
        "promise": suppression_wording,
        "cards": cards_wording,
        "said": comparison_wording,
        "c": trend_wording,
        "views": perspective_wording,
    }


def _chart_address(wave: Wave) -> Callable[..., str]:
    return partial(url_for, ".chart_file", school_id=wave.school_id, wave_id=wave.wave_id)


def _place_address(wave: Wave, book: Book) -> Callable[[str, str], str | None]:
    """Where the page of a place is, for a line of an item's chart that is of a place."""

    def address(item_key: str, key: str) -> str | None:
        item = book.reading.questionnaire.by_key.get(item_key)
        if item is None or item.places is None or book.place(key) is None:
            return None
        return url_for(".place", school_id=wave.school_id, wave_id=wave.wave_id, place=key)

    return address


def school_page(wave: Wave, stored: StoredRelease, template: str, **more: object) -> str:
    """A page of a school's report."""
    return render_template(
        template,
        wave=wave,
        school=wave.campaign.school,
        stored=stored,
        beside=read_beside(read(), wave),
        has_earlier=has_earlier(read(), wave=wave),
        **_words(kept_as(wave, stored), _chart_address(wave)),
        act=action_report_wording,
        **more,
    )


def to_notice(wave: Wave) -> Response:
    """Where a withdrawn report says that it is, and why."""
    return redirect(url_for("reports.school", school_id=wave.school_id, wave_id=wave.wave_id))


def kept_part(
    wave: Wave, stored: StoredRelease, book: Book, part: str, template: str, **more: object
) -> Markup:
    """A part of a page that follows from the release, the language and the wave's plan alone: a
    thousand cells and their charts, made once and kept. `part` names it."""
    name = kept_as(wave, stored)

    def make() -> Markup:
        page = render_template(
            template,
            plan_address=url_for(".plan_picture", school_id=wave.school_id, wave_id=wave.wave_id),
            place_address=_place_address(wave, book),
            policy=book.reading.release.policy,
            **_words(name, _chart_address(wave)),
            **more,
        )
        return Markup(page)  # noqa: S704  a template of ours, escaped

    return _drawn.get((*name, str(wave.wave_id), part), make)


def plan_of(wave: Wave, book: Book, blocks: Sequence[Block]) -> dict[str, OnPlan]:
    """The figures of these blocks on the plan that the wave was launched with."""
    plan = find_wave_plan(read(), wave.school_id, wave.wave_id)
    return read_on_plan(blocks, book.reading.questionnaire, plan)


def _draw_blocks(
    wave: Wave, stored: StoredRelease, chapter: Chapter, blocks: tuple[Block, ...], book: Book
) -> Markup:
    return kept_part(
        wave,
        stored,
        book,
        chapter.key,
        "reports/school/item_blocks.html",
        chapter=chapter,
        overviews=book.overviews,
        blocks=blocks,
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
        place_address=_place_address(wave, book),
        side=side_of(wave),
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
    return school_page(
        wave,
        stored,
        "reports/school/chapter.html",
        book=book,
        chapter=this,
        blocks=blocks,
        drawn_blocks=_draw_blocks(wave, stored, this, blocks, book),
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
    home = chapter_of(this.themes)
    blocks = [b for _chapter, held in book.chapters for b in held if b.key == this.item]
    drawn = kept_part(
        wave,
        stored,
        book,
        f"places/{place}",
        "reports/school/place_blocks.html",
        place=this,
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


def compared_of(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Mapping[str, Any]:
    """What every page of a comparison needs; without a comparison, `spread` is None."""
    programme = find_programme(read(), authority_id, programme_id)
    key = (authority_id, programme_id, number)
    stored = read().get(StoredComparison, key)
    spread = None if stored is None else spread_of(programme, stored)
    name = ("" if stored is None else stored.release_hash, spoken())
    address = partial(
        url_for,
        ".compared_chart_file",
        authority_id=authority_id,
        programme_id=programme_id,
        number=number,
    )
    return {
        "programme": programme,
        "number": number,
        "stored": stored,
        "spread": spread,
        **_words(name, address),
    }


def spread_of(programme: Programme, stored: StoredComparison) -> Distribution:
    """A comparison as read once, in the language of this request."""
    language = spoken()

    def lay_out() -> Distribution:
        comparison = Comparison.from_json(stored.document)
        return read_distribution(comparison, programme_template(programme), language)

    return _spreads.get((stored.release_hash, language), lay_out)


@bp.get(COMPARISON)
@requires(Permission.COMPARISON_READ)
def authority(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    """Schools of a programme side by side, or what is missing for that."""
    context = compared_of(authority_id, programme_id, number)
    spread = context["spread"]
    if spread is None:
        awaited = read_awaited(read(), programme=context["programme"], number=number)
        return render_template(
            "reports/comparisons/not_compared.html", awaited=awaited, steps=STEPS, **context
        )
    chapters = grouped(spread.figures)
    return render_template("reports/comparisons/comparison.html", chapters=chapters, **context)


@bp.get(f"{COMPARISON}figures/<table>/<answer>")
@requires(Permission.COMPARISON_READ)
def compared(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, table: str, answer: str
) -> str:
    """One figure, school by school, in the order of their letters."""
    context = compared_of(authority_id, programme_id, number)
    found = context["spread"] and context["spread"].find(table, answer)
    if not found:
        raise NoChapterError(_("This figure is not compared."))
    return render_template("reports/comparisons/figure.html", one=found, **context)
