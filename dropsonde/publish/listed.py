"""The public document of all modules: what the table of all modules shows of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.publish.changes import Means
from dropsonde.publish.module import earlier
from dropsonde.publish.numbers import change, share, told

if TYPE_CHECKING:
    from dropsonde.publish.forge import Forge
    from dropsonde.publish.numbers import Numbers


def listed(weeks: Sequence[Numbers], forge: Forge) -> dict[str, Any]:
    """The document.

    Args:
        weeks: oldest first.
        forge: what is known of it.
    """
    newest, before = weeks[-1], earlier(weeks)
    all_sites, moved = newest.all_sites, _Moved(weeks, before)
    return {
        "week": newest.release.week,
        "precision": newest.precision_of("module_usage", "unused_modules"),
        "since": before and before.release.week,
        "sites": newest.release.sites,
        "error": newest.release.sites_error,
        "modules": [
            {
                **row,
                **told("share", share(newest.sites("module_usage", row["module"]), all_sites)),
                **moved.of(row["module"]),
                **told("unused", newest.sites("unused_modules", row["module"])),
                "deprecated": forge.is_deprecated(row["module"]),
            }
            for row in newest.rows("module_usage")
        ],
    }


class _Moved:
    """Changes of modules since an earlier week; without one, there are none."""

    def __init__(self, weeks: Sequence[Numbers], before: Numbers | None) -> None:
        self._newest, self._before = weeks[-1], before
        self._means = Means(weeks)
        self._at = None if before is None else weeks.index(before)

    def of(self, slug: str) -> dict[str, float | None]:
        """Of one module."""
        if self._before is None or self._at is None:
            return {**told("change", None), **told("share_change", None)}
        table = "module_usage"
        of_share = self._means.share_change(self._at, table, slug)
        sites = change(self._before.sites(table, slug), self._newest.sites(table, slug))
        return {**told("change", sites), **told("share_change", of_share)}
