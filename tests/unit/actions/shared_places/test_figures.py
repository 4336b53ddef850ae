"""Which names are one place, as a suggestion; never across what the template calls everyone's."""

from __future__ import annotations

import uuid

import pytest

from survey.actions.shared_places.names import alike
from survey.actions.shared_places.outside_places import OutsidePlace, SchoolPlaces, suggestions
from survey.organisations.models import School


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Riverside bus station", "Riverside Bus Station"),
        ("Riverside bus station", "The Riverside bus-station"),
        ("Riverside bus station", "Bus station Riverside"),
        ("Queen’s Park", "Queens Park"),
        ("Market Street", "Market Steet"),
    ],
)
def test_a_name_written_a_little_differently_is_alike(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Riverside bus station", "Hillside bus stop"),
        ("Queen’s Park", "King’s Park"),
        ("Tip", "Top"),
    ],
)
def test_another_name_is_not(one: str, other: str) -> None:
    assert not alike(one, other)


def school(name: str, **places: str) -> SchoolPlaces:
    """Places by key; a star marks what the template calls so."""
    return SchoolPlaces(
        School(school_id=uuid.uuid5(uuid.NAMESPACE_OID, name), name=name),
        tuple(
            OutsidePlace(key, label.lstrip("*"), not label.startswith("*"))
            for key, label in places.items()
        ),
    )


ASHBY = school("Ashby", stops="Riverside bus station", parks="*Parks")
BIRCH = school("Birch", own_riverside="Riverside Bus Station", parks="*Parks")
DALE = school("Dale", stops="*Bus stops or stations", parks="Queen’s Park")


def test_places_of_one_name_are_suggested_as_one() -> None:
    (found,) = suggestions([ASHBY, BIRCH, DALE], [])
    assert (found.name, found.schools) == ("Riverside bus station", ("Ashby", "Birch"))
    assert found.ties == {
        ASHBY.school.school_id: "stops",
        BIRCH.school.school_id: "own_riverside",
    }


def test_what_the_template_calls_a_place_makes_no_two_the_same() -> None:
    """Every school has "Parks"; that does not make it one park."""
    assert suggestions([school("A", parks="*Parks"), school("B", parks="*Parks")], []) == ()


def test_what_is_tied_already_is_not_suggested_again() -> None:
    assert suggestions([ASHBY, BIRCH, DALE], [(ASHBY.school.school_id, "stops")]) == ()


def test_two_places_of_one_school_are_never_one() -> None:
    both = school("Ashby", stops="Riverside station", own_other="Riverside stations")
    assert suggestions([both], []) == ()
