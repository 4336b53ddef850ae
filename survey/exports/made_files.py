"""Files of a report that take time to make: paper, workbooks, slides and pictures.

A web process makes none of them. It looks for the file, and if it is missing it writes down what is
wanted and asks for it, as it does for charts (`reports/charts/stored_charts.py`); a worker makes it
with the same view. A file is kept under its document, so it is deleted with it, and under a name
made from all it depends on: a file that is out of date is not found, and the next one takes its
place.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from flask import current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.errors import SurveyError
from survey.exports.csv import File
from survey.http.light_pages import speak
from survey.reports.charts import stored_charts as drawings
from survey.reports.charts.stored_charts import FILE, SLOT, Place, StoredDrawing
from survey.reports.school.report_loader import spoken

View = Callable[..., Response]

_views: dict[str, View] = {}


def made_by_a_job(view: View) -> View:
    """Marks a view of the reports' blueprint whose file a worker can make. It is called there with
    the address of the request and without a member, so it goes under the check of permissions."""
    _views[f"reports.{view.__name__}"] = view
    return view


@dataclass(frozen=True)
class WantedFile:
    """What is to be made: the address of a file, and the language of the reader."""

    address: str
    language: str

    def packed(self) -> bytes:
        return zlib.compress(json.dumps(asdict(self)).encode())

    @classmethod
    def unpacked(cls, packed: bytes) -> WantedFile | None:
        """None if the bytes are of a chart."""
        held: dict[str, Any] = json.loads(zlib.decompress(packed))
        return cls(**held) if "address" in held else None


def file_of(
    document: str,
    made_of: Callable[[], tuple[object, ...]],
    make: Callable[[], File],
    query: str = "",
) -> File | None:
    """The file at the address of this request; None if it is being made.

    `document`: the hash of the release or comparison; `made_of`: what else the file shows, as plain
    values; `query`: what of the request's query it depends on. Anything else in the query
    asks for no other file."""
    if drawings.DRAWS_HERE and not g.get("makes_for_later"):
        return make()
    address = f"{request.path}?{query}" if query else request.path
    place = document, _name(address, made_of())
    if drawings.DRAWS_HERE:
        g.made_file = place, make()
        return None
    stored = read().get(StoredDrawing, place)
    if stored is not None and stored.svg:
        return _unpacked(stored.svg)
    wanted: dict[Place, object] = g.setdefault("wanted_drawings", {})
    wanted[place] = WantedFile(address, spoken())
    return None


def _slot(address: str, language: str) -> str:
    """The beginning of the names that a file has over time."""
    return FILE + hashlib.sha256(f"{language} {address}".encode()).hexdigest()[:16]


def _name(address: str, made_of: tuple[object, ...]) -> str:
    said = json.dumps([drawings.page_code(), made_of], default=str)
    return _slot(address, spoken()) + hashlib.sha256(said.encode()).hexdigest()[:32]


def make_wanted(place: Place, wanted: WantedFile) -> None:
    """Makes a file that a page waits for, and keeps it in place of earlier ones. Called by a job,
    which draws here."""
    _make(wanted, place)


def make_ahead(wanted: WantedFile) -> None:
    """Makes a file before anyone asks for it, in the same way."""
    _make(wanted, None)


def _make(wanted: WantedFile, asked: Place | None) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context(), app.test_request_context(wanted.address):
        speak(wanted.language)
        g.makes_for_later = True
        view = _views.get(request.endpoint or "")
        if view is not None:
            with suppress(SurveyError):  # withdrawn meanwhile: no reader waits for it now
                view(**(request.view_args or {}))
        made: tuple[Place, File] | None = g.pop("made_file", None)
        fresh = g.pop("fresh_drawings", {})
        read().rollback()
        with begin() as db:
            drawings.keep(db, fresh)
            if asked is not None:  # what was asked for may have another name now
                drawings.forget_versions(db, (asked[0], asked[1][:SLOT]))
            if made is not None:
                _keep(db, *made)


def _keep(db: Session, place: Place, file: File) -> None:
    drawings.forget_versions(db, (place[0], place[1][:SLOT]))
    document, name = place
    db.add(
        StoredDrawing(
            document_hash=document,
            name=name,
            made_by=drawings.page_code(),
            svg=_packed(file),
            specification=b"",
        )
    )


def _packed(file: File) -> bytes:
    return json.dumps([file.name, file.kind]).encode() + b"\n" + file.content


def _unpacked(kept: bytes) -> File:
    head, _end, content = kept.partition(b"\n")
    name, kind = json.loads(head)
    return File(name, kind, content)
