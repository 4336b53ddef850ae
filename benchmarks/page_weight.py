"""What a student's pages weigh: `python -m benchmarks.page_weight [--every-page]`.

A real server, a real Chromium with an empty cache, 360 pixels wide. The line is slowed to
400 kbit/s each way with 400 ms to every answer, and the processor to a quarter, by Chromium's own
devtools.
Bytes are all that came over the line, headers with it; first paint is the first words on the
screen, counted from the tap. The whole default survey is walked, once by gzip and once by brotli;
where Caddy is installed, also through it, as schools reach a server: https with HTTP/2, which sends
headers that come again as one byte each.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from survey.app import alembic, create_app
from survey.settings import Settings
from tests.conftest import settings_for
from tests.integration.responses.doors import make_codes
from tests.integration.serving.test_caddy import caddy
from tests.real_server import serving
from tests.world import build_world

BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP_MILLISECONDS = 400
SLOWER_BY = 4
PHONE = {"width": 360, "height": 740}
PACKINGS = {"brotli": "br", "gzip": "gzip"}
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
FIRST_LIMIT, LATER_LIMIT = 14 * 1024, 10 * 1024
SURVEY_LIMITS = {
    "brotli": 95 * 1024,
    "gzip": 103 * 1024,  # straight from the server, where headers are a third of it
    "brotli, HTTP/2": 95 * 1024,
    "gzip, HTTP/2": 95 * 1024,
}
FIRST_REQUESTS = 2  # the address of a card is exchanged for a sealed one
PAINT_LIMIT_SECONDS = 2.0
PEERS = (
    ("LimeSurvey, first page", "28", "1,200,000", "28 accessibility failures"),
    ("Formbricks, first page", "", "200,000 to 450,000", "blank without scripts"),
    ("SurveyJS, first page", "", "200,000 to 450,000", "blank without scripts"),
)
"""Figures taken earlier of first pages of theirs; this programme does not measure them."""


@dataclass(frozen=True)
class Weight:
    """One page turned: how many requests, how many bytes, and when it was to be seen."""

    name: str
    requests: int
    bytes: int
    first_paint_seconds: float


@dataclass
class Scales:
    """Counts what comes over the line."""

    devtools: CDPSession
    requests: int = 0
    bytes: int = 0

    def __post_init__(self) -> None:
        self.devtools.send("Network.enable")
        self.devtools.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": ROUND_TRIP_MILLISECONDS,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        self.devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_BY})
        self.devtools.on("Network.loadingFinished", self._add)
        self.devtools.on("Network.requestWillBeSent", self._add_told)

    def _add_told(self, event: dict[str, Any]) -> None:
        """The answer to a form that led on to this page."""
        if told := event.get("redirectResponse"):
            self.requests += 1
            self.bytes += int(told["encodedDataLength"])

    def _add(self, event: dict[str, Any]) -> None:
        if event["encodedDataLength"] > 0:  # not from the cache, and not a data: address
            self.requests += 1
            self.bytes += int(event["encodedDataLength"])

    def read(self, name: str, page: Page) -> Weight:
        """What came since the last reading."""
        page.wait_for_load_state("networkidle")
        painted = float(page.evaluate(FIRST_PAINT)) / 1000
        weight = Weight(name, self.requests, self.bytes, painted)
        self.requests = self.bytes = 0
        return weight


def walk(browser: Browser, address: str, packing: str) -> Iterator[Weight]:
    """Every page, answered, to the thanks."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    scales = Scales(devtools)
    devtools.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": packing}})
    page.goto(address)
    yield scales.read("first page", page)
    at = ""
    while at != "send":
        at = page.locator("input[name=at]").get_attribute("value") or ""
        for group in page.locator("main fieldset:visible").all():  # others wait for an answer
            group.locator("input").first.check(force=True)
        for box in page.locator("main textarea:visible").all():
            box.fill("More lights by the gate")
        with page.expect_navigation():
            page.locator(f"main button[value={'send' if at == 'send' else 'next'}]").click()
        yield scales.read(f"after {at}", page)
    if "Thank you" not in page.locator("h1").inner_text():
        raise RuntimeError("no thanks")
    context.close()


HEAD = f"{'':<28} {'requests':>8} {'bytes':>20}  {'first paint':>11}"


