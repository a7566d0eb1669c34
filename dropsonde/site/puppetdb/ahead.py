"""Ask PuppetDB before its answers are wanted, in a thread, while manifests are read.

One thread asks for one answer after the other, over one connection: PuppetDB and the network take
their time, and this process has other work meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES

if TYPE_CHECKING:
    from dropsonde.site.puppetdb import ClassCount, FactCount, PuppetDB

Answer = TypeVar("Answer")


class ByFamily(NamedTuple):
    """The classes of each platform that Facter knows, and the number of other platforms."""

    rows: Mapping[str, list[ClassCount]]
    unknown: int


def classes(puppetdb: PuppetDB) -> list[ClassCount]:
    """See :meth:`PuppetDB.classes`."""
    return puppetdb.classes()


def by_family(puppetdb: PuppetDB) -> ByFamily:
    """Ask which platforms there are, and then for the classes of each."""
    families = {family for family, _ in puppetdb.families() if family is not None}
    known = sorted(families & OS_FAMILIES)
    rows = {family: puppetdb.classes_of_family(family) for family in known}
    return ByFamily(rows, len(families - OS_FAMILIES))


def systems(puppetdb: PuppetDB) -> list[FactCount]:
    """See :meth:`PuppetDB.systems`."""
    return puppetdb.systems()


def agents(puppetdb: PuppetDB) -> list[FactCount]:
    """See :meth:`PuppetDB.agents`."""
    return puppetdb.agents()


# What a metric reads of the context, and what that asks PuppetDB.
_OF = {
    **dict.fromkeys(("declared", "unused_modules", "unused_classes"), classes),
    "platforms": by_family,
    "systems": systems,
    "agents": agents,
}


class Ahead:
    """Answers of one PuppetDB, each asked for once: when it is wanted, or before.

    Args:
        puppetdb: no other thread uses it.
    """

    def __init__(self, puppetdb: PuppetDB) -> None:
        self._puppetdb = puppetdb
        self._coming: dict[Callable[[PuppetDB], Any], SimpleQueue[Any]] = {}
        self._thread: threading.Thread | None = None

    def start(self, names: Iterable[str]) -> None:
        """Begin to ask, once, for what these properties of the context need, in their order."""
        self._coming = {_OF[name]: SimpleQueue() for name in names}
        if self._coming:
            # Here, not in the thread: the main thread imports much now, and each would delay the
            # other, the first query most.
            import dropsonde.site.puppetdb.api  # noqa: F401, PLC0415

            # It ends with the process, whatever PuppetDB does.
            self._thread = threading.Thread(
                target=self._ask, args=(dict(self._coming),), name="asking ahead", daemon=True
            )
            self._thread.start()

    def get(self, ask: Callable[[PuppetDB], Answer]) -> Answer:
        """Return the answer to one of this module's questions, or raise its error."""
        coming = self._coming.pop(ask, None)
        found = coming.get() if coming else None
        if found is None:  # not asked before
            if self._thread is not None:
                self._thread.join()  # the connection is one
            return ask(self._puppetdb)
        if isinstance(found, Exception):
            raise found
        return cast("Answer", found)

    def _ask(self, coming: Mapping[Callable[[PuppetDB], Any], SimpleQueue[Any]]) -> None:
        """Put each answer; after an error, as without a thread, no more is asked."""
        for ask, answer in coming.items():
            try:
                answer.put(ask(self._puppetdb))
            except Exception as error:  # noqa: BLE001, PERF203  # raised again where it is wanted
                answer.put(error)
                break
        for answer in coming.values():
            answer.put(None)
