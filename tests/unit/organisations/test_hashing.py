"""How passwords are hashed in production, which tests make cheaper, and what is not offered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask.testing import FlaskClient


def test_passwords_are_hashed_as_owasp_asks() -> None:
    """argon2id, 19 MiB, 2 passes: read in a separate process, without the settings of tests."""
    told = subprocess.run(
        [sys.executable, "-c", "from survey.organisations.sign_in import HASHING; print(HASHING)"],
        cwd=Path(__file__).parents[3],
        check=True,
        capture_output=True,
        text=True,
    )
    assert eval(told.stdout) == {
        "argon2__time_cost": 2,
        "argon2__memory_cost": 19456,
        "argon2__parallelism": 1,
    }


def test_trace_is_not_answered(client: FlaskClient) -> None:
    answer = client.open("/sign-in", method="TRACE", headers={"X-Probe": "an echo"})
    assert answer.status_code in (404, 405)
    assert "an echo" not in answer.text
