"""The certificate (rule R10): alternative tables that all give exactly this release.

Built by the audit from the published facts and the group sizes the attacker is taken to know;
never from the truth.  It holds exact group sizes and is kept off public pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from survey.disclosure.audit import Proof, Verdict
from survey.disclosure.model import Unknowns
from survey.disclosure.tables import Cell, Group, TableError

FORMAT = "safety-survey-certificate/1"


class UnreadableCertificateError(TableError):
    """A certificate file that is not one, or is of another format."""


@dataclass(frozen=True)
class TableCertificate:
    """One table's alternatives.

    ``cells``      the occupied finest cells and their sizes;
    ``witnesses``  whole-number tables: for each cell, one count per answer of the table;
    ``proofs``     for counts that cannot be small: facts that add up to a bound.
    """

    key: str
    cells: tuple[tuple[Cell, int], ...]
    witnesses: tuple[tuple[tuple[int, ...], ...], ...]
    proofs: tuple[Proof, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the JSON."""
        return {
            "key": self.key,
            "cells": [[Group(*cell).key, size] for cell, size in self.cells],
            "witnesses": [[list(row) for row in witness] for witness in self.witnesses],
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
    tables: tuple[TableCertificate, ...]

    def to_json(self) -> str:
        """Canonical JSON: the same certificate, the same bytes."""
        written = {
            "format": FORMAT,
            "release": self.release_hash,
            "tables": [table.as_dict() for table in self.tables],
        }
        return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read a certificate back.  Raises :class:`UnreadableCertificateError`."""
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise UnreadableCertificateError(f"not a {FORMAT} file")
            return cls(data["release"], tuple(_read(table) for table in data["tables"]))
        except (ValueError, KeyError, TypeError) as wrong:
            raise UnreadableCertificateError(f"not a certificate: {wrong}") from wrong

    def content_hash(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.to_json().encode()).hexdigest()


def _read(data: Mapping[str, Any]) -> TableCertificate:
    cells = []
    for key, size in data["cells"]:
        group = Group.parse(key)
        if group.year is None or group.gender is None:
            raise UnreadableCertificateError(f"{key!r} is not a finest cell")
        cells.append(((group.year, group.gender), int(size)))
    return TableCertificate(
        data["key"],
        tuple(cells),
        tuple(tuple(tuple(row) for row in witness) for witness in data["witnesses"]),
        tuple(
            Proof(proof["target"], proof["divisor"], tuple((n, m) for n, m in proof["parts"]))
            for proof in data["proofs"]
        ),
    )


def certificate_of(key: str, unknowns: Unknowns, verdict: Verdict) -> TableCertificate:
    """Write down what the audit of one school's table found."""
    width = len(unknowns.answers)
    witnesses: Iterable[tuple[tuple[int, ...], ...]] = (
        tuple(tuple(row) for row in table.reshape(-1, width).tolist())
        for table in verdict.witnesses
    )
    cells = tuple((cell, unknowns.sizes[unit][cell]) for unit, cell in unknowns.places)
    return TableCertificate(key, cells, tuple(witnesses), verdict.proofs)
