"""A Spark session: private while it runs, and ended afterwards.

It listens on loopback alone, or on the one address that a cluster knows. It serves no pages and
writes no log: its statements hold secrets. It spills into a directory that the caller names.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyspark
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from dropsonde.aggregation.engines.spark import cluster
from dropsonde.common.errors import ConfigError, EngineError

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.spark.master import Master

_LOOPBACK = "127.0.0.1"
_PATIENCE = 30  # seconds in which an idle Java ends
_FOR_MACHINE = (
    "it needs Java 17 or newer, space in the data directory, and memory, of which "
    "SPARK_DRIVER_MEMORY=4g gives it more"
)
_FOR_CLUSTER = (
    f"the cluster needs Spark {pyspark.__version__}, the same secret as DROPSONDE_SPARK_SECRET, "
    "and the settings in docs/method.md; memory is SPARK_DRIVER_MEMORY and SPARK_EXECUTOR_MEMORY"
)
_SETTINGS = {
    "spark.app.name": "dropsonde",
    "spark.driver.host": _LOOPBACK,
    "spark.driver.bindAddress": _LOOPBACK,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "false",
    "spark.log.level": "OFF",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    # An overflow is an error, as in the other engines, not another number.
    "spark.sql.ansi.enabled": "true",
    # Otherwise "${env:HOME}" in a query's constant would be replaced by its value.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
}


@contextlib.contextmanager
def started(place: str, master: Master) -> Iterator[SparkSession]:
    """A session; a process has one at a time.

    Args:
        place: a private directory for temporary files; its path has no special characters,
            which Spark would read as lists and patterns.
        master: where Spark runs.

    Raises:
        ConfigError: there is no Java.
        EngineError: it does not start, or no worker of a cluster has room for it.
    """
    _find_java()
    with contextlib.ExitStack() as stack:
        with translating("Spark cannot be started", master):
            session = _session(place, master, stack)
        yield session


@contextlib.contextmanager
def translating(what: str, master: Master) -> Iterator[None]:
    """Turn Spark's errors into EngineError, without their text: it may hold values and SQL."""
    try:
        yield
    except (PySparkException, Py4JError, OSError) as error:
        if master.address:
            what = f"{what} on {master.url}"
        raise EngineError(
            f"{what} ({type(error).__name__})",
            _FOR_CLUSTER if master.address else _FOR_MACHINE,
        ) from error


def _session(place: str, master: Master, stack: contextlib.ExitStack) -> SparkSession:
    conf = _conf(place, master)
    # Otherwise it resolves this machine's name, and does not start where that fails.
    os.environ["SPARK_LOCAL_IP"] = conf.get("spark.driver.host", _LOOPBACK)
    # Spark replaces the handler of Ctrl-C.
    stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
    # Java's messages at its start are of no use to the user.
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    gateway = launch_gateway(conf, silent)  # type: ignore[no-untyped-call]
    stack.callback(_end, gateway)
    if master.secret:
        # Not before: the settings so far are Java's arguments, which everybody sees.
        conf.set(cluster.SECRET, master.secret)
    context = SparkContext(gateway=gateway, conf=conf)
    stack.callback(_stop, context.stop)
    session = SparkSession(context)
    stack.callback(_stop, session.stop)
    if master.address:
        cluster.await_worker(context, master)
    return session


def _conf(place: str, master: Master) -> SparkConf:
    places = {
        "spark.master": master.url,
        "spark.local.dir": place,
        "spark.sql.warehouse.dir": f"{place}/warehouse",
        "spark.driver.extraJavaOptions": (
            f"-Djava.io.tmpdir={place} -XX:ErrorFile={place}/java.log -XX:-UsePerfData"
        ),
    }
    of_cluster = cluster.settings(master) if master.address else {}
    conf = SparkConf(loadDefaults=False)
    for name, value in {**_SETTINGS, **places, **of_cluster}.items():
        conf.set(name, value)
    return conf


def _find_java() -> None:
    """Look for Java where Spark looks."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which(f"{home}/bin/java" if home else "java") is None:
        raise ConfigError(
            "Spark needs Java, and there is none",
            "install openjdk-17-jre-headless or a newer one, or let JAVA_HOME name it",
        )


def _stop(stop: Callable[[], None]) -> None:
    """Stop a session or its context, even if Java has died."""
    for _ in range(2):  # the second call completes the first if Java had died
        with warnings.catch_warnings(), contextlib.suppress(Py4JError, OSError):
            warnings.simplefilter("ignore", RuntimeWarning)
            stop()


def _end(gateway: Any) -> None:
    """End Java; the next session starts its own."""
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - Spark keeps it for ever
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
