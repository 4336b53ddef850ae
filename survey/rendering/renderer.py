"""Draws charts in a separate process, one at a time.

The drawing library is native code: it can abort its process, hang, or grow. Here each of these ends
one drawing. The process is started when it is first needed, ends with the one that started it, and
is started again when it has ended or has taken too long.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from survey.typed_text import printable

PROCESS = Path(__file__).parent / "chart_process.py"
LENGTH = struct.Struct(">I")
"""The length before each message. The process has its own copy, as it imports nothing of ours."""

SECONDS = 30
"""Timeout of one drawing. The slowest of ours takes under two seconds, on a busy machine a few."""


class NotDrawnError(RuntimeError):
    """A chart could not be drawn. The page says so and shows the rest."""


class Renderer:
    """One process that draws, shared by all threads."""

    def __init__(self, seconds: float = SECONDS, process: Path = PROCESS) -> None:
        self._seconds, self._path = seconds, process
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def svg(self, chart: Any) -> str:
        """A chart in Vega-Lite as SVG."""
        return str(self._ask("svg", chart))

    def png(self, svg: str, scale: float) -> bytes:
        """An SVG as PNG."""
        return base64.b64decode(self._ask("png", {"svg": svg, "scale": scale}))

    def close(self) -> None:
        """Ends the process, if this process started one."""
        with self._lock:
            self._end()

    def _ask(self, task: str, given: Any) -> Any:
        request = json.dumps({"task": task, "given": _drawable(given)}).encode()
        with self._lock:
            before = self._process
            process = self._running()
            try:
                try:
                    answer = self._exchange(process, request)
                except (EOFError, BrokenPipeError):
                    if process is not before:
                        raise
                    self._end()  # it had become too large, and ended before this request
                    answer = self._exchange(self._running(), request)
            except (OSError, EOFError, TimeoutError, ValueError) as gone:
                self._end()
                raise NotDrawnError(f"the process that draws ended: {gone}") from gone
        if "error" in answer:
            raise NotDrawnError(answer["error"])
        return answer["made"]

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes) -> Any:
        assert process.stdin
        assert process.stdout
        until = time.monotonic() + self._seconds
        process.stdin.write(LENGTH.pack(len(request)) + request)
        process.stdin.flush()
        (length,) = LENGTH.unpack(_read(process.stdout, LENGTH.size, until))
        return json.loads(_read(process.stdout, length, until))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process = None  # of the process that we were forked from: not ours to end
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603  our own file, in our own Python
                [sys.executable, "-I", str(self._path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
            self._owner = os.getpid()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        assert process.stdin
        assert process.stdout
        process.kill()
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()
        process.wait()


def _read(stream: IO[bytes], count: int, until: float) -> bytes:
    """Reads `count` bytes; raises an error if they do not arrive in time."""
    found = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(found) < count:
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError("it took too long")
            part = os.read(stream.fileno(), count - len(found))
            if not part:
                raise EOFError("it stopped")
            found += part
    return bytes(found)


def _drawable(value: Any) -> Any:
    """The value without characters that make the library abort; old words may hold some."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {key: _drawable(one) for key, one in value.items()}
        case list() | tuple():
            return [_drawable(one) for one in value]
    return value


renderer = Renderer()
"""The renderer of this process."""

atexit.register(renderer.close)
