"""PostgreSQL: what is left between two Sends is wiped off the rows of codes at the full hour.

A row says which transaction wrote it, and a long value which number it got. Both are counted for
the whole server, so a number that is missing between two Sends says that something else was written
there: a request for help, for a person who holds the operator's keys and knows its day. The rows of
the request itself are written again (`help_requests.box_storage`); the gap that it leaves is here.

So the codes that were used in the past hour are written again together. They then have one
transaction and consecutive numbers. Only rows that were used are locked, so no student waits.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Flask
from sqlalchemy import Engine
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

TOGETHER = (
    f"UPDATE {TABLE} AS code SET box = code.box || ''::bytea"  # noqa: S608 - a new value, as long
    " FROM (SELECT school_id, wave_id, code_hash"
    f" FROM {TABLE} WHERE xmin IN ({ALONE}) FOR UPDATE SKIP LOCKED) AS sent"
    " WHERE (code.school_id, code.wave_id, code.code_hash)"
    " = (sent.school_id, sent.wave_id, sent.code_hash)"
)
"""A row that somebody holds is left to the next hour: this waits for no one."""


def close_gaps(engine: Engine) -> int:
    """Writes the codes again that were used since the last time, and removes their earlier
    versions. Returns how many. Raises a `LockedError` if others hold the table."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with postgresql.patient(connection, WAIT_SECONDS):
            written = connection.exec_driver_sql(TOGETHER).rowcount
        # Also when nothing was written: a reader may have kept earlier versions the last time.
        postgresql.vacuum(connection, TABLE, "TRUNCATE false", wait=WAIT_SECONDS)
        return written


@periodic.hour_begins.connect
def close_gaps_by_the_hour(_app: Flask) -> None:
    """What is in the way is left to the next hour."""
    if database.engine.dialect.name == "postgresql":
        with suppress(LockedError, DBAPIError):
            close_gaps(database.engine)
