"""Ask PuppetDB how many nodes have which class. PuppetDB counts; dropsonde never sees a node.

All queries are grouped, so an answer grows with the number of distinct names and not with the
number of nodes. PuppetDB itself leaves out deactivated and expired nodes. Importing this package
does not import requests.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from dropsonde.site.puppetdb import queries
from dropsonde.site.puppetdb.conf import read_server_urls
from dropsonde.site.puppetdb.rows import (
    ClassCount,
    FactCount,
    class_counts,
    fact_counts,
    family_counts,
)

if TYPE_CHECKING:
    import requests

    from dropsonde.common.errors import PuppetDBError
    from dropsonde.site.puppetdb.api import Api

__all__ = ["ClassCount", "FactCount", "PuppetDB", "read_server_urls"]

# Seconds to connect, and between two parts of the answer: PuppetDB is silent while it counts.
TIMEOUT = (10.0, 60.0)
PATIENCE = 300.0  # seconds for a whole answer; 40 MB take 5
MAX_BYTES = 256 * 1024 * 1024  # of one answer; a row takes about 70

Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


class PuppetDB:
    """Queries PuppetDB's servers in turn until one answers, which the next query asks first.

    Every method raises :class:`PuppetDBError`, naming each server's fault, when none answers.

    Args:
        urls: the servers, as :func:`read_server_urls` gives them.
        session: makes the session, at the first query: with the host's certificate and
            Puppet's authority, without proxies and without retries (the next server is the retry).
        timeout: seconds to connect, and between two parts of an answer.
        max_bytes: the longest answer to take, unpacked.
        patience: seconds for a whole answer, even while bytes keep arriving.
        fault: why the servers are unknown, which every query then raises.
    """

    def __init__(
        self,
        urls: Sequence[str],
        session: Callable[[], requests.Session],
        *,
        timeout: tuple[float, float] = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        patience: float = PATIENCE,
        fault: PuppetDBError | None = None,
    ) -> None:
        self._fault = fault
        self._urls = tuple(url.rstrip("/") for url in urls)
        self._session = session
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._patience = patience
        self._api: Api | None = None

    def classes(self) -> list[ClassCount]:
        """Count the nodes by class and environment, but for the classes of every catalog."""
        return self._ask("classes", queries.classes(), class_counts)

    def families(self) -> list[tuple[str | None, int]]:
        """Count the nodes by platform, sorted by its name.

        The platform is the fact ``os.family``, else the legacy ``osfamily`` of old agents. It can
        be any value: a site may have a custom fact of that name.

        Returns:
            (platform, nodes); the platform is None for nodes without a text in either fact.
        """
        return self._ask("families", queries.families(), family_counts)

    def classes_of_family(self, family: str) -> list[ClassCount]:
        """Count the nodes of one platform (see :meth:`families`) by class and environment."""
        return self._ask("classes of a family", queries.classes_of_family(family), class_counts)

    def systems(self) -> list[FactCount]:
        """Count the nodes by the facts ``os.name`` and ``os.release.major``."""
        return self._ask(
            "systems", queries.systems(), fact_counts(queries.OS_NAME, queries.OS_RELEASE)
        )

    def agents(self) -> list[FactCount]:
        """Count the nodes by the facts ``clientversion`` and ``implementation``."""
        return self._ask(
            "agents",
            queries.agents(),
            fact_counts(queries.AGENT_VERSION, queries.IMPLEMENTATION),
        )

    def _ask(self, what: str, query: list[Any], read: Callable[[Any], Answer]) -> Answer:
        if self._fault is not None:
            raise self._fault
        if self._api is None:
            from dropsonde.site.puppetdb.api import Api  # noqa: PLC0415 - requests, only when needed

            self._api = Api(
                self._urls, self._session(), self._timeout, self._max_bytes, self._patience
            )
        start = time.monotonic()
        answer = self._api.ask(query, read)
        _log.debug("PuppetDB: %s in %.0f ms", what, (time.monotonic() - start) * 1000)
        return answer
