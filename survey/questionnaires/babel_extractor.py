"""An extractor for `pybabel extract`: the texts of a template that need translation.

A template is read the way the product reads it, and every text it asks for is written down: so no
text can be shown that translators were not given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from survey.questionnaires.load import load
from survey.questionnaires.model import Text

Found = tuple[int, str, tuple[str, str] | str, list[str]]
"""Line, function, (context and) words, remarks for the translator: as Babel asks for them."""


def extract_template(
    file: BinaryIO,
    keywords: Mapping[str, Any],  # noqa: ARG001 (Babel passes them to every extractor)
    comment_tags: Collection[str],  # noqa: ARG001
    options: Mapping[str, Any],  # noqa: ARG001
) -> Iterator[Found]:
    """Every text of a template file, answers with the item or the other answers as context."""
    path = Path(file.name)
    seen: dict[tuple[str, str], None] = {}  # in the order they are read

    def write_down(english: str, context: str) -> Text:
        seen[context, english] = None
        return Text.of({"en": english})

    asked = {item.key: item.wording for item in load(path, say=write_down).items}
    beside: dict[str, list[str]] = {}
    for context, english in seen:
        beside.setdefault(context, []).append(english)
    for context, english in seen:
        if not context:
            yield 0, "gettext", english, []
        elif context in asked:
            question = asked[context].in_language("en")
            yield 0, "pgettext", (context, english), [f"Answers: {question}"]
        else:
            yield 0, "pgettext", (context, english), [f"One of: {' / '.join(beside[context])}"]
