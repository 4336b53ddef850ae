"""Caddy with the file of this project: accepted by the version that is here, and served through."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from flask import Flask

from survey.settings import Settings
from tests.integration.responses.doors import make_codes
from tests.integration.serving.test_deploy_files import DEPLOY, run, tool
from tests.ports import free_port
from tests.real_server import serving
from tests.world import World

BUFFERS_ARE_SIZED_FROM = (2, 7)
SIZED, NOT_SIZED = "request_buffers 17MB", "buffer_requests"


def caddyfile(folder: Path, changed: dict[str, str] | None = None) -> Path:
    """The file as its first lines say for this version, and with what a test changes."""
    text = (DEPLOY / "caddy" / "Caddyfile").read_text()
    found = re.search(r"(\d+)\.(\d+)", run(tool("caddy"), "version"))
    assert found
    if tuple(map(int, found.groups())) < BUFFERS_ARE_SIZED_FROM:
        assert f'"{NOT_SIZED}" in place of "{SIZED}"' in text
        text = text.replace(f"\t{SIZED}\n", f"\t{NOT_SIZED}\n")
    for old, new in (changed or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    written = folder / "Caddyfile"
    written.write_text(text)
    return written


def test_caddy_accepts_its_file(tmp_path: Path) -> None:
    file = caddyfile(tmp_path)
    assert "Valid configuration" in run(
        tool("caddy"), "validate", "--adapter", "caddyfile", "--config", file
    )


@contextmanager
def caddy(folder: Path, server: str) -> Iterator[tuple[int, int]]:
    """The ports of Caddy for https and http, in front of a server."""
    home, port, plain = folder / "caddy", free_port(), free_port()
    home.mkdir()
    ours = (
        f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {plain}\n\thttps_port {port}\n"
        f"\tstorage file_system {home}\n\tlog default"
    )
    file = caddyfile(home, {"{\n\tlog default": ours, "read_body 20s": "read_body 2s"})
    names = {"SURVEY_HOST": "localhost", "SURVEY_SERVERS": server, "HOME": str(home)}
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(
            [tool("caddy"), "run", "--adapter", "caddyfile", "--config", file],
            env={**os.environ, **names},
            stdout=said,
            stderr=said,
        )
    try:
        deadline = time.monotonic() + 300
        while not (home / "pki/authorities/local/root.crt").exists() or not answers(port):
            assert time.monotonic() < deadline, (home / "said").read_text()
            time.sleep(0.2)
        yield port, plain
    finally:
        process.terminate()
        process.wait(timeout=300)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_come_through_with_tls_and_no_file_holds_an_address(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    [code] = make_codes(app, world.own, year=9, count=1)
    settings = replace(settings, public_address="https://localhost")
    with (
        serving(settings, tmp_path) as server,
        caddy(tmp_path, server.address.removeprefix("http://")) as (port, plain),
    ):
        front, root = f"https://localhost:{port}", tmp_path / "caddy/pki/authorities/local/root.crt"
        session = requests.Session()
        session.trust_env, session.verify = False, str(root)
        card = session.get(f"{front}/s/{code}", timeout=300)
        assert card.status_code == 200
        assert card.headers["Strict-Transport-Security"].count("max-age") == 1
        up = session.get(f"http://localhost:{plain}/", timeout=300, allow_redirects=False)
        assert (up.status_code, up.headers["Location"][:8]) == (308, "https://")
        assert session.get(f"{front}/metrics", timeout=300).status_code == 404
        large = session.post(front, data=b"x" * 18_000_000, timeout=300)
        assert large.status_code in (413, 502), "refused; 2.6 gives the second"
        large = session.get(front, headers={"X-Large": "x" * 2_000_000}, timeout=300)
        assert large.status_code == 431

        half = ssl.create_default_context(cafile=str(root)).wrap_socket(
            socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
        )
        half.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\ncode=")
        half.settimeout(60)
        assert not half.recv(100).startswith(b"HTTP/1.1 200"), "given up, before the server saw it"
        half.close()

        server.kill()
        gone = session.get(f"{front}/s/{code}?seen=never", timeout=300)
        assert gone.status_code in (502, 503)
        assert "It is not your fault" in gone.text
        assert gone.headers["Retry-After"]
        assert gone.headers["Cache-Control"] == "no-store"
    kept = [path for path in (tmp_path / "caddy").rglob("*") if path.is_file()]
    assert kept
    logged = server.output.read_bytes() + b"".join(path.read_bytes() for path in kept)
    for trace in (code, "/s/", "seen=never"):
        assert trace.encode() not in logged
