"""What each table is made of, so that tables of the same answers are audited together.

A survey asks questions.  A table counts one question, one row of a grid, one option of a tick-all
question, or "any of": whether a student gave any of some answers in the rows or options of one
question.  A question may have a gate: it is shown only to those who gave certain answers to an
earlier one.  All of it is public, as the questionnaire is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from survey.disclosure.errors import TableError


class SourceKind(StrEnum):
    """How a question is answered."""

    ONE = "one"
    GRID = "grid"
    SEVERAL = "several"


class UntoldTieError(TableError):
    """Tables share answers in a way that the audit cannot follow.  Nothing may be published."""


@dataclass(frozen=True)
class Gate:
    """A gate: only students who gave one of ``answers`` to ``question`` were shown the gated one.
    Any row of a grid counts, and any option of a tick-all question.

    ``by_row``: both are grids of the same rows, and each row of the gated one was shown only to
    those who gave one of ``answers`` to the same row of the other."""

    question: str
    answers: tuple[str, ...]
    by_row: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the release."""
        by_row = {"by_row": True} if self.by_row else {}
        return {"question": self.question, "answers": list(self.answers), **by_row}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Gate:
        """Read it back.  Raises KeyError or TypeError."""
        return cls(data["question"], tuple(data["answers"]), data.get("by_row", False))


