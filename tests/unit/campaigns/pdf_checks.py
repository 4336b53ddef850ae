"""What holds for every printed sheet, as far as its file can tell."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf

A4 = (595, 842)


def check_sheet(
    content: bytes, *, language: str, title: str, size: tuple[int, int] = A4
) -> pypdf.PdfReader:
    """Of its size, tagged, named, in its language, says PDF/UA-1, every font inside."""
    pdf = pypdf.PdfReader(io.BytesIO(content))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"].split("-")[0] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert pdf.metadata is not None
    assert pdf.metadata.title == title
    for page in pdf.pages:
        assert tuple(round(float(side)) for side in page.mediabox[2:]) == size
    fonts = list(_fonts(pdf))
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(described), font["/BaseFont"]
        assert "Noto" in font["/BaseFont"], "no face but ours"
    return pdf


def _fonts(pdf: pypdf.PdfReader) -> Iterator[Any]:
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            yield font.get_object()


def tags(pdf: pypdf.PdfReader) -> list[str]:
    """The kinds of structure in a file, in reading order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append(str(node["/S"]).lstrip("/"))
            walk(node.get("/K", []))

    walk(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def words(pdf: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