def row(name: str, requests: object, size: object, seconds: float | None = None) -> str:
    painted = "" if seconds is None else f"{seconds:.2f} s"
    shown = f"{size:,}" if isinstance(size, int) else size
    return f"{name:<28} {requests!s:>8} {shown:>20}  {painted:>11}"


def table(weights: list[Weight], *, every_page: bool) -> Iterator[str]:
    later = weights[1:]
    for one in weights if every_page else weights[:1]:
        yield row(one.name, one.requests, one.bytes, one.first_paint_seconds)
    heaviest = max(later, key=lambda one: one.bytes)
    latest = max(later, key=lambda one: one.first_paint_seconds)
    yield row(f"second page ({later[0].name})", later[0].requests, later[0].bytes)
    yield row(f"heaviest later ({heaviest.name})", heaviest.requests, heaviest.bytes)
    yield row(f"slowest later ({latest.name})", "", "", latest.first_paint_seconds)
    requests, size = sum(one.requests for one in weights), sum(one.bytes for one in weights)
    yield row(f"whole survey, {len(weights)} pages", requests, size)


def missed(weights: list[Weight], packing: str) -> Iterator[str]:
    """What is heavier or slower than promised."""
    first, *later = weights
    if first.requests > FIRST_REQUESTS or first.bytes > FIRST_LIMIT:
        yield f"the first page is {first.requests} requests, {first.bytes:,} bytes"
    yield from (f"{one.name}: {one.bytes:,} bytes" for one in later if one.bytes > LATER_LIMIT)
    if (size := sum(one.bytes for one in weights)) > SURVEY_LIMITS[packing]:
        yield f"the survey is {size:,} bytes"
    for one in weights:
        if one.first_paint_seconds >= PAINT_LIMIT_SECONDS:
            yield f"{one.name}: first paint after {one.first_paint_seconds:.2f} s"


@contextmanager
def ways_to(server: str, folder: Path) -> Iterator[list[tuple[str, str, str]]]:
    """The name, the address and the packing of each way in which pages are walked."""
    straight = [(name, server, packing) for name, packing in PACKINGS.items()]
    if shutil.which("caddy") is None:
        yield straight
        return
    with caddy(folder, server.removeprefix("http://")) as (port, _plain):
        front = f"https://localhost:{port}"
        yield [*straight, *((f"{name}, HTTP/2", front, packing) for name, _at, packing in straight)]


def trusting(folder: Path) -> list[str]:
    """Options of Chromium, by which Caddy's own certificates are as good as any. Without them it
    would keep no style sheet of such a page."""
    return [
        f"--ignore-certificate-errors-spki-list={hash_of_key(file)}"
        for file in (folder / "caddy").glob("pki/authorities/local/intermediate.crt")
    ]


def hash_of_key(certificate: Path) -> str:
    key = load_pem_x509_certificate(certificate.read_bytes()).public_key()
    spelled = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spelled).digest()).decode()


def prepared(settings: Settings) -> list[str]:
    """An open wave of the default survey, and a code for each walk."""
    app = create_app(settings, testing=True)
    with app.app_context():
        alembic.upgrade()
        world = build_world()
    return make_codes(app, world.own, year=9, count=len(SURVEY_LIMITS) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--every-page", action="store_true", help="a line for each page turned")
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(f"sqlite:///{folder}/survey.db")
        warming, *codes = prepared(settings)
        with (
            serving(settings, Path(folder)) as server,
            ways_to(server.address, Path(folder)) as ways,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", *trusting(Path(folder))]
            )
            warm = browser.new_page()
            warm.goto(f"{server.address}/s/{warming}")
            warm.close()
            print(
                f"{BYTES_A_SECOND * 8 / 1000:.0f} kbit/s, {ROUND_TRIP_MILLISECONDS} ms,"
                f" processor slowed {SLOWER_BY} times, {PHONE['width']} px\n"
            )
            for (way, address, packing), code in zip(ways, codes, strict=False):
                weights = list(walk(browser, f"{address}/s/{code}", packing))
                print(f"{way}\n{HEAD}")
                print("\n".join(table(weights, every_page=given.every_page)), flush=True)
                print()
                failures += [f"{way}: {what}" for what in missed(weights, way)]
            browser.close()
    print("others, for comparison")
    for peer, requests, size, said in PEERS:
        print(f"{row(peer, requests, size)}  {said}".rstrip())
    for failure in failures:
        print(f"more than promised: {failure}", file=sys.stderr)
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
