"""PostgreSQL: what is left between two Sends is wiped off the rows of codes at the full hour.

A row says which transaction wrote it, and a long value which number it got. Both are counted for
the whole server, so a number that is missing between two Sends says that something else was written
there: a request for help, for a person who holds the operator's keys and knows its day. The rows of
the request itself are written again (`help_requests.box_storage`); the gap that it leaves is here.

So the codes that were used in the past hour are written again together, in the order of their
hashes. They then have one transaction and consecutive numbers, and lie in no order of time. Only
rows that were used are locked, so no student waits.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from survey import postgresql
from survey.campaigns.models import AccessCode
from survey.database import database
from survey.jobs import periodic
from survey.postgresql import LockedError

TABLE = AccessCode.__tablename__
WAIT_SECONDS = 1.0

ALONE = f"SELECT xmin FROM {TABLE} GROUP BY xmin HAVING count(*) = 1"  # noqa: S608 - ours
"""Transactions that wrote one row: a Send. Cards are made many at a time."""

SENT = (
    f"SELECT school_id, wave_id, code_hash FROM {TABLE}"  # noqa: S608 - ours
    f" WHERE xmin IN ({ALONE}) FOR UPDATE SKIP LOCKED"
)
"""A row that someone holds is left to the next hour: this waits for no one."""

AGAIN = text(
    f"UPDATE {TABLE} SET box = box || ''::bytea"  # noqa: S608 - a new value, as long
    " WHERE (school_id, wave_id, code_hash) = (:school_id, :wave_id, :code_hash)"
)


def close_gaps(engine: Engine) -> int:
    """Writes the codes again that were used since the last time, in the order of their hashes, and
    removes their earlier versions. Returns how many. Raises a `LockedError` if others hold the
    table."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with postgresql.patient(connection, WAIT_SECONDS):
            sent = [dict(row) for row in connection.exec_driver_sql(SENT).mappings()]
            # They are found as they lie, which is how they were sent. One statement would write
            # them so again.
            sent.sort(key=lambda row: bytes(row["code_hash"]))
            if sent:
                connection.execute(AGAIN, sent)
        # Also when nothing was written: a reader may have kept earlier versions the last time.
        postgresql.vacuum(connection, TABLE, "TRUNCATE false", wait=WAIT_SECONDS)
        return len(sent)


@periodic.hour_begins.connect
def close_gaps_by_the_hour(_app: Flask) -> None:
    """What is in the way is left to the next hour, or to the night."""
    with suppress(LockedError, DBAPIError):
        close_all_gaps()


def close_all_gaps() -> None:
    """Does it on PostgreSQL; on SQLite there is nothing to do. Raises as `close_gaps` does."""
    if database.engine.dialect.name == "postgresql":
        close_gaps(database.engine)
