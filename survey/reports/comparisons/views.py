"""Pages of a comparison, of who took part, and of one school's position."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns.lifecycle.next_steps import what_next
from survey.campaigns.lifecycle.school_progress import STEPS
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import find_programme, find_wave, programme_template
from survey.campaigns.readers.comparison_numbers import is_second, second_of
from survey.campaigns.readers.joining import surveys_of
from survey.database import read, today
from survey.organisations.models import Authority
from survey.permissions import Permission, current_member, requires
from survey.releases.models import StoredComparison
from survey.releases.policy import POLICY
from survey.reports.blueprint import COMPARISON, REPORT, bp
from survey.reports.cached_page_parts import Piece, kept, pieces
from survey.reports.comparisons import comparison_charts
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons import operations as comparison_operations
from survey.reports.comparisons import wording as comparison_wording
from survey.reports.comparisons.build_comparison import own_letter
from survey.reports.comparisons.comparison_document import Comparison
from survey.reports.comparisons.participation import consents_of, read_took_part
from survey.reports.comparisons.readiness import read_awaited
from survey.reports.comparisons.survey_months import survey_month
from survey.reports.comparisons.view_model import Distribution, read_distribution
from survey.reports.page_shell import (
    NoChapterError,
    lend,
    school_page,
    to_notice,
    words,
)
from survey.reports.school.chapters import Chapter, grouped
from survey.reports.school.report_loader import spoken, stored_of
from survey.reports.value_cache import Kept
from survey.settings import current_settings

_spreads: Kept[tuple[str, ...], Distribution] = Kept(4)
bp.add_app_template_global(survey_month)
bp.add_app_template_filter(second_of)
bp.add_app_template_test(is_second, "second_comparison")
lend(said=comparison_wording, comparison_charts=comparison_charts)


def usual_of(wave: Wave) -> Callable[[str, str], int | None]:
    """The usual share elsewhere: that of the median school, if there is a comparison."""

    def find(table: str, answer: str) -> int | None:
        comparison = _comparison_of(wave)
        if comparison is None:
            return None
        programme = find_programme(read(), comparison.authority_id, comparison.programme_id)
        found = spread_of(programme, comparison).find(table, answer)
        return None if found is None else found.printed.median

    return cache(find)


def compared_names(wave: Wave) -> tuple[str, ...]:
    """Names the comparisons that `usual_of` may be read from."""
    made = (one for _programme, some in _made_of(wave) for one in some)
    return tuple(one.release_hash for one in made)


AMONG = Chapter(
    "compared",
    _l("Among other schools"),
    _l("Where the school is among the others of its authority."),
    (),
)


def compared_of(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Mapping[str, Any]:
    """The context of the figures; `spread` is None if there is no comparison."""
    context = _frame_of(authority_id, programme_id, number)
    stored = context["stored"]
    spread = None if stored is None else spread_of(context["programme"], stored)
    return {**context, **_read(spread)}


def _read(spread: Distribution | None) -> Mapping[str, Any]:
    consents = {} if spread is None else consents_of(spread.releases)
    return {"spread": spread, "consent_words": comparison_wording.consent_sentences(consents)}


def _frame_of(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> Mapping[str, Any]:
    """The context of every page of a comparison."""
    programme = find_programme(read(), authority_id, programme_id)
    stored = read().get(StoredComparison, (authority_id, programme_id, number))
    name = ("" if stored is None else stored.release_hash, spoken())
    address = partial(
        url_for,
        "reports.compared_chart_file",
        authority_id=authority_id,
        programme_id=programme_id,
        number=number,
    )
    return {
        "programme": programme,
        "number": number,
        "stored": stored,
        **words(name, address),
    }


def authority_part(programme: Programme, number: int) -> tuple[Piece, ...]:
    """The cached first page of a comparison: schools side by side."""
    at = programme.authority_id, programme.programme_id, number
    context = _frame_of(*at)
    stored: StoredComparison = context["stored"]

    def make() -> str:
        spread = spread_of(programme, stored)
        return render_template(
            "reports/comparisons/side_by_side.html",
            **{**context, **_read(spread), "chapters": grouped(spread.figures)},
        )

    made_of = (str(stored.released_on),)
    part = ("comparison", *map(str, at), spoken())
    return pieces(kept(stored.release_hash, part, made_of, make))


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
    """The comparison of a programme's schools, or what is missing for it."""
    context = _frame_of(authority_id, programme_id, number)
    if context["stored"] is None:
        standing = comparison_jobs.standing(read(), authority_id, programme_id, number)
        if standing is not None and standing.is_unfinished:
            return render_template("reports/comparisons/at_work.html", standing=standing, **context)
        programme = context["programme"]
        awaited = read_awaited(read(), programme=programme, number=number, today=today())
        ready = comparison_operations.readiness(
            read(), programme=programme, number=number, today=today()
        )
        return render_template(
            "reports/comparisons/not_compared.html",
            awaited=awaited,
            missing=comparison_operations.missing(awaited, ready),
            may_be_made=not ready.in_the_way,
            standing=standing,
            steps=STEPS,
            what_next=partial(what_next, erase_after_days=current_settings().erase_after_days),
            **context,
        )
    drawn = authority_part(context["programme"], number)
    return render_template("reports/comparisons/comparison.html", drawn=drawn, **context)


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


