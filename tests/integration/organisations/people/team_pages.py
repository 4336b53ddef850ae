"""What people do on the pages about colleagues, for tests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.approvals import operations as approvals
from survey.approvals.models import Approval, ApprovalKind
from survey.approvals.states import ApprovalState
from survey.database import begin, read
from survey.mail.models import OutMail
from survey.mail.outbox import unseal
from survey.organisations.models import Member, Membership
from tests.integration.organisations.pages import try_sign_in, words
from tests.world import World

PASSWORD = "ticket lemon basalt"
ASKED_ON = date(2026, 10, 6)


@dataclass
class Team:
    """The people of the world's own school, by e-mail address."""

    app: Flask
    world: World

    @property
    def people(self) -> str:
        return f"/schools/{self.world.own.school_id}/people"

    def signed_in(self, email: str, password: str = "a long demo password") -> FlaskClient:
        client = self.app.test_client()
        assert try_sign_in(client, email, password).status_code == 302
        return client

    def invite(self, by: FlaskClient, email: str, role: str, name: str = "New Colleague") -> None:
        data = {"name": name, "email": email, "role": role}
        answer = by.post(f"{self.people}/invite", data=data)
        assert answer.status_code == 302, words(answer)

    def accept(self, email: str) -> FlaskClient:
        """Uses the link of the newest invitation, and signs in."""
        client = self.app.test_client()
        client.application.config["WTF_CSRF_ENABLED"] = False
        answer = client.post(self.link(email), data={"password": PASSWORD, "again": PASSWORD})
        assert answer.status_code in (302, 303), words(answer)
        assert try_sign_in(client, email, PASSWORD).status_code == 302
        return client

    def link(self, email: str) -> str:
        with self.app.app_context():
            query = select(OutMail.sealed).join(Member, Member.id == OutMail.member_id)
            sealed = read().scalars(
                query.where(Member.email == email, OutMail.kind == "invitation")
            )
            settings = current_app.extensions["settings"]
            paths = [unseal(one, settings) for one in sealed if one]
        client = self.app.test_client()
        return next(one for one in paths if client.get(one).status_code == 200)

    def joins(self, by: FlaskClient, email: str, role: str) -> FlaskClient:
        self.invite(by, email, role)
        return self.accept(email)

    def seat(self, email: str) -> uuid.UUID:
        with self.app.app_context():
            query = select(Membership.membership_id).join(Member, Member.id == Membership.member_id)
            at = Membership.school_id == self.world.own.school_id
            found = read().scalars(
                query.where(Member.email == email, at).order_by(Membership.ended_on.is_not(None))
            )
            return next(iter(found))

    def confirm(self, by: FlaskClient, email: str) -> TestResponse:
        return by.post(f"{self.people}/{self.seat(email)}/confirm")

    def remove(self, by: FlaskClient, email: str) -> TestResponse:
        return by.post(f"{self.people}/{self.seat(email)}/remove")

    def asks(self, email: str) -> uuid.UUID:
        """This person asks for more cards than the roll allows."""
        side = self.world.own
        with self.app.test_request_context(), begin() as db:
            asker = db.scalars(select(Member).where(Member.email == email)).one()
            for one in approvals.of_wave(db, school_id=side.school_id, wave_id=side.wave_id):
                if one.state is ApprovalState.WAITING:
                    one.state, one.answered_on = ApprovalState.LAPSED, ASKED_ON
            db.flush()
            return approvals.ask(
                db,
                school_id=side.school_id,
                wave_id=side.wave_id,
                kind=ApprovalKind.CARDS,
                by=asker,
                today=ASKED_ON,
                year=9,
                count=3,
                reason="A box of cards got wet",
            ).approval_id

    def agrees(self, client: FlaskClient, approval_id: uuid.UUID) -> bool:
        """Presses Agree on the page of the request; whether that counted."""
        side = self.world.own
        client.post(
            f"/schools/{side.school_id}/requests/{approval_id}/approve", data={"checked": "y"}
        )
        with self.app.app_context():
            found = read().get_one(Approval, (side.school_id, approval_id))
            read().refresh(found)
            return found.state is ApprovalState.APPROVED
