"""The protocol of Chromium over a pair of pipes: JSON messages that end with a zero byte.

Nothing is assumed about what a page is doing: a question goes out and its answer comes back, or an
error does. Events are skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import time
from typing import Any

OPENS = "3<&{asked} 4>&{answered}"
"""How a shell gives the browser its ends: it reads from descriptor 3 and writes to 4."""
ABOVE = 10
"""Our descriptors lie above those two."""
PIECE = 65536


def _high(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, ABOVE)
    os.close(descriptor)
    return moved


class Pipe:
    """Both ends of both pipes, until the browser has taken its own."""

    def __init__(self) -> None:
        self._asked, self._write = (_high(end) for end in os.pipe())
        self._read, self._answered = (_high(end) for end in os.pipe())
        self._left, self._number = b"", 0

    @property
    def given(self) -> tuple[int, int]:
        """The descriptors that the browser inherits."""
        return self._asked, self._answered

    def command(self, browser: list[str]) -> list[str]:
        """The command that starts the browser with its ends of the pipes."""
        opens = OPENS.format(asked=self._asked, answered=self._answered)
        return ["bash", "-c", f'exec "$0" "$@" {opens}', *browser, "--remote-debugging-pipe"]

    def begun(self) -> None:
        """The browser has its ends; ours of them are closed, so that its end is noticed."""
        os.close(self._asked)
        os.close(self._answered)

    def close(self) -> None:
        os.close(self._write)
        os.close(self._read)

    def ask(self, method: str, given: dict[str, Any], session: str | None, seconds: float) -> Any:
        """What the browser answers. A refusal is a `LookupError`, silence a `TimeoutError`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + seconds
        while True:
            found = json.loads(self._next(until))
            if found.get("id") == self._number:
                break
        if "error" in found:
            raise LookupError(f"{method}: {found['error']['message']}")
        return found["result"]

    def _next(self, until: float) -> bytes:
        while b"\0" not in self._left:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self._read, PIECE)
            if not piece:
                raise OSError("the browser hung up")
            self._left += piece
        message, _, self._left = self._left.partition(b"\0")
        return message
