"""This host's Puppet Server and operating system, as the report names them.

The system is read from ``/etc/os-release`` and named as Facter would: a site's own facts have no
part in it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from dropsonde.common.files import read_bounded
from dropsonde.schema.vocabulary.os_names import OS_NAMES, os_release

_SETTING = re.compile(r"([A-Z_]{1,40})=[\"']?([^\"']{0,200})[\"']?\s*", re.ASCII)
_TWO_WORDS = ("red", "oracle", "arch", "manjaro")  # names that Facter makes of their first two


class Server(NamedTuple):
    """This host's Puppet Server; what is not known is None.

    Attributes:
        implementation: "puppet", "openvox" or "pe".
        version: of the server, major and minor.
        os: the operating system, as Facter names it.
        release: its major release.
    """

    implementation: str | None
    version: str | None
    os: str | None
    release: str | None


class System(NamedTuple):
    """An operating system: Facter's name, and the major release; None where they are not known."""

    name: str | None
    release: str | None


def operating_system(root: Path = Path("/")) -> System:
    """Name the system that runs here.

    Args:
        root: the system's root.
    """
    text = read_bounded(root / "etc/os-release") or b""
    return system_of(text.decode(errors="replace"))


def system_of(text: str) -> System:
    """Name the system of an ``os-release`` file as Facter does (its ``os_release.rb``)."""
    pairs = filter(None, map(_SETTING.fullmatch, text.splitlines()))
    found = {pair[1]: pair[2] for pair in pairs}
    name = found.get("NAME", "")
    words = name.split() or [""]
    if found.get("ID") == "linuxmint":
        name = "Linuxmint"
    elif name.lower().endswith("azure linux"):
        name = "".join(words[-2:])
    elif name.lower().endswith("mariner"):
        name = words[-1]
    elif name.lower().startswith(_TWO_WORDS):
        name = "".join(words[:2])
        name = name.capitalize() if name.lower().startswith(("arch", "manjaro")) else name
    else:
        name = words[0] + ("Linux" if words[0].lower() == "virtuozzo" else "")
    if name not in OS_NAMES:
        return System(None, None)
    return System(name, os_release(name, found.get("VERSION_ID")))
