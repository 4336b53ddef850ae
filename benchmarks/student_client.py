"""Students as a load, cheap enough not to be what is measured: `python student_client.py ADDRESS
AT_ONCE < codes`. Run in a separate process; prints what it took as JSON.

The first student reads every page and remembers what each form sends. All others send the same,
read where each answer leads, and look at their last page.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import brotli
from form_filling import filled_in

GET = b"GET %b HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\nSec-Fetch-Mode: navigate\r\n\r\n"
POST = (
    b"POST %b HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
)
READ = 65536


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    address: bytes
    body: bytes
    size: int

    @property
    def page(self) -> str:
        packed: bytes = brotli.decompress(self.body)
        return packed.decode()


class Line:
    """One connection, which stays open."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        self._socket = socket.create_connection((where.hostname, where.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, asked: bytes) -> Answer:
        self._socket.sendall(asked)
        head, _end, body = b"", b"", b""
        while not _end:
            came = self._socket.recv(READ)
            if not came:
                raise RuntimeError("the server hung up")
            head += came
            before, _end, body = head.partition(b"\r\n\r\n")
        said = {
            name.lower(): value
            for name, _is, value in (line.partition(b": ") for line in before.split(b"\r\n")[1:])
        }
        length = int(said.get(b"content-length", b"0"))
        while len(body) < length:
            body += self._socket.recv(READ)
        status = int(before[9:12])
        return Answer(status, said.get(b"location", b""), body, len(before) + 4 + length)

    def open(self, address: bytes) -> Answer:
        """A page, by way of the address that leads to it."""
        answer = self.ask(GET % address)
        return self.open(answer.address) if answer.status == 303 else answer

    def close(self) -> None:
        self._socket.close()


def record(address: str, code: str) -> tuple[list[bytes], int]:
    """What each form of a survey sends, in their order; and the bytes of all answers."""
    line, forms = Line(address), []
    told = line.ask(GET % f"/s/{code}".encode())
    where, size = told.address, told.size
    page = line.open(where)
    at = ""
    while at != "send":
        size += page.size
        fields = filled_in(page.page)
        at = fields["at"]
        forms.append(urlencode(fields).encode())
        told = line.ask(POST % (where, len(forms[-1]), forms[-1]))
        where, size = told.address, size + told.size
        page = line.open(where)
    if "Thank you" not in page.page:
        raise RuntimeError("no thanks")
    line.close()
    return forms, size + page.size


def walk(address: str, code: str, forms: list[bytes], pause: float = 0.0) -> list[float]:
    """One submission: how long each page took, from the press to the next page."""
    line, took = Line(address), []
    started = time.perf_counter()
    told = line.ask(GET % f"/s/{code}".encode())
    where = told.address
    page = line.open(where)
    took.append(time.perf_counter() - started)
    for form in forms:
        if pause:
            time.sleep(pause)
        started = time.perf_counter()
        told = line.ask(POST % (where, len(form), form))
        if told.status != 303:
            raise RuntimeError(f"{told.status} for a form")
        where = told.address
        page = line.open(where)
        if page.status not in (200, 203):
            raise RuntimeError(f"{page.status} for a page")
        took.append(time.perf_counter() - started)
    line.close()
    if "Thank you" not in page.page:
        raise RuntimeError("no thanks")
    return took


def main() -> None:
    address, at_once = sys.argv[1], int(sys.argv[2])
    codes = sys.stdin.read().split()
    forms, size = record(address, codes[0])
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        took = list(pool.map(lambda code: walk(address, code, forms), codes[1:]))
    seconds = time.perf_counter() - started
    pages = sorted(page for one in took for page in one)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "submissions": len(took),
                "pages": len(forms) + 1,
                "bytes": size,
                "p50": pages[len(pages) // 2],
                "p95": pages[len(pages) * 95 // 100],
                "client_cpu": time.process_time(),
            }
        )
    )


if __name__ == "__main__":
    main()
