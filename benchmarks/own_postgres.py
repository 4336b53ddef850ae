"""A PostgreSQL server that one benchmark uses, whose CPU seconds and written bytes can be read.

As root it runs as the user postgres. Needs PostgreSQL's programs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.failover import Cluster, as_owner, programs
from benchmarks.servers import TICKS
from tests.ports import free_port


@dataclass(frozen=True)
class OwnPostgres:
    """A server that only this benchmark uses."""

    cluster: Cluster

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://survey@127.0.0.1:{self.cluster.port}"

    def cpu_seconds(self) -> float:
        """CPU seconds so far of all its processes, those that have ended among them."""
        main = int((self.cluster.folder / "postmaster.pid").read_text().split()[0])
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we were looking
            if int(stat.parent.name) == main:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == main:
                ticks += sum(map(int, fields[11:13]))
        return ticks / TICKS

    def scalar(self, statement: str, name: str = "postgres") -> int:
        engine = create_engine(f"{self.address}/{name}", isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                found = connection.scalar(text(statement))
        finally:
            engine.dispose()
        return int(found or 0)

    def log_bytes(self) -> int:
        """Bytes written to the write-ahead log so far."""
        return self.scalar("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")

    def command(self, statement: str) -> None:
        engine = create_engine(f"{self.address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def own_postgres(*options: str) -> Iterator[OwnPostgres]:
    """Started here, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        home = Path(name)
        if os.geteuid() == 0:
            shutil.chown(home, "postgres")
        cluster = Cluster(programs(), home / "data", free_port())
        as_owner(
            *(cluster.bin / "initdb", "-D", cluster.folder, "-U", "survey", "--auth=trust"),
            "--no-sync",
        )
        cluster.start(*options)
        try:
            yield OwnPostgres(cluster)
        finally:
            as_owner(cluster.bin / "pg_ctl", "-D", cluster.folder, "-m", "fast", "-w", "stop")
