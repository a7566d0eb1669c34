"""Debian's nginx in front of a collector, with the lines that docs/collector.md shows."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.real.processes import running

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs/collector.md"
# The configuration around the documented part.
_AROUND = """\
user www-data;
pid {home}/nginx.pid;
error_log {home}/nginx-error.log;
events {{}}
http {{
    access_log {home}/nginx-access.log;
    include {home}/nginx-site.conf;
}}
"""


def nginx_lines() -> str:
    """The documented part."""
    text = DOCUMENTED.read_text(encoding="utf-8")
    (block,) = re.findall(r"``` nginx\n(.*?)```", text, re.DOTALL)
    return str(block)


@contextlib.contextmanager
def fronted(home: Path, port: int, behind: str, certificate: str, key: str) -> Iterator[Path]:
    """Run nginx; give its access log.

    Args:
        home: the directory of its files.
        port: of loopback, to listen on.
        behind: the collector's URL.
        certificate: PEM.
        key: PEM.
    """
    log = home / "access.log"
    lines = nginx_lines()
    for documented, here in (
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("/etc/ssl/certs/telemetry.example.com.pem", certificate),
        ("/etc/ssl/private/telemetry.example.com.key", key),
        ("/var/log/nginx/dropsonde-collector.log", str(log)),
        ("http://127.0.0.1:8080", behind),
    ):
        if lines.count(documented) != 1:
            raise ValueError(documented)
        lines = lines.replace(documented, here)
    (home / "nginx-site.conf").write_text(lines)
    (home / "nginx.conf").write_text(_AROUND.format(home=home))
    nginx: list[str | Path] = ["nginx", "-c", home / "nginx.conf", "-g", "daemon off;"]
    with running(nginx, user="root", log=home / "nginx.log", ready=lambda: _listens(port)):
        yield log


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
