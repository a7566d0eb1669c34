"""The operating systems that Facter itself names, and their major releases.

``os.name`` and ``os.release.major`` name a platform in a report. They are facts: a site may
override them with its own, which may hold any text or number, even a customer's. So a report holds
only these names, in Facter's spelling, and releases of the forms that real ones have.
"""

from __future__ import annotations

import re

OS_NAMES: frozenset[str] = frozenset(
    {
        # Facter 4 on Linux: what it makes of NAME in /etc/os-release
        # (lib/facter/resolvers/os_release.rb), of the systems that its hierarchy and its families
        # name (lib/facter/config.rb, lib/facter/util/facts/facts_utils.rb), and of two that name
        # Red Hat's as their kin.
        "AlmaLinux",
        "Alpine",
        "Amazon",
        "Archlinux",
        "CentOS",
        "CloudLinux",
        "Debian",
        "Devuan",
        "Fedora",
        "Gentoo",
        "KDE",
        "Linuxmint",
        "Mageia",
        "Manjarolinux",
        "Mariner",
        "OpenWrt",
        "OracleLinux",
        "Raspbian",
        "RedHat",
        "Rocky",
        "SLED",
        "SLES",
        "SLES_SAP",  # SLES, since Facter 4.10
        "Scientific",
        "Slackware",
        "Ubuntu",
        "VMware",  # Photon
        "VirtuozzoLinux",
        "XCP-ng",
        "XenServer",
        "elementary",
        "openSUSE",
        # The kernel's name on AIX, BSD and macOS; literals on Solaris and Windows.
        "AIX",
        "Darwin",
        "FreeBSD",
        "NetBSD",
        "OpenBSD",
        "Solaris",
        "windows",
        # OpenFact only, OpenVox's Facter.
        "AzureLinux",
    }
)
# The releases of a system: of most, a number of two digits; of these, others. What Facter calls the
# major release is Ubuntu's year and month, the name of Windows, and the level of AIX.
_MOST = r"[1-9][0-9]?"
_OTHER = {
    "AIX": r"[5-7][1-3]00",
    "Amazon": rf"{_MOST}|20[0-9]{{2}}",
    "Ubuntu": rf"{_MOST}\.(?:04|06|10)",
    "windows": r"7|8|8\.1|10|11|20[0-9]{2}(?: R2)?",
}
_TOO_MUCH = 10_000
# Of rolling releases, Facter gives the kernel's version, or nothing.
_ROLLING = frozenset({"Archlinux", "Manjarolinux"})
_NUMBERS = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,8}){1,3}", re.ASCII)


def os_release(name: str, release: object) -> str | None:
    """The major release of a system in the report's form; None for any other value.

    Args:
        name: one of :data:`OS_NAMES`.
        release: the value of ``os.release.major``, or a whole version: ``9`` and ``"9.4"`` are
            release 9, ``"22.04"`` is Ubuntu's 22.04, ``"2012 R2"`` is one of Windows'.
    """
    if type(release) is int and 0 < release < _TOO_MUCH:
        release = str(release)
    if not isinstance(release, str) or is_rolling(name):
        return None
    form = _OTHER.get(name, _MOST)
    if not re.fullmatch(form, release, re.ASCII) and _NUMBERS.fullmatch(release):
        release = ".".join(release.split(".")[: 2 if name == "Ubuntu" else 1])
    return release if re.fullmatch(form, release, re.ASCII) else None


def is_rolling(name: str) -> bool:
    """Whether a system has no releases."""
    return name in _ROLLING
