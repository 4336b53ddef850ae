"""A thief of everything: each table of the database as it is, without knowing what any is for, and
each file next to it, before and after each act of a student. What changed is compared with what is
known of the students: does any figure follow the answers, does any order follow that of sending,
and do shared values lead from a code to an answer?

Tables and columns are found and not listed, so what is added later is attacked from its first day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, text

Row = tuple[tuple[str, object], ...]
TELLS_BYTES = 4
"""Shorter values are numbers of a few things, and found by chance."""
COMMON = 3
"""A value in more rows than this leads to no one."""
TABLES = {
    "sqlite": "SELECT name, sql NOT LIKE '%WITHOUT ROWID%' FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename), true"
    " FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
}
WHERE_IT_LIES = {"sqlite": "rowid AS lies_at, ", "postgresql": "ctid AS lies_at, xmin AS born, "}


@dataclass(frozen=True)
class Snapshot:
    """Every row of every table, in the order in which the database hands them out, and every file
    with its length."""

    tables: Mapping[str, tuple[Row, ...]]
    files: Mapping[str, bytes] = field(default_factory=dict)


def snapshot(engine: Engine, folders: Iterable[Path] = ()) -> Snapshot:
    with engine.connect() as connection:
        tables = {name: _rows(connection, name, lies) for name, lies in _tables(connection)}
        if engine.dialect.name == "postgresql":
            found = connection.execute(text("SELECT sequencename, last_value FROM pg_sequences"))
            tables["sequences"] = tuple((("name", a), ("last", b)) for a, b in found)
        connection.rollback()
    files = {
        str(path): path.read_bytes()
        for folder in folders
        for path in (folder, *sorted(folder.rglob("*")))
        if path.is_file()
    }
    return Snapshot(tables, files)


def _tables(connection: Connection) -> list[tuple[str, bool]]:
    found = connection.execute(text(TABLES[connection.dialect.name]))
    return [(str(name), bool(lies)) for name, lies in found]


def _rows(connection: Connection, table: str, lies: bool) -> tuple[Row, ...]:
    more = WHERE_IT_LIES[connection.dialect.name] if lies else ""
    found = connection.exec_driver_sql(f"SELECT {more}* FROM {table}").mappings()
    return tuple(tuple((key, _plain(value)) for key, value in row.items()) for row in found)


def _plain(value: object) -> object:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    return value if value is None or isinstance(value, (int, float)) else str(value)


def changes(before: Snapshot, after: Snapshot) -> dict[str, tuple[list[Row], list[Row]]]:
    """For each table, the rows that went and those that came."""
    found = {}
    for table in {*before.tables, *after.tables}:
        old, new = (Counter(one.tables.get(table, ())) for one in (before, after))
        if old != new:
            found[table] = (list((old - new).elements()), list((new - old).elements()))
    return found


LIES, BORN = "lies_at", "born"
PHYSICAL = frozenset({LIES, BORN})


def figures(before: Snapshot, after: Snapshot) -> dict[str, object]:
    """What can be counted or measured of one act: rows, lengths and numbers, by table and column,
    and the lengths of files. The place of a row and the number of its transaction are left out: a
    person who watches the database knows when an act was."""
    found: dict[str, object] = {}
    for table, (gone, come) in changes(before, after).items():
        found[f"{table}: rows"] = (len(gone), len(come))
        for way, rows in (("gone", gone), ("come", come)):
            for row in rows:
                for column, value in row:
                    if column not in PHYSICAL:
                        name = f"{table}.{column} {way}"
                        found[name] = (*found.get(name, ()), _measure(value))  # type: ignore[misc]
    for path in {*before.files, *after.files}:
        old, new = (len(one.files.get(path, b"")) for one in (before, after))
        if old != new:
            found[f"file {Path(path).name}"] = new - old
    return found


def _measure(value: object) -> object:
    """Numbers as they are, all else by its length."""
    return value if isinstance(value, (int, float)) or value is None else len(value)  # type: ignore[arg-type]


def telling(acts: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The figures that were not the same in every act: only these can say anything of one."""
    names = sorted({name for act in acts for name in act})
    seen = {name: [act.get(name) for act in acts] for name in names}
    return {name: found for name, found in seen.items() if len({repr(one) for one in found}) > 1}


