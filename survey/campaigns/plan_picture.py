"""Whatever a school uploads as its plan becomes one small picture of our own making.

A photo or scan is decoded and encoded anew, a drawing is cleaned and turned into pixels, so
nothing travels along: no place and time of a photo, no note of a drawing program, no second file
behind the first. What was uploaded is not kept.
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from PIL import Image, ImageOps, UnidentifiedImageError

from survey.campaigns import plan_svg
from survey.campaigns.plan_svg import DrawingError, Why
from survey.errors import RefusedError

LARGEST_FILE_BYTES = 4 * 1024 * 1024
LARGEST_DRAWING_BYTES = 1024 * 1024
MOST_PIXELS = 25_000_000
LONGEST_SIDE, SHORTEST_SIDE = 10_000, 200
FLATTEST = 3
"""A side may be so many times as long as the other: a longer strip cannot be tapped on a phone."""

WIDEST = 720
MOST_BYTES = 60 * 1024
WIDTHS = (WIDEST, 640, 540, 440, 360)
COLOURS = 128
QUALITIES = (82, 74, 66, 58)
RASTER_SECONDS = 20
RASTERISE = Path(__file__).parent / "rasterise.py"

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What a decoder raises on a file that is not what it says."""


class PictureError(RefusedError):
    """A file that cannot become a plan."""


@dataclass(frozen=True)
class Picture:
    """A plan as it is kept and shown."""

    content: bytes
    kind: str
    width: int
    height: int


def take_in(uploaded: bytes) -> Picture:
    """The picture made of an uploaded file, or a `PictureError` in the user's words."""
    if not uploaded:
        raise PictureError(_("This file is empty. Choose another one."))
    if len(uploaded) > LARGEST_FILE_BYTES:
        raise too_large()
    if _is_drawing(uploaded):
        uploaded = _rasterised(uploaded)
    return _kept(_decoded(uploaded))


def too_large() -> PictureError:
    return PictureError(
        _(
            "This file is too large. A plan may have up to %(most)s MB: save it smaller, for"
            " example 1,500 pixels wide, and try again.",
            most=LARGEST_FILE_BYTES // 1024**2,
        )
    )


# Photos and scans


def _decoded(uploaded: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Our own limit is lower than the one that the library warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(uploaded), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise PictureError(
            _("We cannot read this file. Save the plan as PNG, JPEG or SVG, and try again.")
        ) from error
    except UNREADABLE as error:
        raise _damaged() from error
    _refuse_odd_size(*picture.size)
    try:
        # A JPEG can be decoded smaller at once; of what is large we need no more.
        picture.draft("RGB", (2 * WIDEST, 2 * WIDEST))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return _on_white(upright)
    except UNREADABLE as error:
        raise _damaged() from error


def _refuse_odd_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise _too_many_pixels()
    if min(width, height) < SHORTEST_SIDE:
        raise PictureError(
            _(
                "This picture is only %(width)s by %(height)s pixels. Use one with at least"
                " %(least)s each way, so that places can be told apart.",
                width=width,
                height=height,
                least=SHORTEST_SIDE,
            )
        )
    if max(width, height) > FLATTEST * min(width, height):
        raise PictureError(
            _(
                "This picture is a long strip. Cut it so that no side is more than %(times)s times"
                " as long as the other.",
                times=FLATTEST,
            )
        )


def _too_many_pixels() -> PictureError:
    return PictureError(
        _("This picture has too many pixels. Save it smaller, for example 1,500 wide.")
    )


def _damaged() -> PictureError:
    return PictureError(
        _("This file is damaged or not complete. Open it, save it once more, and try again.")
    )


def _on_white(picture: Image.Image) -> Image.Image:
    """In plain colours: see-through parts become paper."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # Scans of 16 bits; a plain conversion would cut every grey to white.
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


# As it is kept


def _kept(picture: Image.Image) -> Picture:
    """As wide as a phone needs, in the first way of writing it that is light enough. PNG and JPEG
    are read by every phone there is; newer formats are not, and an input has no second source."""
    last = None
    for width in WIDTHS:
        small = _at_most(picture, width)
        for last in _written(small):
            if len(last.content) <= MOST_BYTES:
                return last
    if last is None:
        raise _damaged()
    return last


def _at_most(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return _bare(picture)
    height = max(1, round(picture.height * width / picture.width))
    return _bare(picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0))


def _bare(picture: Image.Image) -> Image.Image:
    """The pixels alone, without what else the file said."""
    pixels = Image.new("RGB", picture.size)
    pixels.paste(picture)
    return pixels


def _written(picture: Image.Image) -> Iterator[Picture]:
    """Ways of writing it down, the best first: a drawing is light as PNG, a photo as JPEG."""
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    yield _as(few, "PNG", optimize=True)
    for quality in QUALITIES:
        yield _as(picture, "JPEG", quality=quality, optimize=True, progressive=True)


def _as(picture: Image.Image, name: str, **options: object) -> Picture:
    written = io.BytesIO()
    picture.save(written, name, **options)
    return Picture(written.getvalue(), f"image/{name.lower()}", *picture.size)


# Drawings


def _is_drawing(uploaded: bytes) -> bool:
    start = uploaded[:400].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<?xml", b"<svg", b"<!doctype", b"<!--"))


def _rasterised(svg: bytes) -> bytes:
    if len(svg) > LARGEST_DRAWING_BYTES:
        raise PictureError(_("This drawing is too large. Save it as PNG and upload that instead."))
    try:
        drawing = plan_svg.clean(svg)
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


DRAWING_WORDS: Mapping[Why, LazyString] = {
    Why.PART: _l(
        "This drawing has parts that we do not take over (“%(part)s”). Save it as PNG and upload"
        " that instead."
    ),
    Why.BROKEN: _l("This is not a drawing we can read. Save it as PNG and upload that."),
    Why.TOO_MUCH: _l("This drawing has too many parts. Save it as PNG and upload that."),
    Why.NO_SIZE: _l("This drawing does not say its size. Save it as PNG and upload that."),
}
