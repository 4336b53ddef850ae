"""The log as a file: CSV with all that a check of its seals needs, and a workbook to read."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence

from flask_babel import gettext as _

from survey import audit_log
from survey.organisations.access_log.chain import LogEntry

COLUMNS = (
    "chain", "number", "time (UTC)", "who", "what", "event", "member", "details", "hash", "place",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What a cell begins with that some spreadsheet takes for a formula or a command."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(found: Iterable[tuple[uuid.UUID, LogEntry]], rows: Iterable[Sequence[str]]) -> bytes:
    """Each entry with the chain it is in, and the row that is shown of it: who, what, place."""
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow(COLUMNS)
    for (scope_id, one), (who, what, place) in zip(found, rows, strict=True):
        happened = one.event
        out.writerow(
            (
                scope_id,
                one.number,
                happened.at.replace(tzinfo=None).isoformat(),
                harmless(who),
                harmless(what),
                happened.name.value,
                str(happened.member_id or ""),
                audit_log.written(happened.details),
                one.link_hash.hex(),
                harmless(place),
            )
        )
    return written.getvalue().encode()


def as_workbook(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Every cell is text, so that none is a formula."""
    import xlsxwriter  # when a file is made

    written = io.BytesIO()
    plain: Mapping[str, bool] = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(written, plain) as book:
        sheet = book.add_worksheet(_("Who did what")[:31])
        bold = book.add_format({"bold": True})
        for at, heading in enumerate(headings):
            sheet.write_string(0, at, heading, bold)
        for number, row in enumerate(rows, 1):
            for at, cell in enumerate(row):
                sheet.write_string(number, at, harmless(cell))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, 28)
    return written.getvalue()


def harmless(words: str) -> str:
    """Words that a spreadsheet would take for a formula get a mark before them."""
    return f"'{words}" if words.startswith(FORMULA) else words
