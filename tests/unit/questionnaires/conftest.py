from __future__ import annotations

from pathlib import Path

import pytest

from survey.questionnaires.load import load
from survey.questionnaires.model import Questionnaire

SMALL = Path(__file__).parent / "small-1.toml"


@pytest.fixture(scope="session")
def small() -> Questionnaire:
    """A template with one of everything (frozen, so tests may share it)."""
    return load(SMALL)
