"""In which lights and sizes pages are looked at, and which pages in which: few, but all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from playwright.sync_api import CDPSession, Page

USUAL_TEXT_PIXELS, USUAL_FIXED_PIXELS = 16, 13
HEIGHT = 740


@dataclass(frozen=True)
class Look:
    scheme: Literal["light", "dark"]
    width: int
    text_percent: int = 100

    def __str__(self) -> str:
        return f"{self.scheme}, {self.width} px, {self.text_percent} % text"

    def put_on(self, page: Page, devtools: CDPSession) -> None:
        """Shows the page so from here on. The text grows as by the phone's own setting."""
        page.emulate_media(color_scheme=self.scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": self.width, "height": HEIGHT})
        sizes = {
            "standard": USUAL_TEXT_PIXELS * self.text_percent // 100,
            "fixed": USUAL_FIXED_PIXELS * self.text_percent // 100,
        }
        devtools.send("Page.setFontSizes", {"fontSizes": sizes})


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = ((320, 100), (360, 100), (360, 200))
LOOKS = tuple(Look(scheme, *size) for scheme, size in product(SCHEMES, SIZES))


@dataclass(frozen=True)
class Turn:
    """One page, looked at in one language and one way."""

    name: str
    language: str
    look: Look


def every_turn(names: Sequence[str], languages: Sequence[str]) -> Iterator[Turn]:
    """The full product."""
    for name, language, look in product(names, languages, LOOKS):
        yield Turn(name, language, look)


def covering_turns(kinds: dict[str, str], languages: Sequence[str]) -> list[Turn]:
    """Each page in light, in dark, at each width and with large text, the languages by turns; and
    each kind of page in each language. `kinds` is page to kind."""
    turns: list[Turn] = []
    for number, name in enumerate(kinds):
        for at, (width, percent) in enumerate(SIZES):
            scheme = SCHEMES[(number + at) % 2]
            language = languages[(number * len(SIZES) + at) % len(languages)]
            turns.append(Turn(name, language, Look(scheme, width, percent)))
    met = {(kinds[turn.name], turn.language) for turn in turns}
    first = {kind: name for name, kind in reversed(kinds.items())}
    missing = [pair for pair in product(first, languages) if pair not in met]
    turns += [
        Turn(first[kind], language, LOOKS[number % len(LOOKS)])
        for number, (kind, language) in enumerate(missing)
    ]
    return turns