@dataclass(frozen=True)
class Question:
    """One question.

    ``years``  the years of the breakdown that were asked;
    ``alone``  options of a tick-all question that exclude every other;
    ``most``   how many options may be ticked, if that is limited;
    ``whole_only``  its tables are printed for the whole school only.  It says how the question is
               printed, and not what is known of it, so the release does not write it down.
    """

    key: str
    kind: SourceKind
    years: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    most: int | None = None
    gate: Gate | None = None
    whole_only: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", SourceKind(self.kind))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the release."""
        return {
            "key": self.key,
            "kind": self.kind.value,
            "years": list(self.years),
            "alone": list(self.alone),
            "most": self.most,
            "gate": None if self.gate is None else self.gate.as_dict(),
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Question:
        """Read it back.  Raises KeyError, TypeError or ValueError."""
        gate = data["gate"]
        return cls(
            data["key"],
            SourceKind(data["kind"]),
            tuple(data["years"]),
            tuple(data["alone"]),
            data["most"],
            None if gate is None else Gate.read(gate),
        )


@dataclass(frozen=True)
class Source:
    """What one table counts.

    ``part``     the row or option; None for the whole question or for "any of";
    ``yes, no``  only of an "any of" table: it counts "yes" for students who gave any of
                 ``yes`` in any row or option, else "no" if any of ``no``, else "skipped".
    """

    question: str
    part: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether the table is made of several rows or options."""
        return bool(self.yes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as written in the release."""
        return {
            "question": self.question,
            "part": self.part,
            "yes": list(self.yes),
            "no": list(self.no),
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Source:
        """Read it back.  Raises KeyError or TypeError."""
        return cls(data["question"], data["part"], tuple(data["yes"]), tuple(data["no"]))


def families(
    sources: Mapping[str, Source], questions: Mapping[str, Question]
) -> tuple[tuple[str, ...], ...]:
    """Table keys, grouped: tables of one family share answers, and those of two never do.

    Options of a question belong together.  Rows of a grid are answered one by one, so they only do
    if something else is made of them: an "any of" table, or a gate.  A gate by row ties each row to
    the row that it waits for.
    """
    tied = {source.question for source in sources.values() if source.is_any}
    for question in questions.values():
        if question.gate is not None and not question.gate.by_row:
            tied |= {question.key, question.gate.question}
    by_row = {
        one.key: one.gate.question for one in questions.values() if one.gate and one.gate.by_row
    }
    tied |= {key for key, waits_for in by_row.items() if waits_for in tied}
    owner: dict[str, str] = {key: key for key in questions}

    def root(key: str) -> str:
        while owner[key] != key:
            key = owner[key]
        return key

    for question in questions.values():
        is_apart = question.key in by_row and question.key not in tied
        if question.gate is not None and not is_apart and question.gate.question in owner:
            owner[root(question.key)] = root(question.gate.question)
    found: dict[tuple[str, str], list[str]] = {}
    for key, source in sources.items():
        question = questions[source.question]
        if question.kind is SourceKind.GRID and question.key not in tied:
            row = f"{by_row.get(question.key, question.key)}.{source.part}"
            found.setdefault(("row", row), []).append(key)
        else:
            found.setdefault(("question", root(question.key)), []).append(key)
    return tuple(tuple(keys) for keys in found.values())


def check_sources(sources: Mapping[str, Source], questions: Mapping[str, Question]) -> None:
    """Raise :class:`UntoldTieError` for ties that no system of the audit describes, and for two
    tables of the same answers."""
    seen: set[tuple[str, str | None, bool]] = set()
    for key, source in sources.items():
        question = questions.get(source.question)
        if question is None:
            raise UntoldTieError(f"table {key!r} is made of an unknown question")
        name = (source.question, source.part, source.is_any)
        if name in seen:
            raise UntoldTieError(f"table {key!r} counts answers that another table counts")
        seen.add(name)
        whole = source.part is None and not source.is_any
        if whole != (question.kind is SourceKind.ONE):
            raise UntoldTieError(f"table {key!r} does not fit its question")
        if source.is_any:
            _check_any(key, source, question)
    for question in questions.values():
        _check_gate(question, sources, questions)


def _check_any(key: str, source: Source, question: Question) -> None:
    if not source.no or set(source.yes) & set(source.no):
        raise UntoldTieError(f"table {key!r}: yes and no must be two sets of answers")
    if question.kind is SourceKind.SEVERAL and question.most is not None:
        raise UntoldTieError(f"table {key!r} is made of a question with limited ticks")


def _check_gate(
    question: Question, sources: Mapping[str, Source], questions: Mapping[str, Question]
) -> None:
    gate = question.gate
    if gate is None:
        return
    asked = questions.get(gate.question)
    if asked is None:
        raise UntoldTieError(f"question {question.key!r} waits for an unknown one")
    if not set(question.years) <= set(asked.years):
        raise UntoldTieError(f"question {question.key!r} waits for one that fewer are asked")
    if asked.gate is not None and asked.gate.by_row:
        raise UntoldTieError(f"question {question.key!r} waits for one that waits row by row")
    if gate.by_row:
        _check_gate_by_row(question, asked, sources)
        return
    over = [one for one in sources.values() if one.is_any and one.question == asked.key]
    for one in over:
        fits = set(one.yes) <= set(gate.answers) <= set(one.yes) | set(one.no)
        if asked.kind is not SourceKind.GRID or not fits:
            raise UntoldTieError(
                f"the gate of {question.key!r} and an indicator are of one question"
            )


def _check_gate_by_row(question: Question, asked: Question, sources: Mapping[str, Source]) -> None:
    own = [one for one in sources.values() if one.question == question.key]
    rows = {one.part for one in sources.values() if one.question == asked.key}
    if question.kind is not SourceKind.GRID or asked.kind is not SourceKind.GRID:
        raise UntoldTieError(f"question {question.key!r} waits row by row for what has no rows")
    if any(one.is_any or one.part not in rows for one in own):
        raise UntoldTieError(f"question {question.key!r} has rows that wait for no row")


def parts_of(
    question: str, sources: Mapping[str, Source], keys: Iterable[str]
) -> dict[str, Source]:
    """The tables of single rows or options of a question (or the question itself), by key."""
    return {
        key: sources[key]
        for key in keys
        if sources[key].question == question and not sources[key].is_any
    }


def years_asked(sizes: Sequence[tuple[str, int]], people: Mapping[str, int]) -> tuple[str, ...]:
    """The years that were asked: those in which a student is counted, or none took part."""
    counted: dict[str, int] = {}
    for year, size in sizes:
        counted[year] = counted.get(year, 0) + size
    return tuple(year for year, size in counted.items() if size or not people.get(year))
