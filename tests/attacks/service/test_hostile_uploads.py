"""Files that no school means to send, through the forms that take files: each is refused by a
sentence at its field, with what was typed elsewhere kept and nothing stored."""

from __future__ import annotations

import gzip
import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Mapping
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageOps
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from survey import images
from survey.campaigns.site_plans.models import SitePlan
from survey.database import read
from survey.organisations.models import Letterhead, SchoolFile
from survey.permissions import Role
from tests.integration.campaigns.schools import draft_of
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in

FORM = "multipart/form-data; boundary=b"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """Spelled as a browser does: the test client would leave a large body in an open file."""
    file = "" if filename is None else f'; filename="{filename}"\r\nContent-Type: image/png'
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + (
        content + b"\r\n"
    )


def send(client: FlaskClient, address: str, *parts: bytes, cut: int = 0) -> TestResponse:
    body = b"".join(parts) + b"--b--\r\n"
    return client.post(address, data=body[: len(body) - cut], content_type=FORM)


def written(picture: Image.Image, name: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, name)
    return file.getvalue()


PNG = written(Image.new("RGB", (720, 480), "#dde"), "PNG")


def chunk(kind: bytes, content: bytes) -> bytes:
    whole = kind + content
    return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """The picture with one more part after its head."""
    return PNG[:33] + chunk(kind, content) + PNG[33:]


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(5_000_000))
    return file.getvalue()


MUCH = zlib.compress(b"A" * 20_000_000, 9)
NO_SIZE = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 6, 0, 0, 0)
HUGE = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", NO_SIZE) + chunk(b"IDAT", MUCH) + chunk(b"IEND", b"")
PICTURES: Mapping[str, tuple[bytes, str]] = {
    "an archive that unpacks to much": (zip_bomb(), "cannot read this file"),
    "a packed file": (gzip.compress(PNG), "cannot read this file"),
    "a size that is not there": (HUGE, "too many pixels"),
    "a note that unpacks to much": (with_chunk(b"zTXt", b"k\0\0" + MUCH), "damaged"),
    "a profile that unpacks to much": (with_chunk(b"iCCP", b"k\0\0" + MUCH), "damaged"),
    "an animation with an archive": (
        written(Image.new("RGB", (400, 300)), "GIF") + zip_bomb(),
        "cannot read this file",
    ),
    "a page": (b"<html><script>alert(1)</script>", "cannot read this file"),
    "cut off": (PNG[:300], "damaged"),
    "a kind that phones write": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "cannot read this file"),
    "UTF-16": ("<svg xmlns='x'>".encode("utf-16"), "cannot read this file"),
    "no bytes": (b"", "This file is empty. Choose another one."),
    "much too large": (PNG + bytes(6 * 1024 * 1024), "This file is too large."),
}


