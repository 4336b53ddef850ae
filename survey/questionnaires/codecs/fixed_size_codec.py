"""Answers as bytes of a fixed length, which depends only on the questionnaire.

Each choice has a fixed position, and every text has room for the longest, so no valid answer is too
long. A sealed box is opened weeks later, so the layout of a kind never changes: a new layout is a
new kind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import IntEnum

from survey.questionnaires.check_answers import Answer, Answers
from survey.questionnaires.item_kinds.answer import TextTooLongError as TextTooLongError
from survey.questionnaires.model import Questionnaire


class ContentKind(IntEnum):
    """The kind of the bytes that follow."""

    BLANK = 0
    RESPONSE = 1
    TEXTS = 2  # texts, stored earlier without their answers
    SPELLED = 3  # a response as JSON, stored earlier, that does not fit the layout
    SPELLED_TEXT = 4  # a question and a text as JSON, for the same reason


@dataclass(frozen=True)
class DecodedAnswers:
    """The content of one box: the answers without texts, or None, and the texts by question."""

    answers: Answers | None = None
    texts: dict[str, str] = field(default_factory=dict)


def size(questionnaire: Questionnaire) -> int:
    """The number of bytes of every response to this questionnaire."""
    return 1 + sum(item.kind.width(item) for item in questionnaire.asked)


def blank(length: int) -> bytes:
    return bytes(length)


def to_bytes(questionnaire: Questionnaire, answers: Answers, *, length: int) -> bytes:
    """Encodes answers and texts, padded to `length`."""
    return _filled(ContentKind.RESPONSE, _laid_out(questionnaire, answers), length)


def texts_to_bytes(questionnaire: Questionnaire, texts: Answers, *, length: int) -> bytes:
    """Encodes only texts, padded to `length`."""
    return _filled(ContentKind.TEXTS, _laid_out(questionnaire, texts), length)


def spelled_to_bytes(answers: str, *, length: int) -> bytes:
    """Encodes a response that is given as JSON."""
    return _filled(ContentKind.SPELLED, _spelled(answers), length)


def spelled_text_to_bytes(item: str, words: str, *, length: int) -> bytes:
    """Encodes a text for a question that has no free text in this questionnaire."""
    return _filled(ContentKind.SPELLED_TEXT, _spelled(json.dumps([item, words])), length)


def from_bytes(questionnaire: Questionnaire, plain: bytes) -> DecodedAnswers:
    """Decodes what the functions above encoded. Raises a `TextTooLongError` for anything else."""
    try:
        kind, body = ContentKind(plain[0]), plain[1:]
        if kind is ContentKind.BLANK:
            return DecodedAnswers()
        if kind in (ContentKind.SPELLED, ContentKind.SPELLED_TEXT):
            said = json.loads(body[4 : 4 + int.from_bytes(body[:4], "big")])
            return (
                DecodedAnswers(said)
                if kind is ContentKind.SPELLED
                else DecodedAnswers(None, dict([said]))
            )
        given = _read(questionnaire, body)
    except (ValueError, IndexError) as error:
        raise TextTooLongError("a box holds what this questionnaire cannot give") from error
    texts = {
        key: str(answer) for key, answer in given.items() if questionnaire.by_key[key].kind.is_text
    }
    picked = {key: answer for key, answer in given.items() if key not in texts}
    return DecodedAnswers(picked if kind is ContentKind.RESPONSE else None, texts)


def _spelled(words: str) -> bytes:
    said = words.encode()
    return len(said).to_bytes(4, "big") + said


def _filled(kind: ContentKind, body: bytes, length: int) -> bytes:
    if 1 + len(body) > length:
        raise TextTooLongError("a response is longer than the questionnaire allows")
    return (bytes((kind,)) + body).ljust(length, b"\0")


def _laid_out(questionnaire: Questionnaire, answers: Answers) -> bytes:
    if strange := set(answers) - {item.key for item in questionnaire.asked}:
        raise TextTooLongError(f"items that are not asked: {sorted(strange)}")
    return b"".join(
        item.kind.to_bytes(item, answers[item.key])
        if item.key in answers
        else bytes(item.kind.width(item))
        for item in questionnaire.asked
    )


def _read(questionnaire: Questionnaire, body: bytes) -> dict[str, Answer]:
    given: dict[str, Answer] = {}
    at = 0
    for item in questionnaire.asked:
        width = item.kind.width(item)
        answer = item.kind.from_bytes(item, body[at : at + width])
        at += width
        if answer:
            given[item.key] = answer
    return given
