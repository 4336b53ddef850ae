"""Cached parts of report pages that depend only on published documents.

A release never changes, so most of a report page does not change either. It is rendered when the
report is made, and a page reads only the part that it shows. A part is stored in the database with
the charts (`charts/stored_charts.py`), under its document and a name derived from everything it
depends on, including the code. So a part is never out of date: a new version has a new name and
replaces the old one. All parts can be made again from the documents, and may be deleted.

What depends on the reader is left `open`: the part has a placeholder, which the page fills.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import g, has_request_context, request
from markupsafe import Markup

from survey.database import read
from survey.reports.charts.stored_charts import (
    PART,
    SLOT,
    Place,
    StoredDrawing,
    is_waiting,
    page_code,
)

EDGE = "\0"
"""The separator of cached text and placeholders. It does not occur in pages."""


@dataclass(frozen=True)
class Piece:
    """A piece of a part and the placeholder after it: the name of what is left open, and its
    subject."""

    html: Markup
    open: tuple[str, ...] = ()


def left_open(name: str, *about: str) -> Markup:
    """For templates of parts: a placeholder for what depends on the reader."""
    return Markup(f"{EDGE}{json.dumps([name, *about])}{EDGE}")  # noqa: S704  taken out by `pieces`


def pieces(kept: str) -> tuple[Piece, ...]:
    """A part with its placeholders filled."""
    html, left = kept.split(EDGE)[::2], kept.split(EDGE)[1::2]
    names = [tuple(json.loads(one)) for one in left]
    return tuple(
        Piece(Markup(one), open)  # noqa: S704  made by templates of ours, which escape
        for one, open in zip(html, [*names, ()], strict=True)
    )


def kept(document: str, part: Iterable[str], made_of: object, make: Callable[[], str]) -> str:
    """A part of a page. `document`: the hash of the release or comparison; `part`: its name;
    `made_of`: everything else that it shows, as plain values."""
    place = document, _name(part, made_of)
    stored = read().get(StoredDrawing, place)
    if stored is not None and stored.svg:
        return zlib.decompress(stored.svg).decode()
    fresh: dict[Place, str] = g.setdefault("fresh_drawings", {})
    if place not in fresh:
        made = make()
        if is_waiting():  # a chart of it is not drawn yet
            return made
        fresh[place] = made
    return fresh[place]


def _name(part: Iterable[str], made_of: object) -> str:
    """Begins with what is the same for all versions of a part, so that the next version replaces
    it."""
    root = request.script_root if has_request_context() else ""
    slot = hashlib.sha256(json.dumps([*part, root]).encode()).hexdigest()
    said = json.dumps([page_code(), made_of], default=str)
    return f"{PART}{slot}"[:SLOT] + hashlib.sha256(said.encode()).hexdigest()[:32]
