"""Words in several languages, keys, and what is said of a questionnaire that cannot be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class QuestionnaireError(ValueError):
    """A questionnaire that cannot be: `where` it is wrong (section, item, place) and `why`."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


def refuse_odd_key(where: str, key: str) -> None:
    if not KEY.fullmatch(key):
        raise QuestionnaireError(where, "a key is small letters, digits and _")


def refuse_twins(what: str, keys: Iterable[str]) -> None:
    """Raises a `QuestionnaireError` for a key that is used twice."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise QuestionnaireError(f"{what} {key}", "the key is used twice")
        seen.add(key)


@dataclass(frozen=True)
class Text:
    """The same words in several languages, keyed by language tag ("en", "cy")."""

    by_language: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.by_language or not all(words.strip() for _, words in self.by_language):
            raise QuestionnaireError("text", "has no words")
        if len(dict(self.by_language)) != len(self.by_language):
            raise QuestionnaireError("text", "names a language twice")
        # One order, so that equal words are equal values and have one content hash.
        object.__setattr__(self, "by_language", tuple(sorted(self.by_language)))

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Text:
        return cls(tuple(words.items()))

    def in_language(self, language: str, fallback: str = "en") -> str:
        """The words in `language`, else in `fallback`, else in the first language there is."""
        words = dict(self.by_language)
        return words.get(language) or words.get(fallback) or self.by_language[0][1]

    def only(self, languages: Collection[str]) -> Text:
        """The same words in some of their languages."""
        return Text(tuple(pair for pair in self.by_language if pair[0] in languages))

    def has(self, language: str) -> bool:
        return any(tag == language for tag, _ in self.by_language)
