"""Every page can be reached from a role's start page, by links and by forms that begin something.

Nothing is listed by hand. A crawler starts where a member lands after signing in and follows every
link and every form's address; what it never meets is an endpoint that exists and cannot be reached.
It goes through a school in several states, one after another, because a page may be linked only
while a survey is open, or only once a report is there.
"""

from __future__ import annotations

import re
import socket
from html import unescape

import pytest
from flask import Flask
from werkzeug.routing import RequestRedirect

from survey.database import begin
from survey.jobs.operations import enqueue
from survey.permissions import PERMISSIONS, Permission, Role, declared_access
from survey.releases.job_subjects import DRAWING, subject_of
from survey.reports.charts import stored_charts
from tests.browser import staff_pages
from tests.integration.test_permissions_sweep import LIKE_ANOTHER, ORGANISATIONS, WORKS_AT
from tests.seats import with_every_seat
from tests.world import World, sign_in

ADDRESS = re.compile(r'(?:href|action|formaction|src|data-address)="(/[^"#?]*)')
ENDING = re.compile(r"\.[a-z0-9]+$")
FAR_FROM_TEXTS = ("reports.", "exports.", "charts.", "help_", "self_assessment.", "actions.")
"""While texts are read, and each time they move on, pages of other matters show the same again."""


AFTER_A_STEP = {
    "approvals.at_authority": "approvals/notice.html",
    "help_requests.cancel_key": "help_requests/readers.html",
    "help_requests.close_alike": "help_requests/inbox.html",
    "help_requests.invite_reader": "help_requests/readers.html",
    "help_requests.new_sheet": "help_requests/readers.html",
    "help_requests.read_request": "help_requests/inbox.html",
    "help_requests.remove_reader": "help_requests/readers.html",
    "help_requests.shut_inbox": "help_requests/inbox.html",
    "campaigns.key_again": "campaigns/wave.html",
    "organisations.send_link": "organisations/account_actions.html",
    "organisations.news_seen": "organisations/news.html",
    "organisations.link_provider": "organisations/provider_accounts.html",
    "organisations.unlink_provider": "organisations/provider_accounts.html",
    "organisations.remove_passkey": "organisations/passkeys.html",
    "organisations.places": "staff/base.html",
    "organisations.go_to": "organisations/places.html",
    "organisations.confirm_seat": "organisations/organisation.html",
    "organisations.end_seat": "organisations/organisation.html",
    "organisations.confirm_at_school": "organisations/authority_people.html",
    "organisations.confirm_colleague": "organisations/people.html",
    "organisations.invite_again": "organisations/people.html",
    "actions.poster": "feedback/staff.html",
    "actions.switch_page": "feedback/staff.html",
    "help_requests.close": "help_requests/request.html",
    "help_requests.show": "help_requests/inbox.html",
    "self_assessment.finish": "self_assessment/show.html",
    "campaigns.add_area": "campaigns/site_plans/plan.html",
    "campaigns.add_core_item": "campaigns/programme/core.html",
    "campaigns.cards_pdf": "campaigns/codes.html",
    "campaigns.change_area": "campaigns/site_plans/plan.html",
    "campaigns.codes_csv": "campaigns/codes.html",
    "campaigns.core_item": "campaigns/programme/core.html",
    "campaigns.invite": "campaigns/programme.html",
    "campaigns.own_item": "campaigns/draft/section.html",
    "campaigns.plan_picture": "campaigns/site_plans/plan.html",
    "campaigns.remove_area": "campaigns/site_plans/plan.html",
    "campaigns.remove_core_item": "campaigns/programme/core.html",
    "campaigns.remove_item": "campaigns/draft/section.html",
    "campaigns.remove_plan": "campaigns/site_plans/plan.html",
    "organisations.remove_school_logo": "organisations/letterhead.html",
    "organisations.school_logo": "organisations/letterhead.html",
    "releases.make": "campaigns/wave.html",
    "releases.end": "campaigns/wave.html",
    "releases.restore": "campaigns/wave.html",
    "campaigns.ask_to_read": "campaigns/own_questions.html",
    "campaigns.discard_programme": "campaigns/programme.html",
    "campaigns.take_back": "campaigns/programme.html",
    "campaigns.uninvite": "campaigns/programme.html",
    "organisations.discard_organisation": "organisations/organisation.html",
    "organisations.reopen_organisation": "organisations/organisation.html",
    "campaigns.record_sign_off": "campaigns/sign_offs.html",
    "campaigns.unarchive_campaign": "campaigns/archive.html",
    "campaigns.unarchive_programme": "campaigns/programme_archive.html",
    "campaigns.sign_off_of_authority": "campaigns/programme.html",
    "campaigns.sign_off": "campaigns/sign_offs.html",
    "campaigns.invitation": "campaigns/readers/school.html",
    "campaigns.decline_invitation": "campaigns/readers/invitation.html",
    "campaigns.slips": "campaigns/wave.html",
    "help_contacts.edit_local": "help_contacts/of_school.html",
    "help_contacts.check_local": "help_contacts/of_school.html",
    "help_contacts.remove_local": "help_contacts/of_school.html",
    "shared_places.put_together": "shared_places/show.html",
    "free_text.open_room": "free_text/room.html",
}
"""Endpoints linked only after a member has typed something or pressed a button that the crawler
does not press, and the template that links each: itself the page of an endpoint that the crawler
meets or of another one in this table. The test reads the template."""

