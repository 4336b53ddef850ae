"""Draws every page of a student side by side, for a person to look at and for the docs:

    python -m tests.browser.sheets [FOLDER]

One picture each for English, for Urdu and for English in the dark, at 360 pixels.
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, sync_playwright

from survey.app import create_app
from tests.browser.driving import chromium
from tests.browser.looks import Look
from tests.browser.student_pages import Sight, all_sights
from tests.conftest import settings_for
from tests.databases import migrate
from tests.world import build_world

LOOKS = {
    "english": ("en", Look("light", 360)),
    "urdu": ("ur", Look("light", 360)),
    "dark": ("en", Look("dark", 360)),
}
COLUMNS, WIDTH, TALLEST, GAP = 8, 200, 640, 12
GROUND = "#8a9693"


def pictures_of(context: BrowserContext, sights: dict[str, Sight], look: Look) -> list[Image.Image]:
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    taken = []
    for sight in sights.values():
        look.put_on(page, devtools)
        page.set_content(sight.html)
        picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
        picture = picture.resize((WIDTH, picture.height * WIDTH // picture.width))
        taken.append(picture.crop((0, 0, WIDTH, min(TALLEST, picture.height))))
    page.close()
    return taken


def laid_out(pictures: list[Image.Image]) -> Image.Image:
    """In columns, each picture below the one before it in the column that is shortest so far."""
    ends = [GAP] * COLUMNS
    places = []
    for picture in pictures:
        column = ends.index(min(ends))
        places.append((GAP + column * (WIDTH + GAP), ends[column]))
        ends[column] += picture.height + GAP
    sheet = Image.new("RGB", (COLUMNS * (WIDTH + GAP) + GAP, max(ends)), GROUND)
    draw = ImageDraw.Draw(sheet)
    for picture, (left, top) in zip(pictures, places, strict=True):
        sheet.paste(picture, (left, top))
        edge = (left - 1, top - 1, left + picture.width, top + picture.height)
        draw.rectangle(edge, outline="#5c6866")
    return sheet


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    database = f"sqlite:///{tempfile.mkdtemp()}/survey.db"
    migrate(settings_for(database))
    app = create_app(settings_for(database), testing=True)
    with app.app_context():
        world = build_world()
    sights = all_sights(app, world, ("en", "ur"))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context()
        for name, (language, look) in LOOKS.items():
            sheet = laid_out(pictures_of(context, sights[language], look))
            path = folder / f"pages-{name}.png"
            sheet.quantize(80).save(path, optimize=True)
            print(f"{path}: {sheet.width} x {sheet.height}, {path.stat().st_size // 1024} KB")
        browser.close()


if __name__ == "__main__":
    main()
