"""Making and restoring backups, as tests do it."""

from __future__ import annotations

import tarfile
from datetime import date
from pathlib import Path

from flask import Flask

from survey.backups import make_backup, other_database, restore_backup
from survey.backups.archive import Manifest
from survey.backups.restore_backup import Restored
from tests.attacks.attackers.ballots import TODAY


def backed_up(app: Flask, folder: Path, today: date = TODAY) -> tuple[Path, Manifest]:
    with app.app_context():
        made = make_backup.make(folder, options=app.extensions["settings"], today=today)
        other_database.close()
    return made


def restored(
    app: Flask,
    file: Path,
    *,
    today: date = TODAY,
    replace: bool = True,
    without_ledger: bool = False,
) -> Restored:
    with app.app_context():
        other_database.close()
        return restore_backup.restore(
            file,
            options=app.extensions["settings"],
            today=today,
            replace=replace,
            without_ledger=without_ledger,
        )


def bytes_of(file: Path) -> bytes:
    """Everything in a backup; the parts of a dump unpacked."""
    found = [file.read_bytes()]
    with tarfile.open(file) as tar:
        for member in tar.getmembers():
            data = tar.extractfile(member)
            assert data is not None
            found.append(data.read())
    return b"".join(found)
