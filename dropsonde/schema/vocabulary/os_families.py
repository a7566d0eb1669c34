"""The operating system families that Facter itself reports.

``os.family`` names the platform in a report. It is a fact: a site may override it with its own,
which may hold any text, even a customer's name. So a report holds only these values, in Facter's
spelling.
"""

from __future__ import annotations

OS_FAMILIES: frozenset[str] = frozenset(
    {
        # Literals of Facter 4 (lib/facter/facts/*/os/family.rb).
        "RedHat",
        "Solaris",
        "Suse",
        # Facter 4 on another Linux: the key of FAMILY_HASH (lib/facter/util/facts/facts_utils.rb)
        # that matches ID_LIKE or ID of /etc/os-release, capitalized.
        "Archlinux",
        "Debian",
        "Gentoo",
        "Mandrake",
        "Redhat",  # RedHat, on Mageia, Mariner and Photon
        # If no key matches, ID_LIKE or ID itself; here those of OS_HIERARCHY's systems
        # (lib/facter/config.rb).
        "Alpine",
        "Elementary",
        "Lede openwrt",  # the ID_LIKE of OpenWrt
        "Openwrt",
        "Raspbian",
        "Slackware",
        # Facter 4: the kernel's name (`uname -s`) on AIX, BSD and macOS; a literal on Windows.
        "AIX",
        "Darwin",
        "FreeBSD",
        "NetBSD",
        "OpenBSD",
        "windows",
        # Facter 3 only (lib/inc/facter/facts/os_family.hpp).
        "CoreOS",
        "SunOS",
        # Facter 2 and 3 report the kernel's name for every system whose family they do not know.
        "DragonFly",
        "GNU/kFreeBSD",
        "HP-UX",
        "Linux",
        "VMkernel",
    }
)
