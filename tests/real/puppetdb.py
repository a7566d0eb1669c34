"""Debian's PuppetDB, started as by its unit file, with TLS and its own database."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.real.certificates import Authority, make_authority
from tests.real.postgresql import DATABASE, PostgreSQL, postgresql
from tests.real.postgresql import USER as DATABASE_USER
from tests.real.processes import free_port, running

USER = "puppetdb"

_CONF = """\
[global]
vardir = {home}
logging-config = {home}/logback.xml

[database]
subname = //127.0.0.1:{database_port}/{database}?reWriteBatchedInserts=true
username = {database_user}
password = unused

[jetty]
host = 127.0.0.1
port = {plain_port}
ssl-host = 127.0.0.1
ssl-port = {port}
ssl-key = {home}/server.key
ssl-cert = {home}/server.pem
ssl-ca-cert = {home}/ca.pem
client-auth = need

[command-processing]
threads = {threads}

[puppetdb]
disable-update-checking = true
"""
_LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5p [%c{2}] %m%n</pattern></encoder>
  </appender>
  <root level="warn"><appender-ref ref="OUT"/></root>
</configuration>
"""


@dataclass(frozen=True)
class RealPuppetDB:
    """A running PuppetDB; it ends with the ``with`` block that started it.

    Attributes:
        url: https, with a client certificate of ``authority`` required.
        plain_port: the same on 127.0.0.1 without TLS, to fill it.
        authority: signed its certificate and the host's.
        stranger: another authority, whose certificates it refuses.
        database: its PostgreSQL.
        directory: contains the files of all of them, including logs.
        pid: of its java process.
    """

    url: str
    plain_port: int
    authority: Authority
    stranger: Authority
    database: PostgreSQL
    directory: Path
    pid: int


@contextlib.contextmanager
def real_puppetdb(heap: str = "1g", java: Sequence[str] = ()) -> Iterator[RealPuppetDB]:
    """Run PuppetDB and its dependencies, as root; the start takes about half a minute.

    Args:
        heap: java's maximum heap size, in java's notation.
        java: further options of java, such as ``java.QUICK_START``.
    """
    with (
        tempfile.TemporaryDirectory(prefix="dropsonde-real-", ignore_cleanup_errors=True) as name,
        contextlib.ExitStack() as stack,
    ):
        directory = Path(name)
        directory.chmod(0o755)  # each server's user enters it
        authorities = []
        for called in ("authority", "stranger"):
            (directory / called).mkdir()
            authorities.append(make_authority(directory / called))
        database = stack.enter_context(postgresql(directory))
        port, plain_port = free_port(), free_port()
        home = _prepare(directory, authorities[0], database, port, plain_port)
        process = stack.enter_context(
            running(
                _command(home, heap, java),
                user=USER,
                log=directory / "puppetdb.log",
                ready=lambda: _answers(plain_port),
            )
        )
        yield RealPuppetDB(
            url=f"https://localhost:{port}",
            plain_port=plain_port,
            authority=authorities[0],
            stranger=authorities[1],
            database=database,
            directory=directory,
            pid=process.pid,
        )


def _prepare(
    directory: Path, authority: Authority, database: PostgreSQL, port: int, plain_port: int
) -> Path:
    """Write PuppetDB's configuration, readable only by its user."""
    home = directory / "puppetdb"
    (home / "conf.d").mkdir(parents=True)
    shutil.copyfile(authority.server.key, home / "server.key")
    shutil.copyfile(authority.server.certificate, home / "server.pem")
    shutil.copyfile(authority.certificate, home / "ca.pem")
    (home / "logback.xml").write_text(_LOGBACK)
    (home / "restart").write_text("0")  # PuppetDB counts its starts there
    (home / "conf.d/puppetdb.ini").write_text(
        _CONF.format(
            home=home,
            database=DATABASE,
            database_user=DATABASE_USER,
            database_port=database.port,
            port=port,
            plain_port=plain_port,
            threads=os.cpu_count(),
        )
    )
    shutil.copyfile("/etc/puppetdb/conf.d/auth.conf", home / "conf.d/auth.conf")
    for path in (home, *home.rglob("*")):
        shutil.chown(path, USER, USER)
    home.chmod(0o700)
    return home


def _command(home: Path, heap: str, java: Sequence[str]) -> list[str]:
    """The java command line of Debian's puppetdb.service, with the rig's directory."""
    return [
        *("java", *java),
        *(f"-Xmx{heap}", "-Djava.security.egd=/dev/urandom", f"-Djava.io.tmpdir={home}"),
        *("-cp", "/usr/share/puppetdb/puppetdb.jar", "clojure.main"),
        *("-m", "puppetlabs.puppetdb.core", "services"),
        *("--config", str(home / "conf.d"), "--bootstrap-config", "/etc/puppetdb/bootstrap.cfg"),
        *("--restart-file", str(home / "restart")),
    ]


def _answers(port: int) -> bool:
    """Whether it answers queries; while it prepares its database it answers 503."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/pdb/query/v4/nodes?limit=1")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
