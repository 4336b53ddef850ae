"""A file of settings, as systemd and container engines read it: NAME=value, one a line."""

from __future__ import annotations

from pathlib import Path

SETTINGS_FILE = "SAFER_PLACES_SETTINGS"
"""The variable that names the file."""

PAIRS = (('"', '"'), ("'", "'"))


class SettingsFileError(Exception):
    """The file cannot be read; the message says which line is wrong, and never what it holds."""


def read_settings_file(path: Path) -> dict[str, str]:
    """The settings of a file. Empty lines and lines that begin with # are left out, and so is an
    `export` at the start, so that a shell can read the same file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise SettingsFileError(f"The settings file {path} cannot be read: {why}.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().removeprefix("export ").strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, sign, value = stripped.partition("=")
        if not sign or not name.strip().isidentifier():
            raise SettingsFileError(
                f"Line {number} of the settings file {path} is not NAME=value."
            ) from None
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    for first, last in PAIRS:
        if len(value) >= 2 and value.startswith(first) and value.endswith(last):
            return value[1:-1]
    return value
