"""Places become the rows of a grid, or the first options of a list.

A template and a school's adaptation of it expand by this one function, so that a place that is
renamed, added or absent is so everywhere at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from survey.questionnaires.model import Inside, Item, ItemKind, Option, Place, PlaceList, Row

SIDES: dict[PlaceList, tuple[Inside, ...]] = {
    PlaceList.INSIDE: (Inside.INSIDE,),
    PlaceList.OUTSIDE: (Inside.OUTSIDE,),
    PlaceList.ALL: (Inside.INSIDE, Inside.OUTSIDE),
}


def places_of(which: PlaceList, places: Sequence[Place]) -> tuple[Place, ...]:
    """The places of a list that are there: inside before outside, own after canonical."""
    return tuple(
        place
        for side in SIDES[which]
        for own in (False, True)
        for place in places
        if place.present and place.inside is side and place.own is own
    )


def rows_for(which: PlaceList, places: Sequence[Place]) -> tuple[Row, ...]:
    return tuple(Row(place.key, place.label, place.symbol) for place in places_of(which, places))


def options_for(
    which: PlaceList, places: Sequence[Place], after: Iterable[Option]
) -> tuple[Option, ...]:
    """The places as options, then the item's own ("none", "online")."""
    there = places_of(which, places)
    return (*(Option(place.key, place.label, symbol=place.symbol) for place in there), *after)


def own_options(item: Item, places: Sequence[Place]) -> tuple[Option, ...]:
    """The options of a list that are not made of places."""
    keys = {place.key for place in places}
    return tuple(option for option in item.options if option.key not in keys)


def expand(item: Item, before: Sequence[Place], now: Sequence[Place]) -> Item:
    """The item with the places as they are `now`, if it names a list of places at all.

    `before` are the places it was made with: they tell its own options from those of places."""
    if item.places is None:
        return item
    if item.kind is ItemKind.GRID:
        return replace(item, rows=rows_for(item.places, now))
    options = options_for(item.places, now, own_options(item, before))
    most = None if item.most is None else min(item.most, len(options))
    return replace(item, options=options, most=most)
