"""Questionnaires as JSON documents, and back, exactly.

This is what a launched wave keeps: the document says everything that was asked, and its hash
names it for ever. Every field is written out, also where it is the default of today, so that an
old document still means the same when a default changes. Reading takes nothing on trust: a
document may come from a form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from survey.questionnaires.item_kinds import ItemKind
from survey.questionnaires.model import Item, Questionnaire, QuestionnaireError, Text

FORMAT = 1
"""Goes up when what a document holds comes to mean something else."""

LATER: Mapping[str, Mapping[str, Any]] = {
    "Questionnaire": {
        "definitions": [],
        "audience": "students",
        "crossed": False,
        "naming": "england_and_wales",
        "gender_question": "gender-2026.1",
    },
    "Section": {"younger": None},
    "Item": {"rows_if": None},
    "Adaptation": {"crossed": False},
}
"""Fields that came after the first documents were kept, and what those mean by leaving them out,
by the name of the class: a draft is a document too."""

ANSWERS = "answers"
"""The answers of an item, which its document holds with its fields if its kind fixes them."""

T = TypeVar("T")


class DocumentError(ValueError):
    """A document that does not describe what it should: where in it, and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where or 'document'}: {why}")
        self.where, self.why = where, why


def to_document(questionnaire: Questionnaire) -> dict[str, Any]:
    """The questionnaire in JSON types only."""
    return {"format": FORMAT, **encode(questionnaire)}


def from_document(document: Mapping[str, Any]) -> Questionnaire:
    """The questionnaire a document describes."""
    return read(Questionnaire, document)


def canonical(questionnaire: Questionnaire) -> str:
    """The document in its one spelling: what a launched wave keeps."""
    return json.dumps(
        to_document(questionnaire), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def content_hash(questionnaire: Questionnaire) -> str:
    """The sha256 of the document in its one spelling, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(questionnaire).encode()).hexdigest()


def read(kind: type[T], document: Mapping[str, Any]) -> T:
    """The value of `kind` that a document with a format number describes."""
    if not isinstance(document, Mapping):
        raise DocumentError("", "is not a table")
    if document.get("format") != FORMAT:
        raise DocumentError("format", f"is not {FORMAT}")
    value = decode(kind, {name: part for name, part in document.items() if name != "format"}, "")
    if not isinstance(value, kind):
        raise DocumentError("", f"is no {kind.__name__}")
    return value


def encode(value: Any) -> Any:
    """A frozen value in JSON types."""
    match value:
        case Text():
            return dict(value.by_language)
        case StrEnum() | ItemKind():
            return str(value)
        case tuple():
            return [encode(part) for part in value]
        case Mapping():
            return {key: encode(part) for key, part in value.items()}
        case _ if is_dataclass(value):
            return {
                part.name: encode(getattr(value, part.name)) for part in fields(value) if part.init
            } | _said_answers(value)
    return value


def _said_answers(value: Any) -> dict[str, list[str]]:
    """The answers of an item whose kind fixes them, so that a reader who knows only the format
    can check a report of it. The format itself says those of a scale."""
    if not isinstance(value, Item) or value.kind.is_in_format:
        return {}
    return {ANSWERS: list(value.kind.fixed_answers)} if value.kind.fixed_answers else {}


def decode(kind: Any, value: Any, where: str) -> Any:
    """The value of type `kind` (as a dataclass field names it) that `value` encodes."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:  # the only union used is "or None"
        if value is None:
            return None
        return decode(next(one for one in inner if one is not NoneType), value, where)
    if origin is tuple:
        parts = _expect(list, value, where)
        if inner[-1] is not Ellipsis and len(parts) != len(inner):
            raise DocumentError(where, f"is not {len(inner)} parts")
        kinds = inner if inner[-1] is not Ellipsis else inner[:1] * len(parts)
        return tuple(
            decode(one, part, f"{where}[{number}]")
            for number, (one, part) in enumerate(zip(kinds, parts, strict=True))
        )
    if origin is not None:  # Mapping[str, ...]
        table = _expect(dict, value, where)
        return {
            _expect(str, key, where): decode(inner[1], part, f"{where}.{key}")
            for key, part in table.items()
        }
    if kind is Text or is_dataclass(kind):
        return _made(kind, _expect(dict, value, where), where)
    if issubclass(kind, (StrEnum, ItemKind)):
        try:
            return kind(_expect(str, value, where))
        except ValueError:
            raise DocumentError(where, f"does not know {value!r}") from None
    return _expect(kind, value, where)


def _made(kind: Any, table: dict[str, Any], where: str) -> Any:
    if kind is Text:
        if not all(isinstance(words, str) for pair in table.items() for words in pair):
            raise DocumentError(where, "is not words by language")
        make, parts = Text.of, {"words": table}
    else:
        table = {**LATER.get(kind.__name__, {}), **table}
        said = table.pop(ANSWERS, []) if kind is Item else []
        kinds = _fields(kind)
        if set(table) != set(kinds):
            off = ", ".join(sorted(set(table) ^ set(kinds)))
            raise DocumentError(where, f"has fields missing or unknown: {off}")
        make = kind
        parts = {
            name: decode(kinds[name], part, f"{where}.{name}" if where else name)
            for name, part in table.items()
        }
    try:
        made = make(**parts)
    except QuestionnaireError as error:
        raise DocumentError(where or error.where, error.why) from error
    if kind is Item and said != _said_answers(made).get(ANSWERS, []):
        raise DocumentError(where, "does not have the answers of its kind")
    return made


@cache
def _fields(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {part.name: hints[part.name] for part in fields(kind) if part.init}


def _expect(kind: type[T], value: Any, where: str) -> T:
    # bool is an int to Python, and not to JSON.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DocumentError(where, f"is not a {kind.__name__}")
    return value
