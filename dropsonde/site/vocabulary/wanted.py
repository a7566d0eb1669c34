"""Choose the releases to read from the Forge: each request tells it that this site has a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.files import read_bounded
from dropsonde.settings.options import ALWAYS, NEVER
from dropsonde.site.puppet.forge_modules import LATEST, forge_modules
from dropsonde.site.puppet.r10k import FILES, asks_the_forge

if TYPE_CHECKING:
    from dropsonde.site.inventory import Inventory
    from dropsonde.site.vocabulary.known import Known

Wanted = Mapping[str, frozenset[str]]


def wanted(
    inventory: Inventory,
    known: Known,
    which: str,
    is_forge: Callable[[str], bool],
    r10k: tuple[Path, ...] = FILES,
) -> Wanted:
    """The modules to ask for, and which of their versions are installed.

    Args:
        inventory: the modules on disk.
        known: the releases that are known already.
        which: "always", "puppetfile" or "never", a setting.
        is_forge: whether a URL is that of the Forge.
        r10k: where r10k's configuration may be.

    Returns:
        Slug to versions. A version may be this site's own: it is compared with what the Forge
        lists, and never sent.
    """
    if which == NEVER or (which != ALWAYS and not asks_the_forge(is_forge, r10k)):
        return {}
    found: dict[str, set[str]] = {}
    for slug, version in _installed(inventory, which, is_forge):
        if known.release(slug, version) is None:
            found.setdefault(slug, set()).add(version)
    return {slug: frozenset(versions) for slug, versions in sorted(found.items())}


def _installed(
    inventory: Inventory, which: str, is_forge: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """The slugs and versions of the copies to ask for."""
    for environment in inventory.environments:
        source = read_bounded(environment.path / "Puppetfile") if which != ALWAYS else None
        fetched = forge_modules(source, is_forge) if source is not None else {}
        for module, slug in inventory.modules[environment.name].values():
            version = (module.metadata.version if module.metadata else None) or ""
            if which == ALWAYS or (slug in fetched and fetched[slug] in {LATEST, version}):
                yield slug, version
