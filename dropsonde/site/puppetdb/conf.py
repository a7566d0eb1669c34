"""Read puppetdb.conf as Puppet's own terminus does (``puppet/util/puppetdb/config.rb``)."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import urlsplit

from dropsonde.common.errors import PuppetDBError
from dropsonde.common.files import read_file

NAME = "puppetdb.conf"
DEFAULT_URLS = ("https://puppetdb:8081",)

_SECTION = re.compile(r"\[(\w+)\s*\]")
_SETTING = re.compile(r"\s*(\w+)\s*=\s*(.*)")
_SKIPPED = re.compile(r"\s*([#;].*)?")
_RETIRED = ("server", "port")

_log = logging.getLogger(__name__)


def read_server_urls(confdir: Path) -> tuple[str, ...] | None:
    """Read PuppetDB's addresses from ``server_urls`` in ``[main]`` of puppetdb.conf.

    Like the terminus, this accepts only https URLs without a path, and uses the default where only
    the retired ``server`` and ``port`` are set. Unlike it, this accepts white space, such as a
    carriage return, after a section's name.

    Returns:
        the servers in their order of failover, without a slash at the end; None without a
        puppetdb.conf.

    Raises:
        PuppetDBError: the file cannot be read or parsed; names the line, not its text.
    """
    path = confdir / NAME
    try:
        text = read_file(path).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PuppetDBError(
            f"{path}: {error.strerror or error}", "run as a user that may read it"
        ) from error
    urls: tuple[str, ...] = DEFAULT_URLS
    section = None
    for number, line in enumerate(text.split("\n"), start=1):
        where = f"{path}:{number}"
        if header := _SECTION.fullmatch(line.rstrip()):
            section = header[1]
        elif setting := _SETTING.fullmatch(line.rstrip()):
            if setting[1] in _RETIRED:
                _log.warning("%s: %s is retired: use server_urls in [main]", where, setting[1])
            elif section is None:
                raise PuppetDBError(
                    f"{where}: a setting outside of a section", "put it into [main]"
                )
            elif (section, setting[1]) == ("main", "server_urls"):
                urls = _urls(setting[2], where)
        elif not _SKIPPED.fullmatch(line.rstrip()):
            raise PuppetDBError(f"{where}: neither a section nor a setting", "correct the line")
    return urls


def _urls(text: str, where: str) -> tuple[str, ...]:
    """Split the addresses as Ruby does, which drops empty ones at the end."""
    urls = tuple(_url(url.strip(), where) for url in text.rstrip(",").split(",") if text.strip(","))
    if not urls:
        raise PuppetDBError(f"{where}: server_urls names no server", "name one, or remove the line")
    return urls


def _url(url: str, where: str) -> str:
    if not _usable(url):
        raise PuppetDBError(
            f"{where}: server_urls holds something that is not https://host[:port]",
            "correct it: addresses are separated by commas and have no path",
        )
    return url.rstrip("/")


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, or an unclosed bracket
        return False
    whole = parts.path in ("", "/") and not parts.query and not parts.fragment
    return parts.scheme == "https" and named and whole
