"""Charts that were drawn, kept in the database: a page shows them as fast after a restart, and in
every process, as before it.

A worker draws. A page that finds no drawing says that the chart is being drawn, writes down what is
to be drawn, and asks for it; it refreshes itself until the drawing is there.

A drawing is found by its document and by a name made from everything it depends on: the figures,
the words, and the code that draws. So it is never out of date and needs no maintenance: other words
or other code give another name. All of it can be drawn again, and may be deleted.
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
"""How the names of kept files and of kept parts of pages begin; no chart's does."""

SLOT = len(FILE) + 16
"""Letters of such a name that are the same for all its versions."""

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
    """A name that no other chart has, nor this one once it is drawn by other code."""
    made_of = json.dumps([code(), _plain(chart)], ensure_ascii=False)
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    """A dataclass with all it holds, as plain values. Lazy words are said in today's language."""
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
    """The hash of all that draws."""
    here = Path(__file__).parent
    reports = here.parent
    elsewhere = (reports / "trends/survey_lanes_chart.py",)
    parts = [path.read_bytes() for path in sorted((*here.glob("*.py"), *elsewhere))]
    parts += [f"{name} {version(name)}".encode() for name in LIBRARIES]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


MAKES_PAGES = (".py", ".html", ".typ", ".svg", ".css", ".toml", ".mo")


@cache
def page_code() -> str:
    """The hash of all that makes pages and files: code, templates and words, and what draws."""
    digest = hashlib.sha256(code().encode())
    found = (one for at in (PACKAGE, folder("translations")) for one in at.rglob("*"))
    for path in sorted(one for one in found if one.suffix in MAKES_PAGES):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _made_by(name: str) -> str:
    """The hash of the code that made what has this name."""
    return page_code() if name.startswith((FILE, PART)) else code()


DRAWS_HERE = False
"""Whether this process draws what is missing: a worker while it draws, and no web process."""


class NotYetDrawnError(Exception):
    """The chart is not drawn yet, and this process does not draw."""


@contextmanager
def drawing_here() -> Iterator[None]:
    """Draws what is missing, for as long as this is open."""
    global DRAWS_HERE
    before, DRAWS_HERE = DRAWS_HERE, True
    try:
        yield
    finally:
        DRAWS_HERE = before


@dataclass(frozen=True)
class WantedChart:
    """What is to be drawn: a chart in Vega-Lite, and the words that name it."""

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
    """The drawing for a page, from the database. If it is missing, a worker makes it now; in a web
    process what is wanted is kept with the answer to this request. Raises a `NotYetDrawnError`."""
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
    """Stores drawings and parts of pages, unless another process was first: theirs are the same. A
    part takes the place of its earlier versions."""
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
    """Writes down what is to be drawn, and returns the hashes of the documents it is of."""
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
    """Whether the answer to this request shows a chart that is not drawn yet, so that nothing of it
    may be kept."""
    return bool(g.get("wanted_drawings"))


def want_nothing() -> None:
    """Asks for nothing that the answer to this request lacks."""
    g.pop("wanted_drawings", None)


def forget(db: Session, *, but_of: Select[tuple[str]]) -> int:
    """Deletes drawings of other code or of other documents, and returns how many."""
    today = code(), page_code()
    old = StoredDrawing.made_by.not_in(today) | StoredDrawing.document_hash.not_in(but_of)
    count = db.scalar(select(func.count()).select_from(StoredDrawing).where(old)) or 0
    db.execute(delete(StoredDrawing).where(old))
    return count


ASKED_AGAIN = "3"
"""Seconds after which a page that waits for a drawing refreshes itself."""


def init_app(app: Flask, ask: Callable[[Session, set[str]], None]) -> None:
    """`ask` puts the drawing of documents on the queue."""

    def want_missing(response: Response) -> Response:
        wanted = g.pop("wanted_drawings", None)
        if not wanted:
            return response
        response.headers.setdefault("Refresh", ASKED_AGAIN)
        try:
            with begin() as db:
                ask(db, want(db, wanted))
        except SQLAlchemyError as problem:  # another request was first, or the next one asks
            log.warning("drawings_not_asked_for", error=problem)
        return response

    app.after_request(_keep_fresh)
    app.after_request(want_missing)


def _keep_fresh(response: Response) -> Response:
    """Stores what a page drew, once the page is sent, for the next request. If that fails, the page
    is not affected, and the next one draws again."""
    fresh = g.pop("fresh_drawings", None)
    if fresh:
        try:
            with begin() as db:
                keep(db, fresh)
        except SQLAlchemyError as problem:
            log.warning("drawings_not_kept", error=problem)
    return response
