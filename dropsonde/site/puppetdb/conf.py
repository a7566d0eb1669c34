"""puppetdb.conf, read as Puppet's own terminus reads it (``puppet/util/puppetdb/config.rb``)."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import urlsplit

from dropsonde.common.errors import PuppetError
from dropsonde.common.files import read_file

NAME = "puppetdb.conf"
DEFAULT_URLS = ("https://puppetdb:8081",)

_SECTION = re.compile(r"\[(\w+)\s*\]")
_SETTING = re.compile(r"\s*(\w+)\s*=\s*(.*)")
_SKIPPED = re.compile(r"\s*([#;].*)?")
_RETIRED = ("server", "port")

_log = logging.getLogger(__name__)


def read_server_urls(confdir: Path) -> tuple[str, ...] | None:
    """Read where PuppetDB is, from ``server_urls`` in ``[main]`` of puppetdb.conf.

    The terminus takes https alone, without a path, and no longer knows ``server`` and ``port``:
    where they stand alone, it goes to its default, and so do we. Unlike it, we forgive white
    space, a carriage return for one, behind a section's name.

    Returns:
        the servers in their order of failover, without a slash at the end; None when there is no
        puppetdb.conf.

    Raises:
        PuppetError: the file cannot be read, or not understood; names the line, not its text.
    """
    path = confdir / NAME
    try:
        text = read_file(path).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PuppetError(
            f"{path}: {error.strerror or error}", "run as a user that may read it"
        ) from error
    urls: tuple[str, ...] = DEFAULT_URLS
    section = None
    for number, line in enumerate(text.split("\n"), start=1):
        place = f"{path}:{number}"
        if header := _SECTION.fullmatch(line.rstrip()):
            section = header[1]
        elif setting := _SETTING.fullmatch(line.rstrip()):
            if setting[1] in _RETIRED:
                _log.warning("%s: %s is retired: use server_urls in [main]", place, setting[1])
            elif section is None:
                raise PuppetError(f"{place}: a setting outside of a section", "put it into [main]")
            elif (section, setting[1]) == ("main", "server_urls"):
                urls = tuple(_url(url.strip(), place) for url in setting[2].split(","))
        elif not _SKIPPED.fullmatch(line.rstrip()):
            raise PuppetError(f"{place}: neither a section nor a setting", "correct the line")
    return urls


def _url(url: str, place: str) -> str:
    if not _usable(url):
        raise PuppetError(
            f"{place}: server_urls holds something that is not https://host[:port]",
            "correct it: addresses are separated by commas and have no path",
        )
    return url.rstrip("/")


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an address without its bracket
        return False
    whole = parts.path in ("", "/") and not parts.query and not parts.fragment
    return parts.scheme == "https" and named and whole
