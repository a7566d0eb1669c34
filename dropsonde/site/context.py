"""The public view of a site that metrics get: public modules, public classes and counts.

This is the wall. Below it are directories, environments and PuppetDB's rows with every private
name; above it are metrics and reports. Only public names pass; the rest is counted by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dropsonde.common.errors import PuppetDBError
from dropsonde.common.files import read_bounded
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods
from dropsonde.site import nodes
from dropsonde.site.checksums import md5
from dropsonde.site.inventory import module_of
from dropsonde.site.puppet.puppetfile import ruby_calls
from dropsonde.site.puppetdb import ahead
from dropsonde.site.puppetdb.ahead import Ahead

if TYPE_CHECKING:
    from dropsonde.site.inventory import Inventory
    from dropsonde.site.provenance import PublicModule
    from dropsonde.site.puppet.puppetfile import Calls
    from dropsonde.site.puppetdb import ClassCount, FactCount, PuppetDB
    from dropsonde.site.server import Server

# Why data is withheld, in the administrator's words.
PRIVATE_MODULE = "private modules"
UNREADABLE_MODULE = "modules whose metadata.json cannot be read"
ODD_VERSION = "versions that are no published release of their module"
UNKNOWN_VERSION = "versions of public modules whose releases are not known here"
ODD_RANGE = "version ranges that are not plain"
UNKNOWN_MODULE = "public modules whose releases are not known here"
UNKNOWN_CLASS = "classes of public modules whose releases are not known here"
PRIVATE_ON_DISK = "classes in public modules' directories that no known release defines"
UNPARSED_MANIFEST = "manifests that cannot be read, or do not parse"
UNREAD_DIRECTORY = "directories of manifests that were not read"
PRIVATE_CLASS = "declared classes of modules that are not public, or not on this server"
UNPUBLISHED_CLASS = "declared classes that no known release of their module defines"
UNKNOWN_FAMILY = "platforms that Facter does not know"
FOREIGN_RUBY = "calls in Puppetfiles to methods that are not Ruby's own"
UNPARSED_PUPPETFILE = "Puppetfiles that do not parse"

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Requirement(NamedTuple):
    """A public module that a private one depends on; the range is None unless it is plain."""

    slug: str
    version_requirement: str | None


class Context:
    """One site, as metrics see it.

    Args:
        inventory: the modules on disk.
        slugs: the slugs that the Forge lists.
        puppetdb: PuppetDB, or None where none is configured.
        server: tells what Puppet Server this host has; None for none.

    Attributes:
        withheld: reason to the number withheld for it, as far as metrics have asked.
        puppetdb_fault: why PuppetDB's answers are missing, once one was asked for.
    """

    def __init__(
        self,
        inventory: Inventory,
        slugs: Container[str],
        puppetdb: PuppetDB | None,
        server: Callable[[], Server | None] = lambda: None,
    ) -> None:
        self._inventory = inventory
        self._slugs = slugs
        self._puppetdb = None if puppetdb is None else Ahead(puppetdb)
        self._server = server
        self.withheld: dict[str, int] = {}
        self.puppetdb_fault: PuppetDBError | None = None

    def ask_ahead(self, names: Iterable[str]) -> None:
        """Begin to ask PuppetDB for what these properties need, in the order in which they are.

        Args:
            names: those of :data:`dropsonde.metrics.FROM_PUPPETDB`.
        """
        if self._puppetdb is not None:
            self._puppetdb.start(names)

    @property
    def has_puppetdb(self) -> bool:
        """Whether a PuppetDB is configured."""
        return self._puppetdb is not None

    @cached_property
    def server(self) -> Server | None:
        """This host's Puppet Server; None without one."""
        return self._server()

    @property
    def environment_count(self) -> int:
        """How many environments this server has."""
        return len(self._inventory.environments)

    @cached_property
    def modules(self) -> tuple[PublicModule, ...]:
        """The public modules that some environment can use, sorted."""
        found = {copy.public for copy in self._inventory.all_copies()}
        without = {module.slug for module in found if module.version is None}
        unknown = {slug for slug in without if not self._inventory.evidence.lists(slug)}
        self._hold(UNKNOWN_VERSION, len(unknown))
        self._hold(ODD_VERSION, len(without - unknown))
        private = self._inventory.private
        self._hold(PRIVATE_MODULE, len({each.name for each in private if not each.unreadable}))
        self._hold(UNREADABLE_MODULE, len({each.name for each in private if each.unreadable}))
        return tuple(sorted(found, key=_sortable))

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """The public modules that private ones depend on, sorted, without the private names."""
        asked = set()
        odd = 0
        for module in self._inventory.private:
            for dependency in module.metadata.dependencies if module.metadata else ():
                if dependency.slug in self._slugs:
                    wanted = dependency.version_requirement
                    if wanted is not None and not Domain.VERSION_REQUIREMENT.admits(wanted):
                        wanted = None
                        odd += 1
                    asked.add(Requirement(dependency.slug, wanted))
        self._hold(ODD_RANGE, odd)
        return tuple(sorted(asked, key=lambda item: (item.slug, item.version_requirement or "")))

    @cached_property
    def classes(self) -> frozenset[str]:
        """The public classes on disk, in lower case."""
        copies = {copy.module.path: copy.public.slug for copy in self._inventory.all_copies()}
        found = self._inventory.classes
        known = {slug: self._inventory.evidence.knows(slug) for slug in copies.values()}
        private: dict[bool, set[str]] = {True: set(), False: set()}
        silent = set()
        for path, slug in copies.items():
            if not known[slug] and found[path].private:
                silent.add(slug)
            private[known[slug]] |= found[path].private
        self._hold(UNKNOWN_MODULE, len(silent))
        self._hold(UNKNOWN_CLASS, len(private[False]))
        self._hold(PRIVATE_ON_DISK, len(private[True]))
        self._hold(UNPARSED_MANIFEST, sum(each.unparsed for each in found.values()))
        self._hold(UNREAD_DIRECTORY, sum(each.unread for each in found.values()))
        return frozenset().union(*(each.here for each in found.values()))

    @cached_property
    def declared(self) -> Mapping[str, int] | None:
        """Public class to the number of nodes that declare it; None without PuppetDB's answer."""
        if self._rows is None:
            return None
        counts, held = self._public(self._rows)
        for reason in set(held.values()):
            self._hold(reason, sum(why == reason for why in held.values()))
        return counts

    @cached_property
    def unused_modules(self) -> tuple[PublicModule, ...] | None:
        """The public modules that define classes, none of which any node declares.

        A private class in a public module's directory counts as use of that module.
        """
        if self._rows is None:
            return None
        here = self._inventory.copies
        used = {(row.environment, module_of(row.title)) for row in self._rows}
        # A row of an environment that is not on this server may mean any copy.
        elsewhere = {name for environment, name in used if environment not in here}
        classes = self._inventory.classes
        idle, busy = set(), set()
        for environment, copies in here.items():
            for name, copy in copies.items():
                if (environment, name) in used or name in elsewhere:
                    busy.add(copy.public)
                elif classes[copy.module.path].here:
                    idle.add(copy.public)
        return tuple(sorted(idle - busy, key=_sortable))

    @cached_property
    def unused_classes(self) -> frozenset[str] | None:
        """The public classes that no node declares, not even from a changed or private manifest."""
        if self._rows is None:
            return None
        return self.classes - {row.title.lower() for row in self._rows}

    @cached_property
    def platforms(self) -> Mapping[tuple[str, str], int] | None:
        """(public class, os.family) to the number of nodes; None without PuppetDB's answer."""
        found = self._answer(ahead.by_family)
        if found is None:
            return None
        counts: dict[tuple[str, str], int] = {}
        for family, rows in found.rows.items():
            public, _ = self._public(rows)
            counts.update({(name, family): count for name, count in public.items()})
        self._hold(UNKNOWN_FAMILY, found.unknown)
        return counts

    @cached_property
    def systems(self) -> Mapping[tuple[str, str | None], int] | None:
        """(os.name, major release) to the number of nodes; None without PuppetDB's answer.

        The release is None where the node's is of no known form.
        """
        return self._counted(nodes.systems, ahead.systems)

    @cached_property
    def agents(self) -> Mapping[tuple[str | None, str], int] | None:
        """(implementation, version) to the number of nodes; None without PuppetDB's answer.

        The implementation is None where the node's agent does not tell it.
        """
        return self._counted(nodes.agents, ahead.agents)

    @cached_property
    def ruby_calls(self) -> Mapping[str, int]:
        """Number of calls in all Puppetfiles, by method of Ruby's own."""
        counts: Counter[str] = Counter()
        read: dict[str, Calls] = {}
        withheld = unparsed = 0
        for environment in self._inventory.environments:
            source = read_bounded(environment.path / "Puppetfile")
            if source is not None:
                digest = md5(source)  # environments of one commit have the same
                calls = read[digest] = read.get(digest) or ruby_calls(source)
                counts.update(calls.counts)
                withheld += calls.withheld
                unparsed += not calls.parsed
        self._hold(FOREIGN_RUBY, withheld)
        self._hold(UNPARSED_PUPPETFILE, unparsed)
        return dict(sorted(counts.items()))

    def words(self, domain: Domain) -> Container[str] | None:
        """A domain's vocabulary, to check a report against; None where its pattern is enough."""
        if domain is Domain.MODULE_NAME:
            return {module.name for module in self.modules}
        if domain is Domain.VERSION:
            return {module.version for module in self.modules if module.version is not None}
        if domain is Domain.FORGE_SLUG:
            return self._slugs
        if domain is Domain.CLASS_NAME:
            return self.classes.union(*(each.public for each in self._inventory.classes.values()))
        if domain is Domain.RUBY_METHOD:
            return ruby_methods()
        return {Domain.OS_FAMILY: OS_FAMILIES, Domain.OS_NAME: OS_NAMES}.get(domain)

    def _hold(self, reason: str, count: int) -> None:
        if count:
            self.withheld[reason] = count

    def _counted(
        self,
        public: Callable[[Iterable[FactCount]], nodes.Public[Key]],
        ask: Callable[[PuppetDB], list[FactCount]],
    ) -> Mapping[Key, int] | None:
        """The public part of PuppetDB's counts by two facts."""
        rows = self._answer(ask)
        if rows is None:
            return None
        found = public(rows)
        for reason, count in found.withheld.items():
            self._hold(reason, count)
        return found.counts

    @cached_property
    def _rows(self) -> list[ClassCount] | None:
        """PuppetDB's own rows, including private names."""
        if self._puppetdb is not None:
            _ = self._inventory.classes  # manifests are read while PuppetDB answers
        return self._answer(ahead.classes)

    def _answer(self, ask: Callable[[PuppetDB], Answer]) -> Answer | None:
        """PuppetDB's answer; None without one, and once it has failed, for all of them."""
        if self._puppetdb is None or self.puppetdb_fault is not None:
            return None
        try:
            return self._puppetdb.get(ask)
        except PuppetDBError as error:
            self.puppetdb_fault = error
            return None

    def _public(self, rows: Iterable[ClassCount]) -> tuple[dict[str, int], dict[str, str]]:
        """The rows' counts by public class, and the reason for each withheld name."""
        counts: Counter[str] = Counter()
        held: dict[str, str] = {}
        for row in rows:
            name = row.title.lower()
            copy = self._inventory.resolve(row.environment, name)
            if copy is None:
                held[name] = PRIVATE_CLASS
            elif name in self._inventory.classes[copy.module.path].public:
                counts[name] += row.count
            else:
                held[name] = UNPUBLISHED_CLASS
        return dict(sorted(counts.items())), held


def _sortable(module: PublicModule) -> tuple[str, str, str]:
    return (module.name, module.slug, module.version or "")
