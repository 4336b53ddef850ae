"""A PDF read back as a screen reader reads it: its tags in order, the words under each, and what is
said of its pictures. What is outside the tags is handed out apart, for someone sees it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdf

from tests.integration.reports.markup import Node

OUTSIDE = -1


@dataclass
class Paper:
    """The tree of tags, whose tags are in small letters, and per page the words outside of it."""

    root: Node
    outside: list[list[str]]
    pdf: pypdf.PdfReader = field(repr=False)


def read_paper(content: bytes) -> Paper:
    pdf = pypdf.PdfReader(io.BytesIO(content))
    pages = {}
    outside = []
    for page in pdf.pages:
        marked: dict[int, list[str]] = {}
        for number, words in _runs(page):
            marked.setdefault(number, []).append(words)
        outside.append(marked.pop(OUTSIDE, []))
        pages[page.indirect_reference.idnum] = marked
    root = Node("paper", {})
    _hang(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"], root, pages, None)
    return Paper(root, outside, pdf)


def _hang(kid: Any, parent: Node, pages: dict[int, dict[int, list[str]]], page: Any) -> None:
    held = kid.get_object() if hasattr(kid, "get_object") else kid
    if isinstance(held, list):
        for one in held:
            _hang(one, parent, pages, page)
    elif isinstance(held, int):
        _write(parent, pages[page.idnum].pop(int(held), []))
    elif held.get("/Type") == "/MCR":
        _hang(held["/MCID"], parent, pages, held.raw_get("/Pg"))
    elif "/S" in held:
        node = Node(str(held["/S"]).lstrip("/").lower(), {})
        if "/Alt" in held:
            node.attributes["alt"] = str(held["/Alt"])
        parent.children.append(node)
        here = held.raw_get("/Pg") if "/Pg" in held else page
        _hang(held.get("/K", []), node, pages, here)


def _write(parent: Node, runs: list[str]) -> None:
    words = "".join(runs)
    if parent.children and isinstance(parent.children[-1], str):
        parent.children[-1] += words
    elif words:
        parent.children.append(words)


def _runs(page: Any) -> Iterator[tuple[int, str]]:
    """Every run of words of a page, with the number of the tag it is under."""
    faces = {
        name: _letters(font.get_object()["/ToUnicode"].get_data().decode())
        for name, font in page["/Resources"].get("/Font", {}).items()
    }
    under: list[int] = []
    face: dict[str, str] = {}
    assert not page["/Resources"].get("/XObject", {}) or not _forms(page)
    for given, operator in page.get_contents().operations:
        match operator:
            case b"BDC" | b"BMC":
                told = given[1] if len(given) > 1 and isinstance(given[1], dict) else {}
                under.append(int(told.get("/MCID", under[-1] if under else OUTSIDE)))
            case b"EMC":
                under.pop()
            case b"Tf":
                face = faces[given[0]]
            case b"TJ" | b"Tj":
                parts = given[0] if operator == b"TJ" else [given[0]]
                words = "".join(
                    face[one.original_bytes[at : at + 2].hex().upper()]
                    for one in parts
                    if hasattr(one, "original_bytes")
                    for at in range(0, len(one.original_bytes), 2)
                )
                yield (under[-1] if under else OUTSIDE), words


def _forms(page: Any) -> bool:
    """Are there words in a form, where they would not be read?"""
    held = (one.get_object() for one in page["/Resources"]["/XObject"].values())
    return any(one["/Subtype"] == "/Form" and b"Tj" in one.get_data().upper() for one in held)


def _letters(table: str) -> dict[str, str]:
    """What each code of a face stands for."""
    found = {}
    for part in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, letters in re.findall(r"<(\w+)> <(\w+)>", part):
            found[code.upper()] = bytes.fromhex(letters).decode("utf-16-be")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letters in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", part):
            start = int.from_bytes(bytes.fromhex(letters), "big")
            for at in range(int(first, 16), int(last, 16) + 1):
                found[f"{at:04X}"] = chr(start + at - int(first, 16))
    return found
