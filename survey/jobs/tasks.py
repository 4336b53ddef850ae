"""The kinds of long work. Each package registers its own task here when it is imported."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

Subject = Mapping[str, Any]
"""What a job is about: identifiers alone, as plain JSON."""


class Control(Protocol):
    """What a running task is given."""

    @property
    def asked_by(self) -> uuid.UUID | None:
        """The member who asked, or None for the clock."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Says how far the job is. Raises a `StoppedError` if it is cancelled, taken over by
        another worker, or the worker is shutting down."""
        ...

    def each(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterable[Any]:
        """Applies a function of an importable module to every task, in order, in the processes of
        the pool. Moves the progress with each that is done."""
        ...

    def finish(self, result: str | None = None) -> AbstractContextManager[Session]:
        """The write transaction in which the job ends. Raises a `StoppedError` if the job is no
        longer this attempt's, so that what two attempts store is never both kept."""
        ...


Run = Callable[[Subject, Control], str | None]
"""Does the work in an app context, in the language of the member who asked. A `SurveyError` that it
raises is what that member reads. It may return words that say what came of it."""


@dataclass(frozen=True)
class Task:
    """One kind of long work. `stamp` names the code that it depends on: a worker with other code
    refuses the job. `about` names the place for the operator, and nothing of a survey's content.
    `goes_first`: it takes seconds and a person waits at a page for it, so it is done before work
    that takes longer."""

    kind: str
    title: LazyString
    run: Run
    stamp: Callable[[], str]
    about: Callable[[Session, Subject], str]
    goes_first: bool = False


_tasks: dict[str, Task] = {}


def register(task: Task) -> Task:
    _tasks[task.kind] = task
    return task


def find(kind: str) -> Task | None:
    """The task of a kind; None if this version of the software has none."""
    return _tasks.get(kind)


def kinds() -> tuple[str, ...]:
    return tuple(_tasks)


def that_go_first() -> tuple[str, ...]:
    return tuple(kind for kind, task in _tasks.items() if task.goes_first)
