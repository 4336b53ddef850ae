"""The translations of what the product itself asks and says to students.

Templates are written in English; each other language has a catalogue that
`scripts/messages.sh` keeps in step with them. An answer is looked up under the key of its item or
scale, because "Yes" is another word after "Is there ..." than after "Do you know ...".
"""

from __future__ import annotations

import gettext
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import PoFileError, read_po

from survey.languages import ENGLISH, TRANSLATIONS
from survey.paths import folder
from survey.questionnaires.model import Text

FOLDER = folder("translations")

Catalogue = Mapping[tuple[str, str], str]
"""Translations by context ("" for none) and English words."""


class CatalogueError(ValueError):
    """A catalogue that cannot be read: which file, and why."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path, self.why = path, why


def catalogue_path(folder: Path, tag: str, domain: str = "questionnaires") -> Path:
    return folder / tag / "LC_MESSAGES" / f"{domain}.po"


def read_catalogue(path: Path) -> Catalogue:
    """What a catalogue translates. Guesses (marked fuzzy) are not taken for translations."""
    try:
        with path.open("rb") as file:
            parsed = read_po(file, abort_invalid=True)
    except (OSError, UnicodeDecodeError, PoFileError) as error:
        raise CatalogueError(path, str(error)) from error
    if parsed.fuzzy:
        raise CatalogueError(path, "the header is marked fuzzy, so nothing in it would count")
    found = {}
    for message in parsed:
        if message.id and message.string and not message.fuzzy:
            if not isinstance(message.id, str) or not isinstance(message.string, str):
                raise CatalogueError(path, f"{message.id!r} has plural forms")
            found[message.context or "", message.id] = message.string
    return MappingProxyType(found)


@cache
def catalogues() -> Mapping[str, Catalogue]:
    """Those of every language, read once in a process."""
    return MappingProxyType(
        {tag: read_catalogue(catalogue_path(FOLDER, tag)) for tag in TRANSLATIONS}
    )


def words_of(english: str, context: str = "") -> Text:
    """The English words with all their translations."""
    said = {tag: known.get((context, english)) for tag, known in catalogues().items()}
    return Text.of({ENGLISH: english, **{tag: words for tag, words in said.items() if words}})


@cache
def refuse_broken() -> None:
    """Raises a `CatalogueError` if any language lacks its words, or they cannot be read: better no
    start than pages that are silently in English."""
    catalogues()
    for tag in TRANSLATIONS:
        compiled = catalogue_path(FOLDER, tag, "messages").with_suffix(".mo")
        try:
            with compiled.open("rb") as file:
                gettext.GNUTranslations(file)
        except (OSError, ValueError, struct.error) as error:
            raise CatalogueError(compiled, f"{error}; run scripts/catalogues.sh") from error
