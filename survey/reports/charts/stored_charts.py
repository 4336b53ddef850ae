"""Drawn charts, stored in the database, so that every process has them after a restart.

A worker draws. A page without its drawing says that the chart is being drawn, stores its
specification and enqueues the job; it refreshes itself until the drawing is ready.

A drawing is found by its document and a name derived from everything it depends on: figures, words,
and the code that draws. So it is never out of date: other words or code give another name. All
drawings can be made again, and may be deleted.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask, Response, g
from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import Base, begin, read
from survey.logs import log
from survey.paths import PACKAGE, folder

FILE, PART = "file:", "part:"
"""The first letters of the names of stored files and page parts. No chart has them."""

SLOT = len(FILE) + 16
"""The letters of such a name that are the same for all versions."""

LIBRARIES = ("altair", "vl-convert-python")
"""The libraries that draw charts: with another version, the same chart may look different."""


class StoredDrawing(Base):
    """One chart as compressed SVG. `document_hash` is of the release or comparison that it shows,
    `made_by` of the code. Until it is drawn, `svg` is empty and `specification` holds what is to be
    drawn, packed."""

    __tablename__ = "drawing"

    document_hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    made_by: Mapped[str]
    svg: Mapped[bytes]
    specification: Mapped[bytes]


Place = tuple[str, str]
"""The hash of a document, and the name of a drawing of it."""


def name_of(chart: object) -> str:
    """A unique name of this chart drawn by this code."""
    made_of = json.dumps([code(), _plain(chart)], ensure_ascii=False)
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    """A dataclass and its content as plain values. Lazy strings are translated."""
    if is_dataclass(value):
        held = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return [type(value).__name__, held]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, int | float) else str(value)


@cache
def code() -> str:
    """The hash of the code that draws."""
    here = Path(__file__).parent
    reports = here.parent
    elsewhere = (reports / "trends/survey_lanes_chart.py",)
    parts = [path.read_bytes() for path in sorted((*here.glob("*.py"), *elsewhere))]
    parts += [f"{name} {version(name)}".encode() for name in LIBRARIES]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


MAKES_PAGES = (".py", ".html", ".typ", ".svg", ".css", ".toml", ".mo")


@cache
def page_code() -> str:
    """The hash of all that makes pages and files: code, templates, words, and drawing code."""
    digest = hashlib.sha256(code().encode())
    found = (one for at in (PACKAGE, folder("translations")) for one in at.rglob("*"))
    for path in sorted(one for one in found if one.suffix in MAKES_PAGES):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _made_by(name: str) -> str:
    """The hash of the code that made the item with this name."""
    return page_code() if name.startswith((FILE, PART)) else code()


DRAWS_HERE = False
"""Whether this process draws what is missing: true in a worker, never in a web process."""


class NotYetDrawnError(Exception):
    """The chart is not drawn yet, and this process does not draw."""


@contextmanager
def drawing_here() -> Iterator[None]:
    """A context in which missing charts are drawn."""
    global DRAWS_HERE
    before, DRAWS_HERE = DRAWS_HERE, True
    try:
        yield
    finally:
        DRAWS_HERE = before


@dataclass(frozen=True)
class WantedChart:
    """A chart to draw: its Vega-Lite specification, title and description."""

    key: str
    title: str
    description: str
    specification: dict[str, Any]

    def packed(self) -> bytes:
        return zlib.compress(json.dumps(vars(self)).encode())

    @classmethod
    def unpacked(cls, packed: bytes) -> WantedChart:
        return cls(**json.loads(zlib.decompress(packed)))


def svg_of(
    document: str, name: str, make: Callable[[], str], wanted: Callable[[], WantedChart]
) -> str:
    """The drawing for a page, from the database. If it is missing, a worker draws it now; a web
    process notes it for the end of the request. Raises a `NotYetDrawnError`."""
    stored = read().get(StoredDrawing, (document, name))
    if stored is not None and stored.svg:
        return zlib.decompress(stored.svg).decode()
    if not DRAWS_HERE:
        missing: dict[Place, WantedChart] = g.setdefault("wanted_drawings", {})
        missing[document, name] = wanted()
        raise NotYetDrawnError
    fresh: dict[Place, str] = g.setdefault("fresh_drawings", {})
    if (document, name) not in fresh:
        fresh[document, name] = make()
    return fresh[document, name]


def keep(db: Session, fresh: Mapping[Place, str]) -> None:
    """Stores drawings and page parts, unless another process has stored the same. A part replaces
    its earlier versions."""
    for place, made in fresh.items():
        if place[1].startswith(PART):
            forget_versions(db, place)
        stored = db.get(StoredDrawing, place)
        if stored is None:
            stored = StoredDrawing(
                document_hash=place[0], name=place[1], made_by=_made_by(place[1]), svg=b""
            )
            db.add(stored)
        if not stored.svg:
            stored.svg, stored.specification = zlib.compress(made.encode()), b""


def forget_versions(db: Session, place: Place) -> None:
    """Deletes the earlier versions of a file or of a part of a page."""
    document, name = place
    db.execute(
        delete(StoredDrawing).where(
            StoredDrawing.document_hash == document,
            StoredDrawing.name.startswith(name[:SLOT]),
            StoredDrawing.name != name,
        )
    )


def want(db: Session, wanted: Mapping[Place, WantedChart]) -> set[str]:
    """Stores charts to draw, and returns the hashes of their documents."""
    for place, one in wanted.items():
        if db.get(StoredDrawing, place) is None:
            db.add(
                StoredDrawing(
                    document_hash=place[0],
                    name=place[1],
                    made_by=_made_by(place[1]),
                    svg=b"",
                    specification=one.packed(),
                )
            )
    return {document for document, _name in wanted}


def is_waiting() -> bool:
    """Whether the response lacks a chart that is not drawn yet, so that it must not be cached."""
    return bool(g.get("wanted_drawings"))


def want_nothing() -> None:
    """Forgets the charts that this request noted."""
    g.pop("wanted_drawings", None)


def forget(db: Session, *, but_of: Select[tuple[str]]) -> int:
    """Deletes drawings of other code or documents, and returns their number."""
    today = code(), page_code()
    old = StoredDrawing.made_by.not_in(today) | StoredDrawing.document_hash.not_in(but_of)
    count = db.scalar(select(func.count()).select_from(StoredDrawing).where(old)) or 0
    db.execute(delete(StoredDrawing).where(old))
    return count


ASKED_AGAIN = "3"
"""Seconds after which a page that waits for a drawing refreshes itself."""


def init_app(app: Flask, ask: Callable[[Session, set[str]], None]) -> None:
    """Registers the store on the app. `ask` enqueues the drawing of documents."""

    def want_missing(response: Response) -> Response:
        wanted = g.pop("wanted_drawings", None)
        if not wanted:
            return response
        response.headers.setdefault("Refresh", ASKED_AGAIN)
        try:
            with begin() as db:
                ask(db, want(db, wanted))
        except (
            SQLAlchemyError
        ) as problem:  # another request was first, or the next one will try again
            log.warning("drawings_not_asked_for", error=problem)
        return response

    app.after_request(_keep_fresh)
    app.after_request(want_missing)


def _keep_fresh(response: Response) -> Response:
    """Stores what a page drew after the response is sent. If that fails, the page is not affected
    and the next request draws again."""
    fresh = g.pop("fresh_drawings", None)
    if fresh:
        try:
            with begin() as db:
                keep(db, fresh)
        except SQLAlchemyError as problem:
            log.warning("drawings_not_kept", error=problem)
    return response
