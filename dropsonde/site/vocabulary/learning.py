"""Read the releases of this site's modules from the Forge, each once, and keep what was learnt.

A run is bounded; what it leaves comes next time. Each module is kept as soon as it is read, so that
a run that is killed loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.common.errors import ForgeError
from dropsonde.protocol.vocabulary import newest
from dropsonde.site.forge.client import Bounds, Client
from dropsonde.site.forge.releases import Listed, fetch_classes, list_releases
from dropsonde.site.forge.tarball import TarballError

if TYPE_CHECKING:
    from dropsonde.protocol.vocabulary import Release
    from dropsonde.site.vocabulary.files import Files
    from dropsonde.site.vocabulary.wanted import Wanted

log = logging.getLogger(__name__)

BOUNDS = Bounds(requests=600, seconds=600.0)
MAX_BYTES = 512 << 20  # of all tarballs of one run
MAX_FAULTS = 3  # in a row, after which the Forge is left alone


class Learned(NamedTuple):
    """The result of one run.

    Attributes:
        releases: the number of releases that were read.
        left: the number of modules that were not asked for, or could not be.
        requests: HTTP requests made, retries included.
        bytes: received on the wire, without headers.
        fault: why some are left; None unless the Forge failed.
    """

    releases: int
    left: int
    requests: int
    bytes: int
    fault: ForgeError | None = None


def learn(
    client: Client, files: Files, wanted: Wanted, progress: Callable[[int, int], None]
) -> Learned:
    """Read the wanted releases, as far as the bounds allow.

    Args:
        client: asks the Forge.
        files: keeps what is learnt.
        wanted: slug to the versions that are installed.
        progress: called with the number of modules done and in all.

    Raises:
        FileError: the file of releases cannot be used.
    """
    known = {release[:3]: release for release in files.read(files.own)}
    read = faults = done = 0
    fault: ForgeError | None = None
    for number, (slug, versions) in enumerate(wanted.items()):
        if client.exhausted or client.bytes >= MAX_BYTES or faults == MAX_FAULTS:
            break
        progress(number, len(wanted))
        try:
            found = _read(client, slug, versions, known.values())
        except ForgeError as error:
            fault, faults = error, faults + 1
            continue
        faults, done = 0, done + 1
        read += sum(release.classes is not None for release in found)
        for release in found:
            if release.classes is not None or release[:3] not in known:
                known[release[:3]] = release
        files.keep(known.values())
    progress(len(wanted), len(wanted))
    return Learned(read, len(wanted) - done, client.requests, client.bytes, fault)


def _read(
    client: Client, slug: str, versions: frozenset[str], known: Collection[Release]
) -> list[Release]:
    """List one module's releases, and read those of these versions that were not read before.

    Where none of them was published (a branch from git), the newest is read: it says which of the
    branch's classes are public.
    """
    listed = list_releases(client, slug)
    chosen = [one for one in listed if one.release.version in versions]
    if len(chosen) < len(versions) and listed:
        last = newest(one.release for one in listed)
        chosen += (one for one in listed if one.release == last)
    before = {release[:3] for release in known if release.classes is not None}
    classes = {one: _classes(client, one) for one in chosen if one.release[:3] not in before}
    return [one.release._replace(classes=classes.get(one)) for one in listed]


def _classes(client: Client, listed: Listed) -> frozenset[str] | None:
    try:
        return fetch_classes(client, listed)
    except TarballError as error:
        warn(listed.release, error)
        return None


def warn(release: Release, error: TarballError) -> None:
    """Log that a tarball cannot be used: the Forge lists it, so name and version are public."""
    log.warning(
        "%s %s: its tarball on the Forge cannot be used: %s; its classes stay home",
        release.slug,
        release.version,
        error,
    )
