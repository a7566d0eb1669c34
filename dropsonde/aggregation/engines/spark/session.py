"""Spark on this machine: started for one purpose, private while it runs, and gone afterwards.

It listens on loopback alone, shows no pages and writes no log: what it runs has secrets in it. What
it spills lies in a directory that its user names.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from dropsonde.common.errors import ConfigError, EngineError

_LOOPBACK = "127.0.0.1"
_PATIENCE = 30  # seconds in which an idle Java ends
_SETTINGS = {
    "spark.app.name": "dropsonde",
    "spark.master": "local[*]",
    "spark.driver.host": _LOOPBACK,
    "spark.driver.bindAddress": _LOOPBACK,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "false",
    "spark.log.level": "OFF",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    # What overflows is an error, as in the other engines, and not another number.
    "spark.sql.ansi.enabled": "true",
    # Otherwise "${env:HOME}" in a query's constant would be replaced by what it names.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
}


@contextlib.contextmanager
def started(place: str) -> Iterator[SparkSession]:
    """A session on all cores of this machine; a process has one at a time.

    Args:
        place: a private directory for temporary files; its path has no odd letters, in which Spark
            would see lists and patterns.

    Raises:
        ConfigError: there is no Java.
        EngineError: it does not start.
    """
    _find_java()
    with contextlib.ExitStack() as stack:
        with translating("Spark cannot be started"):
            session = _session(place, stack)
        yield session


@contextlib.contextmanager
def translating(what: str) -> Iterator[None]:
    """Turn Spark's errors into ours; their text may hold values, and the statement."""
    try:
        yield
    except (PySparkException, Py4JError, OSError) as error:
        raise EngineError(
            f"{what} ({type(error).__name__})",
            "it needs Java 17 or newer, space in the data directory, and memory, of which "
            "SPARK_DRIVER_MEMORY=4g gives it more",
        ) from error


def _session(place: str, stack: contextlib.ExitStack) -> SparkSession:
    conf = _conf(place)
    # Otherwise it looks up this machine's name, and does not start where nobody knows that.
    os.environ["SPARK_LOCAL_IP"] = _LOOPBACK
    # Spark takes over Ctrl-C.
    stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
    # What Java says of itself while it starts is nothing for our user.
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    gateway = launch_gateway(conf, silent)  # type: ignore[no-untyped-call]
    stack.callback(_end, gateway)
    session = SparkSession(SparkContext(gateway=gateway, conf=conf))
    stack.callback(_stop, session)
    return session


def _conf(place: str) -> SparkConf:
    places = {
        "spark.local.dir": place,
        "spark.sql.warehouse.dir": f"{place}/warehouse",
        "spark.driver.extraJavaOptions": (
            f"-Djava.io.tmpdir={place} -XX:ErrorFile={place}/java.log -XX:-UsePerfData"
        ),
    }
    conf = SparkConf(loadDefaults=False)
    for name, value in {**_SETTINGS, **places}.items():
        conf.set(name, value)
    return conf


def _find_java() -> None:
    """Look where Spark looks."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which(f"{home}/bin/java" if home else "java") is None:
        raise ConfigError(
            "Spark needs Java, and there is none",
            "install openjdk-17-jre-headless or a newer one, or let JAVA_HOME name it",
        )


def _stop(session: SparkSession) -> None:
    """Let go of a session, also where Java has died."""
    with warnings.catch_warnings(), contextlib.suppress(Py4JError, OSError):
        warnings.simplefilter("ignore", RuntimeWarning)
        session.stop()
    session.sparkContext.stop()  # goes on where the first one met a dead Java


def _end(gateway: Any) -> None:
    """End Java, which nothing is asked of any more; the next session starts one of its own."""
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - Spark keeps it for ever
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
