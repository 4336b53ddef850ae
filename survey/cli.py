"""The operator's commands: `flask --app wsgi COMMAND`."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from survey.asking import operations as asking
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.db import begin, database, today
from survey.device import ended
from survey.device.hour_keys import HourKeys
from survey.organisations.commands import add_operator
from survey.rehearsal.commands import fill_demo, replay_records
from survey.reports import ahead, drawings
from survey.reports.commands import comparison_document
from survey.reports.release import erase_due, known_documents
from survey.responses import collect
from survey.texts import leaving


def init_app(app: Flask) -> None:
    """Registers every command on the app."""
    for command in (
        migrate,
        housekeeping,
        add_operator,
        comparison_document,
        fill_demo,
        replay_records,
    ):
        app.cli.add_command(command)


@click.command("migrate")
@with_appcontext
def migrate() -> None:
    """Bring the database to the newest schema."""
    current_app.extensions["alembic"].upgrade()
    click.echo("The database is at the newest schema.")


@click.command("housekeeping")
@with_appcontext
def housekeeping() -> None:
    """What must happen once a day: move coarse counters, mix rows, erase what is due, and draw the
    reports that other code has drawn before an update."""
    day = today()
    with begin() as db:
        waves = list(db.scalars(select(Wave).where(Wave.state == WaveState.OPEN)))
        for wave in waves:
            collect.move_counter(db, wave=wave, today=day)
    for wave in waves:
        with begin() as db:
            collect.rewrite(db, school_id=wave.school_id, wave_id=wave.wave_id)
    keep_days = current_app.extensions["settings"].erase_after_days
    with begin() as db:
        erased = erase_due(db, today=day, erase_after_days=keep_days, by=None)
        leaving.erase_due(db, today=day, erase_after_days=keep_days, by=None)
    with begin() as db:
        requests = asking.erase_due(db, today=day)
        ended.forget_old(db)
    HourKeys(current_app.extensions["settings"].key_folder).forget_old()
    with begin() as db:
        drawings.forget(db, but_of=known_documents())
    pages = ahead.draw_missing()
    collect.vacuum(database.engine, leaving.ERASED)
    click.echo(
        f"{len(waves)} open waves mixed, raw responses of {erased} waves erased,"
        f" {requests} requests for help erased, {pages} pages of reports drawn."
    )
