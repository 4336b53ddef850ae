"""A form that outlives its session loses nothing: the end is said, and the words come back after
signing in. Nothing of them is stored, and no other site can bring any."""

from __future__ import annotations

import io
import logging
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from survey.actions.models import Action
from survey.database import read
from survey.organisations.kept_forms import views as kept_forms_views
from survey.organisations.kept_forms.views import KeptForm, seal, unseal
from survey.permissions import Permission, Role, declared_access
from tests.integration.organisations.pages import turn_second_step_on
from tests.integration.test_permissions_sweep import Doors
from tests.world import PASSWORD, World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GOAL = "Nobody avoids the toilets\r\nat break or “lunch” <ever> & after"
HIDDEN = re.compile(r'<input[^>]*?type="hidden"[^>]*>', re.DOTALL)


def hidden(page: TestResponse, action: str) -> MultiDict[str, str]:
    """The hidden fields of the form on a page that leads there."""
    forms = [part.split("</form>")[0] for part in page.text.split("<form")[1:]]
    here = [form for form in forms if f'action="{action}"' in form.split(">")[0]]
    # A form that says nothing leads to its own page.
    [form] = here or [form for form in forms if "action=" not in form.split(">")[0]]
    fields: MultiDict[str, str] = MultiDict()
    for field in HIDDEN.findall(form):
        name, value = (re.search(rf'{one}="([^"]*)"', field) for one in ("name", "value"))
        assert name
        assert value
        fields.add(unescape(name[1]), unescape(value[1]))
    return fields


@pytest.fixture
def action(world: World) -> str:
    return f"/schools/{world.own.school_id}/actions/{world.own.action_id}/edit"


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    client.application.config["WTF_CSRF_ENABLED"] = True
    return client


@pytest.fixture
def typed(lead: FlaskClient, action: str) -> MultiDict[str, str]:
    """The edit page of an action as its reader left it: another goal, and a stale token."""
    page = lead.get(action)
    assert page.status_code == 200, page.status_code
    fields = hidden(page, action)
    for area in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\s*(.*?)</textarea>', page.text, re.S
    ):
        fields[area[0]] = unescape(area[1])
    for tag in re.findall(r"<input[^>]*>", page.text):
        name, value = (re.search(rf'{one}="([^"]*)"', tag) for one in ("name", "value"))
        if name and value and 'type="hidden"' not in tag and 'type="checkbox"' not in tag:
            fields[name[1]] = unescape(value[1])
    for name, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page.text, re.S
    ):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    fields["goal"] = GOAL
    return fields


def goal(app: Flask, world: World) -> str:
    with app.app_context():
        found = read().get(Action, (world.own.school_id, world.own.action_id))
        assert found
        return found.goal


def again(page: TestResponse) -> TestResponse:
    assert page.status_code == 200
    assert "You are signed in again" in page.text
    assert "&lt;ever&gt; &amp; after" in page.text
    return page


