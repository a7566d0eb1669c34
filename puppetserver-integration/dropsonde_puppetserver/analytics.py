"""Tell from a Puppet Server's jar and bootstrap files if its analytics service runs dropsonde.

The service is ``puppetlabs/services/analytics/analytics_service.clj``; since 6.18 and 7.5 the same
directory has a ``dropsonde.clj``; OpenVox Server dropped it in 8.9.0.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from dropsonde.common.errors import IntegrationError
from dropsonde_puppetserver.bootstrap import services_in
from dropsonde_puppetserver.integration.files import Files

_SERVICE = "puppetlabs.services.analytics.analytics-service/analytics-service"
_IN_JAR = "puppetlabs/services/analytics/dropsonde"


def runs_dropsonde(jars: Iterable[Path]) -> bool:
    """Whether the analytics service of one of these jars runs dropsonde.

    Raises:
        IntegrationError: a jar cannot be read.
    """
    return any(name.startswith(_IN_JAR) for jar in jars for name in names_in(jar))


def names_in(jar: Path) -> list[str]:
    """The names of a jar's files.

    Raises:
        IntegrationError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(jar) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise IntegrationError(
            f"{jar}: cannot be read", "install Puppet Server's package again"
        ) from error


def starts_analytics(bootstrap: Iterable[Path], root: Path) -> bool:
    """Whether the server starts that service; True where no file lists services.

    Args:
        bootstrap: files, or directories of ``*.cfg`` files, with one service per line. They may be
            in a directory of the server's user.
        root: the system's root.
    """
    services = list(_services(bootstrap, Files(root)))
    return not services or _SERVICE in services


def names_analytics(bootstrap: Iterable[Path], root: Path) -> bool:
    """Whether a file lists that service; the arguments are those of :func:`starts_analytics`."""
    return _SERVICE in _services(bootstrap, Files(root))


def _services(bootstrap: Iterable[Path], files: Files) -> Iterator[str]:
    for path in bootstrap:
        found = [path / name for name in files.names(path) if name.endswith(".cfg")]
        for file in found or [path]:
            with contextlib.suppress(OSError):
                yield from services_in(files.read(file).decode(errors="replace"))
