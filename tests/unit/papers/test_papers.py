"""Each sentence of the papers names what makes it true, and is true under the settings."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from survey.app import create_app
from survey.disclosure.policy import STANDARD
from survey.free_text.document import FEWEST
from survey.papers import claim_register, facts
from survey.papers.claim_register import CLAIMS
from survey.papers.documents import PAPERS, Gap
from survey.papers.views import pdf_of, sections
from survey.settings import Settings, SettingsError
from tests import databases
from tests.conftest import settings_for
from tests.integration.exports.pdf_ua import faults_of

ROOT = Path(__file__).parents[3]

OTHER: dict[str, object] = {
    "operator_name": "Another Operator",
    "operator_contact": "other@survey.test",
    "public_address": "https://other.example",
    "demo": True,
    "erase_after_days": 100,
    "backup_days": 20,
    "session_minutes": 77,
    "second_step": "required",
    "key_folder": "/srv/elsewhere",
    "microsoft_client_id": "our-client",
    "google_client_id": "our-client",
    "mail_server": "mail.example:587",
    "mail_folder": "/srv/mail",
}
"""Another value of each setting that a sentence says or depends on."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Flask]:
    path = tmp_path_factory.mktemp("papers") / "survey.db"
    shutil.copy(sqlite_template, path)
    made = create_app(settings_for(f"sqlite:///{path}"), testing=True)
    yield made
    databases.close(made)


def text_of(options: Settings) -> dict[str, str]:
    filled = facts.of(options)
    return {key: claim.said(options, filled) for key, claim in CLAIMS.items()}


def test_every_sentence_is_tied_to_a_test_or_a_setting() -> None:
    assert [key for key, claim in CLAIMS.items() if not (claim.tests or claim.settings)] == []
    names = {one.name for one in fields(Settings)}
    assert {name for claim in CLAIMS.values() for name in claim.settings} <= names


@pytest.mark.parametrize("key", CLAIMS)
def test_every_test_that_is_named_exists(key: str) -> None:
    for one in CLAIMS[key].tests:
        path, _, test = one.partition("::")
        assert (ROOT / path).is_file(), one
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), one


def test_every_sentence_is_in_a_paper_and_every_paper_of_sentences() -> None:
    used = {part for one in PAPERS.values() for section in one.sections for part in section.parts
            if not isinstance(part, Gap)}  # fmt: skip
    assert used == set(CLAIMS)
    for key, paper in PAPERS.items():
        parts = [part for section in paper.sections for part in section.parts]
        assert any(not isinstance(part, Gap) for part in parts), key


@pytest.mark.parametrize(
    "name",
    sorted({name for claim in CLAIMS.values() for name in claim.settings} - {"database_url"}),
)
def test_another_setting_changes_what_is_said(app: Flask, name: str) -> None:
    options: Settings = app.extensions["settings"]
    other = settings_for(options.database_url, **{name: OTHER[name]})
    with app.test_request_context():
        before, after = text_of(options), text_of(other)
    tied = {key for key, claim in CLAIMS.items() if name in claim.settings}
    said = {key for key in CLAIMS if before[key] != after[key]}
    assert said & tied, "the setting is said"
    assert said <= tied | {"report_weakness"}, "and only where the sentence is tied to it"


def test_a_setting_that_makes_a_sentence_false_stops_the_start(tmp_path: Path) -> None:
    wrong = settings_for(f"sqlite:///{tmp_path / 'survey.db'}", backup_days=90, erase_after_days=30)
    with pytest.raises(SettingsError, match="SURVEY_BACKUP_DAYS and SURVEY_ERASE_AFTER_DAYS"):
        create_app(wrong, testing=True)


@pytest.mark.parametrize(
    ("folder", "apart"),
    [("keys", False), ("../elsewhere/../survey/keys", False), ("link", False), ("../keys", True)],
)
def test_keys_are_called_apart_only_if_they_are(tmp_path: Path, folder: str, apart: bool) -> None:
    at = tmp_path / "survey"
    for one in (at / "keys", tmp_path / "keys", tmp_path / "elsewhere"):
        one.mkdir(parents=True)
    (at / "link").symlink_to(at / "keys")
    options = settings_for(f"sqlite:///{at / 'survey.db'}", key_folder=f"{at}/{folder}")
    assert CLAIMS["keys"].holds(options) is apart


def test_one_number_says_from_how_many_on_a_report_and_words_are_shown() -> None:
    assert STANDARD.nothing_under == FEWEST, "one sentence says both"


def test_results_are_those_of_their_sources() -> None:
    said = facts.results()
    asvs = (ROOT / "docs/security/asvs.md").read_text(encoding="utf-8")
    counts = re.search(r"(\d+) met, (\d+) not applicable, (\d+) not met", asvs)
    assert counts is not None
    assert [said[f"asvs_{name}"] for name in ("met", "not_applicable", "not_met")] == [
        int(one) for one in counts.groups()
    ]
    assert f"Standard {said['asvs_version']}" in asvs
    axe = (ROOT / "tests/browser/vendor/axe-core/README.md").read_text(encoding="utf-8")
    assert axe.startswith(f"# axe-core {said['axe_version']}")


@pytest.mark.parametrize("key", PAPERS)
def test_every_paper_is_an_accessible_pdf(app: Flask, key: str) -> None:
    with app.test_request_context(), force_locale("en"):
        made = pdf_of(PAPERS[key], app.extensions["settings"])
    assert faults_of(made) == []


def test_pages_are_open_and_say_what_makes_them_true(app: Flask) -> None:
    client = app.test_client()
    index = client.get("/papers/").text
    for key in PAPERS:
        assert f'href="/papers/{key}"' in index
        page = client.get(f"/papers/{key}?language=cy&proofs=1")
        assert page.status_code == 200
        assert '<html lang="cy"' in page.text
        with app.test_request_context(), force_locale("cy"):
            for heading, _parts in sections(PAPERS[key], app.extensions["settings"]):
                assert heading in page.text.replace("&#39;", "'")
    assert "tests/attacks/" in client.get("/papers/security?proofs=1").text
    assert client.get("/papers/nothing").status_code == 404
    assert client.get("/papers/security.pdf").status_code == 302, "for members"


def test_each_sentence_of_the_easy_notice_has_a_picture_and_no_other_has(app: Flask) -> None:
    client = app.test_client()
    easy = [part for one in PAPERS["notice-easy"].sections for part in one.parts]
    page = client.get("/papers/notice-easy").text
    assert page.count('<div class="easy"><svg') == len(easy)
    assert len(set(re.findall(r'<div class="easy">(<svg.+?</svg>)', page, re.S))) == len(easy)
    assert '<div class="easy">' not in client.get("/papers/notice-child").text
    assert "aria-hidden" in page, "the sentence says what the picture shows"


def test_pages_load_nothing_from_elsewhere(app: Flask) -> None:
    page = app.test_client().get("/papers/security")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page.text) == []


def test_a_sentence_under_no_settings_stands_without_its_figures() -> None:
    for key, claim in CLAIMS.items():
        holes = set(re.findall(r"%\((\w+)\)s", str(claim.words)))
        assert holes <= set(facts.of(settings_for("sqlite:////tmp/never.db"))), key
    assert claim_register.complaints(settings_for("sqlite:////tmp/never.db")) == ()
