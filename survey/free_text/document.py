"""The set of texts that leaves the room: frozen, shuffled, under its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from survey.free_text.redaction import Part

FORMAT = 1
FEWEST = 20
"""Fewer texts are never shown to anyone, before or after redaction."""


@dataclass(frozen=True)
class ItemTexts:
    """What was written to one item. There are at least `FEWEST`."""

    item: str
    texts: tuple[tuple[Part, ...], ...]

    def __post_init__(self) -> None:
        if len(self.texts) < FEWEST:
            raise ValueError(f"fewer than {FEWEST} texts are never shown")


@dataclass(frozen=True)
class TextSet:
    questionnaire: str
    items: tuple[ItemTexts, ...]

    def to_json(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "questionnaire": self.questionnaire,
                "items": [{"item": one.item, "texts": one.texts} for one in self.items],
            },
            separators=(",", ":"),
            sort_keys=True,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, document: str) -> TextSet:
        data = json.loads(document)
        if data["format"] != FORMAT:
            raise ValueError("texts of another format")
        return cls(data["questionnaire"], tuple(_items(data["items"])))


def _items(items: list[dict[str, list[list[Part]]]]) -> Iterable[ItemTexts]:
    for one in items:
        yield ItemTexts(str(one["item"]), tuple(tuple(parts) for parts in one["texts"]))


def hash_of(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()
