"""The gate between writes that the ledger must know of, and the beginning of a backup.

A write notes in the ledger what it is about to do, and then commits. A backup that began in between
would have neither the line after its own, nor the write in its copy. So such a write holds the gate
open from before its line until its transaction has ended, and a backup waits until no write does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from survey.ledger.file import MODE, LedgerError

_OPEN = "survey_ledger_gate"


def hold_open(db: Session, path: Path) -> None:
    """Lets no backup begin until the transaction of this session has ended."""
    if _OPEN not in db.info:
        db.info[_OPEN] = _locked(path, fcntl.LOCK_SH)


@event.listens_for(Session, "after_transaction_end")
def _let_go(db: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None and (descriptor := db.info.pop(_OPEN, None)) is not None:
        os.close(descriptor)


@contextmanager
def closed(path: Path) -> Iterator[None]:
    """Waits until no such write is under way, and lets none begin."""
    descriptor = _locked(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(path: Path, how: int) -> int:
    gate = path.with_name(f"{path.name}.gate")
    try:
        descriptor = os.open(gate, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        fcntl.flock(descriptor, how)
    except OSError as problem:
        raise LedgerError(f"{gate}: {problem.strerror}") from problem
    return descriptor
