"""The vocabulary file: the releases that a Forge published, and the classes that they define.

A collector makes and serves it, and each site gets the same bytes, so that fetching it tells
nothing of a site. It is text, so that two of them can be compared with ``diff``, and so that a
probe that runs as root parses lines and not the pages of a database:

    # Dropsonde vocabulary 1
    # forge: https://forgeapi.puppet.com
    # since: 2025-11-01
    puppetlabs-ntp<TAB>9.2.2<TAB>2023-05-12T12:09:50Z<TAB>?
    puppetlabs-ntp<TAB>11.0.0<TAB>2025-11-20T09:31:07Z<TAB>ntp ntp::config ntp::install

A line has a module's slug, a version, when it was published (UTC), and the classes that the release
defines, sorted. "?" says that the release was not read. A module's newest release is read, and all
since the day in ``since`` ("-": none has to be). The lines are sorted by slug, time and version:
the same releases give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from datetime import datetime, timezone
from typing import NamedTuple

from dropsonde.schema.model import Domain

MAX_BYTES = 128 << 20  # every release of the Forge, all of them read, would have some 30 MB
MAX_CLASSES = 5_000  # of one release; the largest on the Forge have some 500
_TITLE = "# Dropsonde vocabulary 1"
_FORGE = re.compile(r"# forge: (https?://[!-~]{1,255})")
_SINCE = re.compile(r"# since: ([0-9]{4}-[0-9]{2}-[0-9]{2}|-)")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_UNREAD = "?"
_HEAD = 3  # lines


class Release(NamedTuple):
    """One published release.

    Attributes:
        slug: of the module, "author-name".
        published: when, in UTC, as ``2025-11-20T09:31:07Z``; sorts as text.
        version: as published, in the form of ``Domain.VERSION``.
        classes: the names in lower case that its manifests define; None if it was not read.
    """

    slug: str
    published: str
    version: str
    classes: frozenset[str] | None

    @property
    def module(self) -> str:
        """The module's name."""
        return self.slug.partition("-")[2]


class Vocabulary(NamedTuple):
    """A parsed file.

    Attributes:
        forge: URL of the Forge that published these releases.
        since: the day (ISO 8601) since when each release was read; "-" for no such day.
        releases: sorted; those of the wanted modules.
    """

    forge: str
    since: str
    releases: tuple[Release, ...]

    def to_bytes(self) -> bytes:
        """The file: the same for the same content, whatever the releases' order."""
        head = [_TITLE, f"# forge: {self.forge}", f"# since: {self.since}"]
        lines = (line(release) for release in sorted(self.releases, key=lambda one: one[:3]))
        return "".join(f"{each}\n" for each in (*head, *lines)).encode()


def parse(data: bytes, wanted: Container[str] | None = None) -> Vocabulary:
    """Parse a file.

    Args:
        data: the file's bytes.
        wanted: the slugs whose lines are parsed; the others' are passed over. None for all.

    Raises:
        ValueError: it is not a vocabulary file; the message names the line, never its content.
    """
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise ValueError("it is not ASCII") from None
    forge = _FORGE.fullmatch(lines[1]) if len(lines) > _HEAD else None
    since = _SINCE.fullmatch(lines[2]) if len(lines) > _HEAD else None
    if lines[0] != _TITLE or forge is None or since is None:
        raise ValueError("it does not begin as a vocabulary file of version 1")
    if lines.pop() != "":
        raise ValueError("its last line is cut short")
    return Vocabulary(forge[1], since[1], tuple(_releases(lines, wanted)))


def _releases(lines: list[str], wanted: Container[str] | None) -> Iterator[Release]:
    for number, text in enumerate(lines[_HEAD:], _HEAD + 1):
        if wanted is None or text.partition("\t")[0] in wanted:
            release = parse_line(text)
            if release is None:
                raise ValueError(f"line {number} is not a release")
            yield release


def line(release: Release) -> str:
    """A release's line, without the newline."""
    classes = _UNREAD if release.classes is None else " ".join(sorted(release.classes))
    return f"{release.slug}\t{release.version}\t{release.published}\t{classes}"


def parse_line(text: str) -> Release | None:
    """The release in a line; None if it is none.

    A class counts for its own module only: its first segment is the module's name.
    """
    match text.split("\t"):
        case [slug, version, published, names]:
            pass
        case _:
            return None
    if not (Domain.FORGE_SLUG.admits(slug) and Domain.VERSION.admits(version)):
        return None
    if not _MOMENT.fullmatch(published):
        return None
    if names == _UNREAD:
        return Release(slug, published, version, None)
    classes = names.split(" ") if names else []
    if len(classes) > MAX_CLASSES or not admits(slug, classes):
        return None
    return Release(slug, published, version, frozenset(classes))


def admits(slug: str, classes: Iterable[str]) -> bool:
    """Whether all these names have a class's form and are in the module's namespace."""
    module = slug.partition("-")[2]
    return all(
        name.partition("::")[0] == module and Domain.CLASS_NAME.admits(name) for name in classes
    )


def moment(when: datetime) -> str:
    """A time as the file has it.

    Args:
        when: aware.
    """
    return f"{when.astimezone(timezone.utc):{_TIME}}"


def newest(releases: Iterable[Release]) -> Release | None:
    """The release that was published last; of two at one time the greater version text."""
    return max(releases, key=lambda one: (one.published, one.version), default=None)
