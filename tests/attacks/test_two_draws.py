"""A database restored from a copy made between close and report, and the report made again.

With a lot drawn afresh, the two reports print the same answers in two ways, and an attacker who
holds both narrows counts that each keeps open. Now the second is the same bytes, or is refused.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from survey.app import create_app
from survey.database import begin, read
from survey.disclosure.audit.attacker_knowledge import facts_of
from survey.disclosure.audit.sensitive_counts import group_sizes
from survey.disclosure.certify import certify
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.sources import Question, Source, SourceKind
from survey.disclosure.tables import Box, CountTable, Lattice
from survey.ledger.published import Ledger
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from survey.releases.policy import POLICY
from survey.releases.register import publications, stamp
from survey.releases.tabulation import Tabulation, count
from tests.conftest import settings_for
from tests.databases import close, command
from tests.integration.reports.schools import RELEASED, Known, add_school, release_uncertified
from tests.two_people import agree
from tests.unit.disclosure.one_table import audit_table
from tests.unit.reports.schools import SAFETY, YEARS, with_sections
from tests.unit.reports.students import make_students

SHORT = with_sections(SAFETY, "A", "B")


def breached(counted: Tabulation, one: Release, other: Release) -> int:
    """Tables in which both releases together leave a small count fewer than five values."""
    found = 0
    for table in counted.tables:
        sizes = table.sizes()
        printed = [made.table(table.key) for made in (one, other)]
        if not all(any(row.shown for row in version.rows) for version in printed):
            continue
        groups = group_sizes(sizes, tuple(row.group for row in printed[1].rows))
        more = list(facts_of(printed[1], POLICY, groups))
        verdict, _unknowns = audit_table(printed[0], sizes, POLICY, more)
        found += not verdict.passed
    return found


def two_draws(counted: Tabulation, first: bytes, second: bytes) -> tuple[Release, Release]:
    one, other = (
        certify(
            counted.tables,
            counted.participation,
            POLICY,
            {},
            seed,
            questions=counted.questions,
        )[0]
        for seed in (first, second)
    )
    return one, other


def canteen_of_158_students() -> Tabulation:
    """One question, written out, so that no change of a template changes the example."""
    years, genders = ("y7", "y8", "y9", "y10", "y11"), ("girl", "boy", "another", "unsaid")
    lattice = Lattice(
        (*years, "y12", "y13", "unsaid"), ("girl", "boy", "another", "unsaid"), silent=("unsaid",)
    )
    ratings = ("very_safe", "safe", "middle", "unsafe", "very_unsafe")
    said = """
        1112232 3121412 0000001 0002015  0110101 0310103 1200010 1120103
        0111121 1222220 1000000 0210402  0211104 2001216 1101004 2022024
        011111A 1021003 0020010 1100103"""
    rows = [tuple(int(digit, 16) for digit in row) for row in said.split()]
    cells = [(year, gender) for year in years for gender in genders]
    boxes = (
        Box("feel_unsafe", ratings[3:], ratings),
        Box("feel_safe", ratings[:2], ratings),
    )
    answers = (*ratings, "away", "skipped")
    source = Source("B2", "canteen")
    table = CountTable(
        "B2.canteen", answers, answers[:6], boxes, dict(zip(cells, rows, strict=True)), lattice,
        source,
    )  # fmt: skip
    people = {cell: (sum(row),) for cell, row in zip(cells, rows, strict=True)}
    one = (PARTICIPATION,)
    took_part = CountTable(PARTICIPATION, one, one, (), people, lattice)
    return Tabulation(lattice, took_part, (table,), (Question("B2", SourceKind.GRID),))


def test_two_draws_of_the_same_answers_give_counts_away():
    """The attack succeeds where the start level is drawn again, which is what the key prevents: how
    many boys stay away from the canteen is 3 or 4, by two reports that are each certified."""
    canteen = canteen_of_158_students()
    one, other = two_draws(canteen, bytes([0, 1] * 16), bytes([0, 2] * 16))
    assert breached(canteen, one, one) == 0
    assert breached(canteen, one, other) == 1


@pytest.mark.slow
def test_two_draws_print_most_reports_in_two_ways():
    for at in range(3):
        counted = count(SHORT, make_students(SHORT, 130 + 30 * at, at, YEARS))
        one, other = two_draws(counted, secrets.token_bytes(32), secrets.token_bytes(32))
        assert one.tables != other.tables


@pytest.fixture
def restored(app: Flask, database_url: str, tmp_path: Path) -> Iterator[tuple[Flask, Known]]:
    """An app on a copy of the database, made after the close and before the report; and the app
    it was copied from has published since. Both have one ledger and one key folder."""
    with app.test_request_context():
        with begin() as db:
            known = add_school(db, name="Westbrook School", students=60)
            agree(db, known.wave(db))
        read().rollback()
    close(app)
    copy = f"{database_url}_copy"
    if database_url.startswith("sqlite"):
        source = Path(database_url.removeprefix("sqlite:///"))
        for part in (source, *source.parent.glob(f"{source.name}-*")):
            shutil.copy(part, part.with_name(part.name.replace(source.name, source.name + "_copy")))
    else:
        address, _, name = database_url.rpartition("/")
        command(address, f"CREATE DATABASE {name}_copy TEMPLATE {name}")
    beside = app.extensions["settings"]
    kept = {"ledger": str(beside.ledger_file), "key_folder": str(beside.keys_at)}
    made = create_app(settings_for(copy, **kept), testing=True)
    yield made, known
    close(made)
    if not database_url.startswith("sqlite"):
        address, _, name = copy.rpartition("/")
        command(address, f"DROP DATABASE {name} WITH (FORCE)")


def make(app: Flask, known: Known, change=lambda db: None) -> StoredRelease:
    with app.test_request_context():
        with begin() as db:
            change(db)
            release_operations.make(db, wave=known.wave(db), by=None, today=RELEASED)
        stored = release_operations.find_release(
            read(), school_id=known.school_id, wave_id=known.wave_id
        )
        _whole = stored.document, stored.certificate  # read while the session is there
        return stored


def test_a_restored_database_publishes_the_same_bytes(app: Flask, restored: tuple[Flask, Known]):
    again, known = restored
    first = make(app, known)
    second = make(again, known)
    assert second.document == first.document
    assert second.certificate == first.certificate
    assert second.release_hash == first.release_hash


def test_a_restored_database_that_would_publish_otherwise_is_refused_in_words(
    app: Flask, restored: tuple[Flask, Known]
):
    again, known = restored
    first = make(app, known)

    def another_roll(db: Session) -> None:
        wave = known.wave(db)
        wave.roll = wave.roll | {"7": 149}

    with pytest.raises(publications.PublishedOtherwiseError) as refused:
        make(again, known, another_roll)
    assert first.release_hash[:12] in str(refused.value.message)
    with again.test_request_context():
        assert read().get(StoredRelease, (known.school_id, known.wave_id)) is None


def test_another_key_is_refused_as_well(
    app: Flask, restored: tuple[Flask, Known], monkeypatch: pytest.MonkeyPatch
):
    """A key that was changed in between draws another lot."""
    again, known = restored
    first = make(app, known)
    changed = settings_for(
        again.extensions["settings"].database_url,
        ledger=again.extensions["settings"].ledger,
        key_folder=again.extensions["settings"].key_folder,
        code_key=bytes(32),
    )
    monkeypatch.setitem(again.extensions, "settings", changed)
    with pytest.raises(publications.PublishedOtherwiseError):
        make(again, known)
    with app.app_context():
        name = publications.report_name(known.school_id, known.wave_id)
        assert Ledger(changed.ledger_file).find(name).reference == first.release_hash


def test_other_code_is_refused_as_well(
    app: Flask, restored: tuple[Flask, Known], monkeypatch: pytest.MonkeyPatch
):
    """The stamp is part of the report, so a header never names code that did not make it."""
    again, known = restored
    first = make(app, known)
    assert json.loads(first.document)["header"]["code_hash"] == stamp.code_hash()
    monkeypatch.setattr(release_operations, "code_hash", lambda: "0" * 64)
    with pytest.raises(publications.PublishedOtherwiseError) as refused:
        make(again, known)
    assert "software" in str(refused.value.message)


def test_what_was_withdrawn_stays_withdrawn_in_a_restored_database(
    app: Flask, restored: tuple[Flask, Known]
):
    again, known = restored
    make(app, known)
    with app.test_request_context(), begin() as db:
        wave = known.wave(db)
        release_operations.withdraw(db, wave=wave, notice="A mistake.", by=None, today=RELEASED)
    with pytest.raises(publications.WithdrawnBeforeError):
        make(again, known)


def test_a_database_from_before_the_withdrawal_withdraws_again(app: Flask, client) -> None:
    """A copy made between report and withdrawal holds a report that is not withdrawn."""
    with app.test_request_context(), begin() as db:
        known = add_school(db, name="Westbrook School", students=60)
        stored = release_uncertified(db, known)
        name = publications.report_name(known.school_id, known.wave_id)
        Ledger(app.extensions["settings"].ledger_file).withdraw(name, RELEASED, "A mistake.")
        assert stored.withdrawn_on is None
    client.get("/")
    with app.test_request_context():
        stored = release_operations.find_release(
            read(), school_id=known.school_id, wave_id=known.wave_id
        )
        assert (stored.withdrawn_on, stored.notice) == (RELEASED, "A mistake.")


PROGRAM = """
import json, sys
from survey.releases.certified_figures import publish
from survey.releases.tabulation import count
from tests.attacks.test_two_draws import SHORT
answers = json.load(sys.stdin)
answers = [{k: tuple(v) if isinstance(v, list) else v for k, v in one.items()} for one in answers]
release, certificate = publish(count(SHORT, answers), {"wave": 1}, bytes(32))
print(release.content_hash(), certificate.content_hash())
"""


def test_another_process_and_another_order_of_the_answers_give_the_same_bytes():
    answers = make_students(SHORT, 60, 5, YEARS)
    printed = set()
    for seed, given in (("1", answers), ("77", answers[::-1])):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
        )
        printed.add(done.stdout)
    assert len(printed) == 1
