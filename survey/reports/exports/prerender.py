"""A report drawn before anybody opens it: each of its pages is made once, in each language of
staff, as a member who may read it would get it. What the pages had to draw is kept (`drawings`).

What cannot be drawn ahead is drawn when it is read: so a failure here is logged, and ends nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from functools import partial
from html import unescape

from flask import Flask, current_app, url_for
from flask_login import login_user
from sqlalchemy import exists, select

from survey.database import read
from survey.http.light_pages import speak
from survey.languages import STAFF_LANGUAGES
from survey.organisations.models import Member
from survey.permissions import PERMISSIONS, Permission
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.signals import comparison_stored, release_stored
from survey.reports.charts.cache import StoredDrawing, code

LINK = re.compile(r'<a [^<>]*href="(/[^"#?]*)')


def listen() -> None:
    """Draws what a job stores, in the same job."""
    release_stored.connect(_draw_release)
    comparison_stored.connect(_draw_comparison)


def _draw_release(_sender: object, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    draw_report(school_id, wave_id)


def _draw_comparison(
    _sender: object, *, authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> None:
    draw_comparison(authority_id, programme_id, number)


def draw_report(school_id: uuid.UUID, wave_id: uuid.UUID) -> int:
    """Draws the report of a wave, and says how many pages that took; none, if nobody is there who
    may read it."""
    reader = _reader(Permission.REPORT_READ, school_id=school_id)
    return _walk("reports.school", reader, school_id=school_id, wave_id=wave_id)


def draw_comparison(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> int:
    """Draws the comparison of a programme's wave likewise."""
    reader = _reader(Permission.COMPARISON_READ, authority_id=authority_id)
    of = {"authority_id": authority_id, "programme_id": programme_id, "number": number}
    return _walk("reports.authority", reader, **of)


def draw_missing() -> int:
    """Draws every report and comparison of which today's code has drawn nothing yet, and says how
    many pages that took. Newest first, as those are read most."""
    drawn = exists().where(StoredDrawing.made_by == code())
    release, compared = StoredRelease, StoredComparison
    releases = read().execute(
        select(release.school_id, release.wave_id)
        .where(release.withdrawn_on.is_(None))
        .where(~drawn.where(StoredDrawing.document_hash == release.release_hash))
        .order_by(release.released_on.desc(), release.wave_id)
    )
    comparisons = read().execute(
        select(compared.authority_id, compared.programme_id, compared.number)
        .where(~drawn.where(StoredDrawing.document_hash == compared.release_hash))
        .order_by(compared.released_on.desc(), compared.programme_id)
    )
    todo = [partial(draw_report, *one) for one in releases]
    todo += [partial(draw_comparison, *one) for one in comparisons]
    read().rollback()
    return sum(draw() for draw in todo)


def _reader(permission: Permission, **at: uuid.UUID) -> uuid.UUID | None:
    """A member who may read it."""
    may = select(Member.id).filter_by(**at).where(Member.role.in_(PERMISSIONS[permission]))
    found = read().scalars(may.order_by(Member.id)).first()
    read().rollback()  # nothing is held while pages are made
    return found


def _walk(endpoint: str, reader: uuid.UUID | None, **at: object) -> int:
    """Opens the page, and all that lie under its address and that it leads to."""
    if reader is None:
        return 0
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.test_request_context():
        start = url_for(endpoint, **at)  # type: ignore[arg-type]
    try:
        return sum(1 for one in STAFF_LANGUAGES for _page in _pages(app, start, reader, one))
    except Exception:
        app.logger.exception("not_drawn_ahead")
        return 0


def _pages(app: Flask, start: str, reader: uuid.UUID, language: str) -> Iterator[str]:
    waiting, met = [start], {start}
    while waiting:
        page = _open(app, waiting.pop(), reader, language)
        yield page
        for link in map(unescape, LINK.findall(page)):
            is_page = link.startswith(start) and "." not in link.rpartition("/")[2]
            if is_page and link not in met:
                met.add(link)
                waiting.append(link)


def _open(app: Flask, address: str, reader: uuid.UUID, language: str) -> str:
    """A page as it is sent to the reader, in a request of its own."""
    with app.app_context(), app.test_request_context(address):  # the first: nothing of ours in `g`
        speak(language)
        login_user(read().get_one(Member, reader))
        return app.full_dispatch_request().get_data(as_text=True)
