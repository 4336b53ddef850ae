"""Whether a PDF keeps the rules of PDF/UA that a machine can check: a reader of the tag tree that
shares no code with what writes it. Each fault says which rule and where.

What it checks, with the numbers of the Matterhorn Protocol 1.02: 01 real content is tagged and no
artifact is inside it; 06 a title is named; 07 it is shown; 09 the parts of lists and tables lie
where they may; 11 the language is said; 13 a figure says what it shows; 14 headings skip no level;
15 the cells of a head say what they are the head of; 26 nothing is locked; 28 the order of keys
follows the tags; 31 fonts are inside.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pypdf

MAY_HOLD = {
    "Table": {"THead", "TBody", "TFoot", "TR", "Caption"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TFoot": {"TR"},
    "TR": {"TH", "TD"},
    "L": {"LI", "L", "Caption"},
    "LI": {"Lbl", "LBody"},
    "TOC": {"TOC", "TOCI", "Caption"},
}
ONLY_IN = {"TR": {"Table", "THead", "TBody", "TFoot"}, "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"},
           "LBody": {"LI"}, "Lbl": {"LI", "Note"}}  # fmt: skip
Place = tuple[int, int]


def faults_of(content: bytes) -> list[str]:
    pdf = pypdf.PdfReader(io.BytesIO(content))
    return [*_of_the_whole(pdf), *_of_tags(pdf), *_of_content(pdf)]


def _of_the_whole(pdf: pypdf.PdfReader) -> Iterator[str]:
    root = pdf.trailer["/Root"]
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "01 it does not say that it is tagged"
    if str(root.get("/MarkInfo", {}).get("/Suspects", "False")) != "False":
        yield "04 its tags are suspects"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "07 the title is not shown"
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", str(root.get("/Lang", ""))):
        yield "11 no language is said"
    if not (pdf.metadata and pdf.metadata.title):
        yield "06 it has no title"
    if b"pdfuaid:part" not in root["/Metadata"].get_data():
        yield "06 it does not say which rules it keeps"
    if pdf.is_encrypted:
        yield "26 it is locked"
    for number, page in enumerate(pdf.pages, start=1):
        if "/Annots" in page and page.get("/Tabs") != "/S":
            yield f"28 page {number}: keys do not follow the tags"
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object().get("/DescendantFonts", [font])[0].get_object()
            about = inner.get("/FontDescriptor", {})
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(about):
                yield f"31 page {number}: a font is not inside"


def _of_tags(pdf: pypdf.PdfReader) -> Iterator[str]:
    roles = {
        str(name).lstrip("/"): str(meant).lstrip("/")
        for name, meant in pdf.trailer["/Root"]["/StructTreeRoot"].get("/RoleMap", {}).items()
    }
    last = 0
    for kind, parent, node in _walk(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"], "", roles):
        if parent in MAY_HOLD and kind not in MAY_HOLD[parent]:
            yield f"09 a {kind} in a {parent}"
        if kind in ONLY_IN and parent not in ONLY_IN[kind]:
            yield f"09 a {kind} outside of {sorted(ONLY_IN[kind])}"
        if kind in ("Figure", "Formula") and not str(node.get("/Alt", node.get("/ActualText", ""))):
            yield f"13 a {kind} of which nothing is said"
        if kind == "TH" and "/Scope" not in _attributes(node):
            yield "15 a head that says not of what"
        if heading := re.fullmatch(r"H(\d)", kind):
            level = int(heading[1])
            if level > last + 1:
                yield f"14 a heading of level {level} after one of level {last}"
            last = level


def _attributes(node: Any) -> set[str]:
    found = node.get("/A", [])
    found = found.get_object() if hasattr(found, "get_object") else found
    some = found if isinstance(found, list) else [found]
    return {str(name) for one in some for name in one.get_object()}


def _walk(kid: Any, parent: str, roles: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    node = kid.get_object() if hasattr(kid, "get_object") else kid
    if isinstance(node, list):
        for one in node:
            yield from _walk(one, parent, roles)
    elif isinstance(node, dict) and "/S" in node:
        kind = str(node["/S"]).lstrip("/")
        kind = roles.get(kind, kind)
        yield kind, parent, node
        inside = parent if kind in ("NonStruct", "Div", "Span") and parent in MAY_HOLD else kind
        yield from _walk(node.get("/K", []), inside, roles)


def _of_content(pdf: pypdf.PdfReader) -> Iterator[str]:
    """Every piece of content is an artifact, or hangs on the tree exactly once."""
    hung = Counter(_hung(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"], None))
    drawn: set[Place] = set()
    for number, page in enumerate(pdf.pages, start=1):
        reference = page.indirect_reference
        assert reference is not None
        under: list[int | None] = []
        for given, operator in page.get_contents().operations:
            if operator in (b"BDC", b"BMC"):
                is_artifact = str(given[0]) == "/Artifact"
                told = given[1] if len(given) > 1 and isinstance(given[1], dict) else {}
                if is_artifact and any(one is not None for one in under):
                    yield f"01 page {number}: an artifact inside of what is tagged"
                under.append(int(told["/MCID"]) if "/MCID" in told else None)
                if under[-1] is not None:
                    drawn.add((reference.idnum, under[-1]))
            elif operator == b"EMC":
                under.pop()
            elif operator in (b"Tj", b"TJ", b"'", b'"') and not under:
                yield f"01 page {number}: words outside of the tags"
    for place in sorted(drawn):
        if hung[place] != 1:
            yield f"01 content {place} hangs on the tree {hung[place]} times"
    for place in sorted(set(hung) - drawn):
        yield f"01 the tree names content {place} that no page has"


def _hung(kid: Any, page: int | None) -> Iterator[Place]:
    node = kid.get_object() if hasattr(kid, "get_object") else kid
    if isinstance(node, list):
        for one in node:
            yield from _hung(one, page)
    elif isinstance(node, int):
        assert page is not None
        yield page, int(node)
    elif isinstance(node, dict):
        here = node.raw_get("/Pg").idnum if "/Pg" in node else page
        if node.get("/Type") == "/MCR":
            assert here is not None
            yield here, int(node["/MCID"])
        elif node.get("/Type") != "/OBJR":
            yield from _hung(node.get("/K", []), here)
