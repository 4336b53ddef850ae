"""A sentence of the papers, and what makes it true: a test, a setting, or both.

A sentence that depends on a setting has another one for the other case (`otherwise`). If there is
none, a setting that makes it false keeps the app from starting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from survey.papers.facts import Facts
from survey.settings import Settings


@dataclass(frozen=True)
class Claim:
    """A sentence. `tests` are those that fail if it is not true; `settings` those that it says or
    depends on; `when`: whether it holds under these settings."""

    words: LazyString
    tests: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    when: Callable[[Settings], bool] | None = None
    otherwise: LazyString | None = None

    def holds(self, options: Settings) -> bool:
        return self.when is None or self.when(options)

    def said(self, options: Settings, filled: Facts) -> str:
        """The sentence that is true under these settings."""
        words = self.words if self.holds(options) or self.otherwise is None else self.otherwise
        return str(words) % filled
