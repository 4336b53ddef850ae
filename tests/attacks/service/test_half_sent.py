"""Requests that are never sent to their end hold a thread each, and must stop no student. Requests
whose end can be read in two ways hide no second one."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from survey.command_line.serve import serve
from survey.serving import start
from survey.settings import Settings
from tests.real_server import serving
from tests.world import World

HELD, THREADS = 48, 64
"""As many threads as the command has at least, and most of them held."""

HALF = (
    b"POST / HTTP/1.1\r\nHost: survey.test\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncode="
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_half_sent_forms_leave_threads_and_no_second_request_hides_in_a_first(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    with serving(settings, tmp_path, threads=THREADS) as server:
        where = urlsplit(server.address)
        held = [socket.create_connection((where.hostname, where.port or 80)) for _n in range(HELD)]
        try:
            for one in held:
                one.sendall(HALF)
            for _page in range(5):
                with urllib.request.urlopen(f"{server.address}/", timeout=300) as answer:
                    assert answer.status == 200
        finally:
            for one in held:
                one.close()
        no_second_request_hides(where.hostname or "", where.port or 80)


INNER = b"GET /leave HTTP/1.1\r\nHost: survey.test\r\n\r\n"
FORM = b"Host: survey.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"0\r\n\r\n" + INNER
LENGTH = b"Content-Length: %d\r\n" % len(CHUNKED)

SMUGGLED = {
    "length and chunks": FORM + LENGTH + b"Transfer-Encoding: chunked\r\n",
    "two lengths": FORM + b"Content-Length: 0\r\n" + LENGTH,
    "a blank before the colon": FORM + b"Content-Length : %d\r\n" % len(CHUNKED),
    "chunks with a misspelt name": FORM + LENGTH + b"Transfer-Encoding: xchunked\r\n",
    "chunks twice": FORM + LENGTH + b"Transfer-Encoding: chunked, chunked\r\n",
    "a signed length": FORM + b"Content-Length: +%d\r\n" % len(CHUNKED),
    "a folded line": FORM + b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH,
}
"""Heads that two programs could read as requests of different length."""


def no_second_request_hides(host: str, port: int) -> None:
    """Either the whole is refused and the connection ends, or it is read as one request."""
    assert _sent(host, port, FORM + b"Content-Length: 0\r\n") == 2, "two are counted as two"
    assert {name: _sent(host, port, head) for name, head in SMUGGLED.items()} == dict.fromkeys(
        SMUGGLED, 1
    )


def _sent(host: str, port: int, head: bytes) -> int:
    """How many requests the server answers on one connection."""
    with socket.create_connection((host, port), timeout=120) as line:
        line.sendall(b"POST /nowhere HTTP/1.1\r\n" + head + b"\r\n" + CHUNKED)
        said = b""
        try:
            while got := line.recv(65536):
                said += got
        except TimeoutError:
            pass
    return said.count(b"HTTP/1.1 ")


def test_the_command_that_serves_has_at_least_these_threads() -> None:
    chosen = {option.name: option.default for option in serve.params}
    assert chosen["threads"] >= THREADS
    command = start.command(host="127.0.0.1", port=8000, workers=2, threads=chosen["threads"])
    assert {"--respawn-failed-workers", "--no-access-log"} <= set(command)
