"""A family: tables that share students' answers, as one system of unknown counts.

The unknowns of a cell are the counts of every answer of every table in the family.  "Skipped" of
the options of one question is one unknown, as a student who skipped a tick-all question skipped all
its options.  As well as the printed figures, *ties* hold in every cell of n students:

- options of a question, s of whom skipped it, with options E that exclude all others and m the
  most ticks allowed: sum of yes >= n - s (who answered ticked something); yes(o) + sum E <= n - s
  for every other option o; sum of the others' yes <= m (n - s - sum E).
- "any of" the rows of a grid, where y(r) and b(r) of row r gave an answer of its yes and of its no:
  y(r) <= yes <= sum y;  no <= sum b;  yes + no >= y(r) + b(r).
- "any of" options, with P, Q its yes and no options that do not exclude others, and Ey, En, El the
  excluding ones of yes, of no and of neither: yes + no = n - s - El;  with u = yes - Ey:
  p <= u <= sum P for p in P;  En <= no <= En + sum Q.
- a gate through which g students came: n - skipped <= g, where g is the count of the gate's answers
  to a single question (or, of a gate by row, to the row that a row waits for); at most the sum of
  them over the rows of a grid (and no more than the yes of an "any of" table plus the rest, or its
  yes and no), or over the options of a tick-all question (and at most those who answered it and
  ticked no option that excludes the gate's).

**Every whole-number table that keeps the ties is one that students could have given.**  Cells are
independent, so take one.  *Options:* give the ticks of the k = n - s - E answerers in a circle,
option after option: an option has at most k ticks, so no student gets one twice, and each gets the
sum over k rounded down or up, which is between 1 and m.  *Any of rows:* let yes, no, out be sets of
these sizes.  In row r put min(b(r), no) of its b on members of no, going round so that all are
reached (sum b >= no), its y on members of yes likewise (sum y >= yes), the rest of its b on the
places of yes that are left: yes - y(r) >= b(r) - no as yes + no >= y(r) + b(r).  No student in
out answered.  *Any of options:* u answerers who get the ticks of P in a circle, the others those of
Q (sum Q >= k - u); what is left of Q goes to students without it.  *Gates:* those who came through
one grid row can be others than those of the next, as far as there are students, and in the circles
above answers of the gate are placed first; so any number up to the stated sum can have come
through, and the gated question's answers go to these, row by row over the same students.  *Gates by
row:* what a student answers to a row limits that row alone, so any of those who gave the gate's
answers there can have been the ones who answered it.

``tests/attacks/test_families_by_brute_force.py`` lists all responses of tiny classes and finds the
same counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.attacker_knowledge import Fact, Sum, between, exactly
from survey.disclosure.sources import Kind, Question, Source, parts_of
from survey.disclosure.tables import Cell, Group, years_in

Moves = npt.NDArray[np.int8]
"""Steps between tables: one line a step, one column an unknown of a cell."""

YES, NO, SKIPPED = "yes", "no", "skipped"


@dataclass(frozen=True)
class Member:
    """One table of a family: its key, answers and source."""

    key: str
    answers: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class Part:
    """Unknowns of a cell, by place, and the steps between tables that change only these."""

    columns: tuple[int, ...]
    moves: tuple[Moves, ...]


@dataclass(frozen=True)
class Family:
    """Tables audited as one.  ``questions`` holds those they are made of."""

    members: tuple[Member, ...]
    questions: Mapping[str, Question]
    _names: dict[tuple[str, str], str] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(member.key for member in self.members)

    def column(self, member: Member, answer: str) -> str:
        """The name of an unknown: one for "skipped" of all options of a question."""
        known = self._names.get((member.key, answer))
        if known is None:
            is_shared = answer == SKIPPED and self.is_option(member)
            known = f"{member.source.question if is_shared else member.key}/{answer}"
            self._names[member.key, answer] = known
        return known

    def is_option(self, member: Member) -> bool:
        """Whether the table is one option of a tick-all question."""
        question = self.questions[member.source.question]
        return question.kind is Kind.SEVERAL and member.source.part is not None

    def columns_of(self, member: Member) -> tuple[str, ...]:
        """The unknowns of one table, in the order of its answers."""
        return tuple(self.column(member, answer) for answer in member.answers)

    @property
    def columns(self) -> tuple[str, ...]:
        """All unknowns of a cell."""
        return tuple(
            dict.fromkeys(column for member in self.members for column in self.columns_of(member))
        )

    def translate(self, member: Member, fact: Fact) -> Fact:
        """A fact about one table, as one about the family's unknowns."""
        terms = tuple(
            (weight, self.sum_of(member, what.group, what.answers)) for weight, what in fact.terms
        )
        return Fact(terms, fact.low, fact.high, fact.source)

    def sum_of(self, member: Member, group: Group, answers: frozenset[str]) -> Sum:
        """A count of one table among the family's unknowns."""
        return Sum(group, frozenset(self.column(member, answer) for answer in answers))

    def asked(self, member: Member, cell: Cell) -> bool:
        """Whether a cell was asked this.  A cell of joined years was asked if any year was."""
        years = self.questions[member.source.question].years
        return any(year in years for year in years_in(cell[0]))

    def sizes_and_ties(self, sizes: Mapping[Cell, int]) -> Iterator[Fact]:
        """Known sizes, and the ties, of every occupied cell."""
        for cell, size in sizes.items():
            if not size:
                continue
            group = Group(*cell)
            here = tuple(member for member in self.members if self.asked(member, cell))
            for member in self.members:
                columns = frozenset(self.columns_of(member))
                if member in here:
                    yield exactly(Sum(group, columns), size, "known size")
                else:
                    yield exactly(Sum(group, columns), 0, "not asked")
            yield from self._ties(group, size, {member.key: member for member in here})

    def _ties(self, group: Group, size: int, here: Mapping[str, Member]) -> Iterator[Fact]:
        sources = {key: member.source for key, member in here.items()}

        room = min(3, size // 8)

        def tie(plus: Sequence[str], low: int | None, high: int | None, room: int) -> Fact:
            return Fact(((1, Sum(group, frozenset(plus))),), low, high, "tie", room)

        for question in self.questions.values():
            parts = [here[key] for key in parts_of(question.key, sources, here)]
            if not parts:
                continue
            if question.kind is Kind.SEVERAL:
                yield from self._options(question, parts, group, size)
            for member in here.values():
                if member.source.is_any and member.source.question == question.key:
                    if question.kind is Kind.SEVERAL:
                        lines = self._any_option(question, member, parts)
                    else:
                        lines = self._any_row(member, parts)
                    for columns, is_least, is_roomy in lines:
                        low, high = (size, None) if is_least else (None, size)
                        yield tie(columns, low, high, room if is_roomy else 0)
            if question.gate is not None and question.gate.by_row:
                # No room: nearly all who could answer did, so few tables would have any.
                for columns in self._through_rows(question, here):
                    yield tie(columns, size, None, 0)
            elif question.gate is not None:
                through = self._through(question, here)
                asked = self.questions[question.gate.question]
                if asked.kind is Kind.SEVERAL:
                    yield from self._ticked(question, asked, group, size, here)
                for member in here.values():
                    if member.source.question == question.key:
                        out = self.column(member, SKIPPED)
                        for columns in through:
                            yield tie((out, *columns), size, None, room)

    def _options(
        self, question: Question, parts: Sequence[Member], group: Group, size: int
    ) -> Iterator[Fact]:
        out = self.column(parts[0], SKIPPED)
        yes = {part.source.part: self.column(part, YES) for part in parts}
        alone = [column for option, column in yes.items() if option in question.alone]
        others = [column for option, column in yes.items() if option not in question.alone]
        room = min(2, size // 8)
        terms = ((1, Sum(group, frozenset((out, *yes.values())))),)
        yield Fact(terms, size, None, "tie", room)
        for column in others if others and alone else ([None] if alone else []):
            columns = frozenset((out, *alone, *([column] if column else [])))
            yield between(Sum(group, columns), 0, size, "tie")
        if question.most is not None and question.most < len(others):
            lone = Sum(group, frozenset((out, *alone)))
            ticks = Sum(group, frozenset(others))
            ends = ((question.most, lone), (1, ticks))
            yield Fact(ends, None, question.most * size, "tie", room)

    def _any_row(
        self, member: Member, parts: Sequence[Member]
    ) -> Iterator[tuple[tuple[str, ...], bool, bool]]:
        yes, no, out = (self.column(member, answer) for answer in (YES, NO, SKIPPED))
        happened, rest = ([self._given(part, answers) for part in parts]
                          for answers in (member.source.yes, member.source.no))  # fmt: skip
        for mine, other in zip(happened, rest, strict=True):
            yield (no, out, *mine), False, True
            yield (out, *mine, *other), False, False
        yield (no, out, *(column for mine in happened for column in mine)), True, True
        yield (yes, out, *(column for other in rest for column in other)), True, True

    def _given(self, part: Member, answers: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.column(part, answer) for answer in answers if answer in part.answers)

    def _any_option(
        self, question: Question, member: Member, parts: Sequence[Member]
    ) -> Iterator[tuple[tuple[str, ...], bool, bool]]:
        yes, no, out = (self.column(member, answer) for answer in (YES, NO, SKIPPED))
        skipped = self.column(parts[0], SKIPPED)
        lone: dict[str, list[str]] = {YES: [], NO: [], SKIPPED: []}
        free: dict[str, list[str]] = {YES: [], NO: [], SKIPPED: []}
        for part in parts:
            name = part.source.part or ""
            side = YES if name in member.source.yes else NO if name in member.source.no else SKIPPED
            (lone if name in question.alone else free)[side].append(self.column(part, YES))
        for is_least in (True, False):
            yield (yes, no, skipped, *lone[SKIPPED]), is_least, False
        for column in free[YES]:
            yield (no, out, *lone[YES], column), False, True
        yield (no, out, *lone[YES], *free[YES]), True, True
        yield (yes, skipped, *lone[NO], *lone[SKIPPED]), False, True
        yield (yes, skipped, *lone[NO], *lone[SKIPPED], *free[NO]), True, True

    def _ticked(
        self,
        question: Question,
        asked: Question,
        group: Group,
        size: int,
        here: Mapping[str, Member],
    ) -> Iterator[Fact]:
        """No more came through a gate of options than answered it and did not tick an option that
        excludes those of the gate."""
        assert question.gate is not None
        parts = [m for m in here.values() if m.source.question == asked.key]
        shut = set(asked.alone) - set(question.gate.answers)
        lone = frozenset(self.column(p, YES) for p in parts if p.source.part in shut)
        answered = {self.column(parts[0], YES), self.column(parts[0], NO)}
        for member in here.values():
            if member.source.question == question.key:
                columns = frozenset({self.column(member, SKIPPED), *answered})
                terms = ((1, Sum(group, columns)), *(((-1, Sum(group, lone)),) if lone else ()))
                yield Fact(terms, size, None, "tie")

    def _through_rows(
        self, question: Question, here: Mapping[str, Member]
    ) -> Iterator[tuple[str, ...]]:
        """For each row of a gate by row, who left it out and who gave the gate's answers to the row
        that it waits for: together everyone at least."""
        gate = question.gate
        assert gate is not None
        asked = {m.source.part: m for m in here.values() if m.source.question == gate.question}
        for member in here.values():
            if member.source.question == question.key:
                row = asked[member.source.part]
                yield (self.column(member, SKIPPED), *self._given(row, gate.answers))

    def _through(self, question: Question, here: Mapping[str, Member]) -> list[tuple[str, ...]]:
        """Sums of unknowns of which each is at least as many as came through a gate."""
        gate = question.gate
        assert gate is not None
        asked = self.questions[gate.question]
        parts = [m for m in here.values() if m.source.question == asked.key]
        wanted = set(gate.answers)
        if asked.kind is Kind.SEVERAL:
            return [tuple(self.column(p, YES) for p in parts if p.source.part in wanted)]
        rows = [part for part in parts if not part.source.is_any]
        whole: list[str] = []
        for part in rows:
            whole += self._given(part, gate.answers)
            if wanted - set(part.answers):  # "prefer not to say" is among the skipped
                whole.append(self.column(part, SKIPPED))
        found = [tuple(whole)]
        for over in (part for part in parts if part.source.is_any):
            yes, no = self.column(over, YES), self.column(over, NO)
            more = [a for a in gate.answers if a not in over.source.yes]
            found.append((yes, no))
            found.append((yes, *(c for part in rows for c in self._given(part, more))))
        return found

    def moves(self) -> tuple[Moves, ...]:
        """Steps of a walk between neighbouring tables of a cell, by table.  In a separate table one
        student changes an answer; a student who skips a tick-all question skips all its options."""
        places = {column: at for at, column in enumerate(self.columns)}
        found: list[Moves] = []
        skips: dict[str, list[Member]] = {}
        over = {one.source.question: one for one in self.members if one.source.is_any}
        for member in self.members:
            columns = [places[column] for column in self.columns_of(member)]
            question = self.questions[member.source.question]
            pairs = [(a, b) for a in columns for b in columns if a != b]
            if question.kind is Kind.SEVERAL and member.source.part is not None:
                skips.setdefault(question.key, []).append(member)
                out = places[self.column(member, SKIPPED)]
                pairs = [(a, b) for a, b in pairs if out not in (a, b)]
            steps = [[(a, -1), (b, 1)] for a, b in pairs]
            if member.source.question in over and not member.source.is_any:
                steps += self._along(member, over[member.source.question], places)
            found.append(_steps(steps, len(places)))
        for parts in skips.values():
            out = places[self.column(parts[0], SKIPPED)]
            no = [places[self.column(part, NO)] for part in parts]
            yes = [places[self.column(part, YES)] for part in parts]
            leaving = [[(out, 1), *((at, -1) for at in no)]]
            leaving += [
                [(out, 1), *((yes[k] if k == at else no[k], -1) for k in range(len(parts)))]
                for at in range(len(parts))
            ]
            back = [[(at, -change) for at, change in step] for step in leaving]
            found.append(_steps([*leaving, *back], len(places)))
        for member in over.values():
            found.append(self._together(member, places))
        for member in self.members:
            row = self._row_before(member)
            if row is not None:
                found.append(self._leaving(member, row, places))
        return tuple(one for one in found if len(one))

    def parts(self) -> tuple[Part, ...]:
        """Tables that can be searched while the others are held, and the options of a question
        together, as are a row and what waits for it; each with the steps that change nothing
        else."""
        places = {column: at for at, column in enumerate(self.columns)}
        owned: dict[str, dict[int, None]] = {}
        for member in self.members:
            row = self._row_before(member)
            name = f"{member.source.question}:" if self.is_option(member) else member.key
            name = name if row is None else row.key
            columns = dict.fromkeys(places[column] for column in self.columns_of(member))
            owned.setdefault(name, {}).update(columns)
        found = []
        for columns in owned.values():
            others = [at for at in places.values() if at not in columns]
            moves = [one[~one[:, others].any(axis=1)][:, list(columns)] for one in self.moves()]
            found.append(Part(tuple(columns), tuple(one for one in moves if len(one))))
        return tuple(found)

    def _row_before(self, member: Member) -> Member | None:
        """The row that a row waits for, of a gate by row."""
        gate = self.questions[member.source.question].gate
        if gate is None or not gate.by_row:
            return None
        mine = (gate.question, member.source.part)
        return next(one for one in self.members if (one.source.question, one.source.part) == mine)

    def _leaving(self, member: Member, row: Member, places: Mapping[str, int]) -> Moves:
        """Steps in which a student gives another answer to a row, and so leaves out what waits for
        the one that was given."""
        gate = self.questions[member.source.question].gate
        assert gate is not None
        steps = [
            [
                (places[self.column(row, before)], -1),
                (places[self.column(row, after)], 1),
                (places[self.column(member, given)], -1),
                (places[self.column(member, SKIPPED)], 1),
            ]
            for before in gate.answers
            for after in row.answers
            if after not in gate.answers
            for given in member.answers
            if given != SKIPPED
        ]
        back = [[(at, -change) for at, change in step] for step in steps]
        return _steps([*steps, *back], len(places))

    def _together(self, over: Member, places: Mapping[str, int]) -> Moves:
        """Steps in which a student leaves all rows of a grid, or gives one answer to all."""
        question = self.questions[over.source.question]
        if question.kind is Kind.SEVERAL:
            return np.zeros((0, len(places)), dtype=np.int8)
        rows = [one for one in self.members if one.source.question == question.key and one != over]
        sides = [(answer, YES) for answer in over.source.yes]
        sides += [(answer, NO) for answer in over.source.no]
        leaving = [
            [(places[self.column(row, at)], change) for row, at, change in [
                *((row, answer, -1) for row in rows),
                *((row, SKIPPED, 1) for row in rows),
                (over, side, -1),
                (over, SKIPPED, 1),
            ]]
            for answer, side in sides
        ]  # fmt: skip
        back = [[(at, -change) for at, change in step] for step in leaving]
        return _steps([*leaving, *back], len(places))

    def _along(
        self, member: Member, over: Member, places: Mapping[str, int]
    ) -> list[list[tuple[int, int]]]:
        """Steps in which a student's answer to "any of" changes with the answer to a part."""
        found = []
        if self.questions[member.source.question].kind is Kind.SEVERAL:
            side = YES if member.source.part in over.source.yes else NO
            pairs = [(NO, YES, other, side) for other in (YES, NO, SKIPPED) if other != side]
            pairs += [(YES, NO, side, other) for other in (YES, NO, SKIPPED) if other != side]
        else:
            sides = {
                answer: YES
                if answer in over.source.yes
                else NO
                if answer in over.source.no
                else SKIPPED
                for answer in member.answers
            }
            pairs = [(a, b, sides[a], sides[b]) for a in sides for b in sides]
        for a, b, before, after in pairs:
            if before != after:
                mine = [(places[self.column(member, a)], -1), (places[self.column(member, b)], 1)]
                theirs = [(places[self.column(over, before)], -1),
                          (places[self.column(over, after)], 1)]  # fmt: skip
                found.append([*mine, *theirs])
        return found


def _steps(steps: Sequence[Sequence[tuple[int, int]]], width: int) -> Moves:
    found = np.zeros((len(steps), width), dtype=np.int8)
    for line, step in enumerate(steps):
        for at, change in step:
            found[line, at] += change
    return found
