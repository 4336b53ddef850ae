"""The command `safer-places`: every command of the app, and those that run the service.

Help never needs a setting. A problem that the operator can solve is named in words and gives the
exit code of its kind, never a traceback.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError

from survey import app_commands, logs
from survey.app import create_app
from survey.command_line.demo import demo
from survey.command_line.doctor import doctor
from survey.command_line.serve import serve
from survey.command_line.settings_file import (
    SETTINGS_FILE,
    SettingsFileError,
    read_settings_file,
)
from survey.questionnaires.translations.catalogues import CatalogueError
from survey.serving.exit_codes import EXIT_CODES, Stop, StopReason
from survey.settings import SettingsError

DISTRIBUTION = "school-safety-survey"
OWN = (serve, doctor, demo)
"""Commands that run before the app exists, or without it."""


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "not installed: this is a checkout"


@click.group(
    "safer-places",
    cls=AppGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(_version(), prog_name="safer-places")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar=SETTINGS_FILE,
    help="A file of settings, one NAME=value a line. The environment goes before it.",
)
def group(settings_file: Path | None) -> None:
    """Run Safer Places: anonymous safety surveys for schools.

    Settings come from the environment, or from the file that --settings names.
    "safer-places doctor" checks them and says what to do. "safer-places demo" needs none.
    """
    if settings_file is not None:
        os.environ[SETTINGS_FILE] = str(settings_file)
        for name, value in read_settings_file(settings_file).items():
            os.environ.setdefault(name, value)


def _register() -> None:
    bare = Flask("commands")
    app_commands.init_app(bare)
    for command in (*bare.cli.commands.values(), *OWN):
        group.add_command(command)


_register()


def main() -> None:
    """Runs a command and ends the process with its exit code."""
    logs.configure()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs a command and returns its exit code; problems are written to standard error."""
    info = ScriptInfo(create_app=create_app)
    try:
        result = group.main(arguments, "safer-places", obj=info, standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except Exception as problem:
        stop = _named(problem)
        if stop is None:
            raise
        click.echo(str(stop), err=True)
        return EXIT_CODES[stop.reason]
    return result if isinstance(result, int) else 0


def _named(problem: Exception) -> Stop | None:
    """A problem of the surroundings, in words; None for a fault of the program."""
    if isinstance(problem, Stop):
        return problem
    if isinstance(problem, SettingsError | SettingsFileError | CatalogueError):
        return Stop(StopReason.SETTINGS, str(problem))
    if isinstance(problem, DBAPIError):
        return Stop.of_database(problem)
    return None
