"""The ledger (rule R7): an authority's release, audited with all that was published before it.

The schools' releases are frozen first and never change.  The authority's figures are sums over
schools; they are published once, and only if together with every school's release, and every
earlier authority release over any of the same schools, no count can be narrowed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from survey.disclosure.certificate import Certificate, TableCertificate
from survey.disclosure.certify import audit_table, print_form, targets_of
from survey.disclosure.facts import Fact, facts_of, known_sizes
from survey.disclosure.figures import Reason, ReleasedTable
from survey.disclosure.joint import JointVerdict, Member, joint_audit
from survey.disclosure.ladder import OVER_SCHOOLS, begin, forms
from survey.disclosure.model import Unknowns
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.protect import protect, withhold
from survey.disclosure.release import Release
from survey.disclosure.tables import (
    Cell,
    CountTable,
    Group,
    GroupOutsideLatticeError,
    Lattice,
    TableError,
    add_up,
)
from survey.disclosure.targets import group_sizes

AUTHORITY = Policy(version="w5-authority-1", start=Rung.BASE_20)
"""For sums over schools: there the nearest 20 costs a fraction of a point, and leaves room."""

LARGE_AUTHORITY = Policy(version="w5-large-authority-1", start=Rung.BASE_50)
"""For twenty schools and more: the nearest 50 of thousands, and quicker to certify."""


AUTHORITY_FORMAT = "safety-survey-authority-certificate/1"


class NotFrozenError(TableError):
    """A school's release and certificate do not belong together, or differ from its counts."""


@dataclass(frozen=True)
class School:
    """A school whose wave is released: its counts, its frozen release and its certificate.

    Raises :class:`NotFrozenError` when the certificate is of another release.
    """

    name: str
    participation: CountTable
    tables: Mapping[str, CountTable]
    release: Release
    certificate: Certificate

    def __post_init__(self) -> None:
        if not self.name or "|" in self.name or "+" in self.name:
            raise NotFrozenError(f"a school's name in the ledger cannot be {self.name!r}")
        if self.certificate.release_hash != self.release.content_hash():
            raise NotFrozenError(f"the certificate of {self.name!r} is of another release")


@dataclass(frozen=True)
class Earlier:
    """An authority release already published over some schools, named as in this ledger."""

    schools: tuple[str, ...]
    release: Release


@dataclass(frozen=True)
class JointCertificate:
    """The certificate of one authority table.

    An alternative takes one table per school: number ``n`` of the school's own certificate, or
    counting on from there, of ``extra``.  ``base`` is the first; each of ``changes`` says which
    schools take another.  It holds exact group sizes, and is kept off public pages.
    """

    key: str
    schools: tuple[str, ...]
    verdict: JointVerdict

    def alternatives(self) -> Iterator[tuple[int, ...]]:
        """Every joint alternative, as one table number per school."""
        yield self.verdict.base
        for change in self.verdict.changes:
            yield tuple(change.get(at, n) for at, n in enumerate(self.verdict.base))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the JSON."""
        return {
            "key": self.key,
            "schools": list(self.schools),
            "base": list(self.verdict.base),
            "changes": [[list(pair) for pair in c.items()] for c in self.verdict.changes],
            "extra": [
                [school, [table.tolist() for table in tables]]
                for school, tables in self.verdict.extra.items()
            ],
        }


@dataclass(frozen=True)
class AuthorityCertificate:
    """The certificate of an authority's release, over the certificates of its schools."""

    release_hash: str
    schools: Mapping[str, str]
    tables: tuple[JointCertificate, ...]

    def to_json(self) -> str:
        """Canonical JSON: the same certificate, the same bytes."""
        written = {
            "format": AUTHORITY_FORMAT,
            "release": self.release_hash,
            "schools": dict(self.schools),
            "tables": [table.as_dict() for table in self.tables],
        }
        return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def content_hash(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.to_json().encode()).hexdigest()


Progress = Callable[[int, int], None]


def refusal(answers_by_school: Sequence[int], policy: Policy) -> Reason | None:
    """Why an authority may not publish a figure over these schools; None when it may."""
    taking_part = [answers for answers in answers_by_school if answers > 0]
    if len(taking_part) < policy.schools_at_least:
        return Reason.TOO_FEW_SCHOOLS
    if 100 * max(taking_part) > policy.school_share_at_most * sum(taking_part):
        return Reason.SCHOOL_TOO_LARGE
    return None


def certify_authority(
    schools: Sequence[School],
    policy: Policy,
    header: Mapping[str, str | int],
    lattice: Lattice,
    seed: bytes,
    earlier: Sequence[Earlier] = (),
    progress: Progress | None = None,
) -> tuple[Release, AuthorityCertificate]:
    """Protect and audit an authority's release over frozen schools.

    Tables are those of the first schools that have them, in order; a table whose shape differs
    between schools is withheld as not comparable.  Raises a :class:`TableError` or
    :class:`SolverError`; then nothing may be published.
    """
    ordered = sorted(schools, key=lambda school: school.name)
    if len({school.name for school in ordered}) != len(ordered):
        raise NotFrozenError("a school is in the ledger twice")
    keys = list(dict.fromkeys(key for school in ordered for key in school.tables))
    released, certificates = [], []
    for at, key in enumerate(keys):
        table, certificate = _certify_one(key, ordered, policy, lattice, seed, earlier)
        released.append(table)
        if certificate is not None:
            certificates.append(certificate)
        if progress is not None:
            progress(at + 1, len(keys))
    took_part = add_up([widen(school.participation, lattice) for school in ordered])
    reason = refusal([sum(s.participation.sizes().values()) for s in ordered], policy)
    participation = protect(took_part, policy) if reason is None else withhold(took_part, reason)
    release = Release(header, policy, lattice, participation, tuple(released))
    names = {school.name: school.certificate.content_hash() for school in ordered}
    return release, AuthorityCertificate(release.content_hash(), names, tuple(certificates))


