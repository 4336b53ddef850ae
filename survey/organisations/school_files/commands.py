"""The operator's command for files of schools; `cli` registers it."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from survey.database import begin
from survey.organisations.models import Nation
from survey.organisations.school_files import operations, wording
from survey.organisations.school_files.csv_table import FileError
from survey.organisations.school_files.plan import Doing, Plan, plan
from survey.organisations.school_files.school_rows import read_file

SAID = {
    Doing.ADD: "added",
    Doing.CHANGE: "changed",
    Doing.CLOSE: "closed",
    Doing.NOTHING: "as here",
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
    """Add and update schools and rolls from FILE: a GIAS extract, a list of Wales, Scotland or
    Northern Ireland, a school census, or our template. Says what would change; --apply does it."""
    meant = Nation(nation)
    try:
        reading = read_file(file.read_bytes(), nation=meant)
    except FileError as refused:
        raise click.ClickException(refused.message) from None
    with begin() as db:
        planned = plan(db, reading, nation=meant)
        _print(planned)
        if not does:
            click.echo("Nothing is changed. Run it again with --apply to do this.")
            return
        if planned.problems and not without_refused:
            raise click.ClickException(
                "Some rows are refused, so nothing is changed. Mend them, or add --without-refused."
            )
        operations.apply(db, planned, shown=planned.fingerprint, by=None)
    click.echo("Done.")


def _print(planned: Plan) -> None:
    for name in planned.new_authorities:
        click.echo(f"authority added: {name}")
    for one in planned.rows:
        if one.doing is not Doing.NOTHING:
            changed = ", ".join(str(wording.FIELDS[change.field]) for change in one.changes)
            click.echo(
                f"row {one.row.line}: {SAID[one.doing]}: {one.row.name or one.row.number}"
                + (f" ({changed})" if changed else "")
            )
    for problem in planned.problems:
        click.echo(f"{wording.place(problem.line, problem.column)}: {problem.message}", err=True)
    for words in wording.left_out(planned):
        click.echo(words)
    counts = ", ".join(f"{len(planned.doing(one))} {said}" for one, said in SAID.items())
    click.echo(f"{planned.lines} rows: {counts}, {len(planned.problems)} refused.")
