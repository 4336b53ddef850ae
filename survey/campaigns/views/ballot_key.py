"""The key of a survey's answers on paper: the copy for the school's safe, or the lead's part."""

from __future__ import annotations

import uuid

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.audit_log import EventName, record
from survey.campaigns import operations
from survey.campaigns.ballot_box import key_name
from survey.campaigns.blueprint import WAVE, bp
from survey.campaigns.errors import SurveyNotOpenError
from survey.campaigns.models import Wave
from survey.campaigns.printing.key_sheet import key_sheet
from survey.campaigns.queries import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, key_folder, read
from survey.encryption import keys
from survey.encryption.sealing import from_paper, to_paper
from survey.errors import RefusedError
from survey.http.attachments import as_file
from survey.permissions import Permission, current_member, requires


class NoPartError(RefusedError):
    """What was sent to be printed is no part of a key."""


def show_part(wave: Wave, part: bytes) -> str:
    """The lead's part of the key, this once."""
    return render_template("campaigns/key.html", wave=wave, letters=to_paper(part))


@bp.post(f"{WAVE}/key/again")
@requires(Permission.WAVE_CLOSE)
def key_again(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        part = operations.split_again(db, wave=wave, by=current_member())
    return show_part(find_wave(read(), school_id, wave_id), part)


@bp.post(f"{WAVE}/key.pdf")
@requires(Permission.WAVE_CLOSE)
def key_pdf(school_id: uuid.UUID, wave_id: uuid.UUID) -> Response:
    """The whole key, from the key folder; or the part that the page before sent back."""
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        secret = _part_sent() if wave.box_split else _whole_key(wave)
        record(
            db,
            EventName.KEY_PRINTED,
            by=current_member(),
            school_id=school_id,
            wave_id=wave_id,
            is_part=wave.box_split,
        )
        campaign, number, is_part = wave.campaign, wave.number, wave.box_split
        sheet = key_sheet(
            school=campaign.school.name,
            title=campaign.title,
            number=number,
            closes_on=wave.closes_on,
            secret=secret,
            is_part=is_part,
        )
    return as_file(sheet, "application/pdf", "survey-key.pdf")


def _whole_key(wave: Wave) -> bytes:
    if wave.state is not WaveState.OPEN:
        raise SurveyNotOpenError(_("The key can be printed while the survey is open."))
    try:
        return keys.read(key_folder(read()), key_name(wave))
    except keys.KeyFileMissingError:
        raise SurveyNotOpenError(
            _("The server has lost the key of this survey. Tell the operator at once.")
        ) from None


def _part_sent() -> bytes:
    part = from_paper(request.form.get("part", ""))
    if part is None:
        raise NoPartError(_("This is no part of a key."))
    return part
