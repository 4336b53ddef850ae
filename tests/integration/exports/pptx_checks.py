"""A deck read back without the library that writes it: its XML, slide by slide, as titles,
paragraphs, tables and pictures with what is said of them."""

from __future__ import annotations

import io
import re
import zipfile
from types import SimpleNamespace
from xml.etree import ElementTree

from tests.integration.exports.pdf_checks import Paper
from tests.integration.reports.markup import Node

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
NO_DAY = (2000, 1, 1, 0, 0, 0)


def read_deck(content: bytes) -> Paper:
    """The slides in their order, as a paper: the title of each is a heading of the first level, the
    first line of a box one of the second."""
    root = Node("deck", {})
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        names = packed.namelist()
        slides = [one for one in names if re.fullmatch(r"ppt/slides/slide\d+\.xml", one)]
        for name in sorted(slides, key=lambda one: int(re.findall(r"\d+", one)[-1])):
            _read_slide(ElementTree.fromstring(packed.read(name)), root)
    return Paper(root, [], SimpleNamespace(pages=[]))  # type: ignore[arg-type]  # it has no pages


def _read_slide(slide: ElementTree.Element, root: Node) -> None:
    tree = slide.find(f"{P}cSld/{P}spTree")
    assert tree is not None
    for shape in tree:
        if shape.tag == f"{P}pic":
            about = shape.find(f"{P}nvPicPr/{P}cNvPr")
            assert about is not None
            root.children.append(Node("figure", {"alt": about.get("descr", "")}))
        elif shape.tag == f"{P}graphicFrame":
            for cell in shape.iter(f"{A}tc"):
                root.children += [Node("words", {}, [one]) for one in _paragraphs(cell)]
        elif shape.tag == f"{P}sp":
            kind = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
            is_title = kind is not None and kind.get("type") in ("title", "ctrTitle")
            first = "h1" if is_title else "h2" if kind is None else "p"
            for at, words in enumerate(_paragraphs(shape)):
                root.children.append(Node("p" if at else first, {}, [words]))


def _paragraphs(shape: ElementTree.Element) -> list[str]:
    found = ("".join(run.text or "" for run in one.iter(f"{A}t")) for one in shape.iter(f"{A}p"))
    return [words for words in found if words]


def parts_of(content: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.infolist()


def text_of(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name).decode()