def widen(table: CountTable, lattice: Lattice) -> CountTable:
    """The same counts on a wider lattice.  Raises :class:`GroupOutsideLatticeError`."""
    kept = {cell: row for cell, row in table.counts.items() if any(row)}
    strangers = set(kept) - set(lattice.cells)
    if strangers:
        raise GroupOutsideLatticeError(f"{table.key!r} counts {sorted(strangers)[0]!r}")
    return replace(table, counts=kept, lattice=lattice)


def _certify_one(
    key: str,
    schools: Sequence[School],
    policy: Policy,
    lattice: Lattice,
    seed: bytes,
    earlier: Sequence[Earlier],
) -> tuple[ReleasedTable, JointCertificate | None]:
    holders = [school for school in schools if key in school.tables]
    holders = [school for school in holders if any(school.tables[key].sizes().values())]
    first = widen(next(school.tables[key] for school in schools if key in school.tables), lattice)
    shapes = {(t.answers, t.base, t.boxes) for t in (school.tables[key] for school in holders)}
    if len(shapes) > 1:
        return withhold(first, Reason.NOT_COMPARABLE), None
    reason = refusal([sum(s.tables[key].sizes().values()) for s in holders], policy)
    if reason is not None:
        return withhold(first, reason), None
    total = add_up([widen(school.tables[key], lattice) for school in holders])
    names = tuple(school.name for school in holders)
    before = [fact for past in earlier for fact in _earlier_facts(past, key, holders)]
    members = [_member(school, key) for school in holders]
    sizes = {g: sum(n for c, n in total.sizes().items() if g.holds(c)) for g in lattice.groups}
    ladder = forms(policy, OVER_SCHOOLS)
    for form in ladder[begin(ladder, seed, key) :]:
        released = print_form(total, policy, form, sizes, by_group=True)
        if released.rung is Rung.NOTHING:
            break
        verdict = _judge(released, total, policy, members, before, names)
        if verdict.passed:
            return released, JointCertificate(key, names, verdict)
    return withhold(total, Reason.AUDIT), None


def _judge(
    released: ReleasedTable,
    total: CountTable,
    policy: Policy,
    members: Sequence[Member],
    before: Sequence[Fact],
    names: tuple[str, ...],
) -> JointVerdict:
    sizes = group_sizes(total.sizes(), tuple(row.group for row in released.rows))
    links = [*before, *facts_of(released, policy, sizes, names)]
    own = targets_of(released, total.sizes(), policy)
    targets = [replace(t, what=replace(t.what, units=names)) for t in own]
    return joint_audit(members, links, targets, policy.small)


def _earlier_facts(past: Earlier, key: str, holders: Sequence[School]) -> Iterator[Fact]:
    """What an earlier authority release says of schools in this ledger.

    Raises :class:`NotFrozenError` where it covers a school that is not here: its part could not
    be told from the others'.
    """
    if not any(table.key == key for table in past.release.tables):
        return
    units = [school for school in holders if school.name in past.schools]
    if not units:
        return
    if len(units) != len(past.schools):
        raise NotFrozenError("an earlier release covers schools that are not in this ledger")
    sizes: dict[Group, int] = {}
    for school in units:
        for cell, n in school.tables[key].sizes().items():
            for group in past.release.lattice.groups:
                if group.holds(cell):
                    sizes[group] = sizes.get(group, 0) + n
    names = tuple(school.name for school in units)
    yield from facts_of(past.release.table(key), past.release.policy, sizes, names)


def _member(school: School, key: str) -> Member:
    """A school's part of the joint audit, its alternatives taken from its own certificate."""
    released, policy = school.release.table(key), school.release.policy
    sizes: dict[Cell, int] = school.tables[key].sizes()
    groups = group_sizes(sizes, tuple(row.group for row in released.rows))
    plain = [*facts_of(released, policy, groups), *known_sizes(sizes, released.answers)]
    unit = school.name
    facts = tuple(
        Fact(
            tuple((w, replace(what, units=(unit,))) for w, what in fact.terms),
            fact.low,
            fact.high,
            fact.source,
        )
        for fact in plain
    )
    unknowns = Unknowns(released.answers, {unit: sizes})
    known = {certified.key: certified for certified in school.certificate.tables}
    if key in known:
        pool = _pool(known[key], unknowns, school.name)
    else:
        pool = audit_table(released, sizes, policy)[0].witnesses
    return Member(unit, unknowns, facts, pool, targets_of(released, sizes, policy, unit))


def _pool(
    certificate: TableCertificate, unknowns: Unknowns, name: str
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], ...]:
    cells = tuple((cell, unknowns.sizes[unit][cell]) for unit, cell in unknowns.places)
    if certificate.cells != cells or not certificate.witnesses:
        raise NotFrozenError(f"{certificate.key!r} of {name!r} is certified for other counts")
    return tuple(np.array(w, dtype=np.int64).reshape(-1) for w in certificate.witnesses)
