"""Turns the plan that a school uploads into one small picture that we make ourselves.

A photo or scan is decoded and encoded again. A drawing is cleaned and turned into pixels. So
nothing else comes with it: no place and time of a photo, no note of a drawing program, no second
file behind the first. The uploaded file is not kept.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey import images
from survey.campaigns.site_plans import svg_allow_list
from survey.campaigns.site_plans.svg_allow_list import DrawingError, DrawingFault
from survey.errors import RefusedError
from survey.images import Picture, Shape, Wrong, WrongPictureError

LARGEST_FILE_BYTES = 4 * 1024 * 1024
LARGEST_DRAWING_BYTES = 1024 * 1024
SHAPE = Shape(shortest_side=200, flattest=3)
"""A longer strip cannot be tapped on a phone."""

WIDEST = 720
TALLEST = SHAPE.flattest * WIDEST
MOST_BYTES = 60 * 1024
WIDTHS = (WIDEST, 640, 540, 440, 360)
RASTER_SECONDS = 20
RASTERISE = Path(__file__).parent / "rasterise.py"


class PictureError(RefusedError):
    """A file that cannot become a plan."""


def take_in(uploaded: bytes) -> Picture:
    """The picture made of an uploaded file, or a `PictureError` in the user's words."""
    if not uploaded:
        raise PictureError(_("This file is empty. Choose another one."))
    if len(uploaded) > LARGEST_FILE_BYTES:
        raise too_large()
    if _is_drawing(uploaded):
        uploaded = _rasterised(uploaded)
    try:
        pixels = images.decode(uploaded, SHAPE, about=WIDEST)
        # As wide as a phone needs; newer ways of writing a picture have no second source in a form.
        return images.write(pixels, [(width, TALLEST) for width in WIDTHS], MOST_BYTES)
    except WrongPictureError as error:
        raise PictureError(_wrong_words(error)) from error


def too_large() -> PictureError:
    return PictureError(
        _(
            "This file is too large. A plan may have up to %(most)s MB: save it smaller, for"
            " example 1,500 pixels wide, and try again.",
            most=LARGEST_FILE_BYTES // 1024**2,
        )
    )


def _wrong_words(error: WrongPictureError) -> str:
    width, height = error.size
    given = {"width": width, "height": height, "least": SHAPE.shortest_side}
    return str(WRONG_WORDS[error.why]) % (given | {"times": SHAPE.flattest})


WRONG_WORDS: Mapping[Wrong, LazyString] = {
    Wrong.NO_PICTURE: _l(
        "We cannot read this file. Save the plan as PNG, JPEG or SVG, and try again."
    ),
    Wrong.DAMAGED: _l(
        "This file is damaged or not complete. Open it, save it once more, and try again."
    ),
    Wrong.TOO_MANY_PIXELS: _l(
        "This picture has too many pixels. Save it smaller, for example 1,500 wide."
    ),
    Wrong.TOO_SMALL: _l(
        "This picture is only %(width)s by %(height)s pixels. Use one with at least"
        " %(least)s each way, so that places can be told apart."
    ),
    Wrong.TOO_FLAT: _l(
        "This picture is a long strip. Cut it so that no side is more than %(times)s times"
        " as long as the other."
    ),
}


# Drawings


def _is_drawing(uploaded: bytes) -> bool:
    start = uploaded[:400].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<?xml", b"<svg", b"<!doctype", b"<!--"))


def _rasterised(svg: bytes) -> bytes:
    if len(svg) > LARGEST_DRAWING_BYTES:
        raise PictureError(_("This drawing is too large. Save it as PNG and upload that instead."))
    try:
        drawing = svg_allow_list.clean(svg)
    except DrawingError as error:
        raise PictureError(_drawing_words(error)) from error
    try:
        done = subprocess.run(  # noqa: S603 - our own file, in our own Python
            [sys.executable, "-I", str(RASTERISE)],
            input=drawing.encode(),
            capture_output=True,
            timeout=RASTER_SECONDS,
            check=True,
            env={},
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise PictureError(
            _("This drawing could not be shown. Save it as PNG and upload that instead.")
        ) from error
    return done.stdout


def _drawing_words(error: DrawingError) -> str:
    return str(DRAWING_WORDS[error.why]) % {"part": error.part}


DRAWING_WORDS: Mapping[DrawingFault, LazyString] = {
    DrawingFault.PART: _l(
        "This drawing has parts that we do not take over (“%(part)s”). Save it as PNG and upload"
        " that instead."
    ),
    DrawingFault.BROKEN: _l("This is not a drawing we can read. Save it as PNG and upload that."),
    DrawingFault.TOO_MUCH: _l("This drawing has too many parts. Save it as PNG and upload that."),
    DrawingFault.NO_SIZE: _l("This drawing does not say its size. Save it as PNG and upload that."),
}
