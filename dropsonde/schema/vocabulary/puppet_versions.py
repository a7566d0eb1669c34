"""The implementations of Puppet, and their versions as a report holds them: major and minor."""

from __future__ import annotations

import re

PUPPET, OPENVOX, ENTERPRISE = "puppet", "openvox", "pe"

_MAJOR_MINOR = re.compile(r"((?:[1-9][0-9]?|20[0-9]{2})\.(?:0|[1-9][0-9]?))(?:[.+-].*)?", re.ASCII)
# The agents of both implementations had these versions, and OpenVox's did not say whose they are:
# its first releases, up to the one before those whose fact ``implementation`` says it.
_SILENT = {7: range(35, 37), 8: range(11, 19)}


def minor_version(version: object) -> str | None:
    """The major and minor number of a version: ``"8.10"`` of ``"8.10.0"``; None if it has none."""
    found = _MAJOR_MINOR.fullmatch(version) if isinstance(version, str) else None
    return found[1] if found else None


def implementation(version: str, said: object) -> str | None:
    """Whose agent has a version; None where neither it nor the version tells.

    Args:
        version: as :func:`minor_version` gives it.
        said: the value of the fact ``implementation``, which OpenVox's agents have since 7.37 and
            8.19. It is a fact, so it may be any value.
    """
    if said == OPENVOX:
        return OPENVOX
    major, minor = map(int, version.split("."))
    return None if minor in _SILENT.get(major, ()) else PUPPET


def known_minor_versions() -> tuple[str, ...]:
    """Every version that a server or an agent can have, among which they are counted in public.

    Puppet's and OpenVox's majors from 4 on, some of them to come, and Puppet Enterprise's years.
    """
    majors = (f"{major}.{minor}" for major in range(4, 12) for minor in range(50))
    years = (f"{year}.{minor}" for year in range(2015, 2032) for minor in range(10))
    return (*majors, *years)
