"""The lead's room: read, black out, decide, and release. Each page says first what will happen."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response

from survey.campaigns.models import Wave
from survey.campaigns.operations import find_wave, questionnaire_of
from survey.campaigns.states import WaveState
from survey.database import begin, read, today
from survey.free_text import operations
from survey.free_text import publication as free_text_publication
from survey.free_text.blueprint import bp
from survey.free_text.decisions import DECIDED, DecidedMeanwhileError, TextDecision
from survey.free_text.document import FEWEST
from survey.free_text.forms import DECIDES, Do, TextForm, WithdrawTextsForm
from survey.free_text.models import RoomText
from survey.free_text.name_hints import by_word, find, still_there
from survey.free_text.operations import AT_ONCE, Stage, find_text, standing
from survey.free_text.redaction import redact, tail_of, words_of
from survey.free_text.report_views import item_words
from survey.free_text.wording import HINTS, MARKS, PASSED_TO
from survey.mail.kinds import MailKind
from survey.organisations.staff_names import find_staff_names
from survey.permissions import Permission, current_member, may, requires
from survey.start_page.duties import Desk, Duty, Weight, days_late, gives_duties

UNREAD_STAGES = frozenset({Stage.WAITING, Stage.NOT_AGREED, Stage.OVER_ROLL})


@bp.app_template_filter("texts_due")
def texts_due(wave: Wave) -> date | None:
    """The day by which the texts of a survey should be read; None if none is waiting."""
    if wave.questionnaire_hash is None or wave.state is WaveState.ENDED:
        return None
    now = standing(read(), wave=wave)
    is_unread = now.stage in UNREAD_STAGES or bool(now.progress and now.progress.unread)
    return now.read_by if is_unread else None


ROOM = "/schools/<uuid:school_id>/waves/<uuid:wave_id>/texts"


@gives_duties
def _unread(desk: Desk) -> Iterator[Duty]:
    """Texts that have not been read for danger, with the days since they should have been."""
    if not may(desk.member, Permission.TEXTS_REDACT):
        return
    waves = desk.db.scalars(
        select(Wave).where(Wave.school_id == desk.school_id, Wave.state.in_(operations.READABLE))
    )
    for wave in waves:
        now = standing(desk.db, wave=wave)
        unread = now.progress.unread if now.progress else 0
        if now.read_by is None or not (unread or now.stage in UNREAD_STAGES):
            continue
        late = days_late(now.read_by, desk.today)
        yield Duty(
            ngettext("%(num)s text is unread", "%(num)s texts are unread", unread)
            if unread
            else _("What students wrote is unread"),
            _(
                "From the survey that closed on %(closed)s. Somebody may have written about danger:"
                " read all of it by %(day)s.",
                closed=format_date(wave.closed_on),
                day=format_date(now.read_by),
            ),
            url_for("free_text.room", school_id=wave.school_id, wave_id=wave.wave_id),
            _("Read what students wrote"),
            Weight.STUDENT_AT_RISK,
            late,
            now.read_by,
            MailKind.TEXTS,
        )


@bp.get(f"{ROOM}/")
@requires(Permission.TEXTS_REDACT)
def room(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    """The stage of the texts, and what to do next."""
    wave = find_wave(read(), school_id, wave_id)
    before = free_text_publication.published_before(read(), wave=wave)
    return _page(wave, "free_text/room.html", published_before=before)


@bp.post(f"{ROOM}/open")
@requires(Permission.TEXTS_REDACT)
def open_room(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        operations.open_room(db, wave=wave, today=today(), by=current_member())
    return redirect(url_for(".reading", school_id=school_id, wave_id=wave_id))


@bp.route(f"{ROOM}/reading", methods=["GET", "POST"])
@requires(Permission.TEXTS_REDACT)
def reading(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """The next unread texts, to be read for danger."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            wave = find_wave(db, school_id, wave_id)
            operations.mark_read(db, wave=wave, texts=_ticked(), by=current_member())
        return redirect(url_for(".reading", school_id=school_id, wave_id=wave_id))
    wave = find_wave(read(), school_id, wave_id)
    unread = operations.texts_marked(read(), wave=wave, marks=(TextDecision.UNREAD,), most=AT_ONCE)
    if not unread:
        return redirect(url_for(".room", school_id=school_id, wave_id=wave_id))
    return _page(wave, "free_text/reading.html", form=form, texts=unread)


