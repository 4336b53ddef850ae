"""One table of a template file, read key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from survey.questionnaires.multilingual_text import QuestionnaireError, Text

T = TypeVar("T")
Say = Callable[[str, str], Text]
"""Makes a text of English words and the context they are in ("" for none)."""


@dataclass
class TomlTable:
    """A TOML table that knows its place and which of its keys were asked for."""

    data: Mapping[str, Any]
    where: str
    say: Say
    languages: tuple[str, ...] = ()
    asked: set[str] = field(default_factory=set)

    def get(self, key: str, kind: type[T], default: T | None = None) -> T | None:
        self.asked.add(key)
        if key not in self.data:
            return default
        value = self.data[key]
        # bool is an int to Python, and "most = true" is a slip of the pen.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.complaint(key, f"is not {_NAMES[kind]}")
        return value

    def need(self, key: str, kind: type[T]) -> T:
        value = self.get(key, kind)
        if value is None:
            raise self.complaint(key, "is missing")
        return value

    def strings(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        values = self.need(key, list) if default is None else self.get(key, list, list(default))
        if not all(isinstance(value, str) for value in values or ()):
            raise self.complaint(key, "is not a list of words")
        return tuple(values or ())

    def choice(self, key: str, known: Callable[[str], T], default: str | None = None) -> T:
        """One of the words an enumeration knows."""
        word = self.need(key, str) if default is None else self.get(key, str, default)
        try:
            return known(word or "")
        except ValueError:
            raise self.complaint(key, f"does not know {word!r}") from None

    def text(self, key: str, context: str = "") -> Text:
        text = self.text_or_none(key, context)
        if text is None:
            raise self.complaint(key, "is missing")
        return text

    def text_or_none(self, key: str, context: str = "") -> Text | None:
        self.asked.add(key)
        return self.words(key, self.data[key], context) if key in self.data else None

    def words(self, key: str, words: Any, context: str = "") -> Text:
        match words:
            case str():
                if not words.strip():
                    raise self.complaint(key, "has no words")
                known = self.say(words, context).by_language
                return Text(tuple(pair for pair in known if pair[0] in self.languages))
            case dict():
                return self._own_words(key, words)
        raise self.complaint(key, "is not words")

    def _own_words(self, key: str, words: Mapping[str, Any]) -> Text:
        """Words that the template itself gives in several languages."""
        if unknown := set(words) - set(self.languages):
            raise self.complaint(key, f"is in no language of the template: {sorted(unknown)}")
        if not words.get(self.languages[0]):
            raise self.complaint(key, f"has no words in {self.languages[0]!r}")
        if not all(isinstance(value, str) and value.strip() for value in words.values()):
            raise self.complaint(key, "has no words in a language it names")
        return Text.of(words)

    def child(self, key: str) -> TomlTable | None:
        inner = self.get(key, dict)
        return None if inner is None else self._below(f"{self.where}, {key}", inner)

    def children(self, key: str, name: str | None = None) -> Iterator[TomlTable]:
        """The tables of an array, each placed by its own key."""
        for number, inner in enumerate(self.get(key, list, []) or [], start=1):
            if not isinstance(inner, dict):
                raise self.complaint(key, "is not a list of tables")
            here = f"{name or key} {inner.get('key', f'no. {number}')}"
            yield self._below(f"{self.where}, {here}" if self.where else here, inner)

    def _below(self, where: str, inner: Mapping[str, Any]) -> TomlTable:
        return TomlTable(inner, where, self.say, self.languages)

    def complaint(self, key: str, why: str) -> QuestionnaireError:
        return QuestionnaireError(self.where or "top", f"{key} {why}")

    def made(self, make: Callable[[], T]) -> T:
        """What `make` builds; complaints are placed here, and so are unknown keys."""
        if unknown := sorted(set(self.data) - self.asked):
            raise self.complaint(unknown[0], "is not known here")
        try:
            return make()
        except QuestionnaireError as error:
            raise QuestionnaireError(self.where or error.where, error.why) from error


_NAMES: dict[type, str] = {
    str: "words",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
