"""Tells coverage.py which lines of a template were reached: Jinja knows which line each line of its
code was made from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from coverage import CoveragePlugin, FileReporter, FileTracer
from coverage.plugin_support import Plugins
from jinja2 import Environment

NOWHERE = (-1, -1)


class Reached(FileTracer):
    """One template, while it is rendered."""

    def __init__(self, filename: str) -> None:
        self._filename = filename

    def source_filename(self) -> str:
        return self._filename

    def line_number_range(self, frame: FrameType) -> tuple[int, int]:
        template = frame.f_globals.get("__jinja_template__")
        if template is None:  # it is being loaded
            return NOWHERE
        line = template.get_corresponding_lineno(frame.f_lineno)
        return line, line


class Reachable(FileReporter):
    """The lines of a template that have code."""

    def lines(self) -> set[int]:
        name = self.filename.rpartition("/templates/")[2]
        template = _environment().get_template(name)
        return {line for line, _made in template.debug_info}


@cache
def _environment() -> Environment:
    """That of the app, with its filters."""
    from survey.app import create_app
    from tests.conftest import settings_for

    folder = tempfile.mkdtemp()
    app: Any = create_app(settings_for(f"sqlite:///{folder}/survey.db"), testing=True)
    return app.jinja_env


class Templates(CoveragePlugin):
    """Every page and every part of one."""

    def file_tracer(self, filename: str) -> FileTracer | None:
        is_ours = "/survey/" in filename and filename.endswith(".html")
        return Reached(filename) if is_ours else None

    def file_reporter(self, filename: str) -> FileReporter:
        return Reachable(filename)

    def find_executable_files(self, src_dir: str) -> Iterable[str]:
        return (str(path) for path in Path(src_dir).rglob("templates/**/*.html"))


def coverage_init(registry: Plugins, _options: dict[str, str]) -> None:
    """Called by coverage.py."""
    registry.add_file_tracer(Templates())
