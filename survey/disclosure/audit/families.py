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

from survey.disclosure.audit.attacker_knowledge import Fact, Sum, between, exactly
from survey.disclosure.sources import Question, Source, SourceKind, parts_of
from survey.disclosure.tables import Cell, Group, years_in

YES, NO, SKIPPED = "yes", "no", "skipped"


@dataclass(frozen=True)
class FamilyMember:
    """One table of a family: its key, answers and source."""

    key: str
    answers: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class Family:
    """Tables audited as one.  ``questions`` holds those they are made of."""

    members: tuple[FamilyMember, ...]
    questions: Mapping[str, Question]
    _names: dict[tuple[str, str], str] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(member.key for member in self.members)

    def column(self, member: FamilyMember, answer: str) -> str:
        """The name of an unknown: one for "skipped" of all options of a question."""
        known = self._names.get((member.key, answer))
        if known is None:
            is_shared = answer == SKIPPED and self.is_option(member)
            known = f"{member.source.question if is_shared else member.key}/{answer}"
            self._names[member.key, answer] = known
        return known

    def is_option(self, member: FamilyMember) -> bool:
        """Whether the table is one option of a tick-all question."""
        question = self.questions[member.source.question]
        return question.kind is SourceKind.SEVERAL and member.source.part is not None

    def columns_of(self, member: FamilyMember) -> tuple[str, ...]:
        """The unknowns of one table, in the order of its answers."""
        return tuple(self.column(member, answer) for answer in member.answers)

    @property
    def columns(self) -> tuple[str, ...]:
        """All unknowns of a cell."""
        return tuple(
            dict.fromkeys(column for member in self.members for column in self.columns_of(member))
        )

    def translate(self, member: FamilyMember, fact: Fact) -> Fact:
        """A fact about one table, as one about the family's unknowns."""
        terms = tuple(
            (weight, self.sum_of(member, what.group, what.answers)) for weight, what in fact.terms
        )
        return Fact(terms, fact.low, fact.high, fact.source)

    def sum_of(self, member: FamilyMember, group: Group, answers: frozenset[str]) -> Sum:
        """A count of one table among the family's unknowns."""
        return Sum(group, frozenset(self.column(member, answer) for answer in answers))

    def asked(self, member: FamilyMember, cell: Cell) -> bool:
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

    def _ties(self, group: Group, size: int, here: Mapping[str, FamilyMember]) -> Iterator[Fact]:
        sources = {key: member.source for key, member in here.items()}

        room = min(3, size // 8)

        def tie(plus: Sequence[str], low: int | None, high: int | None, room: int) -> Fact:
            return Fact(((1, Sum(group, frozenset(plus))),), low, high, "tie", room)

        for question in self.questions.values():
            parts = [here[key] for key in parts_of(question.key, sources, here)]
            if not parts:
                continue
            if question.kind is SourceKind.SEVERAL:
                yield from self._options(question, parts, group, size)
            for member in here.values():
                if member.source.is_any and member.source.question == question.key:
                    if question.kind is SourceKind.SEVERAL:
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
                if asked.kind is SourceKind.SEVERAL:
                    yield from self._ticked(question, asked, group, size, here)
                for member in here.values():
                    if member.source.question == question.key:
                        out = self.column(member, SKIPPED)
                        for columns in through:
                            yield tie((out, *columns), size, None, room)

    def _options(
        self, question: Question, parts: Sequence[FamilyMember], group: Group, size: int
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
        self, member: FamilyMember, parts: Sequence[FamilyMember]
    ) -> Iterator[tuple[tuple[str, ...], bool, bool]]:
        yes, no, out = (self.column(member, answer) for answer in (YES, NO, SKIPPED))
        happened, rest = ([self._given(part, answers) for part in parts]
                          for answers in (member.source.yes, member.source.no))  # fmt: skip
        for mine, other in zip(happened, rest, strict=True):
            yield (no, out, *mine), False, True
            yield (out, *mine, *other), False, False
        yield (no, out, *(column for mine in happened for column in mine)), True, True
        yield (yes, out, *(column for other in rest for column in other)), True, True

    def _given(self, part: FamilyMember, answers: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.column(part, answer) for answer in answers if answer in part.answers)

    def _any_option(
        self, question: Question, member: FamilyMember, parts: Sequence[FamilyMember]
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
        here: Mapping[str, FamilyMember],
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
        self, question: Question, here: Mapping[str, FamilyMember]
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

    def _through(
        self, question: Question, here: Mapping[str, FamilyMember]
    ) -> list[tuple[str, ...]]:
        """Sums of unknowns of which each is at least as many as came through a gate."""
        gate = question.gate
        assert gate is not None
        asked = self.questions[gate.question]
        parts = [m for m in here.values() if m.source.question == asked.key]
        wanted = set(gate.answers)
        if asked.kind is SourceKind.SEVERAL:
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
