"""Has any session like this one ended since it was looked up? Asked with every page, so without the
database.

The key folder, which all processes and servers share, holds a file of 256 marks. A session belongs
to one of them by a keyed hash. When a session ends, its mark changes, and what a process looked up
under another mark it looks up again. A mark is random and says nothing of who, when or how many.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

MARKS, MARK_BYTES = 256, 8
UNSETTLED = bytes(MARK_BYTES)
"""While a session is being ended: whatever is looked up now is not to be relied on."""
MOST_KNOWN = 4096


class Marks:
    """The marks, and the sessions that this process knows to continue."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ended-marks"
        self._going_on: dict[bytes, bytes] = {}
        self.forgotten_in = 0
        """The hour in which this process last forgot sessions that were over."""
        if not self._path.exists() and folder.is_dir():
            self._write(bytes(1), secrets.token_bytes(MARK_BYTES))

    def knows_going_on(self, session: bytes) -> bool:
        """Was this session looked up, and has none of its mark ended since?"""
        known = self._going_on.get(session)
        return known is not None and known == self.read(session)

    def going_on(self, session: bytes, mark: bytes) -> None:
        """The session was looked up and continues. `mark` is what was read before looking."""
        if mark == UNSETTLED:
            return
        if len(self._going_on) >= MOST_KNOWN:
            self._going_on.clear()
        self._going_on[session] = mark

    def read(self, session: bytes) -> bytes:
        """The mark of a session; unsettled where there is no file that can be read."""
        try:
            file = os.open(self._path, os.O_RDONLY)
        except OSError:
            return UNSETTLED
        try:
            return os.pread(file, MARK_BYTES, session[0] * MARK_BYTES).ljust(MARK_BYTES, b"\0")
        finally:
            os.close(file)

    def unsettle(self, session: bytes) -> None:
        """Before a session is ended in the database."""
        self._write(session, UNSETTLED)

    def settle(self, session: bytes) -> None:
        """Once that is committed, or was given up."""
        self._write(session, secrets.token_bytes(MARK_BYTES))

    def _write(self, session: bytes, mark: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            if os.fstat(file).st_size < MARKS * MARK_BYTES:
                self._fill(file)
            os.pwrite(file, mark, session[0] * MARK_BYTES)
        finally:
            os.close(file)

    def _fill(self, file: int) -> None:
        """A new file: every mark is there before the first is read. Two that do it together only
        make some sessions be looked up again."""
        os.pwrite(file, secrets.token_bytes(MARKS * MARK_BYTES), 0)
