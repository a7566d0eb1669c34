"""Where Spark runs: on this machine, or on a standalone cluster that knows a secret.

A cluster gets private rows through the network, so there is none without the secret: it
authenticates both sides, and Spark's keys for encryption come from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dropsonde.common.errors import ConfigError

SECRET = "DROPSONDE_SPARK_SECRET"  # noqa: S105 - the variable's name
SHORTEST = 16  # characters of a secret
_LOCAL = re.compile(r"local\[(?:\*|[1-9][0-9]{0,3})\]")
# A name or an IPv4 address; Java finds no host in a URL with an underscore.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_CLUSTER = re.compile(rf"spark://({_LABEL}(?:\.{_LABEL}){{0,126}}):([1-9][0-9]{{0,4}})")
_HIGHEST_PORT = 65_535


@dataclass(frozen=True)
class Master:
    """Where Spark runs.

    Args:
        url: as :func:`parse` accepts it.
        secret: the cluster's; empty on this machine.
    """

    url: str = "local[*]"
    secret: str = field(default="", repr=False)

    @property
    def address(self) -> tuple[str, int] | None:
        """The host and port of a cluster's master; None on this machine."""
        found = _CLUSTER.fullmatch(self.url)
        return (found[1], int(found[2])) if found else None


def parse(text: str) -> str:
    """Check a master's URL.

    Raises:
        ValueError: it is another kind of master, or none.
    """
    address = Master(text).address
    if _LOCAL.fullmatch(text) or (address and address[1] <= _HIGHEST_PORT):
        return text
    raise ValueError("spark://HOST:PORT of a standalone cluster, local[*] or local[N] is wanted")


def master_of(url: str | None, environ: Mapping[str, str]) -> Master:
    """A master with its secret.

    Args:
        url: as :func:`parse` accepts it; None for this machine.
        environ: the environment's variables, which hold a cluster's secret.

    Raises:
        ConfigError: a cluster's secret is missing or too short.
    """
    master = Master(url or Master.url)
    if master.address is None:
        return master
    secret = environ.get(SECRET, "")
    if len(secret) < SHORTEST:
        raise ConfigError(
            f"{SECRET} {'is too short' if secret else 'is not set'}, and {url} needs it",
            f"set it to the cluster's spark.authenticate.secret, of {SHORTEST} characters or more",
        )
    return Master(master.url, secret)
