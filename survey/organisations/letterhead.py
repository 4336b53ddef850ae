"""The head of a school's printed reports: its name there, and its logo."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from survey import images
from survey.audit_log import EventName, record
from survey.errors import RefusedError
from survey.images import Picture, Shape, Wrong, WrongPictureError
from survey.organisations.models import Letterhead, School
from survey.permissions import MemberLike

LONGEST_NAME = 120
LARGEST_FILE_BYTES = 2 * 1024 * 1024
SHAPE = Shape(shortest_side=40, flattest=8)
BOXES = ((600, 300), (480, 240), (360, 180), (240, 120))
"""Three centimetres high in print, at 250 dots an inch."""
MOST_BYTES = 60 * 1024


class LogoError(RefusedError):
    """A file that cannot become a logo."""


def take_logo(uploaded: bytes) -> Picture:
    """The picture made of an uploaded file, or a `LogoError` in the user's words."""
    if len(uploaded) > LARGEST_FILE_BYTES:
        raise too_large()
    try:
        pixels = images.decode(uploaded, SHAPE, about=BOXES[0][0])
        return images.write(pixels, BOXES, MOST_BYTES)
    except WrongPictureError as error:
        raise LogoError(str(WRONG_WORDS[error.why])) from error


def too_large() -> LogoError:
    return LogoError(
        _(
            "This file is too large. A logo may have up to %(most)s MB: save it smaller, for"
            " example 600 pixels wide, and try again.",
            most=LARGEST_FILE_BYTES // 1024**2,
        )
    )


WRONG_WORDS: Mapping[Wrong, LazyString] = {
    Wrong.NO_PICTURE: _l("We cannot read this file. Save the logo as PNG or JPEG, and try again."),
    Wrong.DAMAGED: _l(
        "This file is damaged or not complete. Open it, save it once more, and try again."
    ),
    Wrong.TOO_MANY_PIXELS: _l(
        "This picture has too many pixels. Save it smaller, for example 600 wide."
    ),
    Wrong.TOO_SMALL: _l(
        "This logo is too small to print. Use one with at least %(least)s pixels each way.",
        least=SHAPE.shortest_side,
    ),
    Wrong.TOO_FLAT: _l(
        "This logo is a long strip. Use one that is at most %(times)s times as long as it is high.",
        times=SHAPE.flattest,
    ),
}


def find_letterhead(db: Session, school_id: uuid.UUID) -> Letterhead | None:
    return db.get(Letterhead, school_id)


def find_logo(db: Session, school_id: uuid.UUID) -> Picture | None:
    """The school's logo, if it has given one."""
    head = find_letterhead(db, school_id)
    if head is None or head.logo is None:
        return None
    return Picture(head.logo, head.kind or "", head.width or 0, head.height or 0)


def printed_name(db: Session, school: School, *, published_as: str | None = None) -> str:
    """The name on printed reports: of the letterhead, else that of the school when the report was
    published, else that of today."""
    head = find_letterhead(db, school.school_id)
    return head.name if head is not None and head.name else published_as or school.name


def change_letterhead(
    db: Session,
    *,
    school_id: uuid.UUID,
    name: str,
    logo: Picture | None,
    by: MemberLike | None,
) -> None:
    """Sets the printed name and, if one is given, the logo."""
    head = db.merge(Letterhead(school_id=school_id, name=name.strip()))
    if logo is not None:
        head.logo, head.kind = logo.content, logo.kind
        head.width, head.height = logo.width, logo.height
    record(db, EventName.LETTERHEAD_CHANGED, by=by, school_id=school_id)


def remove_logo(db: Session, *, school_id: uuid.UUID, by: MemberLike | None) -> None:
    head = find_letterhead(db, school_id)
    if head is None or head.logo is None:
        return
    head.logo = head.kind = head.width = head.height = None
    record(db, EventName.LETTERHEAD_CHANGED, by=by, school_id=school_id)
