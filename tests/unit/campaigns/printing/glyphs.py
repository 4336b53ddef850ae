"""Where words are on a printed page: by their boxes, as a reader sees them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape

import pytest

WORD = re.compile(
    r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>'
)
LATIN = re.compile(r"[A-Za-z0-9]+")
INVISIBLE = re.compile("[\u200b-\u200f\u2066-\u2069]")


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float
    words: str


def boxes(pdf: bytes) -> list[list[Box]]:
    """The boxes of words, page by page."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("no pdftotext")
    done = subprocess.run([tool, "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    return [
        [
            Box(
                float(left),
                float(top),
                float(right),
                float(bottom),
                INVISIBLE.sub("", unescape(words)),
            )
            for left, top, right, bottom, words in WORD.findall(page)
        ]
        for page in done.stdout.decode().split("<page ")[1:]
    ]


def lines(pdf: bytes) -> list[str]:
    """What is on each line of print from left to right, Latin letters and digits alone."""
    found: list[str] = []
    for page in boxes(pdf):
        rest = sorted(page, key=lambda box: (box.top + box.bottom) / 2)
        while rest:
            middle = (rest[0].top + rest[0].bottom) / 2
            line = [box for box in rest if box.top < middle < box.bottom]
            rest = [box for box in rest if box not in line]
            line.sort(key=lambda box: box.left)
            found.append(" ".join(part for box in line for part in LATIN.findall(box.words)))
    return found


def backwards(words: str) -> str:
    return " ".join(reversed(LATIN.findall(words)))


def forwards(words: str) -> str:
    return " ".join(LATIN.findall(words))
