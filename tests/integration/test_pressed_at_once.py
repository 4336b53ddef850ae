"""Two presses of a button at the same moment create one thing, and of two people who save the same
words at the same moment one wins and the others see that they lost."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from survey.campaigns.models import Programme
from survey.database import read
from survey.permissions import Role
from tests.world import World, sign_in

PRESSES = 3


def test_presses_at_one_moment_create_one_programme(app: Flask, world: World) -> None:
    clients = [app.test_client() for _press in range(PRESSES)]
    for client in clients:
        sign_in(client, world.email(Role.ANALYST))
    new = f"/authorities/{world.own.authority_id}/programmes/new"
    given = {"title": "Safe?", "template": "safety 2026.3", "number": str(uuid.uuid4())}
    together = Barrier(PRESSES)

    def press(number: int) -> tuple[int, str | None]:
        together.wait()
        answer = clients[number].post(new, data=given)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(PRESSES) as pool:
        answers = list(pool.map(press, range(PRESSES)))
    assert {status for status, _to in answers} == {302}
    assert len({to for _status, to in answers}) == 1, "every press leads to the same page"
    with app.app_context():
        made = select(func.count()).select_from(Programme).where(Programme.title == "Safe?")
        assert read().scalar(made) == 1
        read().rollback()


def test_of_people_who_save_at_one_moment_one_wins_and_the_others_are_told(
    app: Flask, world: World
) -> None:
    clients = [app.test_client() for _press in range(PRESSES)]
    page = f"/schools/{world.own.school_id}/letterhead"
    seen = []
    for client in clients:
        sign_in(client, world.email(Role.LEAD))
        seen += re.findall(r'name="seen_values"[^>]* value="(\w+)"', client.get(page).text)
    together = Barrier(PRESSES)

    def save(number: int) -> int:
        together.wait()
        given = {"name": f"Name {number}", "seen_values": seen[number]}
        return clients[number].post(page, data=given).status_code

    with ThreadPoolExecutor(PRESSES) as pool:
        answers = list(pool.map(save, range(PRESSES)))
    assert sorted(answers) == [200] * (PRESSES - 1) + [302]
    assert f"Name {answers.index(302)}" in clients[0].get(page).text
