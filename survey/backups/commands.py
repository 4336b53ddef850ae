"""The operator's commands about copies of the database."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.backups import make_backup, move_to_postgresql, restore_backup
from survey.backups.errors import BackupError
from survey.database import today
from survey.settings import current_settings

REPLACE_WORD = "replace-it"


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def backup(folder: Path) -> None:
    """Make a backup of the database in FOLDER, and delete those there that are past their last day.
    The key folder and the ledger are not in it."""
    options = current_settings()
    try:
        file, manifest = make_backup.make(folder, options=options, today=today())
        gone = make_backup.delete_old(folder, today=today())
    except BackupError as problem:
        raise click.ClickException(f"No backup was made. {problem}") from problem
    click.echo(f"{file} is made. It is deleted after {manifest.last_day.isoformat()}.")
    for one in gone:
        click.echo(f"{one} was past its last day and is deleted.")
    click.echo(f"Not in it, and to be kept apart from it: the keys in {options.keys_at}")
    click.echo(f"and the ledger {options.ledger_file}. A restore needs both.")


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--replace",
    metavar=REPLACE_WORD,
    help=f"Replace a database that is not empty. The word is {REPLACE_WORD}.",
)
@click.option("--ledger-lost", is_flag=True, help="The ledger of this database is lost.")
@with_appcontext
def restore(file: Path, replace: str | None, ledger_lost: bool) -> None:
    """Put the backup FILE in the place of the database. Stop the servers first."""
    if replace not in (None, REPLACE_WORD):
        raise click.ClickException(f"Nothing was changed. The word is {REPLACE_WORD}.")
    try:
        done = restore_backup.restore(
            file,
            options=current_settings(),
            today=today(),
            replace=replace is not None,
            without_ledger=ledger_lost,
        )
    except BackupError as problem:
        raise click.ClickException(f"Nothing was changed. {problem}") from problem
    click.echo(f"The database is that of {done.manifest.made_on.isoformat()}, brought up to date.")
    count = f"{done.done_again} {'entry' if done.done_again == 1 else 'entries'}"
    click.echo(f"Done again, because it was done after the backup: {count}.")
    click.echo("Everyone is signed out.")
    for survey in done.voided:
        click.echo(f"Cards are void, new ones have to be printed: {survey}")
    for email in done.locked:
        click.echo(f"Has to be renewed before they can sign in: {email}")
    for survey in done.keyless:
        click.echo(f"The key is not in SURVEY_KEY_FOLDER: {survey}")
    if done.keyless:
        click.echo("Bring back the key folder before you start the servers. Without it, answers")
        click.echo("open only with the paper copy of the key.")
    click.echo("Run `safer-places housekeeping` now, then start the servers.")


@click.command("move-database")
@click.argument("source")
@click.argument("target")
@with_appcontext
def move_database(source: str, target: str) -> None:
    """Take everything from the SQLite file SOURCE to the empty PostgreSQL database TARGET. Stop the
    servers first."""
    try:
        done = move_to_postgresql.move(source, target)
    except BackupError as problem:
        raise click.ClickException(f"Nothing was moved. {problem}") from problem
    for one in done:
        click.echo(f"{one.table}: {one.rows} rows, compared")
    click.echo("Everything is moved.")
    for words in move_to_postgresql.advice(current_settings(), source, target):
        click.echo(f"- {words}")