def text_of(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def refused(answer: TestResponse, says: str) -> str:
    """The page, which says so at its top and at its field."""
    assert answer.status_code == 200, answer.text[:900]
    check_page(answer.text)
    assert text_of(answer.text).count(says) == 2, (says, text_of(answer.text)[:900])
    return answer.text


def test_a_picture_that_will_not_do_is_refused_at_its_field_and_the_rest_stays_typed(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.email(Role.LEAD))
    school = f"/schools/{world.own.school_id}"
    plan = f"{school}/campaigns/{draft_of(app, world.own)}/draft/plan/"
    typed = part("name", "Northmoor Ωmega".encode())
    for content, says in PICTURES.values():
        logo = part("logo", content, "../../logo.png")
        page = refused(send(client, f"{school}/letterhead", typed, logo), says)
        assert 'value="Northmoor Ωmega"' in page
        refused(send(client, plan, part("picture", content, "C:\\plan.png")), says)
    two = [part("logo", PNG, "a.png"), part("logo", PNG, "b.png")]
    refused(send(client, f"{school}/letterhead", typed, *two), "Choose one file, not several.")
    with app.app_context():
        assert read().get(Letterhead, world.own.school_id) is None
        assert read().get(SitePlan, world.own.school_id) is None


ROW = "URN,EstablishmentName\n100001,Hill School\n"
TABLES: Mapping[str, tuple[bytes, str]] = {
    "no bytes": (b"", "This file is empty. Choose another one."),
    "a workbook": (zip_bomb(), "of the kind XLSX"),
    "a packed file": (gzip.compress(ROW.encode()), "cannot read the letters"),
    "a picture": (PNG, "cannot read the letters"),
    "half a letter": (ROW.encode("utf-16")[:-1], "cannot read the letters"),
    "four bytes a letter": (ROW.encode("utf-32"), "cannot read the letters"),
    "a page": (b"<table><tr><td>URN</td></tr></table>", "no line with headings that we know"),
    "a quotation mark": ((ROW + '"a').encode(), "a quotation mark is opened and never closed"),
    "separators alone": (b"," * 1_000_000, "more than 1,000 columns"),
    "much too large": (bytes(16 * 1024 * 1024 + 1), "larger than 16 MB"),
    "too many rows": (
        b"URN,Name\n" + b"1,a\n" * 20_001,
        "more than 20,000 rows",
    ),
}


def test_a_table_that_will_not_do_is_refused_at_its_field(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.operator_email)
    address, wales = "/operator/schools/file", part("nation", b"wales")
    with app.app_context():
        before = read().scalar(select(func.count()).select_from(SchoolFile))
    for content, says in TABLES.values():
        answer = send(client, address, wales, part("file", content, "../../schools.csv"))
        assert 'selected value="wales"' in refused(answer, says)
    two = [part("file", ROW.encode(), name) for name in ("a.csv", "b.csv")]
    refused(send(client, address, wales, *two), "Choose one file, not several.")
    with app.app_context():
        assert read().scalar(select(func.count()).select_from(SchoolFile)) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # half a file
def test_a_body_that_is_cut_off_saves_nothing(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.email(Role.LEAD))
    app.config["WTF_CSRF_ENABLED"] = True
    address = f"/schools/{world.own.school_id}/letterhead"
    page = client.get(address).text
    (token,) = set(re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page))
    whole = [part("csrf_token", token.encode()), part("name", b"New"), part("logo", PNG, "a.png")]
    for cut in (3, len(PNG), sum(map(len, whole)) - 40):
        answer = send(client, address, *whole, cut=cut)
        assert answer.status_code == 400
        assert "nothing was saved" in text_of(answer.text) or "try again" in text_of(answer.text)
    with app.app_context():
        assert read().get(Letterhead, world.own.school_id) is None
    assert send(client, address, *whole).status_code == 302


def test_a_large_picture_takes_little_more_memory_than_its_pixels() -> None:
    """Its 12 million pixels are 48 MB. Each step on the whole of it would take as much again."""
    program = """
import io, resource
from pathlib import Path
from PIL import Image
from survey import images
file = io.BytesIO()
Image.new("RGBA", (4000, 3000), (255, 0, 0, 128)).save(file, "PNG", compress_level=1)
sizes = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
room = int(sizes["VmSize"].split()[0]) * 1024 + 48_000_000 + 60_000_000
resource.setrlimit(resource.RLIMIT_AS, (room, room))
shape = images.Shape(shortest_side=40, flattest=8)
pixels = images.decode(file.getvalue(), shape, about=600)
print(pixels.size, pixels.getpixel((5, 5)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "(2000, 1500) (255, 127, 127)", done.stderr[-900:]


def test_a_photo_is_upright_however_the_camera_was_held() -> None:
    """Every orientation that a camera can note, against a picture that is red at its top left."""
    shape = images.Shape(shortest_side=40, flattest=8)
    upright = Image.new("RGB", (300, 200), "white")
    upright.paste("red", (0, 0, 150, 100))
    for number in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = number
        file = io.BytesIO()
        upright.save(file, "PNG", exif=exif)
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue())))
        found = images.decode(file.getvalue(), shape, about=600)
        assert found.size == expected.size
        assert found.tobytes() == expected.convert("RGB").tobytes(), number
