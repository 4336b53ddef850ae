"""Looking at a page: axe-core's rules, and our own."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global
from playwright.sync_api import BrowserContext, CDPSession, Page

from tests.browser.looks import Look

HERE = Path(__file__).parent
AXE = HERE / "vendor" / "axe-core" / "axe.min.js"
OWN = (HERE / "own_checks.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
  const found = await axe.run(document, {
    resultTypes: ["violations"], runOnly: { type: "tag", values: tags },
  });
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `axe ${rule.id}: ${node.html.slice(0, 160)}`));
}"""
OPEN_ALL = """() => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  const first = new Set();
  for (const choice of document.querySelectorAll("input[type=radio], input[type=checkbox]")) {
    if (!first.has(choice.name) && !choice.closest(".open")) choice.checked = true;
    first.add(choice.name);
  }
}"""
"""What is folded away, and what an answer that was tapped looks like, is looked at too."""

LEAST_TARGET_PIXELS, ANSWER_TARGET_PIXELS = 24, 44
NOT_WORDS = re.compile(r"[\w.+-]*[./@][\w./+-]+|[A-Z0-9]{4}-[A-Z0-9]{4}|[A-Z]{2,6}\+?")
"""Addresses of pages and people, codes and initials: the same in every language."""
ISOLATES = re.compile("[\u2066-\u2069]")
"""What keeps a name or a number in its own direction; it is no part of the words."""
LETTERS_OF_WORDS = 2


def axe_hash() -> str:
    return hashlib.sha256(AXE.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Expected:
    """What a page in `language` may hold: `names` of people and places are the same in all, and
    `foreign` are words that are there in `language` and yet are in another. Words of ours that a
    catalogue lacks are found by the tests of the catalogues; `all_told` asks for them here too."""

    language: str
    names: Collection[str] = ()
    foreign: Collection[str] = ()
    all_told: bool = True


@dataclass
class Eyes:
    """One page of a browser, in which markup is looked at, one after another."""

    context: BrowserContext
    page: Page = field(init=False)
    devtools: CDPSession = field(init=False)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.devtools = self.context.new_cdp_session(self.page)
        # The window stays when markup is set again, so axe is read once.
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")

    def look(self, html: str, look: Look, expected: Expected) -> list[str]:
        """What is wrong with a student's page."""
        self._show(html, look)
        return self.axe() + list(self._own(expected))

    def look_at_staff_page(self, html: str, look: Look) -> list[str]:
        """What is wrong with a page of staff: targets may be smaller, names are many, and columns
        side by side are read one after the other."""
        self._show(html, look)
        own = self._seen(LEAST_TARGET_PIXELS)["complaints"]
        return self.axe() + [one for one in own if not one.startswith("order of focus")]

    def _show(self, html: str, look: Look) -> None:
        look.put_on(self.page, self.devtools)
        self.page.set_content(html)
        self.page.evaluate(OPEN_ALL)

    def _seen(self, answer_target: int) -> dict[str, Any]:
        targets = {"leastTarget": LEAST_TARGET_PIXELS, "answerTarget": answer_target}
        seen: dict[str, Any] = self.page.evaluate(OWN, targets)
        return seen

    def axe(self) -> list[str]:
        """axe-core's violations in what is shown now."""
        found: list[str] = self.page.evaluate(RUN_AXE, TAGS)
        return found

    def _own(self, expected: Expected) -> Iterator[str]:
        seen = self._seen(ANSWER_TARGET_PIXELS)
        yield from seen["complaints"]
        direction = Locale.parse(expected.language, sep="-").text_direction
        if (seen["language"], seen["direction"]) != (expected.language, direction):
            yield f"language: {seen['language']} {seen['direction']}"
        for tag, drawn in seen["words"]:
            words = ISOLATES.sub("", drawn)
            if words in expected.names or NOT_WORDS.fullmatch(words):
                continue
            script = script_of_words(NOT_WORDS.sub("", words))
            own_words = tag == expected.language and script == "Latin"
            if own_words and not expected.all_told and words not in expected.foreign:
                continue
            if script and script != script_of_language(tag):
                yield f"language of parts: {words!r} is marked as {tag!r}"
            elif tag == expected.language and words in expected.foreign:
                yield f"language of parts: {words!r} is not in {tag!r}"


def script_of_words(words: str) -> str | None:
    """The script most letters are of, or None where there are hardly any letters."""
    scripts = Counter(
        unicodedata.name(sign, "?").partition(" ")[0].capitalize()
        for sign in words
        if sign.isalpha()
    )
    if scripts.total() < LETTERS_OF_WORDS:
        return None
    return scripts.most_common(1)[0][0]


SCRIPTS = {
    "Latn": "Latin", "Cyrl": "Cyrillic", "Arab": "Arabic", "Beng": "Bengali", "Guru": "Gurmukhi",
}  # fmt: skip


def script_of_language(tag: str) -> str:
    """The script a language is usually written in."""
    likely: str = get_global("likely_subtags").get(tag.partition("-")[0], "")
    return SCRIPTS[next((part for part in likely.split("_") if part in SCRIPTS), "Latn")]
