"""The plan of an invented school, drawn here as SVG and uploaded like any school's.

The rooms of the drawing and the areas of the plan come from the same table, so they fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy.orm import Session

from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.site_plans.areas import Corner
from survey.campaigns.site_plans.upload import take_in
from survey.organisations.models import School

WIDTH, HEIGHT = 720, 560

GRASS, PATH, WALL, PAPER = "#dcebd2", "#f1ead9", "#4b5a5e", "#fbfaf6"
FLOORS = {
    "classrooms": "#fdf3dc",
    "corridors": "#eef0ee",
    "toilets": "#dcebf5",
    "changing_rooms": "#e6e3f3",
    "canteen": "#fbe5d6",
    "library": "#e3efe4",
}


@dataclass(frozen=True)
class Room:
    """Part of the school, and the word for it on the drawing."""

    place: str
    corners: tuple[Corner, ...]
    words: str
    words_at: Corner


def _box(left: int, top: int, right: int, bottom: int) -> tuple[Corner, ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


ROOMS = (
    Room("classrooms", _box(60, 60, 330, 160), "Classrooms", (205, 116)),
    Room("library", _box(330, 60, 470, 160), "Library", (405, 128)),
    Room("toilets", _box(470, 60, 560, 160), "Toilets", (515, 134)),
    # One corridor with a turn: along the front rooms, then down between the halls.
    Room(
        "corridors",
        ((60, 160), (560, 160), (560, 205), (345, 205), (345, 390), (300, 390), (300, 205),
         (60, 205)),
        "Corridor", (180, 183),
    ),
    Room("canteen", _box(60, 205, 300, 335), "Canteen", (180, 278)),
    Room("toilets", _box(60, 335, 180, 390), "Toilets", (138, 363)),
    Room("classrooms", _box(180, 335, 300, 390), "Class", (257, 363)),
    Room("changing_rooms", _box(345, 205, 440, 390), "Changing", (392, 300)),
    Room("outdoors", ((440, 218), (690, 218), (690, 500), (400, 500), (400, 404), (440, 404)),
         "Playground", (600, 424)),
    Room("gates", _box(230, 470, 372, 545), "Gates", (322, 494)),
)  # fmt: skip
"""Words keep clear of the top left, where the product puts its numbers."""


def draw() -> str:
    """The drawing."""
    return "".join(_parts())


def _parts() -> Iterator[str]:
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{GRASS}"/>'
    yield f'<path d="M278 390h92v170h-108V440z" fill="{PATH}"/>'
    yield f'<rect x="0" y="520" width="{WIDTH}" height="40" fill="#c9cfd0"/>'
    yield from (
        f'<path d="M{x} 540h24" stroke="#fff" stroke-width="3"/>' for x in range(14, 710, 54)
    )
    yield from _court()
    yield "<g>"
    yield from (_room(room) for room in ROOMS if room.place in FLOORS)
    yield "</g>"
    yield from (_door(*at) for at in DOORS)
    yield from _fence()
    yield from (_tree(*at) for at in TREES)
    yield from (_words(room) for room in ROOMS)
    yield "</svg>"


def _points(corners: Sequence[Corner]) -> str:
    return " ".join(f"{x},{y}" for x, y in corners)


def _room(room: Room) -> str:
    return (
        f'<polygon points="{_points(room.corners)}" fill="{FLOORS[room.place]}"'
        f' stroke="{WALL}" stroke-width="4" stroke-linejoin="round"/>'
    )


DOORS = ((190, 160, 30, 0), (400, 160, 30, 0), (505, 160, 30, 0), (300, 260, 0, 34),
         (345, 290, 0, 34), (307, 390, 31, 0), (110, 335, 24, 0),
         (560, 168, 0, 30), (300, 356, 0, 26), (440, 300, 0, 34))  # fmt: skip
"""Where a wall is open: from where, how far right, how far down."""


def _door(x: int, y: int, right: int, down: int) -> str:
    return f'<path d="M{x} {y}l{right} {down}" stroke="{PAPER}" stroke-width="6"/>'


def _court() -> Iterator[str]:
    yield '<rect x="462" y="244" width="210" height="146" rx="10" fill="#cfe0e6"/>'
    line = 'fill="none" stroke="#fff" stroke-width="3"'
    yield f'<rect x="474" y="256" width="186" height="122" {line}/>'
    yield f'<path d="M567 256v122" {line}/><circle cx="567" cy="317" r="24" {line}/>'
    yield f'<path d="M474 292h24v50h-24M660 292h-24v50h24" {line}/>'


def _fence() -> Iterator[str]:
    """All round, with the way in at the bottom."""
    yield '<path d="M262 508H20V24h680v484H370" fill="none" stroke="#7d8f7a" stroke-width="4"/>'
    for x in (262, 370):
        yield f'<rect x="{x - 7}" y="500" width="14" height="22" rx="3" fill="{WALL}"/>'


TREES = ((40, 440, 19), (92, 472, 24), (170, 436, 20), (620, 62, 26), (664, 118, 20),
         (606, 150, 17), (430, 462, 21), (520, 440, 17), (664, 456, 22))  # fmt: skip


def _tree(x: int, y: int, size: int) -> str:
    return (
        f'<circle cx="{x}" cy="{y}" r="{size}" fill="#8fb98a"/>'
        f'<circle cx="{x - size // 4}" cy="{y - size // 4}" r="{size * 2 // 3}" fill="#a5cb9e"/>'
    )


def _words(room: Room) -> str:
    (x, y), xs = room.words_at, [x for x, _y in room.corners]
    size = 22 if max(xs) - min(xs) > 130 else 17
    return (
        f'<text x="{x}" y="{y + size // 3}" font-size="{size}" font-weight="600" fill="#2c3b40"'
        f' text-anchor="middle">{escape(room.words)}</text>'
    )


def give_plan(db: Session, *, school: School) -> None:
    """Gives the school the plan, as its lead would: upload first, then area by area."""
    picture = take_in(draw().encode())
    site_plan_operations.take_picture(db, school_id=school.school_id, picture=picture, by=None)
    for room in ROOMS:
        corners = [
            (x * picture.width // WIDTH, y * picture.height // HEIGHT) for x, y in room.corners
        ]
        site_plan_operations.draw_area(
            db, school_id=school.school_id, place=room.place, corners=corners, by=None
        )
