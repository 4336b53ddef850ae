"""Every symbol that a template names is drawn, once, small, and next to words."""

from __future__ import annotations

import re
from pathlib import Path

from survey.questionnaires.load import load_all

ITEMS = Path(__file__).parents[3] / "survey/responses/templates/responses/items"
DRAWN = dict(
    re.findall(r'^  "(\w+)": \'(.*?)\',?$', (ITEMS / "symbols.html").read_text(), re.MULTILINE)
)
NAMED = {
    one.symbol
    for template in load_all().values()
    for item in template.items
    for one in (*item.options, *item.rows)
    if one.symbol
}


def test_what_is_named_is_drawn_and_what_is_drawn_is_named() -> None:
    assert set(DRAWN) == NAMED
    assert len(DRAWN) > 20


def test_a_drawing_is_lines_only_and_small() -> None:
    for name, drawing in DRAWN.items():
        assert re.fullmatch(r'(<(path d|circle cx)="[^"<>]*"[^<>]*/>)+', drawing), name
        assert len(drawing) <= 260, name


def test_no_two_are_alike() -> None:
    assert len(set(DRAWN.values())) == len(DRAWN)


def test_a_symbol_is_hidden_from_screen_readers() -> None:
    macro = (ITEMS / "symbols.html").read_text()
    assert macro.count("<svg") == 1
    assert '<svg class="sym sym-{{ name }}" viewBox="0 0 24 24" aria-hidden="true"' in macro
