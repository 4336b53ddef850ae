"""A logo is encoded again, small, on white, or refused in the user's words."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from PIL import Image

from survey.organisations.letterhead import (
    BOXES,
    LARGEST_FILE_BYTES,
    MOST_BYTES,
    LogoError,
    take_logo,
)

SECRET = b"52.4862 N, 1.8904 W"


@pytest.fixture(autouse=True)
def _speaking() -> Iterator[None]:
    app = Flask("logos")
    Babel(app)
    with app.test_request_context():
        yield


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


SIZES = """
given        kept
2000x1000    600x300
1000x1000    300x300
300x1200     75x300
1200x200     600x100
64x64        64x64
"""


@pytest.mark.parametrize("line", SIZES.strip().splitlines()[1:])
def test_a_logo_fits_the_head_of_a_page(line: str) -> None:
    given, kept = (tuple(map(int, one.split("x"))) for one in line.split())
    taken = take_logo(saved(Image.new("RGB", given, "#14524a")))  # type: ignore[arg-type]
    assert (taken.width, taken.height) == kept
    assert Image.open(io.BytesIO(taken.content)).size == kept


def test_a_photo_as_logo_becomes_light() -> None:
    grain = Image.effect_noise((1600, 800), 90)
    photo = Image.merge("RGB", (grain, grain.rotate(180), grain))
    taken = take_logo(saved(photo, "JPEG", quality=90))
    assert len(taken.content) <= MOST_BYTES
    assert taken.width <= BOXES[0][0]
    assert taken.height <= BOXES[0][1]


def test_what_is_see_through_becomes_paper() -> None:
    crest = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    taken = take_logo(saved(crest))
    assert Image.open(io.BytesIO(taken.content)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_nothing_else_of_the_file_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    uploaded = saved(Image.new("RGB", (300, 200), "red"), "JPEG", exif=exif, comment=SECRET)
    assert SECRET in uploaded
    taken = take_logo(uploaded + b"PK\x03\x04" + SECRET)
    assert SECRET not in taken.content


def long_strip() -> bytes:
    return saved(Image.new("RGB", (900, 50), "red"))


REFUSED = {
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG or JPEG"),
    "half a file": (saved(Image.effect_noise((300, 200), 90))[:-2000], "damaged"),
    "a dot": (saved(Image.new("RGB", (20, 20))), "at least 40 pixels"),
    "a strip": (long_strip(), "8 times"),
    "too many pixels": (saved(Image.new("1", (9000, 9000))), "too many pixels"),
    "too many bytes": (b"x" * (LARGEST_FILE_BYTES + 1), "up to 2 MB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_logo_is_refused_in_plain_words(name: str) -> None:
    uploaded, words = REFUSED[name]
    with pytest.raises(LogoError) as refused:
        take_logo(uploaded)
    assert words in refused.value.message
