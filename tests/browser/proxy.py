"""A bad network between a browser and the real server: it loses requests and answers when told to.

One exchange a connection, so that no browser mends a fault by itself on a line it kept open.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

PIECE = 65536
WAIT_SECONDS = 30
STEP_SECONDS = 0.02
AT_ONCE = struct.pack("ii", 1, 0)
"""Closing with this set throws away what is under way: the other side sees the line break."""


class Fault(Enum):
    """What befalls one exchange."""

    NONE = "all is well"
    LOST = "cut before the request arrives"
    HALF_ASKED = "cut in the middle of the request"
    UNANSWERED = "cut after the server got it, before the answer"
    HALF_ANSWERED = "half an answer, then cut"
    SLOW = "the answer comes late"
    HANGING = "the server got it, and no answer comes as long as anybody waits"


@dataclass
class Proxy:
    """`arrived` counts the requests that the server has answered, whether or not anyone heard."""

    target: str
    address: str = ""
    late_seconds: float = 1.0
    arrived: int = 0
    _fault: Fault = Fault.NONE
    _when: bytes = b""
    _befallen: int = 0
    _done: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def broken(self, fault: Fault, *, when: bytes = b"") -> Iterator[None]:
        """Meanwhile the fault befalls every request that holds `when`: browsers try by themselves
        again at once, where a line was opened in advance."""
        with self._lock:
            self._fault, self._when, self._befallen = fault, when, 0
        yield
        with self._lock:
            self._fault = Fault.NONE
        assert self._befallen, f"nothing was there to be {fault.value}"

    def wait_for_arrivals(self, count: int) -> None:
        until = time.monotonic() + 10 * WAIT_SECONDS
        while self.arrived < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.arrived} of {count} requests arrived")
            time.sleep(STEP_SECONDS)

    def _fault_for(self, request: bytes) -> Fault:
        with self._lock:
            if self._fault is Fault.NONE or self._when not in request:
                return Fault.NONE
            self._befallen += 1
            return self._fault

    def _exchange(self, browser: socket.socket) -> None:
        with contextlib.suppress(OSError), browser:
            browser.settimeout(WAIT_SECONDS)
            request = _read_request(browser)
            if request is None:
                return
            fault = self._fault_for(request)
            if fault is Fault.LOST:
                _break_off(browser)
                return
            answer = self._ask(request, whole=fault is not Fault.HALF_ASKED)
            if fault in (Fault.UNANSWERED, Fault.HALF_ASKED):
                _break_off(browser)
            elif fault is Fault.HANGING:
                self._done.wait()
            else:
                if fault is Fault.SLOW:
                    self._done.wait(self.late_seconds)
                half = fault is Fault.HALF_ANSWERED
                browser.sendall(answer[: len(answer) // 2] if half else answer)
                if half:
                    _break_off(browser)

    def _ask(self, request: bytes, *, whole: bool) -> bytes:
        """The server's answer. Of a request that is cut there is none."""
        target = urlsplit(self.target)
        with socket.create_connection((target.hostname or "", target.port or 80)) as server:
            server.settimeout(WAIT_SECONDS)
            if not whole:
                server.sendall(request[: -max(1, len(_body(request)) // 2)])
                server.shutdown(socket.SHUT_WR)
                _rest_of(server)
                return b""
            server.sendall(request)
            answer = _rest_of(server)
        with self._lock:
            self.arrived += 1
        return answer


@contextmanager
def unreliable(target: str) -> Iterator[Proxy]:
    """A proxy before the server at `target`."""
    proxy = Proxy(target)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(STEP_SECONDS * 5)
        proxy.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        threads: list[threading.Thread] = []

        def serve() -> None:
            while not proxy._done.is_set():
                with contextlib.suppress(TimeoutError):
                    line, _ = listener.accept()
                    threads.append(threading.Thread(target=proxy._exchange, args=(line,)))
                    threads[-1].start()

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield proxy
        finally:
            proxy._done.set()
            serving.join()
            for thread in threads:
                thread.join()


def _read_request(line: socket.socket) -> bytes | None:
    """One whole request, asking for the line to be closed after it; None from a line on which
    nothing was asked, as browsers open some in advance."""
    request = b""
    while b"\r\n\r\n" not in request:
        piece = line.recv(PIECE)
        if not piece:
            return None
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = 0
    kept: list[bytes] = []
    for header in head.split(b"\r\n"):
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if name.lower() not in (b"connection", b"keep-alive"):
            kept.append(header)
    while len(body) < length:
        piece = line.recv(PIECE)
        if not piece:
            return None
        body += piece
    return b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n" + body


def _body(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]


def _rest_of(line: socket.socket) -> bytes:
    read = b""
    while piece := line.recv(PIECE):
        read += piece
    return read


def _break_off(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    line.close()
