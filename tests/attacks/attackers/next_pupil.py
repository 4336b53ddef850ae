"""The next pupil at a shared device, and a person who searches its disk: what a browser shows and
keeps of a survey that another pupil answered, sent or left."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.attacks.attackers.profile import MOZ_LZ4, lz4

ANSWERED = (
    "Array.from(document.querySelectorAll('main input:checked'))"
    ".filter(it => it.value != '00').length"
)
ASKED = "document.querySelectorAll('main fieldset').length"
CARRIED = (
    "Array.from(document.querySelectorAll('input[type=hidden]'))"
    ".filter(it => ['so_far', 'receipt', 'name'].includes(it.name) && it.value).length"
)
HEADING = "(document.querySelector('h1') || {}).innerText || ''"
TITLE, ADDRESS = "document.title", "location.href"
SOURCE = "document.documentElement.outerHTML"
STEPS = 6


@dataclass
class Found:
    """What the next pupil saw; each a step that showed something of the one before."""

    seen: list[str] = field(default_factory=list)
    headings: set[str] = field(default_factory=set)

    def look(self, window: Any, step: str) -> None:
        """Notes what is on the screen, if it is anyone's."""
        if window.run(ANSWERED) or window.run(CARRIED) or window.run(ASKED):
            self.seen.append(f"{step}: {window.run(HEADING)!r}")
        self.headings.add(str(window.run(HEADING)))


def snoop(window: Any, found: Found) -> None:
    """Back as far as it goes, reloading each page, and forward again."""
    for step in range(STEPS):
        window.back()
        found.look(window, f"back {step + 1}")
        window.reload()
        found.look(window, f"reload after back {step + 1}")
    for step in range(STEPS):
        window.forward()
        found.look(window, f"forward {step + 1}")


HISTORIES = {"History": "urls", "places.sqlite": "moz_places"}
"""File and table, of Chromium and of Firefox."""


def _history(profile: Path, column: str) -> Iterator[str]:
    for name, table in HISTORIES.items():
        for path in profile.rglob(name):
            base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
            try:
                found = base.execute(f"SELECT {column} FROM {table}").fetchall()
            finally:
                base.close()
            yield from (str(row[0]) for row in found)


def addresses(profile: Path) -> Iterator[str]:
    """All addresses in the history of a profile."""
    return _history(profile, "url")


def titles(profile: Path) -> Iterator[str]:
    return _history(profile, "title")


def _files(profile: Path) -> Iterator[Path]:
    for folder, _folders, names in os.walk(profile):
        for name in names:
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path


def on_disk(profile: Path, words: list[str]) -> list[str]:
    """The words found in any file of the profile, in plain, in the two bytes of a session file, or
    packed as Firefox packs its own. The browser may be at work: files come and go."""
    found = []
    for path in _files(profile):
        try:
            held = path.read_bytes()
        except FileNotFoundError:
            continue
        if held.startswith(MOZ_LZ4):
            held += lz4(held[len(MOZ_LZ4) + 4 :])
        for word in words:
            spellings = (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
            if any(spelling in held for spelling in spellings):
                found.append(f"{word} in {path.relative_to(profile)}")
    return found
