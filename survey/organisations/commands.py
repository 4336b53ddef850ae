"""The operator's commands about accounts; `app_commands` registers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from survey.database import begin, read
from survey.errors import SurveyError
from survey.organisations import operations
from survey.permissions import Role


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
                db,
                email=email,
                name=name,
                role=Role.OPERATOR,
                password=password,
                is_first_password=True,
                by=None,
            )
    except SurveyError as refused:
        raise click.ClickException(refused.message) from None
    click.echo(f"First password of {email}: {password}")
    click.echo(
        "It is kept nowhere and works for 7 days. Sign in at /sign-in: you choose your own there."
    )


@click.group("operators")
def operators() -> None:
    """List, close or renew the accounts of operators."""


@operators.command("list")
@with_appcontext
def list_operators() -> None:
    """Who can sign in as an operator, and since when."""
    found = operations.operators(read())
    for one in found:
        second = "second step on" if one.tf_primary_method else "second step off"
        click.echo(f"{one.email}  {one.name}  since {one.since}  {second}")
    if not found:
        click.echo("No operator has an account. Open one with add-operator.")


@operators.command("close")
@click.argument("email")
@with_appcontext
def close_operator(email: str) -> None:
    """Close the account of EMAIL. Its sessions end at once."""
    with _refusals(), begin() as db:
        member = operations.find_operator(db, email)
        operations.close_member(db, member_id=member.id, by=None)
        left = len(operations.operators(db))
    click.echo(f"The account of {email} is closed. Operators left: {left}.")


@operators.command("renew")
@click.argument("email")
@with_appcontext
def renew_operator(email: str) -> None:
    """Give EMAIL a new first password, print it once, and end its sessions."""
    password = operations.make_password()
    with _refusals(), begin() as db:
        member = operations.find_operator(db, email)
        operations.renew_member(db, member_id=member.id, password=password, by=None)
    click.echo(f"New first password of {email}: {password}")
    click.echo(
        "It is kept nowhere and works for 7 days. The second step is off until they set it up."
    )


@contextmanager
def _refusals() -> Iterator[None]:
    """Prints the message of a refused action, without a traceback."""
    try:
        yield
    except SurveyError as refused:
        raise click.ClickException(refused.message) from None
