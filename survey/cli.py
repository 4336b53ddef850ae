"""The operator's commands: `flask --app wsgi COMMAND`."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from survey.database import database, today
from survey.demo.commands import fill_demo, replay_records
from survey.organisations.commands import add_operator, operators
from survey.organisations.school_files.commands import import_schools
from survey.reports.comparisons.commands import comparison_document
from survey.responses.ballot_box import sweep
from survey.retention import operations as retention
from survey.settings import current_settings


def init_app(app: Flask) -> None:
    """Registers every command on the app."""
    for command in (
        migrate,
        housekeeping,
        add_operator,
        operators,
        import_schools,
        comparison_document,
        fill_demo,
        replay_records,
    ):
        app.cli.add_command(command)


@click.command("migrate")
@with_appcontext
def migrate() -> None:
    """Bring the database to the newest schema."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():  # at its end the connection of the steps is closed
        current_app.extensions["alembic"].upgrade()
    try:
        sweep.clear(database.engine)
    except sweep.SweepError as problem:
        raise click.ClickException(
            "The database is at the newest schema, but what the old one left behind could not be"
            f" cleared away: {problem}. Stop what reads the database, and run migrate again."
        ) from problem
    click.echo("The database is at the newest schema.")


@click.command("housekeeping")
@with_appcontext
def housekeeping() -> None:
    """What must happen once a day: close surveys whose last day has passed, open their boxes, move
    coarse counters, erase what is due, end surveys that will have no report, and draw the reports
    that other code has drawn before an update."""
    done = retention.keep(current_settings(), today=today())
    click.echo(
        f"{done.closed} surveys closed after their last day, {done.ended} ended with too few"
        f" answers, raw responses of {done.erased} surveys erased,"
        f" {done.help_requests_erased} requests for help erased,"
        f" {done.charts_drawn} charts of reports drawn."
    )
    for words in (*done.lost, *done.problems):
        click.echo(words, err=True)
    if done.problems:
        raise click.ClickException("Not everything was done. Run housekeeping again.")
