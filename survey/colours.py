"""The colours of pages, charts and printed sheets, read from `colours.toml`.

Charts and spreadsheets take them from here, printed sheets read the file themselves, and
`python -m survey.colours` writes `static/colours.css` for staff pages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "colours.toml"
STYLE_SHEET = Path(__file__).parent / "static" / "colours.css"

_READ: Mapping[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))

STAFF: Mapping[str, str] = _READ["staff"]
FIXED: Mapping[str, str] = _READ["fixed"]
CHART: Mapping[str, str] = _READ["chart"]
PRINT: Mapping[str, str] = _READ["print"]
HEAT: Mapping[str, tuple[str, ...]] = {name: tuple(row) for name, row in _READ["heat"].items()}
"""By tone, from the lightest to the darkest."""


def properties(table: str) -> Mapping[str, str]:
    """The custom properties of one table, by name."""
    found: Mapping[str, str] = _READ[table]
    return found


def style_sheet() -> str:
    """The style sheet that defines the custom properties of staff pages, light and dark.

    Paper is always light: the dark scheme is for screens only.
    """
    heat = [
        f".heat-{tone} {{ {_lines({f's{n}': colour for n, colour in enumerate(row)})} }}"
        for tone, row in (*HEAT.items(), ("second", HEAT["plain"]))
    ]
    return "\n".join(
        (
            "/* Written by `python -m survey.colours` from colours.toml: change that file. */",
            f":root {{ {_lines({**STAFF, **FIXED})} color-scheme: light; }}",
            "@media screen and (prefers-color-scheme: dark) {",
            f"  :root {{ {_lines(properties('staff-dark'))} color-scheme: dark; }}",
            "}",
            *heat,
            "",
        )
    )


def _lines(table: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in table.items())


if __name__ == "__main__":
    STYLE_SHEET.write_text(style_sheet(), encoding="utf-8")
