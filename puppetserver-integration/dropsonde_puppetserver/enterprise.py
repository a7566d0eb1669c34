"""Refuse Puppet Enterprise: it is not supported, and half a support would be worse.

Its Puppet Server has the paths of upstream's packages, so that everything would seem to fit. But it
runs as ``pe-puppet``, its variables are in ``/etc/sysconfig/pe-puppetserver``, and its own modules
rewrite its configuration: the opt-in and ``DO_NOT_TRACK`` could be read wrongly, and the schedule's
user does not exist.
"""

from __future__ import annotations

import os
from pathlib import Path

from dropsonde.common.errors import EnterpriseError

_MARKS = (
    "opt/puppetlabs/server/pe_version",
    "lib/systemd/system/pe-puppetserver.service",
)


def refuse_enterprise(root: Path = Path("/")) -> None:
    """Raise an error on a server of Puppet Enterprise.

    Args:
        root: the system's root.

    Raises:
        EnterpriseError: it is one.
    """
    for mark in _MARKS:
        if os.path.lexists(root / mark):
            raise EnterpriseError(
                f"Puppet Enterprise is not supported, and {root / mark} is its",
                "if it is a remnant of an earlier installation, remove it",
            )
