"""Workbooks that a screen reader and a spreadsheet both read well: one table a sheet, its first row
the header, nothing merged, nothing hidden, and no author or time in them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from survey import colours
from survey.i18n import gettext as _
from survey.pdf import NO_DAY
from survey.reports.charts.heat_shades import BLANK, HATCH, Shade

LONGEST_NAME = 31
"""Characters that a sheet's name may have."""

NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
INK, WASH, LINE = colours.PRINT["ink"], colours.PRINT["wash"], colours.STAFF["line"]
TEXT_WIDTH = 100
"""Characters across, of the sheet that is read."""


@dataclass(frozen=True)
class SheetColumn:
    title: str
    width: int


def key_columns() -> tuple[SheetColumn, SheetColumn]:
    """The last columns of a table of figures: by what the release names each."""
    return SheetColumn(_("Table"), 18), SheetColumn(_("Answer key"), 18)


@dataclass(frozen=True)
class Cell:
    """A number or words. `is_share`: whole per cent; `note`: what is said of what is not there."""

    value: int | str | None
    note: str = ""
    is_hidden: bool = False
    is_share: bool = False
    shade: Shade | None = None


@dataclass(frozen=True)
class WorkbookSheet:
    """One table. The first `frozen` columns stay when it is scrolled."""

    name: str
    about: str
    columns: tuple[SheetColumn, ...]
    lines: tuple[list[Cell], ...]
    frozen: int = 1


class Workbook:
    """Written sheet by sheet, and given as bytes. The same sheets give the same bytes."""

    def __init__(self, title: str) -> None:
        self._bytes = io.BytesIO()
        import xlsxwriter  # when a file is made

        self._book = xlsxwriter.Workbook(
            self._bytes,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._book.set_properties({"title": title, "created": NO_DAY.replace(tzinfo=None)})
        self._names: set[str] = set()
        self._format = cache(self._add_format)

    def close(self) -> bytes:
        self._book.close()
        return self._bytes.getvalue()

    def read_me(self, name: str, title: str, parts: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """A sheet of running text in one column."""
        page = self._page(name)
        page.set_column(0, 0, TEXT_WIDTH)
        page.set_portrait()
        page.fit_to_pages(1, 0)
        page.write_string(0, 0, title, self._format(bold=True, font_size=16, font_color=INK))
        at = 2
        for heading, sentences in parts:
            page.write_string(at, 0, heading, self._format(bold=True, font_color=INK))
            for sentence in sentences:
                at += 1
                page.write_string(at, 0, sentence, self._format())
            at += 2

    def add(self, sheet: WorkbookSheet) -> None:
        page = self._page(sheet.name)
        page.freeze_panes(1, sheet.frozen)
        page.set_landscape()
        page.repeat_rows(0)
        page.repeat_columns(0, sheet.frozen - 1)
        page.set_row(0, 46)
        head = self._format(bold=True, bg_color=WASH, font_color=INK, bottom=2)
        for at, column in enumerate(sheet.columns):
            page.set_column(at, at, column.width)
        page.add_table(
            0,
            0,
            max(1, len(sheet.lines)),
            len(sheet.columns) - 1,
            {
                "name": f"Table{len(self._names)}",
                "style": None,
                "autofilter": True,
                "columns": [
                    {"header": column.title, "header_format": head} for column in sheet.columns
                ],
            },
        )
        for down, line in enumerate(sheet.lines, start=1):
            for across, cell in enumerate(line):
                self._write(page, down, across, cell)

    def _page(self, name: str) -> Any:
        page = self._book.add_worksheet(self._name(name))
        page.set_paper(9)  # A4
        page.hide_gridlines(0)
        return page

    def _name(self, name: str) -> str:
        """At most 31 characters, none that a sheet may not be called by, and no other's."""
        whole = NOT_IN_A_NAME.sub(" ", name).strip(" '")
        short = whole
        if len(whole) > LONGEST_NAME:
            short = f"{whole[: LONGEST_NAME - 1].rsplit(' ', 1)[0]}…"
        number = 2
        while short.casefold() in self._names:
            ending = f" {number}"
            short, number = f"{whole[: LONGEST_NAME - len(ending)]}{ending}", number + 1
        self._names.add(short.casefold())
        return short

    def _write(self, page: Any, down: int, across: int, cell: Cell) -> None:
        form = self._look(cell)
        if isinstance(cell.value, int):
            page.write_number(down, across, cell.value / (100 if cell.is_share else 1), form)
        elif cell.value is None:
            page.write_blank(down, across, None, form)
        else:
            page.write_string(down, across, cell.value, form)
        if cell.note:
            page.write_comment(down, across, cell.note, {"author": "", "visible": False})

    def _look(self, cell: Cell) -> Any:
        look: dict[str, Any] = {"bottom": 1, "bottom_color": LINE}
        if cell.is_share:
            look["num_format"] = "0%"
        elif isinstance(cell.value, int):
            look["num_format"] = "#,##0"
        if cell.is_hidden:
            look |= {"pattern": 14, "bg_color": BLANK, "fg_color": HATCH}
        if cell.shade:
            look |= {"bg_color": cell.shade.ground, "font_color": cell.shade.words}
        return self._format(**look)

    def _add_format(self, **look: Any) -> Any:
        return self._book.add_format({"text_wrap": True, "valign": "top", "font_size": 11, **look})
