"""Marks that choose the engines of a test, in place of what `tests/conftest.py` would choose."""

from __future__ import annotations

import pytest

SQLITE_FIRST = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
"""SQLite in the ordinary run, and PostgreSQL in the long one."""
POSTGRESQL_FIRST = pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True
)
"""PostgreSQL in the ordinary run, and SQLite in the long one: several processes write at once."""
