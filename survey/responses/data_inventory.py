"""What is kept of a student, in words: one phrase for each column of the closed list.

The first page is made from it, so a new column cannot be kept without the student seeing that: a
test checks that every column has its words.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

KEPT: Mapping[str, LazyString] = {
    "school_id": _l("which school it is"),
    "wave_id": _l("which survey it is"),
    "answers": _l("the answers you pick"),
    "words": _l("what you write in a box, kept apart from your other answers"),
    "item": _l("which box you wrote it in"),
    "response_id": _l("a random number that leads nowhere"),
    "text_id": _l("a random number that leads nowhere"),
    "code_hash": _l("until the survey closes: the code of your card, scrambled, so it works once"),
    "tag": _l("until the survey closes: the code of your card, scrambled, so it works once"),
    "receipt": _l("until the survey closes: that this page was sent, so that it counts once"),
    "box": _l("until the survey closes: your answers in a sealed box; then all boxes are mixed"),
}
"""Column to words."""


def kept_words() -> tuple[str, ...]:
    """The phrases, each once, in the order of the list."""
    return tuple(dict.fromkeys(str(words) for words in KEPT.values()))
