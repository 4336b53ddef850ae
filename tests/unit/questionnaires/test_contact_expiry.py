"""A contact is due when it was last checked more than 180 days ago, or never."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from survey.questionnaires.help.contact_expiry import due
from survey.questionnaires.load import load_all
from survey.questionnaires.model import NATIONS, Audience, HelpContact, Text

TODAY = date(2026, 11, 24)


def contact(key: str, checked: str, *, nations: tuple[str, ...] = ("wales",), own: bool = False):  # type: ignore[no-untyped-def]
    return HelpContact(
        key, Text.of({"en": key}), Text.of({"en": "Call"}), nations, checked, "How.", own=own
    )


@pytest.mark.parametrize(("days", "is_due"), [(0, False), (180, False), (181, True), (900, True)])
def test_the_hundred_and_eighty_first_day(days: int, is_due: bool) -> None:
    checked = (TODAY - timedelta(days=days)).isoformat()
    assert bool(due([contact("one", checked)], nation="wales", today=TODAY)) is is_due


def test_never_checked_comes_first_and_each_once() -> None:
    old, older = contact("old", "2025-01-01"), contact("older", "2020-01-01")
    never = contact("never", "")
    found = due([old, older, never, old], nation="wales", today=TODAY)
    assert [one.contact.key for one in found] == ["never", "older", "old"]
    assert [one.last_checked for one in found] == [None, date(2020, 1, 1), date(2025, 1, 1)]


def test_only_those_shown_in_the_nation_and_none_of_the_schools_own() -> None:
    shown = [contact("there", "", nations=("scotland",)), contact("own", "", own=True)]
    assert due(shown, nation="wales", today=TODAY) == ()


def test_the_shipped_contacts_say_honestly_how_they_were_checked() -> None:
    """Those that no one checked have no day; two are known by their year only."""
    contacts = {one.key: one for one in load_all()["safety", "2026.3"].help}
    for one in contacts.values():
        assert one.checked, one.key
        assert ("not checked" in one.checked.casefold()) is (not one.last_checked), one.key
    found = {one.contact.key for one in due(contacts.values(), nation="wales", today=TODAY)}
    assert {"meic", "nspcc_education", "shout", "samaritans"} <= found
    assert not {"emergency", "childline", "ceop"} & found


@pytest.mark.parametrize(
    ("audience", "first"),
    [
        (Audience.STUDENTS, ["emergency", "childline"]),
        (Audience.PARENTS, ["emergency", "nspcc_adults"]),
        (Audience.STAFF, ["emergency", "nspcc_adults"]),
    ],
)
def test_templates_of_one_audience_share_one_list_for_every_nation(
    audience: Audience, first: list[str]
) -> None:
    lists = {one.help for one in load_all().values() if one.audience is audience}
    assert len(lists) == 1
    [shared] = lists
    for nation in NATIONS:
        assert [one.key for one in shared if nation in one.nations][:2] == first


def test_adults_are_not_sent_to_a_service_for_the_young() -> None:
    for template in load_all().values():
        if template.audience is not Audience.STUDENTS:
            said = " ".join(one.how.in_language("en") for one in template.help)
            assert "under 1" not in said
            assert "under 2" not in said
