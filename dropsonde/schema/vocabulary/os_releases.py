"""The known releases of each operating system, among which nodes are counted in public.

Noise is added to every known release, also to those that no site has, so that a public table does
not tell which ones there are. A release that is not here is not counted. Some that are to come
are here already; a new one needs only a new number here, and no new probe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dropsonde.schema.vocabulary.os_names import OS_NAMES, is_rolling


def _numbers(first: int, last: int) -> tuple[str, ...]:
    return tuple(map(str, range(first, last + 1)))


def _ubuntu() -> Iterator[str]:
    for year in range(10, 31):
        yield from (f"{year}.{month}" for month in ("04", "10"))


_RED_HATS = _numbers(5, 11)
RELEASES: Mapping[str, tuple[str, ...]] = {
    "AIX": ("5300", "6100", "7100", "7200", "7300"),
    "AlmaLinux": _numbers(8, 11),
    "Alpine": ("3",),
    "Amazon": ("2", "2016", "2017", "2018", "2022", "2023", "2025", "2027"),
    "AzureLinux": _numbers(3, 5),
    "CentOS": _RED_HATS,
    "CloudLinux": _RED_HATS,
    "Darwin": _numbers(13, 28),
    "Debian": _numbers(6, 16),
    "Devuan": _numbers(1, 8),
    "Fedora": _numbers(20, 55),
    "FreeBSD": _numbers(8, 17),
    "Gentoo": ("2",),
    "KDE": ("16", "18", "20", "22", "24", "26", "28"),
    "Linuxmint": _numbers(13, 25),
    "Mageia": _numbers(4, 12),
    "Mariner": ("1", "2"),
    "NetBSD": _numbers(6, 13),
    "OpenBSD": _numbers(5, 9),
    "OpenWrt": _numbers(15, 29),
    "OracleLinux": _RED_HATS,
    "Raspbian": _numbers(7, 16),
    "RedHat": _RED_HATS,
    "Rocky": _numbers(8, 11),
    "SLED": _numbers(11, 16),
    "SLES": _numbers(11, 16),
    "SLES_SAP": _numbers(11, 16),
    "Scientific": _numbers(5, 7),
    "Slackware": ("13", "14", "15"),
    "Solaris": ("10", "11"),
    "Ubuntu": tuple(_ubuntu()),
    "VMware": _numbers(1, 6),
    "VirtuozzoLinux": _numbers(7, 10),
    "XCP-ng": ("7", "8", "9"),
    "XenServer": ("6", "7", "8", "9"),
    "elementary": _numbers(5, 10),
    "openSUSE": ("11", "12", "13", "15", "16", "42"),
    "windows": (
        *("7", "8", "8.1", "10", "11", "2008", "2008 R2", "2012", "2012 R2"),
        *("2016", "2019", "2022", "2025", "2028"),
    ),
}


def systems() -> tuple[tuple[str, str | None], ...]:
    """Every system that nodes can have: its name, and its release, or null where it is not known.

    Sorted by name, null first.
    """
    return tuple(
        (name, release)
        for name in sorted(OS_NAMES)
        for release in (None, *(() if is_rolling(name) else RELEASES[name]))
    )
