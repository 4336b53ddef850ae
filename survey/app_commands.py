"""The operator's commands: `safer-places COMMAND`, or `flask --app wsgi COMMAND`."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from survey.backups.commands import backup, move_database, restore
from survey.database import begin, database
from survey.demo.commands import fill_demo, replay_records
from survey.help_requests.commands import rotate_totp_key
from survey.jobs.commands import worker
from survey.jobs.run_job import run_now
from survey.jobs.schedule import UPKEEP
from survey.mail.commands import send_mail
from survey.organisations.commands import add_operator, operators
from survey.organisations.school_files.commands import import_people, import_schools
from survey.reports.comparisons.commands import comparison_document
from survey.responses.ballot_box import sweep
from survey.serving import last_runs
from survey.serving.exit_codes import Stop, StopReason
from survey.serving.schema import newest_step, steps_served, steps_that_need_a_stop


def init_app(app: Flask) -> None:
    """Registers every command on the app."""
    for command in (
        migrate,
        housekeeping,
        worker,
        backup,
        restore,
        move_database,
        add_operator,
        operators,
        rotate_totp_key,
        import_schools,
        import_people,
        send_mail,
        comparison_document,
        fill_demo,
        replay_records,
    ):
        app.cli.add_command(command)


@click.command("migrate")
@click.option("--stopped", is_flag=True, help="All servers and workers are stopped.")
@with_appcontext
def migrate(stopped: bool) -> None:
    """Bring the database to the newest schema. Servers of the release before go on meanwhile, but
    for steps that need a stop: then the command changes nothing without --stopped."""
    with database.engine.connect() as connection:
        waiting = steps_that_need_a_stop(connection)
    if waiting and not stopped:
        raise Stop(StopReason.SCHEMA, NEEDS_A_STOP.format(steps=", ".join(waiting)))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():  # at its end the connection of the steps is closed
        current_app.extensions["alembic"].upgrade()
        with begin() as db:
            last_runs.note_migrated(db, newest_step(), steps_served())
    try:
        sweep.clear(database.engine)
    except sweep.SweepError as problem:
        raise click.ClickException(
            "The database is at the newest schema, but what the old one left behind could not be"
            f" cleared away: {problem}. Stop what reads the database, and run migrate again."
        ) from problem
    click.echo("The database is at the newest schema.")


NEEDS_A_STOP = (
    "Nothing was changed. Code of the release before cannot read the new schema (steps {steps}),"
    " so students would see an error. Stop all servers and workers, run"
    " safer-places migrate --stopped, and start the new ones."
)


@click.command("housekeeping")
@with_appcontext
def housekeeping() -> None:
    """What must happen once a day, now: close surveys whose last day has passed, open their boxes,
    move coarse counters, erase what is due, and end surveys that will have no report. A worker does
    the same every night by itself."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    ended = run_now(app, UPKEEP, {})
    if ended is None:
        raise click.ClickException("Housekeeping is running already. Nothing was begun.")
    if ended.problem is not None:
        raise click.ClickException(f"{ended.problem} Run housekeeping again.")
    click.echo(ended.result)
