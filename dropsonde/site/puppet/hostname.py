"""Find this host's full name as Facter does for Puppet's default certname."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from dropsonde.common.files import read_bounded

RESOLV_CONF = Path("/etc/resolv.conf")


def full_hostname() -> str:
    """Return the host's name with its domain, from the kernel, the resolver or resolv.conf."""
    name = socket.gethostname()
    if "." in name:
        return name
    known = socket.getfqdn(name)
    if known.startswith(f"{name}."):
        return known
    text = (read_bounded(RESOLV_CONF) or b"").decode(errors="replace")
    for keyword in ("domain", "search"):
        if found := re.search(rf"^{keyword}\s+([^\s.]\S*)", text, re.MULTILINE):
            return f"{name}.{found[1].rstrip('.')}"
    return name
