"""The web app: reads settings, registers packages, checks access."""

from __future__ import annotations

import gc
import os
from datetime import timedelta
from functools import partial
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_alembic import Alembic
from flask_babel import get_locale
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix

from survey import app_commands, errors, permissions, settings, startup_safety, typed_fields
from survey.actions import report_views as action_report_views
from survey.actions import self_assessment_views
from survey.actions import start_page as action_desk
from survey.actions.feedback import public_views as feedback_public_views
from survey.actions.feedback import staff_views as feedback_staff_views
from survey.actions.shared_places import jobs as shared_place_jobs
from survey.actions.shared_places import partner_views
from survey.actions.shared_places import views as shared_place_views
from survey.backups import ledger_entries  # noqa: F401 - it listens
from survey.backups.other_database import SAME_APP
from survey.campaigns import log_names, titles, year_naming
from survey.campaigns.device_check import views as device_check_views
from survey.campaigns.printing import public_items_page
from survey.campaigns.printing import views as printing_views
from survey.campaigns.site_plans import views as site_plan_views
from survey.campaigns.views import school as campaign_views
from survey.database import KEY_FOLDER, LEDGER, Base, connect_arguments, database, read
from survey.demo import later_schools
from survey.encryption import keys
from survey.exports import comparison_views as compared_export_views
from survey.exports import prerender
from survey.exports import views as export_views
from survey.free_text import report_views as free_text_report_views
from survey.free_text import staff_views as free_text_staff_views
from survey.help_contacts import views as help_contact_views
from survey.help_requests import reader_views
from survey.help_requests import staff_views as help_request_staff_views
from survey.help_requests import student_views as help_request_student_views
from survey.http import (
    change_count,
    headers,
    light_pages,
    page_language,
    request_checks,
    submit_once,
)
from survey.jobs import views as job_views
from survey.logs import log
from survey.organisations import first_steps, operator_people, people, school_pages, sign_in
from survey.organisations import views as organisation_views
from survey.organisations.access_log import views as access_log_views
from survey.organisations.kept_forms import views as kept_forms_views
from survey.organisations.lifecycle import change_views
from survey.organisations.lifecycle import data_views as lifecycle_views
from survey.organisations.password_pages import views as password_views
from survey.organisations.policies import views as policy_views
from survey.organisations.school_files import views as school_file_views
from survey.organisations.sign_in_pages import (
    passkey_views,
    provider_views,
    rule_views,
)
from survey.organisations.team import authority_views, switch_seat
from survey.organisations.team import views as team_views
from survey.papers import claim_register
from survey.papers import views as paper_views
from survey.paths import folder
from survey.questionnaires.load import load_all
from survey.questionnaires.translations import catalogues
from survey.releases import approval_views
from survey.releases import jobs as release_jobs
from survey.releases import views as report_views
from survey.releases.register import publications
from survey.reports import views as school_report_views
from survey.reports.charts import stored_charts as chart_cache
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons import views as comparison_views
from survey.reports.perspectives import views as perspective_views
from survey.reports.trends import views as trend_views
from survey.responses import preview
from survey.responses import views as student_views
from survey.responses.ballot_box import wipe_between_sends  # noqa: F401 - it listens
from survey.retention import jobs as retention_jobs
from survey.self_assessment import views as assessment_views
from survey.serving import views as serving_views
from survey.settings import Settings, SettingsError, current_settings
from survey.sqlite import hold_to_one_file

VIEWS = (
    organisation_views,
    help_request_staff_views,
    assessment_views,
    campaign_views,
    public_items_page,
    device_check_views,
    report_views,
    export_views,
    compared_export_views,
    approval_views,
    action_report_views,
    action_desk,
    self_assessment_views,
    feedback_public_views,
    shared_place_views,
    partner_views,
    free_text_staff_views,
    free_text_report_views,
    preview,
    student_views,
    help_request_student_views,
    feedback_staff_views,
    printing_views,
    site_plan_views,
    reader_views,
    people,
    access_log_views,
    lifecycle_views,
    change_views,
    help_contact_views,
    paper_views,
    operator_people,
    school_pages,
    policy_views,
    team_views,
    authority_views,
    switch_seat,
    school_file_views,
    password_views,
    passkey_views,
    provider_views,
    rule_views,
    comparison_views,
    perspective_views,
    school_report_views,
    trend_views,
    job_views,
    serving_views,
)
"""Every module with views; importing one puts its views on the blueprint of its package."""

TASKS = (release_jobs, comparison_jobs, shared_place_jobs, prerender, retention_jobs, later_schools)
"""Every module with a kind of long work; importing one registers it."""

ROOT = Path(__file__).parent.parent
LARGEST_REQUEST = 256 * 1024


alembic = Alembic(metadatas=Base.metadata, run_mkdir=False)
csrf = CSRFProtect()


