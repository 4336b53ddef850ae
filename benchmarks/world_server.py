"""Run by `benchmarks.servers` in a source tree, with that tree's own code: the small world of the
tests, codes for it, and what a server of that tree needs in its environment.

`world_server.py make FOLDER DATABASE COUNT [TEMPLATE]` makes the database and prints codes and
environment; with a template file, the codes are for a survey that asks what is in it.
`world_server.py used FOLDER DATABASE` prints how many codes were used.
`world_server.py statements FOLDER DATABASE` sends twice and prints the statements of the second.

It uses only what the compared trees share.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from form_filling import filled_in
from sqlalchemy import event
from sqlalchemy.engine import Engine

from survey.app import alembic, create_app
from survey.campaigns import operations
from survey.questionnaires import load
from tests.conftest import settings_for
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, writing
from tests.integration.responses.doors import make_codes, used_codes
from tests.real_server import environment
from tests.world import build_world

YEAR = 9


def main() -> None:
    logging.disable(logging.INFO)
    act, folder, database, *rest = sys.argv[1:]
    settings = settings_for(database, ledger=f"{folder}/{database.rpartition('/')[2]}.ledger")
    app = create_app(settings, testing=True)
    if act == "used":
        print(used_codes(app))
        return
    with app.app_context():
        alembic.upgrade()
        world = build_world()
    count = int(rest[0]) if rest else 3
    if rest[1:]:
        codes = launched(app, world.own.school_id, Path(rest[1]), count)
    else:
        codes = make_codes(app, world.own, year=YEAR, count=count)
    if act == "make":
        print(json.dumps({"codes": codes, "environment": environment(settings)}))
    else:
        print(statements(app, list(codes)))


def launched(app: Any, school_id: Any, template: Path, count: int) -> list[str]:
    """Codes for a survey of a school that was launched from a template file."""
    found, shipped = load.load(template), load.load_folder
    load.load_folder = lambda folder: {**shipped(folder), (found.key, found.version): found}
    load.load_all.cache_clear()
    with writing(app) as db:
        campaign = operations.start_campaign(
            db,
            school_id=school_id,
            template_key=found.key,
            template_version=found.version,
            title=str(found.title),
            by=None,
        )
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, codes = operations.make_batch(
            db, wave=wave, year=None, label="All", count=count, key=KEY, today=TODAY, by=None
        )
        return list(codes)


def statements(app: Any, codes: list[str]) -> int:
    """SQL statements of a submission, those that begin a transaction among them, in a process that
    has seen one before."""
    client, seen = app.test_client(), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    for code in codes[:2]:
        seen.clear()
        page = client.get(f"/s/{code}", follow_redirects=True)
        at = ""
        while at != "send":
            fields = filled_in(page.text)
            at = fields["at"]
            told = client.post(page.request.path, data=fields)
            page = client.get(told.headers["Location"])
        if "Thank you" not in page.text:
            raise RuntimeError("no thanks")
    return len(seen)


if __name__ == "__main__":
    main()
