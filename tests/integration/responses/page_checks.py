"""What holds on every student page: one h1, a title, a language, unique ids, a legend for every
fieldset, a label for every field, and nothing fetched from anywhere."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br"}
UNSAFE_WORDS = ("safe", "harm", "bully", "abuse")


class _Page(HTMLParser):
    def __init__(self, scripts: str = "/look/") -> None:
        super().__init__()
        self.scripts = scripts
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.count: dict[str, int] = {}
        self.ids: list[str] = []
        self.named: list[str] = []
        self.labelled: set[str] = set()
        self.bare: list[str] = []
        self.without_legend: list[str] = []
        self.alone: list[str] = []
        self.title = ""
        self.html: dict[str, str | None] = {}
        self.languages: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag == "html":
            self.html = given
        if "lang" in given:
            self.languages.append(given["lang"] or "")
        if given.get("id"):
            self.ids.append(str(given["id"]))
        for attribute in ("aria-describedby", "aria-labelledby"):
            self.named += (given.get(attribute) or "").split()
        if tag == "label" and given.get("for"):
            self.named.append(str(given["for"]))
            self.labelled.add(str(given["for"]))
        if tag == "legend":
            assert self.open[-1][0] == "fieldset", "a legend comes first in its fieldset"
            self.open[-1][1]["legend"] = "yes"
        inside = {name for name, _given in self.open}
        if tag in ("input", "textarea", "select") and given.get("type") != "hidden":
            if given.get("type") == "radio":
                assert "fieldset" in inside, "a choice outside of any fieldset"
            if given.get("type") == "checkbox" and "fieldset" not in inside:
                self.alone.append(str(given.get("name")))
            if "label" not in inside:
                self.bare.append(str(given.get("id")))
        for attribute in ("src", "style", "onclick"):
            ours = tag == "script" and (given.get("src") or "").startswith(self.scripts)
            assert attribute not in given or ours, f"{tag} has a {attribute}"
        if tag not in VOID:
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        opened, given = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        if tag == "fieldset" and "legend" not in given:
            self.without_legend.append(str(given))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "title":
            self.title += data


MAY_STAY_OPEN = ["html", "body"]
"""Elements that the end of a page closes, as HTML allows."""


def check_page(html: str) -> None:
    """What holds on every page of a student."""
    page = check_any_page(html)
    assert not any(word in page.title.lower() for word in UNSAFE_WORDS), page.title
    assert page.alone == [], "every choice is in a fieldset"
    for absent in ("table", "img", "iframe"):
        assert absent not in page.count
    for name in page.languages:
        assert name, "whatever names its language, names one"


def check_any_page(html: str, scripts: str = "/look/") -> _Page:
    """What holds on every page of anyone. `scripts`: where the only ones come from."""
    page = _Page(scripts)
    page.feed(html)
    page.close()
    assert [tag for tag, _given in page.open] in ([], MAY_STAY_OPEN), "every tag is closed"
    assert html.lower().startswith("<!doctype html>")
    assert page.count.get("h1") == 1
    assert page.count.get("main") == 1
    assert page.html.get("lang")
    assert page.html.get("dir") in ("ltr", "rtl")
    assert page.title.strip()
    assert len(page.ids) == len(set(page.ids)), "ids are unique"
    assert set(page.named) <= set(page.ids), "what is referred to is there"
    assert set(page.bare) <= page.labelled, "every field has a label"
    assert page.without_legend == []
    assert len(page.alone) == len(set(page.alone)), "only a box that stands alone has no fieldset"
    return page
