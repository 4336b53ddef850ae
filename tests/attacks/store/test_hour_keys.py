"""A search of the server's disk and of a device: the address of a student's page is in the history
of a device, and holds the code with every answer. What opens it is a key of the hour.

Before, the key stayed in its file until the next student or the next night came, and its bytes
stayed on the disk after that.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask

from survey.device import envelope
from survey.device.hour_keys import HourKeys
from survey.jobs import periodic, sqlite_worker, worker_starter

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HOUR = 3600
SAID = b"K7QM3XPD and what was answered"
PURPOSE = b"student page 1"


def address_of(folder: Path, hours_ago: float) -> str:
    """What a device of that hour has in its history."""
    return envelope.seal(
        HourKeys(folder, clock=lambda: time.time() - hours_ago * HOUR), SAID, purpose=PURPOSE
    )


def opens(held: Iterable[bytes], address: str) -> bool:
    """Does any run of 32 bytes among these files open the address?"""
    whole = base64.urlsafe_b64decode(address + "=" * (-len(address) % 4))
    nonce, sealed = whole[1:13], whole[13:]
    for data in held:
        for at in range(max(0, len(data) - 31)):
            try:
                return AESGCM(data[at : at + 32]).decrypt(nonce, sealed, PURPOSE) == SAID
            except InvalidTag:
                continue
    return False


def files_in(folder: Path) -> list[bytes]:
    return [one.read_bytes() for one in folder.iterdir() if one.is_file()]


def test_a_worker_forgets_the_key_when_no_student_comes_any_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = app.extensions["settings"].keys_at
    address = address_of(folder, 2.5)
    left = {one: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    recent = address_of(folder, 0)
    for path, data in left.items():  # as if no student had come since
        path.write_bytes(data)
    assert opens(files_in(folder), address), "the attack works"
    rounds = iter([False, True])
    monkeypatch.setattr(periodic, "EVERY_SECONDS", 0.0)
    periodic._go_round(app, lambda: next(rounds))
    assert not opens(files_in(folder), address)
    assert opens(files_in(folder), recent), "who answers now goes on"


def test_on_sqlite_a_web_process_does_it_without_a_worker(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = app.extensions["settings"].keys_at
    address = address_of(folder, 2.5)

    def stop(_address: str) -> int:
        raise InterruptedError

    monkeypatch.setattr(worker_starter, "BETWEEN_LOOKS", 0)
    monkeypatch.setattr(sqlite_worker, "lock", stop)
    with pytest.raises(InterruptedError):
        worker_starter._keep(app, app.extensions["settings"].database_url)
    assert not opens(files_in(folder), address)


def test_the_bytes_of_a_forgotten_key_are_overwritten(app: Flask, tmp_path: Path) -> None:
    """A second name for the file stands for what a search of the disk would find."""
    folder = app.extensions["settings"].keys_at
    address = address_of(folder, 2.5)
    disk = tmp_path / "disk"
    disk.mkdir()
    for one in folder.iterdir():
        os.link(one, disk / one.name)
    assert opens(files_in(disk), address), "the attack works"
    assert HourKeys(folder).forget_old() == 1
    assert not opens(files_in(disk), address)


def test_a_draft_of_a_process_that_died_is_destroyed_too(app: Flask) -> None:
    folder = app.extensions["settings"].keys_at
    address = address_of(folder, 2.5)
    [key] = [one for one in folder.iterdir() if one.name.startswith("hour-")]
    draft = key.rename(folder / "draft-0123456789abcdef")
    os.utime(draft, (time.time() - 3 * HOUR,) * 2)
    HourKeys(folder).forget_old()
    assert not draft.exists()
    assert not opens(files_in(folder), address)
