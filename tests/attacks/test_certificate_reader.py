"""A lead who opens the certificate must not read there what the report hides."""

from __future__ import annotations

import gzip
import json
import random
from itertools import product
from pathlib import Path

import pytest

from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import Release
from survey.disclosure.tables import Lattice
from survey.disclosure.verify import Rejected, verify
from survey.disclosure.verify_1 import verify as verify_1
from tests.unit.disclosure.schools import SEED, counted, took_part

FORMAT_1 = Path(__file__).parents[1] / "unit" / "disclosure" / "format_1"
LATTICE = Lattice(("y7", "y8", "y9", "unsaid"), ("girl", "boy", "another", "unsaid"),
                  silent=("unsaid",))  # fmt: skip


def kept(name: str) -> str:
    return gzip.decompress((FORMAT_1 / f"{name}.json.gz").read_bytes()).decode()


def test_the_first_format_told_exact_counts_of_students_without_a_row_by_year() -> None:
    certificate = json.loads(kept("core.certificate"))
    told = {
        name: size
        for entry in certificate["tables"]
        for name, size in entry["cells"]
        if "gender=unsaid" in name
    }
    assert any(0 < size <= 3 for size in told.values())


def test_groups_without_a_row_are_joined_in_the_certificate() -> None:
    draw = random.Random(6)
    counts = {}
    for year, gender in LATTICE.cells:
        size = {"girl": 40, "boy": 37, "another": 2, "unsaid": 3}[gender]
        size = 2 if year == "unsaid" else size
        yes = sum(draw.random() < 0.4 for _ in range(size))
        counts[year, gender] = (yes, size - yes, 0)
    table = counted(counts, lattice=LATTICE)
    release, certificate = certify([table], took_part(table), STANDARD, {}, SEED)
    assert verify(release.to_json(), certificate.to_json())
    hidden = {row.group for row in release.participation.rows if not row.shown}
    assert any(group.gender == "another" for group in hidden)
    for family in certificate.families:
        for (year, gender), size in family.cells:
            assert gender in ("girl", "boy", "another+unsaid")
            assert gender != "another+unsaid" or size == (4 if year == "unsaid" else 5)


def test_what_students_of_a_joined_cell_can_have_said_is_as_open_as_the_cell() -> None:
    """Of K students c gave an answer, for five different c (or all there are): then of any k of
    them so many can have, for five different numbers (or all there are)."""
    for size in range(1, 12):
        needed = min(5, size + 1)
        for first in range(size - needed + 2):
            for gaps in product((1, 2), repeat=needed - 1):
                counts = [first]
                for gap in gaps:
                    counts.append(counts[-1] + gap)
                if counts[-1] > size:
                    continue
                for part in range(1, size + 1):
                    can = {
                        n for c in counts for n in range(max(0, c - size + part), min(part, c) + 1)
                    }
                    assert len(can) >= min(5, part + 1)


@pytest.mark.parametrize("name", ["gshs", "core"])
def test_a_release_of_the_first_format_is_read_and_verified_as_what_it_is(name: str) -> None:
    text, certificate = kept(f"{name}.release"), kept(f"{name}.certificate")
    release = Release.from_json(text)
    assert release.to_json() == text
    assert not release.is_audited_as_a_whole
    assert verify_1(text, certificate)
    with pytest.raises(Rejected, match="first format"):
        verify(text, certificate)