NOT_BY_LINKS = {
    "campaigns.revoke_sign_off": "a button at a survey that was signed off",
    "campaigns.revoke_sign_off_of_authority": "a button at a survey that was signed off",
    "campaigns.sign_off": "on the head's start page once a draft is ready",
    "approvals.answer_at_authority": "the form of the page of an approval",
    "approvals.answer_at_school": "the form of the page of an approval",
    "charts.compared_drawing": "fetched by the script of the charts",
    "charts.drawing": "fetched by the script of the charts",
    "responses_preview.plan_picture": "a picture in a preview",
    "organisations.second_step_done": "where setting up the second step leads",
    "reports.plan_picture": "a picture in a report with a plan",
    "reports.pulse": "where the address of a report leads for a survey of adults",
    "security.mf_recovery_codes": "shown while the second step of sign-in is set up",
    "security.two_factor_setup_validate": "shown while the second step of sign-in is set up",
    "security.verify": "asked for before something sensitive",
}


NEEDS_FIELDS = frozenset({"self_assessment.compare"})
"""Pages that a form leads to with its fields; the walk takes the address alone."""

WALKERS = [role for role in Role if role not in LIKE_ANOTHER]
ONLY_READ = frozenset({Role.HEAD, Role.GOVERNOR, Role.PARTNER})
"""Roles that begin nothing: they are walked once, when there is most to read."""
RUNNERS = [role for role in WALKERS if role not in ONLY_READ]
READERS = [role for role in WALKERS if role in PERMISSIONS[Permission.TEXTS_REDACT]]
"""Who meets other pages while what students wrote is read."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Links are the same on both engines."""
    return sqlite_url


def met_by(
    app: Flask,
    world: World,
    role: Role,
    files: set[str],
    dead: set[str],
    most: int,
    begin_at: tuple[str, ...] = (),
) -> set[str]:
    """The endpoints whose address a member of the role meets on any page, following links, opening
    at most so many pages of one endpoint, those of `begin_at` first. `files` are those that answer
    with a file: made once, and not again, as no link leads on from it. `dead` takes the links that
    the role is shown and may not follow."""
    client = app.test_client()
    sign_in(client, world.email(role))
    adapter = app.url_map.bind("localhost")
    met: set[str] = set()
    opened: dict[str, int] = {}
    waiting, seen = [*begin_at, "/staff", "/staff/account"], set[str]()
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        endpoints = {name for method in ("GET", "POST") if (name := _at(adapter, address, method))}
        met |= endpoints
        page = _at(adapter, address, "GET")
        if (
            page is None
            or page in files
            or opened.get(page, 0) >= most
            or page.startswith(("static", "responses."))
        ):
            continue
        opened[page] = opened.get(page, 0) + 1
        with client.get(address, follow_redirects=True) as answer:
            if answer.mimetype != "text/html" and answer.status_code == 200:
                files.add(page)
            elif answer.status_code >= 400 and page not in NEEDS_FIELDS:
                dead.add(f"{role} {page} {answer.status_code}")
            elif answer.status_code == 200:
                met |= {
                    name
                    for one in (*answer.history, answer)
                    if (name := _at(adapter, one.request.path, "GET"))
                }
                waiting += [unescape(one) for one in ADDRESS.findall(answer.get_data(as_text=True))]
    return met


