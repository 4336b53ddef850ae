"""Uploaded pictures, decoded to pixels and written again as small files.

Nothing else of the file is kept: no place and time of a photo, no profile, no second file behind
the first. Packages describe in their own words what is wrong with a file; `Wrong` says which fault
it is.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from PIL import ExifTags, Image, UnidentifiedImageError

MOST_PIXELS = 25_000_000
LONGEST_SIDE = 10_000
MOST_SCANS = 100
"""Of a JPEG. Programs write about ten; each costs a walk over all pixels, and some bytes."""
COLOURS = 128
QUALITIES = (82, 74, 66, 58)
BAND = 128
"""Rows of a picture that are read at once."""
TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a photo upright, by what the camera says of it (EXIF, Orientation)."""

JPEG, SCAN = b"\xff\xd8", b"\xff\xda"
"""How a JPEG begins, and each of its scans."""

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
"""The exceptions a decoder raises for a file that is not what it says."""


class Wrong(Enum):
    """Why a file is refused as a picture."""

    NO_PICTURE = auto()
    DAMAGED = auto()
    TOO_MANY_PIXELS = auto()
    TOO_SMALL = auto()
    TOO_FLAT = auto()


class WrongPictureError(Exception):
    """A picture is refused. `size` is its size, if it could be read."""

    def __init__(self, why: Wrong, size: tuple[int, int] = (0, 0)) -> None:
        super().__init__(why.name)
        self.why, self.size = why, size


@dataclass(frozen=True)
class Shape:
    """Limits of a picture: the shortest side, and the largest ratio of its sides."""

    shortest_side: int
    flattest: int


@dataclass(frozen=True)
class Picture:
    """A picture as it is stored and shown."""

    content: bytes
    kind: str
    width: int
    height: int


def decode(uploaded: bytes, shape: Shape, *, about: int) -> Image.Image:
    """Decodes a PNG or JPEG: upright, on white, at least `about` wide if the file is. Raises a
    `WrongPictureError`."""
    if uploaded.startswith(JPEG) and uploaded.count(SCAN) > MOST_SCANS:
        raise WrongPictureError(Wrong.DAMAGED)
    try:
        with warnings.catch_warnings():
            # Our own limit is lower than the one that the library warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(uploaded), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError as error:
        raise WrongPictureError(Wrong.TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise WrongPictureError(Wrong.NO_PICTURE) from error
    except UNREADABLE as error:
        raise WrongPictureError(Wrong.DAMAGED) from error
    _refuse_odd_size(picture.size, shape)
    try:
        # A JPEG can be decoded smaller at once; of what is large we need no more.
        picture.draft("RGB", (2 * about, 2 * about))
        picture.load()
        turned = TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
        small = _small_on_white(picture, min(picture.size) // (2 * about))
        return small if turned is None else small.transpose(turned)
    except UNREADABLE as error:
        raise WrongPictureError(Wrong.DAMAGED) from error


def _refuse_odd_size(size: tuple[int, int], shape: Shape) -> None:
    short, long = sorted(size)
    if short * long > MOST_PIXELS or long > LONGEST_SIDE:
        raise WrongPictureError(Wrong.TOO_MANY_PIXELS, size)
    if short < shape.shortest_side:
        raise WrongPictureError(Wrong.TOO_SMALL, size)
    if long > shape.flattest * short:
        raise WrongPictureError(Wrong.TOO_FLAT, size)


def _small_on_white(picture: Image.Image, by: int) -> Image.Image:
    """Reads the pixels a band at a time, each on white and `by` times smaller: on the whole of a
    large picture each step would be a copy of up to 100 MB."""
    by = max(1, by)
    width, height = picture.size
    small = Image.new("RGB", (-(-width // by), -(-height // by)))
    for top in range(0, height, BAND * by):
        band = _on_white(picture.crop((0, top, width, min(height, top + BAND * by))))
        small.paste(band.reduce(by) if by > 1 else band, (0, top // by))
    return small


def _on_white(picture: Image.Image) -> Image.Image:
    """Converts to plain colours; transparent parts become white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # Scans of 16 bits; a plain conversion would cut every grey to white.
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


def write(pixels: Image.Image, boxes: Sequence[tuple[int, int]], most_bytes: int) -> Picture:
    """The largest encoding within the size limit, in the first format that fits. `boxes` are widths
    and heights to fit into, the largest first. Every phone can read PNG and JPEG."""
    last = None
    for box in boxes:
        small = _within(pixels, box)
        for last in _written(small):
            if len(last.content) <= most_bytes:
                return last
    if last is None:
        raise WrongPictureError(Wrong.DAMAGED)
    return last


def _within(pixels: Image.Image, box: tuple[int, int]) -> Image.Image:
    by = min(1.0, *(most / is_ for most, is_ in zip(box, pixels.size, strict=True)))
    if by == 1.0:
        return _bare(pixels)
    width, height = (
        min(most, max(1, round(is_ * by))) for most, is_ in zip(box, pixels.size, strict=True)
    )
    return _bare(pixels.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0))


def _bare(picture: Image.Image) -> Image.Image:
    """A copy of the pixels without metadata."""
    pixels = Image.new("RGB", picture.size)
    pixels.paste(picture)
    return pixels


def _written(picture: Image.Image) -> Iterator[Picture]:
    """Encodings, the best first: a drawing is smaller as PNG, a photo as JPEG."""
    few = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    yield _as(few, "PNG", optimize=True)
    for quality in QUALITIES:
        yield _as(picture, "JPEG", quality=quality, optimize=True, progressive=True)


def _as(picture: Image.Image, name: str, **options: object) -> Picture:
    written = io.BytesIO()
    picture.save(written, name, **options)
    return Picture(written.getvalue(), f"image/{name.lower()}", *picture.size)
