"""Signing a survey off before its launch: pages of the head, of the lead and of the authority."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.approvals.models import SignOffKind
from survey.approvals.sign_offs import NameMissingError
from survey.campaigns import operations
from survey.campaigns.blueprint import WAVE, bp
from survey.campaigns.duration import minutes_of
from survey.campaigns.forms.sign_offs import SignOffForm
from survey.campaigns.lifecycle import sign_offs
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import draft_of, find_programme, find_wave, latest_wave
from survey.campaigns.states import WaveState, move
from survey.campaigns.views.programme_settings import PROGRAMME
from survey.database import begin, read, today
from survey.languages import language_name
from survey.permissions import Permission, current_member, may, requires
from survey.start_page.duties import Desk, Duty, Weight, gives_duties


@gives_duties
def _to_sign_off(desk: Desk) -> Iterator[Duty]:
    """Drafts with nothing else missing that wait for the head."""
    if not may(desk.member, Permission.SIGN_OFF_GIVE):
        return
    for campaign in desk.db.scalars(select(Campaign).where(Campaign.school_id == desk.school_id)):
        wave = latest_wave(campaign)
        if wave.state is not WaveState.DRAFT or _unready(campaign):
            continue
        if any(one.is_missing for one in _of_head(sign_offs.standings(desk.db, wave))):
            yield Duty(
                _("A survey waits for your sign-off"),
                _("“%(title)s” is ready. It can start once you have signed it off.",
                  title=campaign.title),
                url_for(
                    "campaigns.sign_off", school_id=wave.school_id, wave_id=wave.wave_id
                ),
                _("Look at the survey"),
                Weight.SOMEBODY_WAITS,
            )  # fmt: skip


def _unready(campaign: Campaign) -> tuple[str, ...]:
    """What has to be done before anyone can sign off."""
    waits = sign_offs.missing(campaign)
    return tuple(one for one in operations.missing_before_launch(campaign) if one not in waits)


def _of_head(found: Iterable[sign_offs.SignOffStatus]) -> list[sign_offs.SignOffStatus]:
    return [one for one in found if one.kind is SignOffKind.HEAD]


# At the school


@bp.route(f"{WAVE}/sign-off", methods=["GET", "POST"])
@requires(Permission.SIGN_OFF_GIVE)
def sign_off(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """What students would read, and signing it off."""
    found, form = find_wave(read(), school_id, wave_id), SignOffForm()
    here = url_for(".sign_off", school_id=school_id, wave_id=wave_id)
    if form.validate_on_submit():
        _give(find_wave, (school_id, wave_id), SignOffKind.HEAD)
        return redirect(here)
    move(found.state, WaveState.OPEN)
    (standing,) = _of_head(sign_offs.standings(read(), found))
    draft = draft_of(found.campaign)
    return render_template(
        "campaigns/sign_off.html",
        **_common(found, form, standing),
        draft=draft,
        own=[one for one in draft.help if one.own],
        missing=_unready(found.campaign),
        take_back=url_for(".revoke_sign_off", school_id=school_id, wave_id=wave_id),
        home=url_for(".school", school_id=school_id),
        home_name=found.campaign.school.name,
    )


@bp.post(f"{WAVE}/sign-off/revoke")
@requires(Permission.SIGN_OFF_GIVE)
def revoke_sign_off(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    _revoke(find_wave, (school_id, wave_id), SignOffKind.HEAD)
    return redirect(url_for(".sign_off", school_id=school_id, wave_id=wave_id))


@bp.post(f"{WAVE}/sign-off/paper")
@requires(Permission.WAVE_LAUNCH)
def record_sign_off(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """A signature on paper, where the head has no account; or taking it back."""
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        if "revoke" in request.form:
            if not sign_offs.has_head(db, wave.campaign.school):
                sign_offs.revoke(
                    db, wave=wave, kind=SignOffKind.HEAD, by=current_member(), today=today()
                )
            done = _("The sign-off is taken back.")
        else:
            done = _record(db, wave)
    flash(done)
    return redirect(url_for(".launch", school_id=school_id, wave_id=wave_id))


def _record(db: Session, wave: Wave) -> str:
    try:
        sign_offs.record_paper(
            db, wave=wave, name=request.form.get("name", ""), by=current_member(), today=today()
        )
    except NameMissingError as refused:
        return refused.message
    return str(_("It is recorded that the head signed. Keep the paper."))


# At the authority


@bp.post(f"{PROGRAMME}/sign-offs")
@requires(Permission.PROGRAMME_RUN)
def ask_for_sign_offs(authority_id: uuid.UUID, programme_id: uuid.UUID) -> Response:
    """Turns the authority's sign-off on or off."""
    asks = request.form.get("asks") == "yes"
    with begin() as db:
        sign_offs.ask_for_sign_offs(
            db,
            programme=find_programme(db, authority_id, programme_id),
            asks=asks,
            by=current_member(),
        )
    flash(
        _("Schools launch once you have signed their survey off.")
        if asks
        else _("Schools launch without your sign-off.")
    )
    return redirect(url_for(".programme", authority_id=authority_id, programme_id=programme_id))


