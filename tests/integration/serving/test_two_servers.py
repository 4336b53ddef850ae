"""Two servers of one service behind nginx, on one PostgreSQL, as docs/operations.md has it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from flask import Flask

from survey.demo.http_student import walk
from survey.permissions import Role
from survey.settings import Settings
from tests.integration.responses.doors import make_codes, rows, used_codes
from tests.integration.serving.test_deploy_files import nginx_for, tool
from tests.ports import free_port
from tests.real_server import serving
from tests.world import PASSWORD, World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
HALF = b"POST / HTTP/1.1\r\nHost: survey.test\r\nContent-Length: 1000\r\n\r\ncode="


@contextmanager
def nginx(folder: Path, servers: list[str]) -> Iterator[str]:
    """nginx with the file of this project, without TLS, in front of these servers."""
    port, other = free_port(), free_port()
    home = folder / "nginx"
    home.mkdir(mode=0o711)
    config = nginx_for(
        home,
        {
            "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
            "listen 80;": f"listen 127.0.0.1:{other};",
            "server 127.0.0.1:8000 max_fails=2": f"server {servers[0]} max_fails=2",
            "# server 10.0.0.2:8000 max_fails=2": f"server {servers[1]} max_fails=2",
            "client_body_timeout 10s;": "client_body_timeout 2s;",
        },
    )
    process = subprocess.Popen([tool("nginx"), "-c", config, "-e", home / "error.log"])
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=300)


def sign_in(address: str, email: str) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{address}/sign-in", timeout=300).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    data = {"csrf_token": token[1], "email": email, "password": PASSWORD}
    assert session.post(f"{address}/sign-in", data=data, timeout=300).status_code == 200
    return session


def is_in(session: requests.Session, address: str) -> bool:
    return (
        session.get(f"{address}/staff/account", timeout=300, allow_redirects=False).status_code
        == 200
    )


def test_students_and_staff_meet_one_service(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    codes = make_codes(app, world.own, year=9, count=8)
    with serving(settings, tmp_path) as one, serving(settings, tmp_path) as two:
        backs = [server.address.removeprefix("http://") for server in (one, two)]
        with nginx(tmp_path, backs) as front, ThreadPoolExecutor(4) as students:
            list(students.map(lambda code: walk(front, code, {}), codes[:4]))
            assert used_codes(app) == 4

            member = sign_in(one.address, world.email(Role.LEAD))
            assert is_in(member, one.address)
            assert is_in(member, two.address), "cookies do not know ports"
            page = member.get(f"{two.address}/staff/account", timeout=300).text
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
            assert token
            member.post(f"{two.address}/sign-out", data={"csrf_token": token[1]}, timeout=300)
            assert not is_in(member, one.address)

            too_large = requests.post(front, data=b"x" * 18_000_000, timeout=300)
            assert too_large.status_code == 413
            assert requests.get(f"{front}/metrics", timeout=300).status_code == 404
            half = socket.create_connection(("127.0.0.1", int(front.rpartition(":")[2])))
            half.sendall(HALF)
            half.settimeout(30)
            with pytest.raises(ConnectionResetError):  # given up; no server ever saw it
                half.recv(100)
            half.close()

            going = [students.submit(walk, front, code, {}) for code in codes[4:6]]
            one.kill()
            for each in going:
                each.result()
            assert used_codes(app) == 6
            for code in codes[6:]:
                walk(front, code, {})
        logged = one.output.read_text() + two.output.read_text()
    assert used_codes(app) == 8
    assert rows(app, "response") is not None
    for path in (tmp_path / "nginx").rglob("*"):
        if path.is_file() and path.suffix not in (".pem", ".conf"):
            logged += path.read_text(errors="replace")
    for trace in (*codes, "/p/", "/s/"):
        assert trace not in logged
    assert os.path.exists(settings.keys_at)
