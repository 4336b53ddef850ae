"""What the file for nginx claims, by effect: nginx with TLS in front of a server that writes down
what reaches it."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from survey.app import LARGEST_REQUEST
from tests.integration.serving.test_deploy_files import nginx_for, tool
from tests.ports import free_port

CODE = "GS3R-USWP"
MORE_THAN_BUFFERS = 3_000_000
CLAIMED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "http",
}
"""What a browser can say of itself."""


@dataclass
class Behind:
    """The server behind nginx."""

    http: ThreadingHTTPServer
    seen: list[Message] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)


@pytest.fixture
def behind() -> Iterator[Behind]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.seen.append(self.headers)
            made.lengths.append(len(self.rfile.read(int(self.headers.get("Content-Length", 0)))))
            self.send_response(200)
            self.send_header("Content-Length", str(MORE_THAN_BUFFERS))
            self.end_headers()
            self.wfile.write(b"x" * MORE_THAN_BUFFERS)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_ignored: object) -> None:
            pass

    made = Behind(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


@contextmanager
def in_front(folder: Path, server: int) -> Iterator[str]:
    """nginx without a folder for bodies and pages on the disk: what it would write there fails."""
    port = free_port()
    config = nginx_for(
        folder,
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "server 127.0.0.1:8000 max_fails=2": f"server 127.0.0.1:{server} max_fails=2",
        },
    )
    process = subprocess.Popen([tool("nginx"), "-c", config, "-e", folder / "error.log"])
    try:
        deadline = time.monotonic() + 300
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        for name in ("client_body", "proxy"):
            shutil.rmtree(folder / name)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=300)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        made.verify = False
        yield made


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_nothing_of_a_student_is_on_a_disk_and_no_address_is_believed(
    tmp_path: Path, behind: Behind, session: requests.Session
) -> None:
    with in_front(tmp_path, behind.http.server_port) as front:
        page = session.get(f"{front}/s/{CODE}", headers=CLAIMED, timeout=300)
        assert len(page.content) == MORE_THAN_BUFFERS, "without a file for what does not fit"
        said = {name.lower(): value for name, value in behind.seen[-1].items()}
        assert "x-forwarded-for" not in said
        assert said["x-forwarded-proto"] == "https"

        form = b"a" * LARGEST_REQUEST
        assert session.post(f"{front}/p/{CODE}", data=form, timeout=300).status_code == 200
        assert behind.lengths[-1] == LARGEST_REQUEST, "in memory: there is no folder for it"
        assert session.post(front, data=form * 8, timeout=300).status_code == 500, "needs a folder"

        large = session.post(front, data=b"a" * 18_000_000, timeout=300)
        assert large.status_code == 413
        assert "at most 16 MB" in large.text
        assert large.headers["Strict-Transport-Security"]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert CODE.encode() not in kept


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_without_a_server_students_read_what_to_do(
    tmp_path: Path, session: requests.Session
) -> None:
    with in_front(tmp_path, free_port()) as front:
        for answer in (
            session.get(f"{front}/s/{CODE}", timeout=300),
            session.post(f"{front}/p/{CODE}", data={"a": "b"}, timeout=300),
        ):
            assert answer.status_code == 502
            assert "It is not your fault" in answer.text
            assert "sending twice does no harm" in " ".join(answer.text.split())
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Retry-After"]
        port = int(front.rpartition(":")[2])
        asks = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        asks.check_hostname = False
        asks.set_alpn_protocols(["h2"])
        with asks.wrap_socket(socket.create_connection(("127.0.0.1", port))) as line:
            assert line.selected_alpn_protocol() == "h2"
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert CODE.encode() not in kept


@pytest.mark.parametrize(
    ("version", "ciphers", "is_taken"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_2, "NULL:RC4:3DES:EXPORT:aNULL:@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT", True),
        (ssl.TLSVersion.TLSv1_3, "DEFAULT", True),
    ],
)
@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
def test_old_versions_and_weak_ciphers_are_refused(
    tmp_path: Path, version: ssl.TLSVersion, ciphers: str, is_taken: bool
) -> None:
    with in_front(tmp_path, free_port()) as front:
        asks = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        asks.check_hostname = False
        asks.minimum_version = asks.maximum_version = version
        asks.set_ciphers(ciphers)
        port = int(front.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as line:
            if is_taken:
                with asks.wrap_socket(line) as secured:
                    assert secured.version() == version.name.replace("_", ".")
            else:
                with pytest.raises(ssl.SSLError):
                    asks.wrap_socket(line)