@bp.route(f"{COMPARISON}compare", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def compare(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str | Response:
    """Shows which schools can be compared, and enqueues the comparison."""
    form = FlaskForm()
    if form.validate_on_submit():
        comparison_jobs.start(authority_id, programme_id, number, member=current_member())
        return redirect(
            url_for(
                "reports.authority",
                authority_id=authority_id,
                programme_id=programme_id,
                number=number,
            )
        )
    programme = find_programme(read(), authority_id, programme_id)
    return render_template(
        "reports/comparisons/compare.html",
        programme=programme,
        number=number,
        form=form,
        readiness=comparison_operations.readiness(
            read(), programme=programme, number=number, today=today()
        ),
        steps=STEPS,
        policy=POLICY,
    )


@bp.get(f"{COMPARISON}participation")
@requires(Permission.AUTHORITY_SEE)
def took_part(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    """Schools by name, with their progress, and roll and response rate once they have a report."""
    programme = find_programme(read(), authority_id, programme_id)
    return render_template(
        "reports/comparisons/participation.html",
        programme=programme,
        number=number,
        schools=read_took_part(read(), programme=programme, number=number, today=today()),
        steps=STEPS,
        said=comparison_wording,
    )


@bp.get(f"{REPORT}{AMONG.key}")
@requires(Permission.REPORT_READ)
def own(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The school's own position among the others, which stay anonymous."""
    wave = find_wave(read(), school_id, wave_id)
    stored = stored_of(wave)
    if stored.withdrawn_on is not None:
        return to_notice(wave)
    made = _comparisons_of(wave, stored.release_hash)
    asked = request.args.get("programme", "")
    comparison = next((one for one in made if str(one.programme_id) == asked), None)
    comparison = comparison or next(iter(made), None)
    spread = code = None
    if comparison is not None:
        programme = find_programme(read(), comparison.authority_id, comparison.programme_id)
        spread = spread_of(programme, comparison)
        code = own_letter(spread.comparison.releases, stored.release_hash)
        spread = spread.seen_by(code) if code else spread
    return school_page(
        wave,
        stored,
        "reports/comparisons/own_compared.html"
        if code
        else "reports/comparisons/own_not_compared.html",
        chapter=AMONG,
        comparison=comparison,
        in_programme=bool(surveys_of(read(), wave)),
        readers=[(one.programme_id, _reader_of(one)) for one in made],
        spread=spread,
        code=code,
    )


def _comparison_of(wave: Wave) -> StoredComparison | None:
    """The first comparison of a survey: that of its authority, if there is one."""
    return next(iter(_comparisons_of(wave, stored_of(wave).release_hash)), None)


def _comparisons_of(wave: Wave, release_hash: str) -> list[StoredComparison]:
    """The comparison of each reader of a survey: the one with its report in it, if there is one."""
    found = []
    for programme, made in _made_of(wave):
        holding = (one for one in made if release_hash in spread_of(programme, one).releases)
        if made:
            found.append(made[0] if len(made) == 1 else next(holding, made[0]))
    return found


def _made_of(wave: Wave) -> Iterator[tuple[Programme, list[StoredComparison]]]:
    """Each programme that a survey is part of, and its comparisons."""
    for programme, number in surveys_of(read(), wave):
        key = programme.authority_id, programme.programme_id
        both = (read().get(StoredComparison, (*key, one)) for one in (number, second_of(number)))
        yield programme, [one for one in both if one is not None]


def _reader_of(stored: StoredComparison) -> str:
    return read().get_one(Authority, stored.authority_id).name
