"""The operator's command for a new `SURVEY_TOTP_KEY`; `app_commands` registers it."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from survey.database import begin, database
from survey.help_requests import box_storage
from survey.help_requests.box_format import shuffled
from survey.help_requests.models import HelpBox
from survey.help_requests.operations import box_key
from survey.organisations.accounts import second_step
from survey.settings import current_settings


@click.command("rotate-totp-key")
@with_appcontext
def rotate_totp_key() -> None:
    """Encrypt second steps and requests for help under the new SURVEY_TOTP_KEY."""
    key = box_key(*current_settings().totp_keys)
    written = broken = 0
    with begin() as db:
        done, left = second_step.encrypt_again(db)
        for school_id in db.scalars(select(HelpBox.school_id).distinct()).all():
            box_storage.hold(db, school_id)
            broken += box_storage.broken(db, school_id, key=key)
            for box in box_storage.whole(db, school_id, key=key):
                box_storage.rewrite(db, box, shuffled(box_storage.slots_of(box, key=key)), key=key)
                written += 1
    try:
        box_storage.sweep(database.engine)
    except box_storage.RequestsNotSweptError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"Second steps encrypted again: {done}. Boxes of requests: {written}.")
    if left or broken:
        raise click.ClickException(
            f"{left} second steps and {broken} boxes need a key that SURVEY_OLD_TOTP_KEYS does not"
            " name. Add it and run the command again."
        )
    click.echo(
        "Everything is under SURVEY_TOTP_KEY now. Read in docs/security/keys.md when the old"
        " key may go."
    )