@bp.route(f"{PROGRAMME}/sign-offs/<uuid:invited>", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_SIGN_OFF)
def sign_off_of_authority(
    authority_id: uuid.UUID, programme_id: uuid.UUID, invited: uuid.UUID
) -> str | Response:
    """What the authority may see of a school's draft, and signing it off."""
    at: dict[str, Any] = {"authority_id": authority_id, "programme_id": programme_id}
    programme, form = find_programme(read(), **at), SignOffForm()
    if form.validate_on_submit():
        _give(_draft, (authority_id, programme_id, invited), SignOffKind.AUTHORITY)
        return redirect(url_for(".sign_off_of_authority", invited=invited, **at))
    found = sign_offs.find_draft(read(), programme, invited)
    standing = next(
        one for one in sign_offs.standings(read(), found) if one.kind is SignOffKind.AUTHORITY
    )
    draft = draft_of(found.campaign)
    return render_template(
        "campaigns/sign_off_of_authority.html",
        **_common(found, form, standing),
        languages=[language_name(tag) for tag in draft.languages],
        people=sum(one.own for one in draft.help),
        missing=[_("The school has not finished its draft.")] if _unready(found.campaign) else [],
        take_back=url_for(".revoke_sign_off_of_authority", invited=invited, **at),
        home=url_for(".programme", **at),
        home_name=programme.title,
    )


@bp.post(f"{PROGRAMME}/sign-offs/<uuid:invited>/revoke")
@requires(Permission.PROGRAMME_SIGN_OFF)
def revoke_sign_off_of_authority(
    authority_id: uuid.UUID, programme_id: uuid.UUID, invited: uuid.UUID
) -> Response:
    _revoke(_draft, (authority_id, programme_id, invited), SignOffKind.AUTHORITY)
    return redirect(
        url_for(
            ".sign_off_of_authority",
            authority_id=authority_id,
            programme_id=programme_id,
            invited=invited,
        )
    )


# Their common parts


def _draft(db: Any, authority_id: uuid.UUID, programme_id: uuid.UUID, invited: uuid.UUID) -> Wave:
    return sign_offs.find_draft(db, find_programme(db, authority_id, programme_id), invited)


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _give(find: Any, place: tuple[uuid.UUID, ...], kind: SignOffKind) -> None:
    with begin() as db:
        sign_offs.give(
            db,
            wave=find(db, *place),
            kind=kind,
            seen=request.form.get("seen", ""),
            key=_key(),
            by=current_member(),
            today=today(),
        )
    flash(_("The survey is signed off. It counts as long as the survey stays as it is."))


def _revoke(find: Any, place: tuple[uuid.UUID, ...], kind: SignOffKind) -> None:
    with begin() as db:
        sign_offs.revoke(db, wave=find(db, *place), kind=kind, by=current_member(), today=today())
    flash(_("The sign-off is taken back."))


def _common(found: Wave, form: SignOffForm, standing: sign_offs.SignOffStatus) -> dict[str, Any]:
    wording = sign_offs.wording_of(found.campaign)
    return {
        "wave": found,
        "campaign": found.campaign,
        "school": found.campaign.school,
        "form": form,
        "standing": standing,
        "seen": sign_offs.seen_mark(wording, by=current_member(), key=_key()),
        "minutes_of": minutes_of,
    }
