"""The ledger of what was published, as operations use it: entered before anything is shown, and
compared with the database after a restore."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256

from flask import Flask, request
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from survey.audit_log import EventName, record
from survey.campaigns.lifecycle.outcomes import mark_withdrawn
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.disclosure.coalitions import SeenComparison, Tied
from survey.errors import NotNowError
from survey.ledger.file import LedgerError
from survey.ledger.published import Ledger, OtherReferenceError, PublicationEntry
from survey.logs import log
from survey.releases.models import StoredComparison, StoredRelease
from survey.settings import current_settings


class PublishedOtherwiseError(NotNowError):
    """Another report, or comparison, of the same wave was published before."""


class WithdrawnBeforeError(NotNowError):
    """The report of this wave was published and withdrawn, which a restored database forgot."""


class NoLedgerError(NotNowError):
    """What was published cannot be kept outside the database, so nothing is."""


MACHINES = "serving"
"""The blueprint of addresses that answer without a database as well."""


def init_app(app: Flask) -> None:
    """Settles the ledger before the first request of a process: a database is restored while none
    runs. A disagreement is logged, and makes `housekeeping` fail."""
    waiting = [True]

    def settle_once() -> None:
        if waiting and request.blueprint != MACHINES:
            try:
                with begin() as db:
                    settle(db)
            except NotNowError as problem:
                log.error("ledger_disagrees", error=problem)
            waiting.clear()  # and not if the database was away: the next request tries again

    app.before_request(settle_once)


def report_name(school_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    return f"report {school_id} {wave_id}"


def comparison_name(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> str:
    return f"comparison {authority_id} {programme_id} {number}"


def change_name(school_id: uuid.UUID, earlier_id: uuid.UUID, wave_id: uuid.UUID) -> str:
    return f"change {school_id} {earlier_id} {wave_id}"


def change_reference(earlier: str, later: str) -> str:
    """Changes follow from the two reports, so their references name them."""
    return sha256(f"{earlier} {later}".encode()).hexdigest()


def shared_place_name(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, ties: Mapping[uuid.UUID, str]
) -> str:
    """Names a figure over schools by the schools it takes in, each with the key of its place."""
    schools = " ".join(f"{school_id}={ties[school_id]}" for school_id in sorted(ties))
    return f"{SHARED}{authority_id} {programme_id} {number} {schools}"


def shared_place_reference(name: str, percent: int | None) -> str:
    return sha256(f"{name} {percent}".encode()).hexdigest()


Ties = tuple[str, int, Mapping[uuid.UUID, str]]
"""A programme, the number of a comparison, and by school what a figure takes in."""


def shared_ties(before: str | None = None) -> tuple[Ties, ...]:
    """What the figures over schools took in, of every programme, as far as the ledger knows: also
    those that a restored database forgot. `before`: see `letters_seen`. Raises a
    `NoLedgerError`."""
    return _numbered(SHARED, before)


def letters_name(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, groups: Mapping[uuid.UUID, str]
) -> str:
    """Names what a comparison shows by school: the group of letters that each is in."""
    schools = " ".join(f"{school_id}={groups[school_id]}" for school_id in sorted(groups))
    return f"{LETTERS}{authority_id} {programme_id} {number} {schools}"


def letters_seen(before: str | None = None) -> tuple[SeenComparison[uuid.UUID], ...]:
    """Every comparison that was published, by any organisation, as its reader sees it. Where
    `before` was published too, only those from before it: what a restored database makes again
    follows from the same, and is the same. Raises a `NoLedgerError`."""
    return tuple(SeenComparison(*one) for one in _numbered(LETTERS, before))


def tied(figures: Iterable[Ties]) -> tuple[Tied[uuid.UUID], ...]:
    """Figures over named schools, each among the schools of its comparison."""
    among = {(one.programme, one.number): frozenset(one.groups) for one in letters_seen()}
    return tuple(
        Tied(among.get((programme, number), frozenset(ties)), ties)
        for programme, number, ties in figures
    )


def whole_name(
    authority_id: uuid.UUID,
    programme_id: uuid.UUID,
    number: int,
    what: str,
    ties: Mapping[uuid.UUID, str],
) -> str:
    """Names what a comparison says of its schools together by the schools that it takes in."""
    schools = " ".join(f"{school_id}={ties[school_id]}" for school_id in sorted(ties))
    return f"{WHOLE}{authority_id} {programme_id} {number} {what} {schools}"


def whole_ties(before: str | None = None) -> tuple[Ties, ...]:
    """What the figures of all schools together took in, of every comparison. `before`: see
    `letters_seen`. Raises a `NoLedgerError`."""
    return _numbered(WHOLE, before)


def _numbered(prefix: str, before: str | None) -> tuple[Ties, ...]:
    found = []
    for name in _names(prefix, before):
        try:
            authority_id, programme_id, number = name.split(" ")[:3]
            at = int(number)
        except ValueError as wrong:
            raise _odd_name(name) from wrong
        programme = f"{authority_id} {programme_id}"
        found.append((programme, at, dict(_ties(name[len(programme) + 1 :]))))
    return tuple(found)


LETTERS, SHARED, WHOLE = "letters ", "shared place ", "all schools "


def _names(prefix: str, before: str | None) -> list[str]:
    """What is entered under names that begin so, without that beginning."""
    try:
        names = list(_ledger().entries())
    except LedgerError as problem:
        raise _no_ledger(problem) from problem
    if before in names:
        names = names[: names.index(before)]
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


def _ties(written: str) -> Iterator[tuple[uuid.UUID, str]]:
    """School by school, from after the number of a survey."""
    for tie in written.split(" "):
        school_id, equals, key = tie.partition("=")
        if equals:
            try:
                yield uuid.UUID(school_id), key
            except ValueError as wrong:
                raise _odd_name(written) from wrong


def _odd_name(name: str) -> NoLedgerError:
    return _no_ledger(LedgerError(f"the ledger holds a name that is none: {name[:80]!r}"))


Settle = Callable[[Session], None]
_also_settled: list[Settle] = []


def also_settles(enter_all: Settle) -> Settle:
    """For what other packages publish: enters all of it that the database holds."""
    _also_settled.append(enter_all)
    return enter_all


def enter(name: str, reference: str, on: date) -> None:
    """Enters what is about to be published. Raises a `PublishedOtherwiseError`, a
    `WithdrawnBeforeError` or a `NoLedgerError`."""
    try:
        entry = _ledger().publish(name, reference, on)
    except OtherReferenceError as other:
        raise _otherwise(other.entry) from other
    except LedgerError as problem:
        raise _no_ledger(problem) from problem
    _refuse_withdrawn(entry)
    log.info("published", reference=reference)


def refuse_if_withdrawn(name: str) -> None:
    """Raises a `WithdrawnBeforeError`: what was withdrawn is not published again."""
    entry = find(name)
    if entry is not None:
        _refuse_withdrawn(entry)


def find(name: str) -> PublicationEntry | None:
    """What was entered under this name. Raises a `NoLedgerError`."""
    try:
        return _ledger().find(name)
    except LedgerError as problem:
        raise _no_ledger(problem) from problem


def published_on(name: str) -> date | None:
    """The day on which this was entered: of a document that was not stored because its worker was
    killed, or that a restored database lacks. It is made again as of that day."""
    entry = find(name)
    return entry.published_on if entry else None


def enter_withdrawal(name: str, on: date, notice: str) -> None:
    try:
        _ledger().withdraw(name, on, notice)
    except LedgerError as problem:
        raise _no_ledger(problem) from problem
    log.info("withdrawn")


def enter_restoration(name: str, reference: str, on: date) -> None:
    """Enters that a withdrawn report is published again. Raises a `PublishedOtherwiseError` or a
    `NoLedgerError`."""
    try:
        _ledger().restore(name, reference, on)
    except OtherReferenceError as other:
        raise _otherwise(other.entry) from other
    except LedgerError as problem:
        raise _no_ledger(problem) from problem
    log.info("restored", reference=reference)


def settle(db: Session) -> None:
    """Brings database and ledger together: what the ledger does not know yet is entered, and what
    was withdrawn after the database was copied is withdrawn in it again. Raises a
    `PublishedOtherwiseError` if they hold different reports of one wave."""
    try:
        known = _ledger().entries()
        for stored in db.scalars(select(StoredRelease)):
            name = report_name(stored.school_id, stored.wave_id)
            _settle_one(known.get(name), name, stored.release_hash, stored.released_on)
            if stored.withdrawn_on is not None:
                _ledger().withdraw(name, stored.withdrawn_on, stored.notice or "")
            elif name in known and known[name].withdrawn_on is not None:
                stored.withdrawn_on = known[name].withdrawn_on
                stored.notice = known[name].notice or _("This report was withdrawn.")
                wave = db.get(Wave, (stored.school_id, stored.wave_id))
                if wave is not None and wave.state is WaveState.RELEASED:
                    mark_withdrawn(db, wave=wave)
                record(
                    db,
                    EventName.RELEASE_WITHDRAWN,
                    by=None,
                    school_id=stored.school_id,
                    wave_id=stored.wave_id,
                    release_hash=stored.release_hash,
                )
        for made in db.scalars(select(StoredComparison).options(defer(StoredComparison.document))):
            name = comparison_name(made.authority_id, made.programme_id, made.number)
            _settle_one(known.get(name), name, made.release_hash, made.released_on)
        for enter_all in _also_settled:
            enter_all(db)
    except OtherReferenceError as other:
        raise _otherwise(other.entry) from other
    except LedgerError as problem:
        raise _no_ledger(problem) from problem


def _settle_one(known: PublicationEntry | None, name: str, reference: str, on: date) -> None:
    if known is None or known.reference != reference:
        _ledger().publish(name, reference, on)


def _refuse_withdrawn(entry: PublicationEntry) -> None:
    if entry.withdrawn_on is not None:
        raise WithdrawnBeforeError(
            _(
                "This was published and then withdrawn on %(day)s. It stays withdrawn.",
                day=format_date(entry.withdrawn_on),
            )
        )


def _otherwise(entry: PublicationEntry) -> PublishedOtherwiseError:
    return PublishedOtherwiseError(
        _(
            "Another version was published on %(day)s, with the report reference %(reference)s. Two"
            " versions of the same answers could give a student away, so a second one is not"
            " published. If the database was restored from a backup, the title, the numbers on roll"
            " and the software must be as they were on that day; then the same report is made"
            " again.",
            day=format_date(entry.published_on),
            reference=entry.reference[:12],
        )
    )


def _no_ledger(problem: LedgerError) -> NoLedgerError:
    log.error("ledger_failed", error=problem)
    return NoLedgerError(
        _(
            "The list of published reports cannot be read or written, so nothing is published now."
            " Ask the operator of this service to look at the file that SURVEY_LEDGER names."
        )
    )


def _ledger() -> Ledger:
    return Ledger(current_settings().ledger_file)
