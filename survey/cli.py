"""The operator's commands: `flask --app wsgi COMMAND`."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, today
from survey.demo.commands import fill_demo, replay_records
from survey.device import ended
from survey.device.hour_keys import HourKeys
from survey.free_text import publication as free_text_publication
from survey.help_requests import boxes, readers
from survey.help_requests import operations as asking
from survey.organisations.commands import add_operator, operators
from survey.releases.operations import erase_due, known_documents
from survey.releases.register import publications
from survey.reports.charts import cache as chart_cache
from survey.reports.comparisons.commands import comparison_document
from survey.reports.exports import prerender
from survey.responses import collect
from survey.responses.ballot_box import sweep, upkeep
from survey.settings import current_settings


def init_app(app: Flask) -> None:
    """Registers every command on the app."""
    for command in (
        migrate,
        housekeeping,
        add_operator,
        operators,
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
    """What must happen once a day: close surveys whose last day is over, open their boxes, move
    coarse counters, erase what is due, and draw the reports that other code has drawn before an
    update."""
    day, options = today(), current_settings()
    closed, problems = upkeep.close_overdue(day)
    with begin() as db:
        publications.settle(db)
    with begin() as db:
        for wave in db.scalars(select(Wave).where(Wave.state == WaveState.OPEN)):
            collect.move_counter(db, wave=wave, today=day, key=options.code_key)
    keep_days = options.erase_after_days
    with begin() as db:
        erased = erase_due(db, today=day, erase_after_days=keep_days, by=None)
        free_text_publication.erase_due(db, today=day, erase_after_days=keep_days, by=None)
    key = asking.box_key(current_settings().totp_key)
    with begin() as db:
        readers.advance_all(db, key=key, today=day)
        requests = asking.erase_due(db, key=key, today=day)
        ended.forget_old(db)
    HourKeys(options.keys_at).forget_old()
    with begin() as db:
        chart_cache.forget(db, but_of=known_documents())
    collect.vacuum(database.engine, free_text_publication.ERASED)
    database.session.rollback()  # our own reading would be in the way
    try:
        boxes.sweep(database.engine)
    except boxes.NotSweptError as failed:
        problems.append(failed.message)
    charts = prerender.draw_missing()
    click.echo(
        f"{closed} surveys closed after their last day, raw responses of {erased} waves erased,"
        f" {requests} requests for help erased, {charts} charts of reports drawn."
    )
    for words in (*upkeep.lost(), *problems):
        click.echo(words, err=True)
    if problems:
        raise click.ClickException("Not everything was done. Run housekeeping again.")