def _ticked() -> set[uuid.UUID]:
    """The texts that the page showed."""
    found = set()
    for one in request.form.getlist("text"):
        try:
            found.add(uuid.UUID(one))
        except ValueError:
            continue
    return found


@bp.get(f"{ROOM}/marked/<any(fit, left_out, worry):mark>")
@requires(Permission.TEXTS_REDACT)
def marked(school_id: uuid.UUID, wave_id: uuid.UUID, mark: str) -> str:
    """All texts with the same decision."""
    wave = find_wave(read(), school_id, wave_id)
    texts = operations.texts_marked(read(), wave=wave, marks=(TextDecision(mark),))
    return _page(wave, "free_text/marked.html", texts=texts, mark=TextDecision(mark), redact=redact)


@bp.get(f"{ROOM}/next")
@requires(Permission.TEXTS_REDACT)
def next_text(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    return _on(find_wave(read(), school_id, wave_id))


def _on(wave: Wave, done: uuid.UUID | None = None) -> Response:
    """To the next text to decide about, or back to the room when there is none."""
    at: dict[str, Any] = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    found = operations.next_text(read(), wave=wave)
    if found is None:
        return redirect(url_for(".room", **at))
    return redirect(url_for(".text", **at, text_id=found.text_id, done=done))


@bp.route(f"{ROOM}/<uuid:text_id>", methods=["GET", "POST"])
@requires(Permission.TEXTS_REDACT)
def text(school_id: uuid.UUID, wave_id: uuid.UUID, text_id: uuid.UUID) -> str | Response:
    """One text: its words to be blacked out by a press, and what becomes of it."""
    wave = find_wave(read(), school_id, wave_id)
    found = find_text(read(), wave=wave, text_id=text_id)
    form = TextForm.of(found, today())
    if request.method == "GET":
        return _text_page(wave, found, form, found.out)
    listed = find_staff_names(read(), school_id)
    out = form.out([word.number for word in words_of(found.words)])
    do = form.pressed()
    if do is None:
        return _text_page(wave, found, form, out)
    if do is Do.SUGGEST:
        return _text_page(wave, found, form, out | set(by_word(found.words, listed)))
    if do is Do.CLEAR:
        return _text_page(wave, found, form, ())
    try:
        if do is Do.WORRY and not form.validate_on_submit():
            return _text_page(wave, found, form, out)
        _decide(wave, text_id, do, out, form)
    except DecidedMeanwhileError as refused:
        read().rollback()
        found = find_text(read(), wave=find_wave(read(), school_id, wave_id), text_id=text_id)
        form.state.data = found.state
        return _text_page(wave, found, form, {*out, *found.out}, problem=refused.message)
    except operations.NothingLeftError as refused:
        return _text_page(wave, found, form, out, problem=refused.message)
    except operations.PassingError as refused:
        form.passed_on.errors = [refused.message]
        return _text_page(wave, found, form, out)
    wave = find_wave(read(), school_id, wave_id)
    if do is Do.WORRY:
        flash(_("Marked as passed on. It is not shown in the report."))
    return _on(wave, done=text_id)


def _decide(wave: Wave, text_id: uuid.UUID, do: Do, out: Collection[int], form: TextForm) -> None:
    school_id, wave_id = wave.school_id, wave.wave_id
    with begin() as db:
        held = find_wave(db, school_id, wave_id)
        if do is Do.WORRY:
            operations.pass_on(
                db,
                wave=held,
                text_id=text_id,
                to=form.to(),
                on=form.day(),
                note=form.note.data or "",
                today=today(),
                by=current_member(),
                seen=form.state.data,
            )
        else:
            operations.decide(
                db,
                wave=held,
                text_id=text_id,
                mark=DECIDES[do],
                out=out,
                by=current_member(),
                seen=form.state.data,
            )


def _text_page(
    wave: Wave,
    found: RoomText,
    form: TextForm,
    out: Collection[int],
    problem: str | None = None,
) -> str:
    listed = find_staff_names(read(), wave.school_id)
    return _page(
        wave,
        "free_text/text.html",
        text=found,
        form=form,
        out=set(out),
        problem=problem,
        words=words_of(found.words),
        tail=tail_of(found.words),
        pointed=by_word(found.words, listed),
        found=[(found.words[one.start : one.end], one.hint) for one in find(found.words, listed)],
        has_list=bool(listed),
        done=_done(wave),
    )


def _done(wave: Wave) -> RoomText | None:
    """The text decided about just before, while it can be taken back."""
    given = request.args.get("done", type=uuid.UUID)
    if given is None:
        return None
    found = find_text(read(), wave=wave, text_id=given)
    return found if found.mark in DECIDED else None


@bp.post(f"{ROOM}/<uuid:text_id>/undo")
@requires(Permission.TEXTS_REDACT)
def undo(school_id: uuid.UUID, wave_id: uuid.UUID, text_id: uuid.UUID) -> Response:
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        operations.take_back(db, wave=wave, text_id=text_id, by=current_member())
    return redirect(url_for(".text", school_id=school_id, wave_id=wave_id, text_id=text_id))


@bp.route(f"{ROOM}/release", methods=["GET", "POST"])
@requires(Permission.TEXTS_REDACT)
def release_texts(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """All of them again, as readers will see them, before they leave permanently."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            wave = find_wave(db, school_id, wave_id)
            free_text_publication.release_texts(db, wave=wave, today=today(), by=current_member())
        flash(_("The texts are a page of the report now."))
        return redirect(url_for("free_text.published", school_id=school_id, wave_id=wave_id))
    wave = find_wave(read(), school_id, wave_id)
    if not standing(read(), wave=wave).is_ready or wave.state is not WaveState.RELEASED:
        return redirect(url_for(".room", school_id=school_id, wave_id=wave_id))
    fit = operations.texts_marked(read(), wave=wave, marks=(TextDecision.FIT,))
    listed = find_staff_names(read(), school_id)
    still = {one.text_id: still_there(one.words, one.out, listed) for one in fit}
    return _page(wave, "free_text/release.html", form=form, fit=fit, redact=redact, still=still)


@bp.route(f"{ROOM}/withdraw", methods=["GET", "POST"])
@requires(Permission.TEXTS_REDACT)
def withdraw_texts(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    form = WithdrawTextsForm()
    if form.validate_on_submit():
        with begin() as db:
            wave = find_wave(db, school_id, wave_id)
            free_text_publication.withdraw_texts(
                db, wave=wave, notice=form.notice.data or "", today=today(), by=current_member()
            )
        flash(_("The texts are withdrawn. Your notice is in their place."))
        return redirect(url_for(".room", school_id=school_id, wave_id=wave_id))
    wave = find_wave(read(), school_id, wave_id)
    free_text_publication.refuse_unless_shown(read(), wave=wave)
    return _page(wave, "free_text/withdraw.html", form=form)


def _page(wave: Wave, template: str, **more: object) -> str:
    return render_template(
        template,
        wave=wave,
        school=wave.campaign.school,
        at={"school_id": wave.school_id, "wave_id": wave.wave_id},
        now=standing(read(), wave=wave),
        stages=Stage,
        marks=TextDecision,
        mark_words=MARKS,
        hint_words=HINTS,
        passed_words=PASSED_TO,
        fewest=FEWEST,
        today=today(),
        states=WaveState,
        item_words=item_words(questionnaire_of(wave)) if wave.questionnaire_hash else {},
        **more,
    )
