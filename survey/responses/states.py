"""Where a student is and what was answered so far, as it travels: sealed, in the address.

The address is all there is. The device keeps it in its history, and no one can open it after the
session has ended or the key is destroyed. Its length depends on the page alone: answers fill places
of one width, and every text that may have been written by then has its room, written in or not.
"""

from __future__ import annotations

import base64
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from survey.device import envelope
from survey.device.hour_keys import HourKeys
from survey.languages import ENGLISH, LANGUAGES
from survey.questionnaires import routing
from survey.questionnaires.model import ItemKind, Questionnaire
from survey.questionnaires.routing import AnswerError, Raw, Refusal
from survey.responses.flow import ASSENT, SEND, START

RECEIPT_BYTES = 16
PURPOSE = b"student page 1"
HEAD = struct.Struct(">I8sB16sBBHHBBB")
YEAR_AT, FLAGS_AT, TAG_AT, KIND_AT = (
    struct.calcsize(before) for before in (">I8s", ">I8sB16s", ">I8sB16sB", ">I8sB16sBBHH")
)
"""Where single bytes of the head are."""

WARNED, CHOOSING, FRESH = 1, 2, 4
TAGS = tuple(sorted(LANGUAGES))
STATIONS = (START, ASSENT, SEND)

BESIDE = (
    "", "help", "plan", "chose", "spent", "mistyped", "thanks", "no", "parent", "busy", "broken",
    "changed", "away",
)  # fmt: skip
"""Pages outside the walk. Those of a plan name an item too, and a place of it."""

LAST = frozenset({"thanks", "changed", "no", "parent"})
"""Pages after the end of a session; they hold nothing of it."""

SAME_FOR_ALL = frozenset({"help", "thanks", "no", "parent"})
"""Pages that show nothing of one student."""


@dataclass(frozen=True)
class PageState:
    """One page of one student. `raw` holds everything answered so far, with what was given on this
    page; `warned` says that the page tells what is wrong with it; `choosing`, that all languages
    are shown in its place. `furthest` is the last page of the layout that was reached. `fresh` says
    that nothing was ever given on this page or a later one: it is the same page for everyone."""

    door: int
    code: str = ""
    year: int | None = None
    receipt: str = ""
    language: str = ENGLISH
    at: str = START
    raw: Raw = field(default_factory=dict)
    beside: str = ""
    warned: bool = False
    choosing: bool = False
    furthest: int = 0
    fresh: bool = False

    def over(self, beside: str) -> PageState:
        """A last page: it carries no code, no receipt and no answer."""
        return PageState(self.door, language=self.language, beside=beside)

    def on(
        self,
        questionnaire: Questionnaire,
        at: str,
        raw: Raw,
        *,
        warned: bool = False,
        goes_on: bool = False,
    ) -> PageState:
        """The same student on a page of the walk; `goes_on`: on the way to Send."""
        place = _place(questionnaire, at)
        furthest = max(self.furthest, place)
        return replace(
            self,
            at=at,
            raw=raw,
            warned=warned,
            furthest=furthest,
            beside="",
            choosing=False,
            fresh=goes_on and not warned and (self.fresh or place > self.furthest),
        )


def new_receipt() -> str:
    """The random number of a session: a second Send of it is harmless, and its end is known."""
    return secrets.token_urlsafe(RECEIPT_BYTES)


def seal(keys: HourKeys, questionnaire: Questionnaire, state: PageState, *, purpose: bytes) -> str:
    """The state as letters of an address."""
    return seal_plain(keys, pack(questionnaire, state), purpose=purpose)


def pack(questionnaire: Questionnaire, state: PageState) -> bytes:
    """The state as bytes; `read` reads them."""
    kind, item, option = _beside(questionnaire, state.beside)
    receipt = base64.urlsafe_b64decode(f"{state.receipt}==") if state.receipt else bytes(16)
    head = HEAD.pack(
        state.door,
        state.code.replace("-", "").encode(),
        state.year or 0,
        receipt,
        WARNED * state.warned | CHOOSING * state.choosing | FRESH * state.fresh,
        TAGS.index(state.language) if state.language in TAGS else 0,
        _number(questionnaire, state.at),
        state.furthest,
        kind,
        item,
        option,
    )
    rooms = _rooms(questionnaire)[: _rooms_by(questionnaire)[state.furthest]]
    return head + routing.pack(questionnaire, state.raw, rooms)


def seal_plain(keys: HourKeys, plain: bytes, *, purpose: bytes) -> str:
    """A state that is packed already, as letters of an address."""
    return envelope.seal(keys, plain, purpose=purpose)


