"""Questionnaires as keys of caches."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace

from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.multilingual_text import Text

TEMPLATE = load_all()["safety", "2026.3"]


def test_schools_with_one_template_do_not_meet_in_a_cache() -> None:
    """Each changes a word, a contact or a switch; each has a separate key."""
    titles = [replace(TEMPLATE, title=Text.of({"en": f"School {n}"})) for n in range(100)]
    contact = replace(TEMPLATE, help=TEMPLATE.help[1:])
    first, *others = TEMPLATE.sections
    item, *items = first.items
    switched = replace(first, items=(replace(item, source="another"), *items))
    changed = replace(TEMPLATE, sections=(switched, *others))
    assert len({hash(one) for one in (TEMPLATE, *titles, contact, changed)}) == 103


def test_equal_questionnaires_are_one_key() -> None:
    again = replace(TEMPLATE)
    assert again is not TEMPLATE
    assert {TEMPLATE: "kept"}[again] == "kept"


def test_a_hash_is_not_sent_to_another_process() -> None:
    """Strings have other hashes there, so a questionnaire that came with its own would not be found
    under an equal key."""
    assert {TEMPLATE: "kept"}[TEMPLATE] == "kept"  # it knows its hash now
    there = subprocess.run(
        [sys.executable, "-c", FIND],
        input=pickle.dumps(TEMPLATE),
        capture_output=True,
        check=False,
        env={"PYTHONHASHSEED": "7"},
    )
    assert there.stdout.decode().strip() == "kept", there.stderr.decode()
    assert isinstance(pickle.loads(pickle.dumps(TEMPLATE)), Questionnaire)


FIND = """
import pickle, sys
from survey.questionnaires.load import load_all
came = pickle.loads(sys.stdin.buffer.read())
print({load_all()["safety", "2026.3"]: "kept"}.get(came))
"""
