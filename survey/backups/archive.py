"""A backup is one file: a tar archive with a manifest and the parts of a copy of the database.

It says the day on which it was made and no time. The key folder and the ledger are never in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any

from survey.backups.errors import BackupError

FORMAT = 1
ENDS = ".backup"
UNFINISHED = ".unfinished"
MANIFEST = "manifest.json"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
LARGEST_MANIFEST = 64 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself. `parts`: the SHA-256 of each part, by name."""

    backup_id: str
    made_on: date
    last_day: date
    engine: str
    schema: str
    code_version: str
    parts: dict[str, str]
    format: int = FORMAT

    def to_json(self) -> bytes:
        told = asdict(self) | {
            "made_on": self.made_on.isoformat(),
            "last_day": self.last_day.isoformat(),
        }
        return json.dumps(told, sort_keys=True, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        told = json.loads(data)
        days = {name: date.fromisoformat(told[name]) for name in ("made_on", "last_day")}
        made = cls(**(told | days))
        if made.format != FORMAT:
            raise ValueError("another format")
        return made


def name_of(backup_id: str, made_on: date) -> str:
    return f"survey-{made_on.isoformat()}-{backup_id[:8]}{ENDS}"


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(file: Path, manifest: Manifest, parts: Iterable[Path]) -> None:
    """Writes the whole backup under its name, or nothing."""
    unfinished = file.with_name(file.name + UNFINISHED)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    midnight = datetime.combine(manifest.made_on, time(), UTC).timestamp()
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            said = manifest.to_json()
            tar.addfile(_member(MANIFEST, len(said), midnight), io.BytesIO(said))
            for part in parts:
                with part.open("rb") as data:
                    tar.addfile(_member(part.name, part.stat().st_size, midnight), data)
        out.flush()
        os.fsync(out.fileno())
    os.utime(unfinished, (midnight, midnight))
    os.replace(unfinished, file)
    sync_folder(file.parent)


def _member(name: str, size: int, at: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(at), FILE_MODE
    return member


def read_manifest(file: Path) -> Manifest:
    """What a backup says about itself, or a `BackupError`."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            return _manifest(tar)
    except FileNotFoundError:
        raise BackupError(f"There is no file {file}.") from None
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError) as problem:
        raise _not_whole(file) from problem


def unpack(file: Path, folder: Path) -> tuple[Manifest, dict[str, Path]]:
    """Writes the parts into a folder, and checks that each is what it was. Raises a
    `BackupError`."""
    manifest = read_manifest(file)
    found: dict[str, Path] = {}
    try:
        with tarfile.open(file, mode="r:") as tar:
            for name, expected in manifest.parts.items():
                found[name] = _take_out(tar, name, folder)
                if digest(found[name]) != expected:
                    raise ValueError(name)
    except (OSError, tarfile.TarError, ValueError, KeyError) as problem:
        raise _not_whole(file) from problem
    return manifest, found


def _take_out(tar: tarfile.TarFile, name: str, folder: Path) -> Path:
    if "/" in name or name.startswith("."):
        raise ValueError(name)
    data, to = tar.extractfile(name), folder / name
    if data is None:
        raise KeyError(name)
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with data, os.fdopen(handle, "wb") as out:
        _pour(data, out)
    return to


def _pour(data: IO[bytes], out: IO[bytes]) -> None:
    while block := data.read(1 << 20):
        out.write(block)


def _manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.getmember(MANIFEST)
    data: Any = tar.extractfile(member)
    if data is None or member.size > LARGEST_MANIFEST:
        raise ValueError(MANIFEST)
    return Manifest.from_json(data.read())


def _not_whole(file: Path) -> BackupError:
    return BackupError(
        f"{file} is no whole backup: it was cut off, changed, or made by something else. Nothing"
        " was restored. Try an earlier backup."
    )


def sync_folder(folder: Path) -> None:
    """Writes the folder to the disk: only then is a new name on it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
