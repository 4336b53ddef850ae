"""The operator's command for files of schools; `app_commands` registers it."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.database import begin
from survey.organisations.models import Nation
from survey.organisations.school_files import whole_file, wording
from survey.organisations.school_files.csv_table import FileError
from survey.organisations.school_files.people.plan import PersonAction as DoingPeople
from survey.organisations.school_files.plan import SchoolAction
from survey.organisations.school_files.whole_file import Whole

SAID = {
    SchoolAction.ADD: "added",
    SchoolAction.CHANGE: "changed",
    SchoolAction.CLOSE: "closed",
    SchoolAction.NOTHING: "as here",
}


SAID_OF_PEOPLE = {
    DoingPeople.INVITE: "invited",
    DoingPeople.GIVE: "given a seat",
    DoingPeople.CHANGE: "given another seat",
    DoingPeople.NOTHING: "with their seat already",
}


@click.command("import-schools")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--nation",
    type=click.Choice([one.value for one in Nation]),
    default=Nation.ENGLAND.value,
    help="Meant where the file does not say.",
)
@click.option("--apply", "does", is_flag=True, help="Do it. Without this, only say what would be.")
@click.option("--without-refused", is_flag=True, help="Go on although some rows are refused.")
@with_appcontext
def import_schools(file: Path, nation: str, does: bool, without_refused: bool) -> None:
    """Add and update schools, rolls and people from FILE: a GIAS extract, a list of Wales, Scotland
    or Northern Ireland, a school census, or our templates of schools and of people. Says what would
    change; --apply does it, and sends an invitation to each new person."""
    meant = Nation(nation)
    try:
        said = whole_file.read_whole(file.read_bytes(), nation=meant)
    except FileError as refused:
        raise click.ClickException(refused.message) from None
    with begin() as db:
        planned = whole_file.plan_whole(db, said)
        _print(planned)
        if not does:
            click.echo("Nothing is changed. Run it again with --apply to do this.")
            return
        if planned.problems and not without_refused:
            raise click.ClickException(
                "Some rows are refused, so nothing is changed. Mend them, or add --without-refused."
            )
        whole_file.apply_whole(db, planned, shown=planned.fingerprint, by=None)
    click.echo("Done.")


import_people = click.Command(
    "import-people",
    callback=import_schools.callback,
    params=import_schools.params,
    help="The same command, under the name that one looks for to invite people: FILE has a row for"
    " each, with URN, Name, E-mail and Seat. Says what would change; --apply does it.",
)


def _print(file: Whole) -> None:
    planned, people = file.schools, file.people
    for name in planned.new_authorities:
        click.echo(f"authority added: {name}")
    for one in planned.rows:
        if one.doing is not SchoolAction.NOTHING:
            changed = ", ".join(str(wording.FIELDS[change.field]) for change in one.changes)
            click.echo(
                f"row {one.row.line}: {SAID[one.doing]}: {one.name}"
                + (f" ({changed})" if changed else "")
            )
    for person in people.rows:
        if person.doing is not DoingPeople.NOTHING:
            click.echo(
                f"row {person.row.line}: {SAID_OF_PEOPLE[person.doing]}: {person.row.email},"
                f" {person.row.role} at {person.target.name}"
            )
    for problem in file.problems:
        click.echo(f"{wording.place(problem.line, problem.column)}: {problem.message}", err=True)
    for note in planned.notes:
        click.echo(f"{wording.place(note.line, note.column)}: note: {note.message}")
    for trust in planned.trusts:
        click.echo(
            f"trust in the list: {trust.name} ({'here' if trust.is_here else 'not here'}):"
            f" {', '.join(one.row.number or one.name for one in trust.schools)}"
        )
    for words in wording.left_out(planned):
        click.echo(words)
    counts = ", ".join(f"{len(planned.doing(one))} {said}" for one, said in SAID.items())
    if people.has_columns:
        counts += "".join(
            f", {len(people.doing(one))} {said}" for one, said in SAID_OF_PEOPLE.items()
        )
    click.echo(f"{file.lines} rows: {counts}, {len(file.problems)} refused.")
