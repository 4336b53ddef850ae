"""Colours of charts, for eyes that tell fewer apart and for grey paper, by computing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from survey.reports.charts import dot_chart
from survey.reports.charts.dot_chart import COLOURS
from survey.reports.school.question_blocks import HEADLINES, TONES
from survey.reports.school.report_data import Tone

Three = tuple[float, float, float]
Matrix = tuple[Three, Three, Three]

EYES: Mapping[str, Matrix] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
    "grey paper": ((0.2126, 0.7152, 0.0722),) * 3,
}
"""On linear light. Machado, Oliveira and Fernandes 2009, at full severity; grey by luminance."""

TO_XYZ: Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)
MARK_CONTRAST, TEXT_CONTRAST = 3.0, 4.5
"""WCAG 2.2: of what must be seen to be understood, and of text."""

APART, A_STEP = 11.0, 4.0
"""CIE 1976 distance of two measures in one chart, and of two shades that follow on each other. What
is just told apart side by side is 2.3."""

STATIC = Path(dot_chart.__file__).parents[2] / "static"


def linear(colour: str) -> Three:
    def value(at: int) -> float:
        part = int(colour[at : at + 2], 16) / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return value(1), value(3), value(5)


def times(matrix: Matrix, colour: Sequence[float]) -> Three:
    one, two, three = (
        min(1.0, max(0.0, sum(a * b for a, b in zip(row, colour, strict=True)))) for row in matrix
    )
    return one, two, three


def lab(colour: str, eye: str) -> Three:
    def root(part: float) -> float:
        return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

    xyz = times(TO_XYZ, times(EYES[eye], linear(colour)))
    x, y, z = (root(part / white) for part, white in zip(xyz, WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, eye: str) -> float:
    pairs = zip(lab(one, eye), lab(other, eye), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def contrast(one: str, other: str) -> float:
    lights = sorted(
        sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))
        for colour in (one, other)
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def shades() -> dict[str, list[str]]:
    """Of each heat table, lightest first, from the style sheets."""
    css = "".join(path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.css")))
    found = {}
    for names, body in re.findall(r"(\.heat-[a-z., -]+) \{ (--s0:[^}]*)\}", css):
        steps = re.findall(r"--s\d: (#[0-9a-f]{6})", body)
        found |= {name.strip(" .").removeprefix("heat-"): steps for name in names.split(",")}
    return found


def test_the_distances_are_those_of_the_books():
    assert distance("#ffffff", "#000000", "usual") == pytest.approx(100, abs=0.2)
    assert lab("#ff0000", "usual") == pytest.approx((53.24, 80.09, 67.20), abs=0.1)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)
    # Red and green of one lightness are one to an eye without the green of its three.
    assert distance("#c04040", "#707000", "usual") > 40
    assert distance("#c04040", "#707000", "deuteranopia") < 16


@pytest.mark.parametrize("tone", Tone)
def test_a_mark_stands_out_from_paper(tone: Tone):
    assert contrast(COLOURS[tone], "#ffffff") >= MARK_CONTRAST


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("pair", [pair for pair in HEADLINES if len(pair) > 1], ids=" and ".join)
def test_two_measures_of_a_chart_are_told_apart(pair: tuple[str, ...], eye: str):
    one, other = (COLOURS[TONES[box]] for box in pair)
    assert distance(one, other, eye) >= APART


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("tone", sorted(shades()))
def test_each_shade_is_darker_than_the_one_before(tone: str, eye: str):
    steps = shades()[tone]
    assert len(steps) == 6
    for lighter, darker in pairwise(steps):
        assert lab(lighter, eye)[0] > lab(darker, eye)[0]
        assert distance(lighter, darker, eye) >= A_STEP


@pytest.mark.parametrize("tone", sorted(shades()))
def test_words_are_read_on_each_shade(tone: str):
    for step, shade in enumerate(shades()[tone]):
        assert contrast(shade, "#ffffff" if step >= 4 else dot_chart.INK) >= TEXT_CONTRAST


def test_every_tone_has_shades():
    assert set(shades()) >= {tone.value for tone in Tone}
