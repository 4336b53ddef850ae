"""The certificate (rule R10): sampled alternative tables that all give exactly this release.

Built by the audit from the published facts and the group sizes the attacker is assumed to know;
never from true counts.  It holds the sizes of groups that have a row (others are joined) and is not
on public pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from survey.disclosure.audit.attack import AuditVerdict, Proof
from survey.disclosure.audit.constraints import Unknowns
from survey.disclosure.audit.families import SKIPPED, YES, Family
from survey.disclosure.tables import Cell, Group, TableError

FORMAT = "safety-survey-certificate/2"


class UnreadableCertificateError(TableError):
    """A file that is not a certificate, or is of another format."""


@dataclass(frozen=True)
class FamilyCertificate:
    """The alternatives of the tables of one family, all tables together.

    ``tables``        their keys;
    ``cells``         the occupied cells and their sizes;
    ``alternatives``  how many there are;
    ``counts``        for each cell, for each count that does not follow from the others, its number
                      in every alternative, as bytes (one a number, or two in larger cells);
    ``proofs``        for counts that cannot be small: facts that add up to a bound.
    """

    tables: tuple[str, ...]
    cells: tuple[tuple[Cell, int], ...]
    alternatives: int
    counts: tuple[tuple[bytes, ...], ...]
    proofs: tuple[Proof, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the JSON."""
        return {
            "tables": list(self.tables),
            "cells": [[Group(*cell).key, size] for cell, size in self.cells],
            "alternatives": self.alternatives,
            "counts": [[column.hex() for column in cell] for cell in self.counts],
            "proofs": [
                {
                    "target": proof.target,
                    "divisor": proof.divisor,
                    "parts": [list(part) for part in proof.parts],
                }
                for proof in self.proofs
            ],
        }


@dataclass(frozen=True)
class Certificate:
    """The certificate of one release, named by the hash of its canonical JSON."""

    release_hash: str
    families: tuple[FamilyCertificate, ...]

    def to_json(self) -> str:
        """Canonical JSON: the same certificate, the same bytes."""
        written = {
            "format": FORMAT,
            "release": self.release_hash,
            "families": [family.as_dict() for family in self.families],
        }
        return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read a certificate back.  Raises :class:`UnreadableCertificateError`."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise UnreadableCertificateError(f"not a {FORMAT} file")
            return cls(data["release"], tuple(_read(family) for family in data["families"]))
        except (ValueError, KeyError, TypeError) as wrong:
            raise UnreadableCertificateError(f"not a certificate: {wrong}") from wrong

    def content_hash(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.to_json().encode()).hexdigest()


def _read(data: Mapping[str, Any]) -> FamilyCertificate:
    cells = []
    for key, size in data["cells"]:
        group = Group.parse(key)
        if group.year is None or group.gender is None:
            raise UnreadableCertificateError(f"{key!r} is not a finest cell")
        cells.append(((group.year, group.gender), int(size)))
    return FamilyCertificate(
        tuple(data["tables"]),
        tuple(cells),
        int(data["alternatives"]),
        tuple(tuple(map(bytes.fromhex, cell)) for cell in data["counts"]),
        tuple(
            Proof(proof["target"], proof["divisor"], tuple((n, m) for n, m in proof["parts"]))
            for proof in data["proofs"]
        ),
    )


def certificate_of(family: Family, unknowns: Unknowns, verdict: AuditVerdict) -> FamilyCertificate:
    """Record what the audit of a family found, in a fixed order that gives no information."""
    width = len(unknowns.answers)
    cells = tuple((cell, unknowns.sizes[unit][cell]) for unit, cell in unknowns.places)
    written = [_written(family, unknowns.answers, cell) for cell, _ in cells]
    chosen = [at * width + column for at, columns in enumerate(written) for column in columns]
    lines = np.array(verdict.witnesses)[:, chosen]
    # Where no student was asked there is one table, of no cells.
    ordered = lines[np.lexsort(lines.T[::-1])] if chosen else lines[:1]
    distinct = np.ones(len(ordered), dtype=bool)
    distinct[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    largest = max((size for _, size in cells), default=0)
    digits = np.ascontiguousarray(ordered[distinct].T, dtype=">u1" if largest < 256 else ">u2")
    columns = iter(digits)
    counts = tuple(tuple(next(columns).tobytes() for _ in columns_of) for columns_of in written)
    proofs = {
        proof.target: replace(proof, parts=tuple(sorted(proof.parts))) for proof in verdict.proofs
    }
    in_order = tuple(proofs[target] for target in sorted(proofs))
    return FamilyCertificate(family.keys, cells, int(distinct.sum()), counts, in_order)


def _written(family: Family, answers: tuple[str, ...], cell: Cell) -> list[int]:
    """The unknowns of a cell that are recorded.  The last answer of a table is what is left of
    the cell; the options of a question have one "skipped", and "no" is what is left."""
    places = {column: at for at, column in enumerate(answers)}
    found: dict[int, None] = {}
    for member in family.members:
        if family.asked(member, cell):
            kept = member.answers[:-1]
            if family.is_option(member):
                kept = (SKIPPED, YES)
            found.update(dict.fromkeys(places[family.column(member, answer)] for answer in kept))
    return list(found)
