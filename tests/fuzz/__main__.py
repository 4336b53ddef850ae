"""`make fuzz`: 100,000 invented requests on each engine, or as many as `--requests` says."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.conftest import settings_for
from tests.fuzz.worlds import Ground, everything_on, prepare

EVERY = 2000


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--requests", type=int, default=100_000)
    asked.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--minutes", type=float, default=240)
    given = asked.parse_args()
    logging.getLogger("survey").propagate = False
    address = os.environ.get("SURVEY_TEST_POSTGRES") if given.engine == "postgresql" else None
    if given.engine == "postgresql" and not address:
        print("SURVEY_TEST_POSTGRES is not set.", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'survey.db'}"
        if address:
            url = f"{address}/fuzz_{uuid.uuid4().hex[:12]}"
            _run(address, f"CREATE DATABASE {url.rpartition('/')[2]}")
        keys = folder / "keys"
        keys.mkdir(mode=0o700)
        settings = settings_for(
            url, key_folder=str(keys), ledger=str(folder / "ledger"), **everything_on(folder)
        )
        ground = prepare(settings, folder, seed=given.seed, postgres=address, with_reports=True)
        began = time.monotonic()
        try:
            until = began + 60 * given.minutes
            ground.fuzzer.run(given.requests, every=EVERY, renew=_telling(ground), until=until)
        finally:
            ground.drop()
            if address:
                _run(address, f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")
    found = ground.fuzzer
    print(
        f"{given.engine}, seed {given.seed}: {sum(found.sent.values())} requests in"
        f" {time.monotonic() - began:.0f} s, to {len(found.sent)} endpoints and forms,"
        f" {len(found.fields)} fields; answers: {dict(sorted(found.statuses.items()))}"
    )
    unanswered = found.unanswered()
    print(
        f"{len(found.answered)} endpoints and methods answered by their own page;"
        f" {len(unanswered)} not: {', '.join(unanswered)}"
    )
    for failure in found.failures[:40]:
        print(f"FAILED {failure.what}\n  {failure.request}")
    print(f"{len(found.failures)} failures.")
    return 1 if found.failures else 0


def _telling(ground: Ground) -> Callable[[], None]:
    """Begins the world again, and says how far the run is."""
    told = 0

    def renew() -> None:
        nonlocal told
        found = ground.fuzzer
        print(f"{sum(found.sent.values())} requests, {len(found.failures)} failures", flush=True)
        for failure in found.failures[told:][:10]:
            print(f"FAILED {failure.what}\n  {failure.request}", flush=True)
        told = len(found.failures)
        ground.renew()

    return renew


def _run(address: str, statement: str) -> None:
    engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