def test_the_words_come_back_after_signing_in(
    app: Flask, lead: FlaskClient, world: World, action: str, typed: MultiDict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    lead.delete_cookie("session")
    over = lead.post(action, data=typed)
    assert over.status_code == 401
    assert "Your session has ended" in over.text.split("<main")[1]
    assert "toilets" not in over.text, "what was typed is sealed"

    wrong = lead.post(
        "/sign-in",
        data={**hidden(over, "/sign-in"), "email": world.email(Role.LEAD), "password": "x" * 12},
    )
    assert "Your session has ended" in wrong.text, "a wrong password loses nothing"
    right = {"email": world.email(Role.LEAD), "password": PASSWORD}
    page = again(lead.post("/sign-in", data={**hidden(wrong, "/sign-in"), **right}))
    assert goal(app, world) != GOAL, "nothing is saved before somebody says so"

    sent = lead.post(action, data=hidden(page, action))
    assert sent.status_code == 302, sent.text[:3000]
    assert goal(app, world).split() == GOAL.split()
    assert "avoids" not in caplog.text


def test_the_second_step_loses_nothing(
    app: Flask, lead: FlaskClient, world: World, action: str, typed: MultiDict[str, str]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    phone = turn_second_step_on(lead)
    app.config["WTF_CSRF_ENABLED"] = True
    lead.delete_cookie("session")
    over = lead.post(action, data=typed)
    right = {"email": world.email(Role.LEAD), "password": PASSWORD}
    step = lead.post("/sign-in", data={**hidden(over, "/sign-in"), **right})
    assert "One more step" in step.text
    early = lead.post("/staff/send-again", data=hidden(step, "/staff/send-again"))
    assert early.status_code == 401
    app.config["WTF_CSRF_ENABLED"] = False  # the page in the other tab
    assert lead.post("/sign-in/code", data={"code": phone.next_code()}).status_code == 302
    app.config["WTF_CSRF_ENABLED"] = True
    page = again(lead.post("/staff/send-again", data=hidden(step, "/staff/send-again")))
    assert lead.post(action, data=hidden(page, action)).status_code == 302
    assert goal(app, world).split() == GOAL.split()


def test_a_tab_of_an_earlier_session_loses_nothing(
    app: Flask, lead: FlaskClient, world: World, action: str, typed: MultiDict[str, str]
) -> None:
    lead.delete_cookie("session")
    sign_in(lead, world.email(Role.LEAD))
    app.config["WTF_CSRF_ENABLED"] = True
    page = again(lead.post(action, data=typed))
    assert lead.post(action, data=hidden(page, action)).status_code == 302
    assert goal(app, world).split() == GOAL.split()


def test_every_form_of_staff_survives(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors = Doors(app, world, monkeypatch)
    visits = [one for one in list(doors.visits(world.own)) if one.method == "POST"]
    app.config["WTF_CSRF_ENABLED"] = True
    tried = 0
    for visit in visits:
        is_staffs = isinstance(declared_access(app, visit.endpoint), Permission)
        if not is_staffs or visit.endpoint.startswith("security."):
            continue
        answer = app.test_client().post(
            visit.address, data={"words": "some words", "n": ["1", "2"]}
        )
        assert answer.status_code == 401, visit
        with app.app_context():
            kept = unseal(hidden(answer, "/sign-in")["kept"])
        assert kept == KeptForm(visit.address, (("words", "some words"), ("n", "1"), ("n", "2")))
        tried += 1
    assert tried > 40


def test_a_form_with_a_file_keeps_its_words_and_says_that_the_file_is_gone(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    letterhead = f"/schools/{world.own.school_id}/letterhead"
    lead.delete_cookie("session")
    file = (io.BytesIO(b"\x89PNG"), "logo.png")
    over = lead.post(letterhead, data={"name": "Northmoor Trust", "logo": file})
    assert over.status_code == 401
    right = {"email": world.email(Role.LEAD), "password": PASSWORD}
    page = lead.post("/sign-in", data={**hidden(over, "/sign-in"), **right})
    assert "choose the file again" in page.text
    assert "Northmoor Trust" in page.text
    assert lead.post(letterhead, data=hidden(page, letterhead)).status_code == 302
    assert 'value="Northmoor Trust"' in lead.get(letterhead).text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_site_can_bring_words(
    lead: FlaskClient, action: str, typed: MultiDict[str, str], site: str, app: Flask
) -> None:
    headers = {"Sec-Fetch-Site": site}
    assert lead.post(action, data={"goal": "theirs, not ours"}, headers=headers).status_code == 400
    with app.test_request_context():
        sealed = seal(KeptForm(action, (("goal", "theirs, not ours"),)))
    brought = lead.post("/staff/send-again", data={"kept": sealed}, headers=headers)
    assert brought.status_code == 302


def test_nobody_else_can_make_or_read_what_is_sealed(app: Flask) -> None:
    with app.app_context():
        sealed = seal(KeptForm("/x", (("goal", "secret words"),)))
        assert unseal(sealed) == KeptForm("/x", (("goal", "secret words"),))
        for at in range(0, len(sealed), 7):
            letter = "A" if sealed[at] != "A" else "B"
            changed = sealed[:at] + letter + sealed[at + 1 :]
            assert unseal(changed) is None
        assert unseal("") is None
        assert unseal("é") is None
        app.config["SECRET_KEY"] = "another key of thirty-two letters"
        assert unseal(sealed) is None


def test_what_is_old_or_too_large_is_not_carried(
    app: Flask, lead: FlaskClient, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = lead.post(action, data={"goal": "x " * kept_forms_views.MOST_BYTES})
    assert large.status_code == 400
    with app.app_context():
        sealed = seal(KeptForm("/x", (("a", "b"),)))
        now = kept_forms_views.time.time() + kept_forms_views.KEPT_FOR_SECONDS + 5
        monkeypatch.setattr(kept_forms_views.time, "time", lambda: now)
        assert unseal(sealed) is None


def test_passwords_are_never_carried(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/staff/account/password", data={"password": "my old password"})
    assert "kept" not in answer.text


@pytest.mark.parametrize("form", ["open", "key", "code"])
def test_a_reading_password_is_never_shown_in_clear(
    lead: FlaskClient, world: World, form: str
) -> None:
    """A page that keeps what was typed would put it on the screen of the next person."""
    password = "nine loud herons"
    lead.post("/sign-out")
    answer = lead.post(
        f"/schools/{world.own.school_id}/help-requests/{form}",
        data={"password": password, "again": password, "code": "AAAA AAAA"},
    )
    assert answer.status_code in (302, 400)
    assert "kept" not in answer.text
    assert password not in answer.text
