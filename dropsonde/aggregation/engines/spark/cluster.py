"""A standalone cluster: every connection is authenticated and encrypted, and every wait has an end.

Without these checks Spark would wait for ever: for a worker with room, and for another worker
after the last one has died.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from dropsonde.common.errors import EngineError

if TYPE_CHECKING:
    from pyspark import SparkContext

    from dropsonde.aggregation.engines.spark.master import Master

SECRET = "spark.authenticate.secret"  # noqa: S105 - the setting's name
_CONNECTING = 10  # seconds
_PATIENCE = 60.0  # seconds without a worker
_POLL = 0.5  # seconds
_SETTINGS = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.network.crypto.authEngineVersion": "2",
    # The default cipher hides what is sent, but would not notice a change to it.
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    # Otherwise a peer that speaks no encryption is talked to without.
    "spark.network.crypto.saslFallback": "false",
    # What executors write to their disks; the driver makes a key for each session.
    "spark.io.encryption.enabled": "true",
    # Otherwise they log errors, whose text may hold values, to their workers' directories.
    "spark.executor.syncLogLevel.enabled": "true",
    # The rows go to executors inside messages; see rows.py.
    "spark.rpc.message.maxSize": "1024",  # MiB
}


def settings(master: Master) -> dict[str, str]:
    """Spark's settings for a cluster, without the secret; it must be reachable.

    The driver listens on the one address that the cluster's network knows.

    Raises:
        EngineError: nothing listens there.
    """
    host, port = master.address or ("", 0)
    try:
        # Spark prefers IPv4, too.
        (*_, address), *_ = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
        with contextlib.closing(socket.socket()) as connection:
            connection.settimeout(_CONNECTING)
            connection.connect(address)
            mine = connection.getsockname()[0]
    except OSError as error:
        raise EngineError(
            f"{master.url} cannot be reached ({type(error).__name__})",
            "start the cluster's master, or correct --spark-master",
        ) from error
    return {**_SETTINGS, "spark.driver.host": mine, "spark.driver.bindAddress": mine}


def await_worker(context: SparkContext, master: Master) -> None:
    """Wait for the first executor.

    Raises:
        EngineError: no worker starts one.
        Py4JError: Java has died.
    """
    until = time.monotonic() + _PATIENCE
    while not _executors(context):
        if time.monotonic() > until:
            raise _no_worker(master)
        time.sleep(_POLL)


@contextlib.contextmanager
def watched(context: SparkContext, master: Master) -> Iterator[None]:
    """Count with a limit to the time without any executor.

    Raises:
        EngineError: the last worker has gone, and none has come back.
    """
    done, lost = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(context, done, lost), daemon=True)
    watcher.start()
    try:
        yield
    except (PySparkException, Py4JError) as error:
        if lost.is_set():
            raise _no_worker(master) from error
        raise
    finally:
        done.set()
        watcher.join()


def _watch(context: SparkContext, done: threading.Event, lost: threading.Event) -> None:
    seen = time.monotonic()
    with contextlib.suppress(Py4JError, OSError):  # Java has died, as who counts hears, too
        while not done.wait(_POLL):
            if _executors(context):
                seen = time.monotonic()
            elif time.monotonic() - seen > _PATIENCE:
                lost.set()
                context.cancelAllJobs()


def _executors(context: SparkContext) -> int:
    infos = context._jsc.sc().statusTracker().getExecutorInfos()  # noqa: SLF001 - Python has none
    return len(infos) - 1  # one is the driver


def _no_worker(master: Master) -> EngineError:
    return EngineError(
        f"{master.url}: no worker could run anything for {_PATIENCE:.0f} seconds",
        "start a worker with a free core and 1 GB (SPARK_EXECUTOR_MEMORY=512m asks for less) "
        "that can connect to this machine",
    )
