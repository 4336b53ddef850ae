"""The certificate (rule R10): alternative tables that all give exactly this release.

Built by the audit from the published facts and the group sizes the attacker is taken to know;
never from the truth.  It holds the sizes of groups that have a row (others are joined) and is kept
off public pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from survey.disclosure.audit import Proof, Verdict
from survey.disclosure.family import Family
from survey.disclosure.model import Unknowns
from survey.disclosure.tables import Cell, Group, TableError

FORMAT = "safety-survey-certificate/2"

Counts = tuple[int, ...]
"""One count for each answer of a table; empty where it was not asked."""


class UnreadableCertificateError(TableError):
    """A certificate file that is not one, or is of another format."""


@dataclass(frozen=True)
class FamilyCertificate:
    """The alternatives of the tables of one family, all of them at once.

    ``tables``     their keys;
    ``cells``      the occupied cells and their sizes;
    ``witnesses``  whole-number tables: for each cell, for each table, one count per answer;
    ``proofs``     for counts that cannot be small: facts that add up to a bound.
    """

    tables: tuple[str, ...]
    cells: tuple[tuple[Cell, int], ...]
    witnesses: tuple[tuple[tuple[Counts, ...], ...], ...]
    proofs: tuple[Proof, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the JSON."""
        return {
            "tables": list(self.tables),
            "cells": [[Group(*cell).key, size] for cell, size in self.cells],
            "witnesses": [
                [[list(counts) for counts in cell] for cell in witness]
                for witness in self.witnesses
            ],
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
        tuple(
            tuple(tuple(tuple(counts) for counts in cell) for cell in witness)
            for witness in data["witnesses"]
        ),
        tuple(
            Proof(proof["target"], proof["divisor"], tuple((n, m) for n, m in proof["parts"]))
            for proof in data["proofs"]
        ),
    )


def certificate_of(family: Family, unknowns: Unknowns, verdict: Verdict) -> FamilyCertificate:
    """Write down what the audit of a family found, in a stated order that says nothing."""
    width = len(unknowns.answers)
    places = {column: at for at, column in enumerate(unknowns.answers)}
    lines = [
        [
            [places[column] for column in family.columns_of(member)]
            if family.asked(member, cell)
            else []
            for member in family.members
        ]
        for _, cell in unknowns.places
    ]
    witnesses = {
        tuple(
            tuple(tuple(row[at] for at in columns) for columns in cell)
            for row, cell in zip(table.reshape(-1, width).tolist(), lines, strict=True)
        )
        for table in verdict.witnesses
    }
    cells = tuple((cell, unknowns.sizes[unit][cell]) for unit, cell in unknowns.places)
    proofs = {
        proof.target: replace(proof, parts=tuple(sorted(proof.parts))) for proof in verdict.proofs
    }
    ordered = tuple(proofs[target] for target in sorted(proofs))
    return FamilyCertificate(family.keys, cells, tuple(sorted(witnesses)), ordered)
