"""Keys that live for an hour and are forgotten: what they sealed then stays closed.

Every process and every server shares them through one folder, a file for each hour. The file is
made by the process that needs it first. A key seals during its own hour and opens until the end
of the next.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from survey.encryption import keys

KEY_BYTES = 32
HOUR_SECONDS = 3600
PREFIX, DRAFT = "hour-", "draft-"
PRIVATE_FOLDER = 0o700


def hour_now(clock: Callable[[], float] = time.time) -> int:
    """The number of the present hour."""
    return int(clock() // HOUR_SECONDS)


def forget_old(folder: Path) -> None:
    """Destroys old keys by the clock, also when no student comes by whose request would do it."""
    if folder.is_dir():
        HourKeys(folder).forget_old()


def _is_older(path: Path, than: float) -> bool:
    try:
        return path.stat().st_mtime < than
    except FileNotFoundError:
        return False


class HourKeys:
    """The keys of this hour and the one before, from the folder."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._known: dict[int, bytes] = {}

    def current(self) -> tuple[int, bytes]:
        """The hour and its key; made if this is the first that needs it."""
        hour = hour_now(self._clock)
        if hour not in self._known:
            self.forget_old()
            self._known[hour] = self._read(hour) or self._make(hour)
        return hour, self._known[hour]

    def of_hour(self, hour: int) -> bytes | None:
        """The key of an hour, if it still opens anything. The next hour counts too: the clocks of
        two servers differ a little."""
        now = hour_now(self._clock)
        if not now - 1 <= hour <= now + 1:
            self.forget_old()
            return None
        if hour not in self._known and (key := self._read(hour)):
            self._known[hour] = key
        return self._known.get(hour)

    def forget_old(self) -> int:
        """Destroys the keys that open nothing any more, here and in the folder. Those of hours to
        come are of a clock that was ahead: they would open addresses of that time when it comes.

        A key is overwritten before its name is removed: with an address from the history of a
        device, its bytes on the disk of the server would show the code and every answer."""
        now = hour_now(self._clock)
        for hour in [hour for hour in self._known if not now - 1 <= hour <= now + 1]:
            self._known.pop(hour, None)
        gone = 0
        for path in self._folder.glob(f"{PREFIX}*"):
            number = path.name.removeprefix(PREFIX)
            if number.isdecimal() and not now - 1 <= int(number) <= now + 1:
                gone += keys.destroy(self._folder, path.name)
        for path in self._folder.glob(f"{DRAFT}*"):  # of a process that died while it made one
            if _is_older(path, self._clock() - 2 * HOUR_SECONDS):
                keys.destroy(self._folder, path.name)
        return gone

    def _path(self, hour: int) -> Path:
        return self._folder / f"{PREFIX}{hour}"

    def _read(self, hour: int) -> bytes | None:
        try:
            key = self._path(hour).read_bytes()
        except FileNotFoundError:
            return None
        return key if len(key) == KEY_BYTES else None

    def _make(self, hour: int) -> bytes:
        """Writes a key and gives it its name in one step, so that of two who try at the same moment
        one wins and both use the same."""
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        draft = self._folder / f"{DRAFT}{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(draft, self._path(hour))
        except FileExistsError:
            pass  # another process was first
        finally:
            draft.unlink()
        made = self._read(hour)
        if made is None:
            raise OSError("the key of this hour cannot be read from the key folder")
        return made
