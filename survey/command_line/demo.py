"""`safer-places demo`: a filled demo in a folder, made and served by one command."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import click
from flask.cli import ScriptInfo, pass_script_info

from survey import logs
from survey.app_commands import migrate
from survey.command_line import serve
from survey.command_line.settings_file import read_settings_file
from survey.demo.commands import fill_demo
from survey.settings import PREFIX

BEING_FILLED = "being-filled"
"""A file in the folder while the first part of the demo is being filled."""

SECRETS = ("SECRET_KEY", "PASSWORD_SALT", "CODE_KEY", "TOTP_KEY")


@click.command("demo")
@click.option(
    "--folder",
    default=".demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its database and keys are kept. Delete the folder to begin again.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--serve/--no-serve", "serves", default=True, help="Only fill it.")
@pass_script_info
@click.pass_context
def demo(context: click.Context, info: ScriptInfo, folder: Path, port: int, serves: bool) -> None:
    """Fill a demo with invented schools and serve it. It needs no settings.

    Settings in the environment are not used, so a real database is never filled by mistake.
    """
    use_demo_settings(folder, port)
    begun = folder.resolve() / BEING_FILLED
    if begun.exists():
        click.echo("The last start was stopped before the demo was filled. Starting again.")
        clear(folder.resolve())
    begun.touch()
    context.invoke(migrate, stopped=True)
    with logs.problems_only():
        context.invoke(fill_demo)
    begun.unlink()
    if serves:
        serve.check_start(info, "127.0.0.1", port)
        serve.run(host="127.0.0.1", port=port, workers=2, threads=64)


def clear(folder: Path) -> None:
    """Deletes the database, its ledger and the folder of its keys."""
    for left in folder.glob("survey.db*"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def use_demo_settings(folder: Path, port: int) -> None:
    """Puts the settings of the demo into the environment, in place of all that are there. Only the
    demo has secrets that no one chose; they are made once for each folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder.resolve() / "secrets"
    if not kept.exists():
        lines = [f"{PREFIX}{name}={secrets.token_hex(32)}\n" for name in SECRETS]
        kept.touch(mode=0o600)
        kept.write_text("".join(lines), encoding="ascii")
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(
        read_settings_file(kept),
        SURVEY_DATABASE_URL=f"sqlite:///{kept.with_name('survey.db')}",
        SURVEY_PUBLIC_ADDRESS=f"http://127.0.0.1:{port}",
        SURVEY_OPERATOR_NAME="Demo operator",
        SURVEY_OPERATOR_CONTACT="operator@example.org",
        SURVEY_DEMO="yes",
        SURVEY_MAIL_FOLDER=str(kept.with_name("mail")),
        SURVEY_MAIL_FROM="demo@example.org",
        SURVEY_SECOND_STEP="optional",  # visitors of the demo have no phone set up
    )
