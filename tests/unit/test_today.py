"""Which day it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

import pytest

from survey import database

MOMENTS = {
    datetime(2026, 6, 30, 23, 30, tzinfo=UTC): date(2026, 7, 1),
    datetime(2026, 6, 30, 22, 30, tzinfo=UTC): date(2026, 6, 30),
    datetime(2026, 12, 31, 23, 30, tzinfo=UTC): date(2026, 12, 31),
}


@pytest.mark.parametrize(("moment", "day"), MOMENTS.items())
def test_the_day_is_that_of_the_school(
    moment: datetime, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    monkeypatch.setattr(database, "datetime", Clock)
    assert database.today() == day
