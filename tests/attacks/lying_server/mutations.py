"""Changes that a lying server could make to any file: a member added or left out, a value of
another kind, two values exchanged, a list in another order, with an element twice or one less, or
written as an object whose names carry numbers."""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[Any, ...]
Mutation = tuple[str, Path]
"""What was done, and where; places in lists are written "*"."""
VALUES: tuple[Any, ...] = (
    True, False, None, -1, 0, 1, 3, 10**9, 1.0, "", "x", "3", [], {}, [3], {"exact": 3},
)  # fmt: skip


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inside in steps:
            yield from places(inside, (*path, step))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def generic(path: Path) -> Path:
    return tuple("*" if isinstance(step, int) else step for step in path)


def mutants(document: Any, seed: int, tries: int) -> Iterator[Mutation]:
    """Changes the document in place, yields what was changed, and changes it back. Every kind of
    place is as likely as every other, however often there is one."""
    draw = random.Random(seed)
    kinds: dict[Path, list[Path]] = defaultdict(list)
    for path, _value in places(document):
        kinds[generic(path)].append(path)
    names, before = list(kinds), copy.deepcopy(document)
    made = 0
    while made < tries:
        path = draw.choice(kinds[draw.choice(names)])
        operation = draw.choice(OPERATIONS)
        other = draw.choice(kinds[draw.choice([*names, *[generic(path)] * len(names)])])
        undo = operation(document, path, other, draw)
        if undo is None:
            continue
        made += 1
        label = operation.__name__.strip("_"), generic(path)
        yield label
        undo()
    assert document == before


Undo = Callable[[], object] | None


def _add(document: Any, path: Path, _other: Path, _draw: random.Random) -> Undo:
    value = at(document, path)
    if isinstance(value, dict):
        value["exact"] = 3
        return lambda: value.pop("exact")
    if isinstance(value, list):
        value.append(3)
        return value.pop
    return None


def _leave_out(document: Any, path: Path, _other: Path, _draw: random.Random) -> Undo:
    if not path:
        return None
    held, value = at(document, path[:-1]), at(document, path)
    held.pop(path[-1])
    if isinstance(held, list):
        return lambda: held.insert(path[-1], value)
    return lambda: held.update({path[-1]: value})


def _put(document: Any, path: Path, _other: Path, draw: random.Random) -> Undo:
    if not path:
        return None
    held, value, new = at(document, path[:-1]), at(document, path), draw.choice(VALUES)
    if type(new) is type(value) and new == value:
        return None
    held[path[-1]] = copy.deepcopy(new)
    return lambda: _set(held, path[-1], value)


def _exchange(document: Any, path: Path, other: Path, _draw: random.Random) -> Undo:
    shorter = min(len(path), len(other))
    if not shorter or path[:shorter] == other[:shorter]:
        return None
    one, two = at(document, path), at(document, other)
    if type(one) is type(two) and one == two:
        return None
    here, there = at(document, path[:-1]), at(document, other[:-1])
    here[path[-1]], there[other[-1]] = two, one

    def undo() -> None:
        here[path[-1]], there[other[-1]] = one, two

    return undo


def _reorder(document: Any, path: Path, _other: Path, draw: random.Random) -> Undo:
    value = at(document, path)
    if not isinstance(value, list) or len(value) < 2:
        return None
    before = list(value)
    draw.shuffle(value)
    return (lambda: _fill(value, before)) if value != before else None


def _repeat(document: Any, path: Path, _other: Path, draw: random.Random) -> Undo:
    value = at(document, path)
    if not isinstance(value, list) or not value:
        return None
    place = draw.randrange(len(value))
    value.insert(place, copy.deepcopy(value[place]))
    return lambda: value.pop(place)


def _write_as_object(document: Any, path: Path, _other: Path, _draw: random.Random) -> Undo:
    """A reader who takes the names of an object for a list does not see what they carry."""
    value = at(document, path)
    if not path or not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    held = at(document, path[:-1])
    held[path[-1]] = dict.fromkeys(value, 3)
    return lambda: _set(held, path[-1], value)


def _look_alike(document: Any, path: Path, _other: Path, _draw: random.Random) -> Undo:
    """A letter of another alphabet, and one that takes no room."""
    value = at(document, path)
    if not path or not isinstance(value, str) or not value:
        return None
    held = at(document, path[:-1])
    held[path[-1]] = value.replace("e", "\u0435").replace("a", "\u0430") + "\u200b"
    return lambda: _set(held, path[-1], value)


def _set(held: Any, step: Any, value: Any) -> None:
    held[step] = value


def _fill(held: list[Any], values: list[Any]) -> None:
    held[:] = values


OPERATIONS = (
    _add, _leave_out, _put, _exchange, _reorder, _repeat, _write_as_object, _look_alike,
)  # fmt: skip
