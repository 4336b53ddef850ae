"""The app behind a web server in a thread of the tests: there at once, where `tests.real_server`
takes seconds. What needs separate processes, or the server of production, uses that one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from survey.app import create_app
from survey.database import database
from survey.settings import Settings
from tests.browser.driving import aside
from tests.ports import free_port

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Address:
    """Where a server answers."""

    address: str


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # lines stay open, as with the server of production

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: what fails is seen by the test."""


@contextmanager
def answering(settings: Settings, port: int = 0) -> Iterator[Address]:
    """A server on the database of `settings`, until the end of the block. `port` is given where the
    settings name it."""
    app = aside(create_app, settings)
    port = port or free_port()
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield Address(f"http://127.0.0.1:{port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        aside(_close, app)


def _close(app: Flask) -> None:
    with app.app_context():
        for engine in database.engines.values():
            engine.dispose()
