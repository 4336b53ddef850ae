"""A page read back as a tree, and the rules that every page of a report keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                if child.tag in tags or not tags:
                    yield child
                yield from child.all(*tags)

    @property
    def text(self) -> str:
        parts = (one if isinstance(one, str) else one.text for one in self.children)
        return " ".join(" ".join(parts).split())


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("page", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(html: str) -> Node:
    builder = _Builder()
    builder.feed(html)
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is never closed"
    return builder.root


def check_page(page: Node, language: str) -> None:
    """What holds for every page: one h1, headings in order, unique ids, tables that say what
    they are, nothing our content policy would refuse."""
    (html,) = page.all("html")
    assert html.attributes["lang"] == language
    levels = [HEADINGS.index(node.tag) + 1 for node in page.all(*HEADINGS)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(set(ids)) == len(ids)
    for node in page.all():
        assert "style" not in node.attributes
        assert node.tag != "style"
        if node.tag == "script":
            assert node.attributes["src"].startswith("/charts/")
            assert node.text == ""
        for name in ("aria-labelledby", "aria-describedby"):
            for pointed in node.attributes.get(name, "").split():
                assert pointed in ids
        if node.attributes.get("href", "").startswith("#"):
            assert node.attributes["href"][1:] in ids
    for table in page.all("table"):
        assert [one.text for one in table.all("caption")] != []
        assert all(one.attributes.get("scope") in ("col", "row") for one in table.all("th"))
        for row in table.all("tr"):
            assert any(True for _one in row.all("th"))
    for drawing in page.all("svg"):
        hidden = drawing.attributes.get("aria-hidden") == "true"
        assert hidden or drawing.attributes["role"] == "img"
