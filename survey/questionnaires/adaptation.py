"""An adaptation: what a school changed in a template, as one value that can be stored and read
back.

Nothing here says whether a change is allowed: that depends on the template (see
`adaptation_rules`), and is checked whenever a questionnaire is made of the two (`adapt`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from survey.errors import RefusedError
from survey.questionnaires.document import FORMAT, DocumentError, encode, read
from survey.questionnaires.model import FROM_START, Inside, ItemKind, Text


class AdaptationError(RefusedError):
    """A change that a template does not allow: which field of the adaptation, and why.

    `field` is like "wordings.B1" or "own_items.Z1": the form field that the reason belongs to."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field, self.why = field, why


@dataclass(frozen=True)
class OwnPlace:
    """A place that only this school has. Its key stays when it is renamed."""

    key: str
    label: Text
    inside: Inside


@dataclass(frozen=True)
class OwnItem:
    """A school's own question: one choice, several choices or a 0-10 scale. It is at the
    end of its section."""

    key: str
    section: str
    theme: str
    kind: ItemKind
    wording: Text
    options: tuple[Text, ...] = ()
    ends: tuple[Text, Text] | None = None
    most: int | None = None
    from_year: int = FROM_START

    @property
    def texts(self) -> tuple[Text, ...]:
        return (self.wording, *self.options, *(self.ends or ()))


@dataclass(frozen=True)
class OwnContact:
    """Someone at the school to turn to: name or role, how to reach them, the room, when they are
    there, and an e-mail address."""

    name: Text
    how: Text
    room: Text | None = None
    times: Text | None = None
    email: str | None = None

    @property
    def is_whole(self) -> bool:
        """Can a student find them and write to them?"""
        return bool(self.room and self.times and self.email)


@dataclass(frozen=True)
class Adaptation:
    """All that differs from the template; an empty one changes nothing.

    `switched` items are on or off against the template; `gates` are raised years; `wordings`
    replace those of optional items, in all languages at once, so that no two languages ask
    different things; `absent` are the places the school does not have; an empty `section_order` or
    `languages` means the template's; `crossed` asks for groups by year and gender together.
    """

    switched: Mapping[str, bool] = field(default_factory=dict)
    gates: Mapping[str, int] = field(default_factory=dict)
    wordings: Mapping[str, Text] = field(default_factory=dict)
    place_labels: Mapping[str, Text] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    own_places: tuple[OwnPlace, ...] = ()
    own_items: tuple[OwnItem, ...] = ()
    section_order: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    contacts: tuple[OwnContact, ...] = ()
    crossed: bool = False


def to_document(adaptation: Adaptation) -> dict[str, Any]:
    """The adaptation in JSON types only."""
    return {"format": FORMAT, **encode(adaptation)}


def from_document(document: Mapping[str, Any]) -> Adaptation:
    """The adaptation a document describes; whether a template allows it is not known yet."""
    try:
        return read(Adaptation, document)
    except DocumentError as error:
        raise AdaptationError(
            error.where, _("This draft cannot be read: %(why)s.", why=error)
        ) from error