def _at(adapter, address: str, method: str) -> str | None:  # type: ignore[no-untyped-def]
    try:
        return str(adapter.match(address, method)[0])
    except RequestRedirect:
        return None
    except Exception:  # no such address for the method
        return None


def belonging_to(app: Flask, role: Role) -> set[str]:
    """The endpoints that a role has the right to."""
    found = set()
    for rule in app.url_map.iter_rules():
        access = declared_access(app, rule.endpoint)
        elsewhere = ORGANISATIONS & rule.arguments - WORKS_AT[role]
        if isinstance(access, Permission) and role in PERMISSIONS[access] and not elsewhere:
            found.add(rule.endpoint)
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Addresses on a network that were opened."""
    found: list[object] = []

    def note(_one: socket.socket, address: object) -> None:
        found.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", note)
    return found


@pytest.mark.parametrize("most", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_every_page_of_a_role_is_linked(
    app: Flask, world: World, most: int, opened: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The long run opens more pages of each kind, and walks again after every step."""
    slow = most > 2
    monkeypatch.setattr(stored_charts, "DRAWS_HERE", False)  # no link is within a chart
    met: dict[Role, set[str]] = {role: set() for role in WALKERS}
    # Addresses with an ending are files: no link leads on from them, so they need not be made.
    files = {rule.endpoint for rule in app.url_map.iter_rules() if ENDING.search(rule.rule)}
    assert len(files) > 10
    dead: set[str] = set()

    far = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(FAR_FROM_TEXTS)
    }
    with_texts = (f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/",)

    def walk(*roles: Role, most: int = most, left_out: set[str] = files) -> None:
        for role in roles:
            begin_at = with_texts if role in READERS else ()
            met[role] |= met_by(app, world, role, left_out, dead, most, begin_at)

    first = most if slow else 1
    walk(*RUNNERS, most=first)  # a survey is open
    staff_pages.start_a_draft(app, world)
    staff_pages.report(app, world)
    staff_pages.ask_adults(app, world)
    with app.test_request_context(), begin() as db:  # long work waits, which the operator can stop
        subject = subject_of(world.own.school_id, world.own.wave_id)
        enqueue(db, DRAWING, subject, by=None)
    walk(*(RUNNERS if slow else READERS), most=first)
    staff_pages.open_texts(app, world)
    walk(*READERS, left_out=files if slow else files | far)
    staff_pages.finish_texts(app, world)
    walk(*READERS, left_out=files if slow else files | far)
    staff_pages.release_texts(app, world)
    with app.app_context():  # not before: where there is a head, each launch waits for them
        world = with_every_seat(world)
    walk(*RUNNERS)
    walk(*ONLY_READ, most=3)
    allowed = AFTER_A_STEP.keys() | NOT_BY_LINKS.keys()
    unreached = [
        f"{role} {one}"
        for role in WALKERS
        for one in sorted(belonging_to(app, role) - met[role] - allowed)
    ]
    assert not unreached, "\n".join(unreached)
    assert not dead, f"shown to a role that may not open them: {sorted(dead)}"
    assert not opened, "a page asks another machine"
    check_the_last_report_stays_linked(app, world)


def test_a_role_like_another_may_do_no_more() -> None:
    for role, other in LIKE_ANOTHER.items():
        assert all(other in roles for roles in PERMISSIONS.values() if role in roles)
        assert WORKS_AT[role] == WORKS_AT[other]


def check_the_last_report_stays_linked(app: Flask, world: World) -> None:
    """A wave that is drafted or open after a report does not take the report off the start page."""
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    start = f"/schools/{world.own.school_id}/"
    newest = re.findall(rf'href="({start}waves/[^"]+/report/)"', client.get(start).text)
    assert newest
    answer = client.post(f"{start}campaigns/{world.own.campaign_id}/waves")
    assert answer.status_code in (302, 303), answer.text
    assert newest[0] in client.get(start).text, "the report is gone once a draft follows it"
    assert f"{start}campaigns/{world.own.campaign_id}/actions" in client.get(start).text


def test_a_page_behind_a_step_is_linked_where_it_says(app: Flask) -> None:
    loader = app.jinja_env.loader
    assert loader is not None
    for endpoint, template in AFTER_A_STEP.items():
        words, *_ = loader.get_source(app.jinja_env, template)
        short = endpoint.partition(".")[2]
        assert re.search(rf"""url_for\(["']({re.escape(endpoint)}|\.{short})["']""", words), (
            endpoint
        )
