"""Parts of report pages that follow from published documents alone, kept as they were made.

A release never changes, so most of a page of its report never does either: it is made when the
report is, and a page reads the part it shows and nothing else. A part is kept in the database, with
the charts (`charts/stored_charts.py`), under its document and under a name made from all it depends
on and from the code. So a part is never out of date: what depends on something else has another
name, and takes the place of the one before. All parts can be made again from the documents, and may
be deleted.

What a page shows next to such figures and does depend on the reader is left `open`: the part says
where, and the page fills it in.
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
"""Between what is kept and what is left open. No text of a page has it."""


@dataclass(frozen=True)
class Piece:
    """Some of a part as it was made, and what the page puts after it: the name of something that is
    left open, and what it is about."""

    html: Markup
    open: tuple[str, ...] = ()


def left_open(name: str, *about: str) -> Markup:
    """For a template of a part: the page puts here what depends on its reader."""
    return Markup(f"{EDGE}{json.dumps([name, *about])}{EDGE}")  # noqa: S704  taken out by `pieces`


def pieces(kept: str) -> tuple[Piece, ...]:
    """A part as a page shows it."""
    html, left = kept.split(EDGE)[::2], kept.split(EDGE)[1::2]
    names = [tuple(json.loads(one)) for one in left]
    return tuple(
        Piece(Markup(one), open)  # noqa: S704  made by templates of ours, which escape
        for one, open in zip(html, [*names, ()], strict=True)
    )


def kept(document: str, part: Iterable[str], made_of: object, make: Callable[[], str]) -> str:
    """A part of a page. `document`: the hash of the release or comparison; `part` names it;
    `made_of`: all that it shows apart from its document, as plain values."""
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
    """Begins with what is the same for all versions of a part, so that the next takes its place."""
    root = request.script_root if has_request_context() else ""
    slot = hashlib.sha256(json.dumps([*part, root]).encode()).hexdigest()
    said = json.dumps([page_code(), made_of], default=str)
    return f"{PART}{slot}"[:SLOT] + hashlib.sha256(said.encode()).hexdigest()[:32]