def receipt_words(receipt: bytes) -> str:
    """The number of a session as it is written."""
    return base64.urlsafe_b64encode(receipt).decode().rstrip("=")


def unseal(keys: HourKeys, letters: str, *, purpose: bytes) -> bytes | None:
    """What an address holds, still to be read with the survey's questionnaire."""
    plain = envelope.unseal(keys, letters, purpose=purpose)
    return plain if plain is not None and len(plain) >= HEAD.size else None


def door_of(plain: bytes) -> int:
    """Whose survey it is."""
    door: int = HEAD.unpack_from(plain)[0]
    return door


def read(questionnaire: Questionnaire, plain: bytes) -> PageState:
    """The state, or an `AnswerError` if the survey asks other things by now."""
    door, code, year, receipt, flags, tag, number, furthest, kind, item, option = HEAD.unpack_from(
        plain
    )
    by = _rooms_by(questionnaire)
    if furthest >= len(by):
        raise AnswerError("", Refusal.MALFORMED)
    rooms = _rooms(questionnaire)[: by[furthest]]
    letters = code.rstrip(b"\0").decode()
    return PageState(
        door=door,
        code=f"{letters[:4]}-{letters[4:]}" if letters else "",
        year=year or None,
        receipt=receipt_words(receipt) if any(receipt) else "",
        language=TAGS[tag],
        at=_station(questionnaire, number),
        raw=routing.unpack(questionnaire, plain[HEAD.size :], rooms),
        beside=_beside_read(questionnaire, kind, item, option),
        warned=bool(flags & WARNED),
        choosing=bool(flags & CHOOSING),
        furthest=furthest,
        fresh=bool(flags & FRESH),
    )


@lru_cache(maxsize=256)
def _stations(questionnaire: Questionnaire) -> Mapping[str, int]:
    keys = (*STATIONS, *(page.key for page in routing.layout(questionnaire)))
    return {key: number for number, key in enumerate(keys)}


def _number(questionnaire: Questionnaire, at: str) -> int:
    try:
        return _stations(questionnaire)[at]
    except KeyError:
        raise AnswerError("", Refusal.MALFORMED) from None


def _station(questionnaire: Questionnaire, number: int) -> str:
    keys = list(_stations(questionnaire))
    if number >= len(keys):
        raise AnswerError("", Refusal.MALFORMED)
    return keys[number]


def _place(questionnaire: Questionnaire, at: str) -> int:
    """How far a page is: 0 before the first, then by the layout; Send is after all."""
    pages = len(_stations(questionnaire)) - len(STATIONS)
    if at in STATIONS:
        return pages if at == SEND else 0
    return _number(questionnaire, at) - len(STATIONS)


@lru_cache(maxsize=256)
def _rooms(questionnaire: Questionnaire) -> tuple[str, ...]:
    """All possible texts, in the order of their pages."""
    return tuple(i.key for i in questionnaire.asked if i.kind is ItemKind.TEXT)


@lru_cache(maxsize=256)
def _rooms_by(questionnaire: Questionnaire) -> tuple[int, ...]:
    """How many texts have room once a page of the layout was reached, by its number."""
    count, by = 0, []
    for page in routing.layout(questionnaire):
        if not page.is_landing:
            count += sum(item.kind is ItemKind.TEXT for item in page.items)
        by.append(count)
    return (*by, count)


def _beside(questionnaire: Questionnaire, beside: str) -> tuple[int, int, int]:
    name, _, rest = beside.partition("-")
    key, _, place = rest.partition("-")
    item = questionnaire.by_key.get(key)
    if name not in BESIDE or (key and item is None):
        raise AnswerError("", Refusal.MALFORMED)
    if item is None:
        return BESIDE.index(name), 0, 0
    if place and place not in item.answers:
        raise AnswerError(key, Refusal.NOT_AN_OPTION)
    option = item.answers.index(place) + 1 if place else 0
    return BESIDE.index(name), list(questionnaire.by_key).index(key) + 1, option


def _beside_read(questionnaire: Questionnaire, kind: int, item: int, option: int) -> str:
    keys = list(questionnaire.by_key)
    if kind >= len(BESIDE) or item > len(keys):
        raise AnswerError("", Refusal.MALFORMED)
    if not item:
        return BESIDE[kind]
    key = keys[item - 1]
    place = f"-{questionnaire.by_key[key].answers[option - 1]}" if option else ""
    return f"{BESIDE[kind]}-{key}{place}"
