"""The operator's commands about accounts; `cli` registers them."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from survey.access import Role
from survey.db import begin
from survey.organisations import operations


@click.command("add-operator")
@click.argument("email")
@click.argument("name")
@with_appcontext
def add_operator(email: str, name: str) -> None:
    """Open an operator's account for EMAIL, and print its first password once."""
    password = operations.make_password()
    try:
        with begin() as db:
            operations.add_member(
                db, email=email, name=name, role=Role.OPERATOR, password=password, by=None
            )
    except operations.EmailTakenError as refused:
        raise click.ClickException(refused.message) from None
    click.echo(f"First password of {email}: {password}")
    click.echo("It is kept nowhere. Sign in at /sign-in and change it in your account.")
