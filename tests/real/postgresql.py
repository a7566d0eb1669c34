"""The tests' own PostgreSQL cluster: loopback only, in a temporary directory."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.real.processes import free_port, run, running

USER = "postgres"
DATABASE = "puppetdb"
# The data lives only as long as the tests: it need not survive a power cut.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=256MB")


@dataclass(frozen=True)
class PostgreSQL:
    """A cluster that answers on 127.0.0.1 and lets everyone in as ``postgres``."""

    port: int
    programs: Path

    def sql(self, statement: str) -> str:
        """Run one statement in PuppetDB's database; columns are separated by ``|``."""
        return run(
            [
                self.programs / "psql",
                *("--host=127.0.0.1", f"--port={self.port}", f"--username={USER}"),
                *("--no-psqlrc", "--quiet", "--tuples-only", "--no-align"),
                *("--set=ON_ERROR_STOP=1", f"--dbname={DATABASE}", f"--command={statement}"),
            ]
        )


@contextlib.contextmanager
def postgresql(directory: Path) -> Iterator[PostgreSQL]:
    """Run a cluster in an existing directory that every user can enter."""
    programs = _programs()
    home = directory / "postgresql"
    home.mkdir(mode=0o700)
    shutil.chown(home, USER, USER)
    data = home / "data"
    run(
        [
            *(programs / "initdb", f"--pgdata={data}", f"--username={USER}", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        user=USER,
    )
    port = free_port()
    ours = ["--host=127.0.0.1", f"--port={port}", f"--username={USER}"]

    def ready() -> bool:
        answer = subprocess.run([programs / "pg_isready", "--quiet", *ours], check=False)
        return answer.returncode == 0

    where = (f"-D{data}", f"-k{home}", "-h127.0.0.1", f"-p{port}")
    with running(
        [programs / "postgres", *where, *(f"--{setting}" for setting in _SETTINGS)],
        user=USER,
        log=directory / "postgresql.log",
        ready=ready,
        stop=signal.SIGINT,  # "fast shutdown": it does not wait for its clients
    ):
        run([programs / "createdb", *ours, DATABASE])
        cluster = PostgreSQL(port, programs)
        cluster.sql("CREATE EXTENSION pg_trgm")
        yield cluster


def _programs() -> Path:
    """Find the newest version's programs; Debian keeps them off PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max(versions, key=lambda path: int(path.parts[-3])).parent