def create_app(given: Settings | None = None, *, testing: bool = False) -> Flask:
    """Creates the app with `given` settings, or those of the environment. It does not start if a
    setting is wrong, a catalogue or a template cannot be read, or an endpoint declares no access.
    """
    options = given or settings.read(os.environ)
    if wrong := claim_register.complaints(options):
        raise SettingsError(wrong)
    catalogues.refuse_broken()
    load_all()
    _prepare_files(options)
    app = Flask("survey", template_folder="templates", static_folder="static")
    app.config.from_mapping(_config(options), TESTING=testing)
    app.extensions["settings"] = options
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if options.is_https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1)  # type: ignore[method-assign]

    request_checks.init_app(app)
    database.init_app(app)
    app.session_interface = StaffSessions()
    # No function of ours is asynchronous; Flask would ask that of each, in every request.
    app.ensure_sync = lambda function: function  # type: ignore[method-assign, assignment]
    # We open no async session; to close none would cost every request a thread and an event loop.
    app.teardown_appcontext_funcs = [
        close for close in app.teardown_appcontext_funcs if not iscoroutinefunction(close)
    ]
    with app.app_context():
        hold_to_one_file(database.engine)
    alembic.init_app(app)
    csrf.init_app(app)
    typed_fields.init_app()
    page_language.init_app(app)
    errors.init_app(app, _page_for_strangers)
    light_pages.init_app(app)
    submit_once.init_app(app)
    app.add_template_filter(titles.survey_name)
    app.add_template_filter(titles.survey_title)
    sign_in.init_app(app)
    for blueprint in dict.fromkeys(one.bp for one in VIEWS):
        app.register_blueprint(blueprint)
    for room in (
        student_views,
        help_request_student_views,
        device_check_views,
        feedback_public_views,
    ):
        csrf.exempt(room.bp)  # no cookie and no session there, so nothing to forge
    csrf.exempt(kept_forms_views.bp)  # it only shows what is sealed, with its own token
    kept_forms_views.init_app(app)
    year_naming.init_app(app)
    first_steps.init_app(app)
    app.extensions[access_log_views.THING_NAMES] = log_names.named
    app_commands.init_app(app)
    chart_cache.init_app(app, prerender.ask)
    publications.init_app(app)
    change_count.init_app(app)
    app.extensions[SAME_APP] = partial(create_app, testing=testing)

    app.after_request(headers.add)
    app.context_processor(_for_every_page)
    permissions.check_every_endpoint(app)
    if not testing:
        _refuse_telling_logs(app)
        startup_safety.keep_no_core()
    return app


def _prepare_files(options: Settings) -> None:
    """Makes the key folder and the database file readable for our account alone. A default key
    folder is created."""
    folder = options.sqlite_file.parent if options.sqlite_file else None
    if folder and not folder.is_dir():
        raise SettingsError((f"SURVEY_DATABASE_URL names a file in {folder}, which is no folder",))
    try:
        keys.prepare(options.keys_at, make=not options.key_folder)
    except keys.FolderError as problem:
        raise SettingsError((f"SURVEY_KEY_FOLDER {problem}",)) from problem
    startup_safety.guard_file(options.database_url)


def _refuse_telling_logs(app: Flask) -> None:
    with app.app_context():
        refused, warned = startup_safety.log_complaints(database.engine)
    for words in warned:
        log.warning("telling_log", setting=words.removeprefix("PostgreSQL: ").split(" ")[0])
    if refused:
        raise SettingsError(refused)


def _config(options: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": options.secret_key,
        "SQLALCHEMY_ENGINES": {
            "default": {
                "url": options.database_url,
                "pool_pre_ping": True,
                "connect_args": connect_arguments(options.database_url),
                "hide_parameters": True,  # an error in a log must not carry an answer
                "execution_options": {
                    KEY_FOLDER: options.keys_at,
                    LEDGER: options.ledger_file,
                },
            }
        },
        "ALEMBIC": {"script_location": str(folder("migrations"))},
        "ALEMBIC_CONTEXT": {
            "render_as_batch": True,
            "compare_type": True,
            "include_name": _is_ours,
        },
        "BABEL_TRANSLATION_DIRECTORIES": str(catalogues.FOLDER),
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "SESSION_COOKIE_NAME": "__Host-session" if options.is_https else "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": options.is_https,
        "PERMANENT_SESSION_LIFETIME": timedelta(minutes=options.session_minutes),
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open is not lost
    }


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether models describe this table. The queue's own come with its library."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


WARM = ("reports/", "staff/", "components/")
"""Templates of reports, compiled at the start so that the first reader does not wait for them."""


def warm(app: Flask) -> None:
    """Prepares a serving process for its first request: compiles the templates of reports, ties
    the models of the database together, reads what names the code, and freezes long-lived objects,
    so that garbage collection does not search them each time a release is read."""
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(WARM)):
        app.jinja_env.get_template(name)
    configure_mappers()
    chart_cache.page_code()
    gc.collect()
    gc.freeze()


def _page_for_strangers() -> Response | None:
    """The page for an unknown address. It is most often mistyped from a card, so it is a student's
    page unless a member is signed in."""
    return None if current_user.is_authenticated else student_views.no_such_page()


class StaffSessions(SecureCookieSessionInterface):
    """Sessions of members. Student pages have none: they set no cookie and do not vary with one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.modified or request.blueprint not in headers.FOR_STUDENTS:
            super().save_session(app, session, response)


def _demo_parts() -> tuple[int, int] | None:
    """How many parts of a demo are filled, and of how many; None anywhere else, and at the end."""
    return later_schools.progress(read()) if current_settings().demo else None


def _for_every_page() -> dict[str, Any]:
    locale = get_locale()
    return {
        "language": str(locale) if locale else "en",
        "direction": locale.text_direction if locale else "ltr",
        "demo_parts": _demo_parts,
        "may": lambda permission: (
            current_user.is_authenticated
            and permissions.may(current_user, permissions.Permission(permission))
        ),
    }
