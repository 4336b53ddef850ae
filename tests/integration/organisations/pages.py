"""What a person does on these pages, for tests."""

from __future__ import annotations

import re
import time

from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from tests.world import PASSWORD


def without_forgery_check(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False


def try_sign_in(
    client: FlaskClient, email: str, password: str = PASSWORD, **more: str
) -> TestResponse:
    without_forgery_check(client)
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/staff/account").status_code == 200


def words(answer: TestResponse) -> str:
    """The text of a page, as one line."""
    page = answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).strip()


def secret_shown(answer: TestResponse) -> list[str]:
    page = answer.get_data(as_text=True)
    return re.findall(r'<code class="secret">([^<]+)</code>', page)


class Phone:
    """An authenticator app, holding one account."""

    def __init__(self, key: str) -> None:
        self.totp = TOTP(key=key)

    def code(self) -> str:
        return str(self.totp.generate().token)

    def next_code(self) -> str:
        """The code of the half minute after this one. It counts already, because clocks differ,
        and no code counts twice."""
        return str(self.totp.generate(time.time() + 30).token)

    def wrong_code(self) -> str:
        return f"{(int(self.code()) + 500_000) % 1_000_000:06d}"


def turn_second_step_on(client: FlaskClient) -> Phone:
    page = client.post("/staff/account/second-step", data={"setup": "authenticator"})
    (key,) = secret_shown(page)
    (confirm,) = re.findall(r'action="(/staff/account/second-step/[^"]+)"', page.text)
    phone = Phone(key)
    answer = client.post(confirm, data={"code": phone.code()})
    assert answer.headers["Location"] == "/staff/account/second-step-done"
    return phone


NEW_PASSWORD = "ticket lemon basalt"


def choose_password(client: FlaskClient, first: str) -> None:
    """What a member does after signing in with a first password."""
    assert client.get("/staff").headers["Location"] == "/staff/account/password"
    new = {"new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    answer = client.post("/staff/account/password", data={"password": first} | new)
    assert answer.status_code == 302, words(answer)
