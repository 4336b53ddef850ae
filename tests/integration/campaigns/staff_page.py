"""What holds on every staff page of this room: one h1, a title, unique ids, a label for every
field, references that lead somewhere, and no script or style in the page."""

from __future__ import annotations

from html.parser import HTMLParser


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.referred: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.styled: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("aria-describedby", "aria-labelledby"):
            self.referred += given.get(name, "").split()
        if tag == "label":
            self.labelled.add(given["for"])
        if tag == "input" and given.get("type") == "image":  # a button, named by its picture
            assert given["alt"]
        elif tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self.fields.append(given["id"])
        if {"style", "onclick", "onchange"} & given.keys():
            self.styled.append(tag)


def check_page(html: str) -> None:
    seen = _Seen()
    seen.feed(html)
    assert seen.tags.count("h1") == 1
    assert seen.tags.count("title") >= 1
    assert len(seen.ids) == len(set(seen.ids)), "ids are unique"
    assert set(seen.referred) <= set(seen.ids), "what is referred to is there"
    assert set(seen.fields) <= seen.labelled, "every field has a label"
    assert seen.styled == []
    assert not {"script", "style"} & set(seen.tags)