def orders(now: Snapshot, needles: Sequence[str]) -> dict[str, float]:
    """For each table with rows of several students: how the order of its rows, and that of each of
    its columns, follows the order of sending; from -1 to 1 (Kendall). `needles` are words of one
    student each, in the order of sending."""
    found = {}
    for table, rows in now.tables.items():
        whose = [(row, _whose(row, needles)) for row in rows]
        known = [(row, student) for row, student in whose if student is not None]
        if len({student for _row, student in known}) < len(needles) // 2:
            continue
        students = [student for _row, student in known]
        found[f"{table}: as it is read"] = kendall(range(len(known)), students)
        for at, (column, _value) in enumerate(known[0][0]):
            values = [row[at][1] for row, _student in known]
            if len({repr(one) for one in values}) > 1:
                found[f"{table}.{column}"] = kendall([_sortable(one) for one in values], students)
    return found


def _whose(row: Row, needles: Sequence[str]) -> int | None:
    for _column, value in row:
        written = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for student, needle in enumerate(needles):
            if needle in written:
                return student
    return None


def _sortable(value: object) -> tuple[object, ...]:
    if isinstance(value, (int, float)):
        return (0, value)
    written = str(value)
    if written.startswith("(") and written.endswith(")"):  # a place in PostgreSQL
        return (1, *(int(part) for part in written.strip("()").split(",") if part.isdigit()))
    return (2, written)


def kendall(one: Iterable[object], other: Iterable[object]) -> float:
    pairs = list(zip(one, other, strict=True))
    signs = [
        _sign(a, c) * _sign(b, d) for at, (a, b) in enumerate(pairs) for c, d in pairs[at + 1 :]
    ]
    return sum(signs) / len(signs) if signs else 0.0


def _sign(one: object, other: object) -> int:
    return (one > other) - (one < other)  # type: ignore[operator]


def joined(
    now: Snapshot, marks: Sequence[Iterable[object]], needles: Sequence[str]
) -> list[tuple[int, int, str]]:
    """Students whose marks (what changed when they sent, their code in every spelling) lead, from
    row to row over values that few rows share, to a row with a student's words: the student of the
    marks, that of the words, and the table."""
    rows = [(table, row) for table, found in now.tables.items() for row in found]
    by_value: dict[object, list[int]] = defaultdict(list)
    for number, (_table, row) in enumerate(rows):
        for value in _values(row):
            by_value[value].append(number)
    shared = {value: found for value, found in by_value.items() if len(found) <= COMMON}
    links = []
    for student, own in enumerate(marks):
        begin = {number for value in own for number in shared.get(value, ())}
        reached, edge = set(begin), list(begin)
        while edge:
            values = _values(rows[edge.pop()][1])
            more = {number for value in values for number in shared.get(value, ())} - reached
            reached |= more
            edge += more
        for number in reached:
            table, row = rows[number]
            if (other := _whose(row, needles)) is not None:
                links.append((student, other, table))
    return links


def _values(row: Row) -> set[object]:
    """What can lead from one row to another: long values, and the transaction that wrote both."""
    found: set[object] = {value for column, value in row if column != LIES and _tells(value)}
    return found | {(column, value) for column, value in row if column == BORN}


def _tells(value: object) -> bool:
    if isinstance(value, (str, bytes)):
        return len(value) >= TELLS_BYTES
    return isinstance(value, int) and abs(value) >= 10**TELLS_BYTES


def marks_of(
    acts: Sequence[Mapping[str, tuple[list[Row], list[Row]]]],
) -> list[set[object]]:
    """For each act the values that came and went with it and with no other."""
    each = [
        {
            value
            for sides in act.values()
            for rows in sides
            for row in rows
            for value in _values(row)
        }
        for act in acts
    ]
    often = Counter(value for found in each for value in found)
    return [{value for value in found if often[value] == 1} for found in each]


def holding(now: Snapshot, words: Iterable[bytes]) -> list[str]:
    """Which tables, columns and files hold any of these bytes."""
    searched = dict(now.files)
    for table, rows in now.tables.items():
        searched[table] = b"\x1f".join(
            value if isinstance(value, bytes) else str(value).encode()
            for row in rows
            for _column, value in row
        )
    wanted = list(words)
    return sorted({name for name, data in searched.items() if any(w in data for w in wanted)})
