"""All modules on this server's disk, private ones included: below the wall, hidden from metrics."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Container, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.site.checksums import MAX_DEPTH
from dropsonde.site.provenance import Classes, Evidence, PublicModule, public_slug
from dropsonde.site.puppet.modules import find_modules, read_module

if TYPE_CHECKING:
    from dropsonde.site.puppet.environments import Environment
    from dropsonde.site.puppet.modules import Module


log = logging.getLogger(__name__)


class Copy(NamedTuple):
    """A public module in the directory that one environment resolves it to."""

    module: Module
    public: PublicModule


class Inventory:
    """The environments' modules, each resolved through its environment's own modulepath.

    Args:
        environments: every environment of this server.
        slugs: the slugs that the Forge lists.
        evidence: makes the evidence of what is public, given this inventory of which it asks only
            what is on disk.
    """

    def __init__(
        self,
        environments: tuple[Environment, ...],
        slugs: Container[str],
        evidence: Callable[[Inventory], Evidence],
    ) -> None:
        self.environments = environments
        self._slugs = slugs
        self._evidence_of = evidence

    @cached_property
    def _modules(self) -> Mapping[str, Mapping[str, Module]]:
        """Environment to module name to the module that Puppet finds first.

        A directory that several environments reach, by whatever links, is one module, read once.
        """
        known: dict[object, Module] = {}
        found: dict[str, dict[str, Module]] = {}
        for environment in self.environments:
            paths = find_modules(environment.modulepath)
            here = found[environment.name] = {}
            for name, path in paths.items():
                identity = _identity(path)
                if identity not in known:
                    known[identity] = read_module(path)
                here[name] = known[identity]
        return found

    @cached_property
    def modules(self) -> Mapping[str, Mapping[str, tuple[Module, str]]]:
        """Environment to module name to the module that is on the Forge's list, and its slug.

        Nothing of it may leave but the names and slugs: its version may be this site's own.
        """
        return {
            environment: {
                name: (module, slug)
                for name, module in modules.items()
                if (slug := public_slug(module, self._slugs)) is not None
            }
            for environment, modules in self._modules.items()
        }

    @cached_property
    def evidence(self) -> Evidence:
        """What proves that versions and classes are public."""
        return self._evidence_of(self)

    @property
    def slugs(self) -> frozenset[str]:
        """The slugs of all modules here that are on the Forge's list."""
        return frozenset(slug for here in self.modules.values() for _, slug in here.values())

    @cached_property
    def copies(self) -> Mapping[str, Mapping[str, Copy]]:
        """Environment to module name to the public module there."""
        public: dict[Path, PublicModule] = {}
        copies: dict[str, dict[str, Copy]] = {}
        for environment, modules in self.modules.items():
            here = copies[environment] = {}
            for name, (module, slug) in modules.items():
                if module.path not in public:
                    version = self.evidence.version(module, slug)
                    public[module.path] = PublicModule(name, slug, version)
                here[name] = Copy(module, public[module.path])
        return copies

    @cached_property
    def private(self) -> tuple[Module, ...]:
        """Every private module, once per directory."""
        return tuple(
            {
                module.path: module
                for environment, modules in self._modules.items()
                for name, module in modules.items()
                if name not in self.modules[environment]
            }.values()
        )

    @cached_property
    def classes(self) -> Mapping[Path, Classes]:
        """The classes of all copies of public modules, by their directories."""
        classes: dict[Path, Classes] = {}
        for copy in self.all_copies():
            if copy.module.path not in classes:
                path = copy.module.path
                classes[path] = self.evidence.classes(copy.module, copy.public.slug)
        unread = sum(found.unread for found in classes.values())
        if unread:
            log.warning(
                "%d directories of public modules' manifests are unreadable, or nested deeper than "
                "%d, and were skipped: run as a user that may read them, or remove them",
                unread,
                MAX_DEPTH,
            )
        return classes

    def all_copies(self) -> Iterator[Copy]:
        """Iterate over the public modules of all environments."""
        for copies in self.copies.values():
            yield from copies.values()

    def resolve(self, environment: str | None, title: str) -> Copy | None:
        """The public module that holds a class in an environment; None without one."""
        return self.copies.get(environment or "", {}).get(module_of(title))


def _identity(path: Path) -> object:
    """What two paths of one module have in common."""
    try:
        state = os.stat(path)  # noqa: PTH116  # of tens of thousands
    except OSError:
        return path
    return path.name, state.st_dev, state.st_ino


def module_of(title: str) -> str:
    """The module name: the first segment of a class's title."""
    return title.lower().partition("::")[0]
