"""An operator who leaves is shut out by command."""

from __future__ import annotations

from flask import Flask

from tests.world import World, sign_in


def run(app: Flask, *args: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["operators", *args])
    return done.exit_code, done.output


def test_operators_are_listed_renewed_and_closed(app: Flask, world: World) -> None:
    client = app.test_client()
    sign_in(client, world.operator_email)
    assert client.get("/operator/").status_code == 200
    assert world.operator_email in run(app, "list")[1]
    code, said = run(app, "renew", world.operator_email)
    assert (code, "New first password" in said) == (0, True)
    assert client.get("/operator/").status_code == 302, "signed out"
    code, said = run(app, "close", world.operator_email.upper())
    assert (code, "Operators left: 0" in said) == (0, True)
    assert world.operator_email not in run(app, "list")[1]


def test_an_account_that_is_no_operators_is_left_alone(app: Flask, world: World) -> None:
    for email in ("nobody@survey.test", *world.own.email.values()):
        code, said = run(app, "close", email)
        assert code == 1
        assert "No operator has an open account" in said
