"""Where the parts of numbers and foreign words are drawn on a page: boxes of glyphs, not marks in
the markup."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

OUT_OF_ORDER = """
() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const wrong = [];
  let looked = 0;
  const boxOf = (node, from, to) => {
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    return [...range.getClientRects()].find(box => box.width > 0);
  };
  // A number of several parts, or words in Latin letters with whatever numbers stand among them.
  const held = /[A-Za-z0-9][A-Za-z0-9 .,:()\\u00a0\\u2013\\/@+-]*[A-Za-z0-9]/g;
  for (let node; (node = walker.nextNode()); ) {
    if (/^(SCRIPT|STYLE|TEXTAREA|OPTION)$/.test(node.parentElement.tagName)) continue;
    for (const run of node.data.matchAll(held)) {
      const parts = [...run[0].matchAll(/[A-Za-z0-9]+/g)].map(part => {
        const from = run.index + part.index;
        return { words: part[0], box: boxOf(node, from, from + part[0].length) };
      }).filter(part => part.box);
      if (parts.length < 2) continue;
      looked += 1;
      const torn = parts.slice(1).some((part, n) => {
        const before = parts[n].box;
        const sameLine = Math.abs(before.top - part.box.top) < before.height / 2;
        return sameLine ? part.box.left < before.left : part.box.top < before.top;
      });
      if (torn) wrong.push(run[0]);
    }
  }
  return { looked, wrong };
}
"""


def out_of_order(page: Page) -> tuple[int, list[str]]:
    """How many numbers and foreign words were measured, and those drawn in another order than they
    are read."""
    found: dict[str, Any] = page.evaluate(OUT_OF_ORDER)
    return int(found["looked"]), list(found["wrong"])
