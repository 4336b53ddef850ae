"""The key folder: private keys as small files, outside the database and outside its backup.

A key here opens what the database holds sealed. A crash leaves the whole key or none. Every server
that shares the folder reads it. A destroyed key is overwritten before its name is removed. This
module uses neither the web nor the database.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
UNFINISHED = ".new"


class FolderError(Exception):
    """The key folder cannot be used; the message tells the operator why."""


class KeyFileMissingError(Exception):
    """The folder has no such key."""


def prepare(folder: Path, *, make: bool) -> None:
    """Checks that keys can be kept in the folder and that no other account can read it. With
    `make`, a missing folder is created. Raises a `FolderError`."""
    if make:
        with suppress(OSError):
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not folder.is_dir():
        raise FolderError(f"names {folder}, which is no folder")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        raise FolderError(
            f"names {folder}, which others on this machine can open (mode {mode:04o}):"
            f" run chmod 700 {folder}"
        )
    try:
        probe = folder / f"start-check-{secrets.token_hex(8)}{UNFINISHED}"
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
        probe.unlink()
        os.listdir(folder)
    except OSError as error:
        raise FolderError(f"names {folder}, which cannot be written ({error.strerror})") from error


def write(folder: Path, name: str, key: bytes) -> None:
    """Writes a key under a name. The whole key is on the disk when this returns. A key of that name
    is replaced."""
    there = _path(folder, name)
    unfinished = there.with_name(f"{name}-{secrets.token_hex(8)}{UNFINISHED}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, there)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def read(folder: Path, name: str) -> bytes:
    """The key of that name, or a `KeyFileMissingError`."""
    try:
        return _path(folder, name).read_bytes()
    except FileNotFoundError:
        raise KeyFileMissingError(name) from None


def names(folder: Path) -> tuple[str, ...]:
    """The names of all keys, sorted."""
    return tuple(sorted(path.name for path in folder.iterdir() if NAME.fullmatch(path.name)))


def destroy(folder: Path, name: str) -> bool:
    """Overwrites a key, then removes it. Returns whether it was there.

    A disk that writes elsewhere (most solid-state disks, some file systems) may keep the old bytes
    until it uses their place again; an encrypted disk does not give them away.
    """
    there = _path(folder, name)
    try:
        length = there.stat().st_size
        with there.open("r+b", buffering=0) as file:
            for filler in (secrets.token_bytes(length), bytes(length)):
                file.seek(0)
                file.write(filler)
                os.fsync(file.fileno())
        there.unlink()
    except FileNotFoundError:  # another server was quicker
        return False
    _sync_folder(folder)
    return True


def _path(folder: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a key")
    return folder / name


def _sync_folder(folder: Path) -> None:
    """Writes the folder to the disk: only then is a new or removed name on it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
