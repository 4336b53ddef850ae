"""Requests that are never sent to their end hold a thread each, and must stop no student."""

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


def test_half_sent_forms_leave_threads_for_students(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    with serving(settings, tmp_path, threads=THREADS) as server:
        where = urlsplit(server.address)
        held = [socket.create_connection((where.hostname, where.port or 80)) for _n in range(HELD)]
        try:
            for one in held:
                one.sendall(HALF)
            for _page in range(5):
                with urllib.request.urlopen(f"{server.address}/", timeout=30) as answer:
                    assert answer.status == 200
        finally:
            for one in held:
                one.close()


def test_the_command_that_serves_has_at_least_these_threads() -> None:
    chosen = {option.name: option.default for option in serve.params}
    assert chosen["threads"] >= THREADS
    command = start.command(host="127.0.0.1", port=8000, workers=2, threads=chosen["threads"])
    assert {"--respawn-failed-workers", "--no-access-log"} <= set(command)
