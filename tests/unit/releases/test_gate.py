"""What comes through the door between counts and figures. These releases are certified, and so of a
short questionnaire."""

from __future__ import annotations

from functools import cache

import pytest

from survey.disclosure import verify as verifier
from survey.disclosure.certificate import Certificate
from survey.disclosure.figures import HiddenReason, Status
from survey.disclosure.policy import RoundingLevel
from survey.disclosure.release import Release
from survey.disclosure.tables import Group
from survey.questionnaires.load import load_all
from survey.releases import certified_figures as release_gate
from survey.releases.certified_figures import NothingToSayError, Outlook, outlook_of, publish
from survey.releases.policy import POLICY
from survey.releases.tabulation import Tabulation, count
from tests.unit.reports.schools import YEARS, with_sections
from tests.unit.reports.students import make_students

SHORT = with_sections(load_all()["safety-core", "2026.3"], "A", "B")
SEED = bytes(range(32))


def counted(number: int) -> Tabulation:
    return count(SHORT, make_students(SHORT, number, 3, YEARS))


@cache
def published(number: int) -> tuple[Release, Certificate]:
    return publish(counted(number), {"wave": 1}, SEED)


@pytest.mark.parametrize(
    ("respondents", "outlook"),
    [
        (0, Outlook.NOTHING),
        (19, Outlook.NOTHING),
        (20, Outlook.WHOLE_SCHOOL_ONLY),
        (49, Outlook.WHOLE_SCHOOL_ONLY),
        (50, Outlook.WHOLE),
    ],
)
def test_how_much_may_be_said_follows_from_how_many_answered(respondents, outlook):
    assert outlook_of(respondents) is outlook


def test_of_fewer_than_twenty_nothing_leaves():
    with pytest.raises(NothingToSayError):
        publish(counted(19), {}, SEED)


def test_of_fewer_than_fifty_only_the_whole_school_is_shown():
    release, _ = published(49)
    for table in (release.participation, *release.tables):
        shown = [row.group for row in table.rows if row.shown]
        assert shown in ([], [Group()]), table.key
        by_group = {row.reason for row in table.rows if row.group != Group()}
        if table.rung is not RoundingLevel.NOTHING:
            assert by_group == {HiddenReason.SURVEY_TOO_SMALL}, table.key
    assert release.participation.row(Group()).shown
    assert any(table.row(Group()).shown for table in release.tables)


def test_of_fifty_years_have_rows_of_their_own_where_they_are_large_enough():
    release, _ = published(300)
    rows = {row.group.key: row.shown for row in release.participation.rows}
    assert rows["all"]
    assert rows["year=y7"]
    assert rows["gender=girl"]
    assert not rows["year=y13"]
    assert "year=unsaid" not in rows
    assert "gender=unsaid" not in rows


def test_every_printed_number_is_a_multiple_of_its_rounding():
    numbers = 0
    for row in published(300)[0].rows():
        rung = RoundingLevel(row.rung)
        rounding = POLICY.outside(rung)[0] if row.answer == "skipped" else rung.rounding
        for number, multiple in ((row.count, rounding), (row.base, rung.rounding)):
            if number is not None:
                assert number % multiple == 0, row
                numbers += 1
    assert numbers > 200


def test_small_counts_are_said_as_fewer_than():
    few = [row for row in published(300)[0].rows() if row.status == Status.FEWER_THAN]
    assert few
    for row in few:
        rung = RoundingLevel(row.rung)
        outside = row.answer == "skipped"
        assert row.limit == (POLICY.outside(rung)[1] if outside else POLICY.limit(rung))


def test_release_and_certificate_belong_together_and_read_back():
    release, certificate = published(300)
    assert Release.from_json(release.to_json()) == release
    assert Certificate.from_json(certificate.to_json()) == certificate
    assert certificate.release_hash == release.content_hash()
    assert verifier.verify(release.to_json(), certificate.to_json())


def test_the_same_answers_and_the_same_lot_give_the_same_bytes():
    (one, proof), (two, again) = (publish(counted(60), {"wave": 1}, SEED) for _ in range(2))
    assert one.to_json() == two.to_json()
    assert proof.to_json() == again.to_json()


def test_what_the_verifier_rejects_is_not_published(monkeypatch):
    def reject(_release: str, _certificate: str) -> None:
        raise verifier.Rejected("a figure is finer than its rounding")

    monkeypatch.setattr(release_gate, "verify", reject)
    with pytest.raises(verifier.Rejected):
        publish(counted(40), {}, SEED)


def test_progress_is_told_family_by_family():
    heard: list[tuple[int, int]] = []
    tabulated = counted(40)
    publish(tabulated, {}, SEED, progress=lambda done, total: heard.append((done, total)))
    total = len(tabulated.tables)
    done = [one for one, _total in heard]
    assert done == sorted(set(done))
    assert heard[-1] == (total, total)
    assert len(heard) > 10
