"""`safer-places serve`: checks, then becomes the server."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click
from flask.cli import ScriptInfo, pass_script_info

from survey.database import database
from survey.paths import PACKAGE
from survey.serving import start
from survey.serving.checks import refuse_to_start
from survey.settings import current_settings


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="How many processes serve pages. As many as suit this machine if not given.",
)
@click.option(
    "--threads",
    default=128,
    show_default=True,
    type=click.IntRange(1, 1024),
    help="How many requests each worker takes at once.",
)
@pass_script_info
def serve(info: ScriptInfo, host: str, port: int, workers: int | None, threads: int) -> None:
    """Serve the pages until it is stopped.

    It does not start if a setting is wrong, the database is of another release or cannot be
    reached or written, the disk is full, or the port is in use: it says which, and ends with the
    exit code of that problem. A worker that dies is started again. At a stop, requests that have
    begun are answered first.
    """
    check_start(info, host, port)
    run(host=host, port=port, workers=workers, threads=threads)


def check_start(info: ScriptInfo, host: str, port: int) -> None:
    """Raises an error for whatever keeps the server from serving."""
    start.refuse_port(host, port)
    with info.load_app().app_context():
        refuse_to_start(database.engine, current_settings())
        database.engine.dispose()


def run(*, host: str, port: int, workers: int | None, threads: int) -> None:
    """Becomes the server: this process, so that a supervisor's signals reach it."""
    count = workers or start.workers_for(start.processors(), start.megabytes())
    arguments = start.command(host=host, port=port, workers=count, threads=threads)
    click.echo(f"Serving at http://{host}:{port} with {count} workers.", err=True)
    os.execve(arguments[0], arguments, environment())  # noqa: S606 - our own command


def environment() -> Mapping[str, str]:
    """The environment of the server, in which it finds this package also from a checkout."""
    paths = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
    joined = os.pathsep.join(path for path in paths if path)
    return {**os.environ, start.STARTED: "yes", "PYTHONPATH": joined}
