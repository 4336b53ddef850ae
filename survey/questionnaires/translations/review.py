"""Reviews of translations by people who read the language well. The file
`translations/<language>/review.toml` has the reviewer's role, the day, and a hash of the words.
When a word changes, the hash differs, and the language counts as not reviewed.

A reviewer who approves the catalogues records it:

.venv/bin/python -m survey.questionnaires.translations.review cy --by "teacher of Welsh"
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from survey.languages import ENGLISH, LANGUAGES, TRANSLATIONS
from survey.questionnaires.translations.catalogues import FOLDER, CatalogueError, catalogue_path

DOMAINS = ("messages", "questionnaires")


@dataclass(frozen=True)
class Review:
    """The reviewer's role (not a name), the day, and the hash of what they read."""

    by: str
    on: date
    words: str

    @classmethod
    def read(cls, path: Path) -> Review:
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CatalogueError(path, str(error)) from error
        match data:
            case {"by": str(by), "on": date() as on, "words": str(words), **rest} if not rest:
                return cls(by, on, words)
        raise CatalogueError(path, "says by (a role), on (a day) and words (a hash), no more")

    def write(self, path: Path) -> None:
        by = json.dumps(self.by, ensure_ascii=False)  # a TOML string is quoted in the same way
        path.write_text(f'by = {by}\non = {self.on}\nwords = "{self.words}"\n', encoding="utf-8")


def words_hash(folder: Path, tag: str) -> str:
    """The sha256 of all translations of a language, independent of their order and comments."""
    said = []
    for domain in DOMAINS:
        path = catalogue_path(folder, tag, domain)
        try:
            with path.open("rb") as file:
                parsed = read_po(file, locale=tag, abort_invalid=True)
        except (OSError, UnicodeDecodeError, PoFileError) as error:
            raise CatalogueError(path, str(error)) from error
        said += [
            [domain, one.context or "", one.id, one.string, one.fuzzy] for one in parsed if one.id
        ]
    spelled = sorted(json.dumps(line, ensure_ascii=False) for line in said)
    return hashlib.sha256("\n".join(spelled).encode()).hexdigest()


def review_path(folder: Path, tag: str) -> Path:
    return folder / tag / "review.toml"


def is_reviewed(tag: str, folder: Path = FOLDER) -> bool:
    """Whether the current words were reviewed. English counts as reviewed: others are compared with
    it."""
    if tag == ENGLISH:
        return True
    path = review_path(folder, tag)
    return path.exists() and Review.read(path).words == words_hash(folder, tag)


@cache
def reviewed_languages() -> frozenset[str]:
    """The reviewed languages, read once in a process."""
    return frozenset(tag for tag in LANGUAGES if is_reviewed(tag))


def unreviewed(languages: Iterable[str]) -> tuple[str, ...]:
    """Those of `languages` that are not reviewed, in their order."""
    known = reviewed_languages()
    return tuple(tag for tag in languages if tag not in known)


def main() -> None:
    parser = argparse.ArgumentParser(description="Sign off the translation of a language.")
    parser.add_argument("language", choices=TRANSLATIONS)
    parser.add_argument("--by", required=True, help="a role, not a name: “teacher of Welsh”")
    given = parser.parse_args()
    path = review_path(FOLDER, given.language)
    Review(given.by, datetime.now(UTC).date(), words_hash(FOLDER, given.language)).write(path)


if __name__ == "__main__":
    main()
