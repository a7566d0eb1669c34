"""A standalone Spark cluster on loopback, from the jars of pyspark: a master and its workers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from tests.real.java import QUICK_START
from tests.real.processes import RigError, free_port, tail
from tests.support.patience import PATIENCE

SECRET = "a secret of the test's cluster"
# An executor's, and a worker's: one fills the other. Spark refuses much less.
MEMORY = "512m"
_HOME = Path(pyspark.__file__).parent
_SCALA = next(_HOME.glob("jars/spark-core_*.jar")).name.split("_")[1].split("-")[0]
_DEPLOY = "org.apache.spark.deploy"
# As docs/method.md tells an operator.
SETTINGS = {
    "spark.authenticate": "true",
    "spark.authenticate.secret": SECRET,
    "spark.network.crypto.enabled": "true",
    "spark.network.crypto.authEngineVersion": "2",
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    "spark.network.crypto.saslFallback": "false",
}


@dataclass(frozen=True)
class SparkCluster:
    """A running cluster.

    Args:
        url: of its master.
        place: has its logs and its workers' directories.
        workers: running Javas, each with one core.
    """

    url: str
    place: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)


@contextlib.contextmanager
def spark_cluster(place: Path, workers: int, **other: str) -> Iterator[SparkCluster]:
    """Start a cluster, and end it afterwards.

    Args:
        place: a directory for it.
        workers: how many.
        other: settings that differ from :data:`SETTINGS`, with ``_`` for each full stop.
    """
    differing = {name.replace("_", "."): value for name, value in other.items()}
    file = place / "spark.conf"
    file.touch(0o600)
    with file.open("w") as settings:
        settings.writelines(
            f"{name} {value}\n" for name, value in {**SETTINGS, **differing}.items()
        )
    with contextlib.ExitStack() as stack:

        def begin(role: str, log: Path, said: str, *words: str) -> subprocess.Popen[bytes]:
            common = ("--host", "127.0.0.1", "--webui-port", "0", "--properties-file", str(file))
            name = f"{_DEPLOY}.{role.lower()}.{role}"
            return stack.enter_context(_java((name, *common, *words), log, said))

        port = free_port()
        found = SparkCluster(f"spark://127.0.0.1:{port}", place)
        begin("Master", place / "master.log", "New state: ALIVE", "--port", str(port))
        for each in range(workers):
            of_one = ("--cores", "1", "--memory", MEMORY, "--work-dir", str(place / f"work{each}"))
            log, said = place / f"worker{each}.log", "Successfully registered with master"
            found.workers.append(begin("Worker", log, said, *of_one, found.url))
        yield found


@contextlib.contextmanager
def _java(words: Sequence[str], log: Path, said: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    spark = {"SPARK_HOME": str(_HOME), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_SCALA_VERSION": _SCALA}
    java = ("java", "-Xmx256m", f"-Djava.io.tmpdir={log.parent}", *QUICK_START)
    with log.open("wb") as output:
        process = subprocess.Popen(
            (*java, "-cp", f"{_HOME}/jars/*", *words),
            env={**environ, **spark},
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + PATIENCE
        while said not in log.read_text():
            if process.poll() is not None or time.monotonic() > until:
                raise RigError(f"{log.stem} does not start\n{tail(log)}")
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
