"""The ledger of what was published, and under which reference.

The ledger holds the reference of every report, comparison and set of texts from before the moment
it is shown, and refuses another one of the same survey.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from survey.ledger.file import Line, add, held, lines, read, unreadable
from survey.ledger.since_backup import KINDS as OTHER_KINDS


class OtherReferenceError(Exception):
    """Something else was published under this name before."""

    def __init__(self, entry: PublicationEntry) -> None:
        self.entry = entry
        super().__init__(f"{entry.name} was published as {entry.reference}")


@dataclass(frozen=True)
class PublicationEntry:
    """What was published under a name, and its reference. `notice`: why it was withdrawn, on
    `withdrawn_on`; both are None while it is published."""

    name: str
    reference: str
    published_on: date
    withdrawn_on: date | None = None
    notice: str | None = None


@dataclass(frozen=True)
class Ledger:
    """The file at `path`. It need not exist yet; its folder must."""

    path: Path

    def publish(self, name: str, reference: str, on: date) -> PublicationEntry:
        """Enters a reference, and returns the entry that now holds. Entering the same one again
        changes nothing and returns the earlier entry, which may have been withdrawn since. Raises
        an `OtherReferenceError`."""
        with held(self.path) as file:
            known = _entries(read(file)).get(name)
            if known is not None:
                if known.reference != reference:
                    raise OtherReferenceError(known)
                return known
            add(file, {"published": name, "reference": reference, "on": on.isoformat()})
        return PublicationEntry(name, reference, on)

    def withdraw(self, name: str, on: date, notice: str) -> None:
        """Enters that it was withdrawn. What is not in the ledger, or withdrawn, is left alone."""
        with held(self.path) as file:
            known = _entries(read(file)).get(name)
            if known is not None and known.withdrawn_on is None:
                add(file, {"withdrawn": name, "on": on.isoformat(), "notice": notice})

    def restore(self, name: str, reference: str, on: date) -> None:
        """Enters that a withdrawn report is published again, unchanged. A published entry is kept.
        Raises an `OtherReferenceError`."""
        with held(self.path) as file:
            known = _entries(read(file)).get(name)
            if known is not None and known.reference != reference:
                raise OtherReferenceError(known)
            if known is None:
                add(file, {"published": name, "reference": reference, "on": on.isoformat()})
            elif known.withdrawn_on is not None:
                add(file, {"restored": name, "on": on.isoformat()})

    def find(self, name: str) -> PublicationEntry | None:
        return self.entries().get(name)

    def entries(self) -> dict[str, PublicationEntry]:
        """All that was published, by name."""
        return _entries(lines(self.path))


def _entries(found: Iterable[Line]) -> dict[str, PublicationEntry]:
    """Raises a `LedgerError` for anything but lines that the ledger's modules wrote."""
    entries: dict[str, PublicationEntry] = {}
    for number, line in enumerate(found, 1):
        if any(kind in line for kind in OTHER_KINDS):
            continue
        try:
            _take(entries, line)
        except (ValueError, KeyError, TypeError) as wrong:
            raise unreadable(number) from wrong
    return entries


def _take(entries: dict[str, PublicationEntry], line: Line) -> None:
    on = date.fromisoformat(line["on"])
    if "published" in line:
        name, reference = str(line["published"]), str(line["reference"])
        entries.setdefault(name, PublicationEntry(name, reference, on))
    elif "restored" in line:
        known = entries[line["restored"]]
        entries[known.name] = PublicationEntry(known.name, known.reference, known.published_on)
    else:
        known = entries[line["withdrawn"]]
        entries[known.name] = PublicationEntry(
            known.name, known.reference, known.published_on, on, str(line["notice"])
        )
