"""A questionnaire prepared for turning pages: what each page may send, and what that adds to the
packed answers. Pure.

It handles only the ordinary turn: Next, or Skip with no answer, on a page with no earlier answer.
Earlier answers were checked when they were packed, so only what the page sends is checked here.
For any other turn it returns None, and `responses.turn_page` decides.
`tests/property/test_fast_path.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from survey.campaigns.site_plans.image_clicks import SPOT
from survey.questionnaires import routing
from survey.questionnaires.codecs import answer_codec
from survey.questionnaires.item_kinds import fixed_length_text as fixed
from survey.questionnaires.model import (
    LONGEST_TEXT,
    YEAR_ITEM,
    YEARS,
    Condition,
    Item,
    Questionnaire,
)
from survey.responses import personal_data_hints as hints
from survey.responses.flow import ASSENT, SEND, START, Go
from survey.responses.posted_form import NO_ANSWER, number_of
from survey.responses.states import FLAGS_AT, FRESH, HEAD, STATIONS, YEAR_AT
from survey.typed_text import kept, length

Fields = Sequence[tuple[str, str]]
"""What a form sends, in its order."""

PASSED_OVER = frozenset({"at", "pad"})
"""Fields of ours that an ordinary turn does not need."""


class NotOrdinaryError(Exception):
    """The turn is not one of the ordinary kind."""


@dataclass(frozen=True)
class Choice:
    """A field with one answer: what each value adds to the number."""

    adds: Mapping[str, int]


@dataclass(frozen=True)
class Ticks:
    """A field with several answers."""

    adds: Mapping[str, int]
    most: int
    alone: frozenset[str]


@dataclass(frozen=True)
class Typed:
    """A field to write in: the place of its room among all rooms."""

    room: int


@dataclass(frozen=True)
class Wait:
    """A condition on earlier answers: the digits to look at, and the values that meet it."""

    digits: tuple[tuple[int, int, frozenset[int]], ...]

    def is_met(self, number: int) -> bool:
        return any(number // worth % radix in values for worth, radix, values in self.digits)


@dataclass(frozen=True)
class PreparedQuestion:
    """One question of a page. `rows` is the condition of each field, where rows wait one by one."""

    key: str
    from_year: int
    fields: Mapping[str, Choice | Ticks | Typed]
    wait: Wait | None
    rows: Mapping[str, Wait] = field(default_factory=dict)

    def called_for(self, number: int) -> PreparedQuestion | None:
        """The question with the rows that earlier answers call for; None if they call for none."""
        if self.wait is not None and not self.wait.is_met(number):
            return None
        if not self.rows:
            return self
        called = {
            name: self.fields[name] for name, wait in self.rows.items() if wait.is_met(number)
        }
        return replace(self, fields=called) if called else None

    @property
    def waits(self) -> bool:
        """Do earlier answers decide whether it is shown, or which of its rows are?"""
        return self.wait is not None or bool(self.rows)


@dataclass(frozen=True)
class PreparedPage:
    """One page of the layout."""

    key: str
    section: str
    is_landing: bool
    asked: tuple[PreparedQuestion, ...]

    @property
    def waits(self) -> bool:
        """Is there a question on it that waits for earlier answers?"""
        return not self.is_landing and any(one.waits for one in self.asked)

    @cached_property
    def left_open(self) -> frozenset[tuple[str, str]]:
        """What its fields send if they are left open, also those of questions that are hidden."""
        return frozenset(
            (name, "" if isinstance(field, Typed) else NO_ANSWER)
            for one in self.asked
            for name, field in one.fields.items()
        )


class Walk:
    """All pages of a questionnaire."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._layout = answer_codec.layout(questionnaire)
        self._texts = {key: place for place, key in enumerate(self._layout.texts)}
        known = {item.key: self._compiled(questionnaire, item) for item in questionnaire.asked}
        self.stops = tuple(
            PreparedPage(
                page.key,
                page.section.key,
                page.is_landing,
                tuple(known[item.key] for item in page.items),
            )
            for page in routing.layout(questionnaire)
        )
        self._rooms = self._rooms_by_place()
        year = questionnaire.by_key.get(YEAR_ITEM)
        places = {name: digits for name, digits in self._layout.turns.items() if name == YEAR_ITEM}
        self._years: dict[int, int] = {}
        self._year_worth, self._year_radix = 0, 1
        if year is not None and places:
            ((self._year_worth, stands),) = places[YEAR_ITEM]
            self._year_radix = len(year.answers) + 1
            self._years = {n: stands[f"y{n}"] for n in YEARS if f"y{n}" in stands}
        self._youngest = questionnaire.youngest
        self._ages = {at: n for n, at in self._years.items()}
        self.start = HEAD.size + answer_codec.MARK_BYTES
        self.end = self.start + self._layout.size

    def _compiled(self, questionnaire: Questionnaire, item: Item) -> PreparedQuestion:
        fields: dict[str, Choice | Ticks | Typed] = {}
        for name in item.kind.fields(item):
            digits = self._layout.turns.get(name, ())
            if item.kind.is_text:
                fields[name] = Typed(self._texts[name])
            elif item.kind.takes_several:
                adds = {number_of(n): worth for n, (worth, _at) in enumerate(digits, 1)}
                alone = [n for n, one in enumerate(item.options, 1) if one.stands_alone]
                most = item.most if item.most is not None else len(adds)
                fields[name] = Ticks(adds, most, frozenset(map(number_of, alone)))
            else:
                ((worth, stands),) = digits
                fields[name] = Choice({number_of(at): worth * at for at in stands.values()})
        wait = None
        if item.show_if is not None:
            source = questionnaire.by_key[item.show_if.item]
            wait = self._wait(source.kind.fields(source), item.show_if)
        rows: dict[str, Wait] = {}
        if item.rows_if is not None:
            source = questionnaire.by_key[item.rows_if.item]
            earlier = zip(item.rows, item.kind.fields(item), strict=True)
            rows = {
                name: self._wait((source.row_key(row.key),), item.rows_if) for row, name in earlier
            }
        return PreparedQuestion(item.key, item.from_year, fields, wait, rows)

    def _wait(self, fields: Iterable[str], condition: Condition) -> Wait:
        """A condition on what was given in some fields."""
        digits = []
        for name in fields:
            for worth, stands in self._layout.turns.get(name, ()):
                values = frozenset(at for given, at in stands.items() if given in condition.options)
                digits.append((worth, len(stands) + 1, values))
        return Wait(tuple(digits))

    def _rooms_by_place(self) -> tuple[int, ...]:
        """How many texts have room once a page was reached, by its place; the last is Send."""
        count, by = 0, []
        for stop in self.stops:
            if not stop.is_landing:
                count += sum(
                    isinstance(field, Typed) for one in stop.asked for field in one.fields.values()
                )
            by.append(count)
        return (*by, count)

    def fits(self, plain: bytes) -> bool:
        """Does a state belong to this questionnaire as it is now?"""
        furthest: int = HEAD.unpack_from(plain)[7]
        return (
            furthest < len(self._rooms)
            and plain[HEAD.size : self.start] == self._layout.mark
            and len(plain) == self.end + self._rooms[furthest] * fixed.WIDTH
        )

    # What a student is shown

    def age(self, year: int | None, number: int) -> int:
        """The year whose questions are shown."""
        if year is not None:
            return year
        at = number // self._year_worth % self._year_radix if self._year_worth else 0
        return self._ages.get(at, self._youngest)

    def shown(
        self, stop: PreparedPage, year: int | None, age: int, number: int
    ) -> list[PreparedQuestion]:
        """The questions of a page that this student is shown."""
        return [
            called
            for one in stop.asked
            if one.from_year <= age
            and not (year is not None and one.key == YEAR_ITEM)
            and (called := one.called_for(number)) is not None
        ]

    def comes(self, stop: PreparedPage, year: int | None, age: int) -> bool:
        """Does a student of that age meet the page, whatever was answered?"""
        return any(
            one.from_year <= age and not (year is not None and one.key == YEAR_ITEM)
            for one in stop.asked
        )

    def look(self, plain: bytes) -> tuple[object, ...] | None:
        """All that the page of a state depends on, apart from its survey and language. None if
        answers decide what it shows: because the student was there before, or because a question on
        it waits for earlier answers. Whether it does show something decides nothing, or the time it
        takes would tell."""
        at, year = HEAD.unpack_from(plain)[6], plain[YEAR_AT] or None
        if at < len(STATIONS):
            return (STATIONS[at],)
        stop = self.stops[at - len(STATIONS)]
        number = int.from_bytes(plain[self.start : self.end], "little")
        age = self.age(year, number)
        if stop.is_landing:
            return (stop.key, age, year is None)
        if stop.waits or not plain[FLAGS_AT] & FRESH:
            return None
        return (stop.key, age, year is None)

    # From one page to the next

    def turn(self, plain: bytes, sent: Fields) -> bytes | None:
        """The state after an ordinary turn; None for any other."""
        try:
            return self._turned(plain, sent)
        except NotOrdinaryError:
            return None

    def _turned(self, plain: bytes, sent: Fields) -> bytes:
        door, code, preset, receipt, flags, tag, at, furthest, kind, _item, _option = (
            HEAD.unpack_from(plain)
        )
        year = preset or None
        if flags != FRESH or kind or not any(receipt):
            raise NotOrdinaryError
        go, given = _pressed(sent)
        number = self._with_year(int.from_bytes(plain[self.start : self.end], "little"), year)
        rooms = plain[self.end :]
        if at >= len(STATIONS):
            stop = self.stops[at - len(STATIONS)]
            shown = self.shown(stop, year, self.age(year, number), number)
            fields = {} if stop.is_landing else _fields(shown)
            if stop.waits:
                given = [one for one in given if one[0] in fields or one not in stop.left_open]
            number, rooms = _with_given(fields, given, number, rooms, go)
            place = self._following(at - len(STATIONS), year, number, stop, go)
        elif given or go is not Go.NEXT or at == SEND_AT:
            raise NotOrdinaryError
        elif at == START_AT:
            place = -1
        else:
            place = self._following(-1, year, number, None, go)
        after = ASSENT_AT if place < 0 else SEND_AT if place == len(self.stops) else place + 3
        reached: int = max(furthest, place)
        missing = self._rooms[reached] * fixed.WIDTH - len(rooms)
        head = HEAD.pack(door, code, preset, receipt, flags, tag, after, reached, 0, 0, 0)
        packed = number.to_bytes(self.end - self.start, "little")
        mark = plain[HEAD.size : self.start]
        empty = EMPTY_ROOM * (missing // fixed.WIDTH)
        return b"".join((head, mark, packed, rooms, empty))

    def _with_year(self, number: int, year: int | None) -> int:
        """A preset year becomes the answer to the question for it."""
        at = self._years.get(year, 0) if year is not None else 0
        if not at or number // self._year_worth % self._year_radix:
            return number
        return number + at * self._year_worth

    def _following(
        self, here: int, year: int | None, number: int, stop: PreparedPage | None, go: Go
    ) -> int:
        """The place of the next page that this student is shown; after the last comes Send."""
        passes = stop.section if stop is not None and stop.is_landing and go is Go.SKIP else None
        age = self.age(year, number)
        for place in range(here + 1, len(self.stops)):
            one = self.stops[place]
            if one.section != passes and self.comes(one, year, age):
                return place
        return len(self.stops)


START_AT, ASSENT_AT, SEND_AT = (STATIONS.index(one) for one in (START, ASSENT, SEND))
EMPTY_ROOM = fixed.write("") or b""
SAMPLE = "It is dark by the gate and there are always older people who shout things at us."


@lru_cache(maxsize=256)
def walk_of(questionnaire: Questionnaire) -> Walk:
    return Walk(questionnaire)


def _pressed(sent: Fields) -> tuple[Go, list[tuple[str, str]]]:
    """Which button was pressed, and the other fields."""
    go, given = "", []
    for name, value in sent:
        if name == "go":
            go = value
        elif name not in PASSED_OVER:
            given.append((name, value))
    if go not in (Go.NEXT, Go.SKIP) or any(name.startswith(SPOT) for name, _value in given):
        raise NotOrdinaryError
    return Go(go), given


def _fields(shown: Iterable[PreparedQuestion]) -> dict[str, Choice | Ticks | Typed]:
    return {name: field for one in shown for name, field in one.fields.items()}


def _with_given(
    fields: Mapping[str, Choice | Ticks | Typed],
    given: Fields,
    number: int,
    rooms: bytes,
    go: Go,
) -> tuple[int, bytes]:
    """The packed answers with what the page sent. Nothing was given on the page before, so each
    answer is only added."""
    values: dict[str, list[str]] = {}
    for name, value in given:
        if name not in fields:
            raise NotOrdinaryError
        if value != ("" if isinstance(fields[name], Typed) else NO_ANSWER):
            values.setdefault(name, []).append(value)
    if go is Go.SKIP and values:
        raise NotOrdinaryError  # the page warns before it drops them
    for name, one in fields.items():
        if isinstance(one, Typed):
            rooms = _with_words(one, values.get(name, []), rooms)
        elif name in values:
            number += sum(_added(one, values[name]))
    return number, rooms


def _added(field: Choice | Ticks, chosen: list[str]) -> Iterator[int]:
    picked = set(chosen)
    if isinstance(field, Choice) and len(chosen) != 1:
        raise NotOrdinaryError
    if isinstance(field, Ticks) and (
        len(picked) > field.most or (len(picked) > 1 and picked & field.alone)
    ):
        raise NotOrdinaryError
    for one in picked:
        if one not in field.adds:
            raise NotOrdinaryError
        yield field.adds[one]


def _with_words(field: Typed, written: list[str], rooms: bytes) -> bytes:
    """The rooms with what was written. A page that was left empty takes as long as one with a
    sentence on it."""
    if len(written) > 1:
        raise NotOrdinaryError
    words = kept(written[0] if written else SAMPLE)
    room = fixed.write(words)
    if length(words) > LONGEST_TEXT or room is None or hints.find(words):
        raise NotOrdinaryError
    if not written:
        return rooms
    start = field.room * fixed.WIDTH
    return rooms[:start] + room + rooms[start + fixed.WIDTH :]
