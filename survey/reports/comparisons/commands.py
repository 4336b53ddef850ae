"""The operator's command to print a stored comparison."""

from __future__ import annotations

import uuid

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from survey.database import read
from survey.releases.models import StoredComparison


@click.command("comparison-document")
@click.argument("programme", type=click.UUID)
@click.argument("wave", type=int)
@with_appcontext
def comparison_document(programme: uuid.UUID, wave: int) -> None:
    """Print a comparison as it is stored, to check it against the releases.

    It lists rounded numbers of answers with the letters of schools, so it goes to no one who
    should not tell them apart."""
    stored = read().scalar(
        select(StoredComparison).where(
            StoredComparison.programme_id == programme, StoredComparison.number == wave
        )
    )
    if stored is None:
        raise click.ClickException("There is no comparison of this wave.")
    click.echo(stored.document, nl=False)
