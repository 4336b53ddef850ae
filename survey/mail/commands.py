"""The operator's command for e-mail; `app_commands` registers it."""

from __future__ import annotations

import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from survey.mail.sending import deliver
from survey.mail.settings import way_out
from survey.settings import current_settings


@click.command("send-mail")
@click.option("--every", type=click.IntRange(5, 3600), help="Go on, every so many seconds.")
@with_appcontext
def send_mail(every: int | None) -> None:
    """Send the e-mail that waits in the outbox."""
    if way_out(current_settings()) is None:
        raise click.ClickException("No e-mail is set up: see SURVEY_MAIL_SERVER in the settings.")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    while True:
        with app.app_context():
            run = deliver()
        click.echo(f"{run.sent} sent, {run.failed} refused, {run.left} to be tried again.")
        if every is None:
            return
        time.sleep(every)
