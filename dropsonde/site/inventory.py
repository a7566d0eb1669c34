"""All modules on this server's disk, private ones included: below the wall, hidden from metrics."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.site.provenance import MAX_DEPTH, PublicClasses, PublicModule, public_module
from dropsonde.site.puppet.modules import find_modules, read_module

if TYPE_CHECKING:
    from dropsonde.site.puppet.environments import Environment
    from dropsonde.site.puppet.modules import Module


log = logging.getLogger(__name__)


class Copy(NamedTuple):
    """A public module in the directory that one environment resolves it to."""

    path: Path
    public: PublicModule


class Inventory:
    """The environments' modules, each resolved through its environment's own modulepath.

    Args:
        environments: every environment of this server.
        slugs: the slugs that the Forge lists.
        classes: checks manifests against the published ones; still empty.
    """

    def __init__(
        self,
        environments: tuple[Environment, ...],
        slugs: Container[str],
        classes: PublicClasses,
    ) -> None:
        self.environments = environments
        self._slugs = slugs
        self._classes = classes

    @cached_property
    def _modules(self) -> Mapping[str, Mapping[str, Module]]:
        """Environment to module name to the module that Puppet finds first."""
        known: dict[Path, Module] = {}
        found: dict[str, Mapping[str, Module]] = {}
        for environment in self.environments:
            paths = find_modules(environment.modulepath)
            for path in paths.values():
                if path not in known:
                    known[path] = read_module(path)
            found[environment.name] = {name: known[path] for name, path in paths.items()}
        return found

    @cached_property
    def copies(self) -> Mapping[str, Mapping[str, Copy]]:
        """Environment to module name to the public module there."""
        public: dict[Path, PublicModule | None] = {}
        copies: dict[str, dict[str, Copy]] = {}
        for environment, modules in self._modules.items():
            here = copies[environment] = {}
            for name, module in modules.items():
                if module.path not in public:
                    public[module.path] = public_module(module, self._slugs)
                if (face := public[module.path]) is not None:
                    here[name] = Copy(module.path, face)
        return copies

    @cached_property
    def private(self) -> tuple[Module, ...]:
        """Every private module, once per directory."""
        return tuple(
            {
                module.path: module
                for environment, modules in self._modules.items()
                for name, module in modules.items()
                if name not in self.copies[environment]
            }.values()
        )

    @cached_property
    def classes(self) -> PublicClasses:
        """The indexed classes of all copies of public modules."""
        for copy in self.all_copies():
            self._classes.add(copy.path, copy.public)
        if self._classes.unread:
            log.warning(
                "%d directories of public modules' manifests are unreadable, or nested deeper than "
                "%d, and were skipped: run as a user that may read them, or remove them",
                self._classes.unread,
                MAX_DEPTH,
            )
        return self._classes

    def all_copies(self) -> Iterator[Copy]:
        """Iterate over the public modules of all environments."""
        for copies in self.copies.values():
            yield from copies.values()

    def resolve(self, environment: str | None, title: str) -> Copy | None:
        """The public module that holds a class in an environment; None without one."""
        return self.copies.get(environment or "", {}).get(module_of(title))


def module_of(title: str) -> str:
    """The module name: the first segment of a class's title."""
    return title.lower().partition("::")[0]
