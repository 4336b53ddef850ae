"""The commands that fill a database: `flask demo` and `flask replay`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app, url_for
from flask.cli import with_appcontext

from survey.database import read, today
from survey.demo import fill_demo as demonstration
from survey.demo import later_schools
from survey.demo.gshs_records import MissingColumnError
from survey.demo.replayed_schools import OVER_HTTP, Replayed, replay
from survey.demo.simulated_help_requests import READING_PASSWORD
from survey.settings import current_settings


@click.command("demo")
@with_appcontext
def fill_demo() -> None:
    """Fill the demo, or find it filled, and print addresses, sign-ins and a student link."""
    options = current_settings()
    if not options.demo:
        raise click.ClickException("SURVEY_DEMO is not yes; the demo fills demo databases only.")
    click.echo("Filling the demo: an authority, eight schools, and the surveys of the first one.")
    try:
        filled = demonstration.fill(today=today(), say=click.echo)
    except demonstration.CutOffError:
        raise click.ClickException(
            "This demo was stopped while it was being filled. Delete its database and start again."
        ) from None
    with current_app.test_request_context():
        at = options.public_address
        report, over_time = (
            url_for(page, school_id=filled.first_school_id, wave_id=filled.finished_wave_id)
            for page in ("reports.school", "reports.over_time")
        )
        compared = url_for(
            "reports.authority",
            authority_id=filled.authority_id,
            programme_id=filled.programme_id,
            number=2,
        )
        staff = url_for("organisations.home")
    click.echo(f"\nStudent link (one answer):  {at}/s/{filled.code}")
    click.echo(f"Or type {filled.code} at     {at}/")
    click.echo(f"Staff sign in at            {at}{staff}")
    for name, email in filled.sign_ins:
        click.echo(f"  {name:<18} {email:<28} {demonstration.PASSWORD}")
    click.echo(
        "A report takes two people: the lead asks for it, the coordinator or the head agrees."
    )
    click.echo(
        f"Requests for help open with the reading password “{READING_PASSWORD}” of the lead."
    )
    click.echo(f"A school's report           {at}{report}")
    click.echo(f"Its two surveys compared    {at}{over_time}")
    click.echo(f"The authority's comparison  {at}{compared}")
    left = later_schools.progress(read())
    if left is not None:
        click.echo(
            f"While the demo is served it fills the surveys of the other schools: {left[0]} of"
            f" {left[1]} parts are done. Staff pages show how far it is."
        )


@click.command("replay")
@click.argument("records", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--schools", default=30, show_default=True, help="How many schools to deal.")
@click.option("--over-http", default=OVER_HTTP, show_default=True, help="Students on real pages.")
@with_appcontext
def replay_records(records: Path, schools: int, over_http: int) -> None:
    """Replay the student health survey RECORDS (a CSV file) through the whole product."""
    try:
        made = replay(records, schools=schools, today=today(), say=click.echo, over_http=over_http)
    except (MissingColumnError, OSError, ValueError) as error:
        raise click.ClickException(f"{error}. Nothing was written.") from None
    tell_reports(made)


def tell_reports(made: Replayed) -> None:
    """Where the reports are, and who may read them."""
    at, first = current_settings().public_address, made.schools[0]
    with current_app.test_request_context():
        report = url_for("reports.school", school_id=first.school_id, wave_id=first.wave_id)
        compared = url_for(
            "reports.authority",
            authority_id=made.authority_id,
            programme_id=made.programme_id,
            number=1,
        )
        staff = url_for("organisations.home")
    click.echo(f"\nStaff sign in at            {at}{staff}")
    for email in (made.lead, made.analyst):
        click.echo(f"  {email:<38} {made.password}")
    click.echo(f"A school's report           {at}{report}")
    if made.is_compared:
        click.echo(f"The authority's comparison  {at}{compared}")
