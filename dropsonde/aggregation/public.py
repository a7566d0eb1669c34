"""What is public: each week's release with its cells, and what former versions released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation import cells
from dropsonde.aggregation.former import Former, former
from dropsonde.aggregation.release import load, paths_of
from dropsonde.common import weeks
from dropsonde.common.errors import FileError

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release


@dataclass(frozen=True)
class Public:
    """What is public as of now.

    Args:
        directory: of the releases.
        releases: in the order of the weeks, without rows: those of a year are gigabytes.
        former: the weeks that former versions released.
    """

    directory: Path
    releases: tuple[Release, ...]
    former: Former

    @classmethod
    def of(cls, directory: Path) -> Public:
        """Read a directory of releases.

        Raises:
            FileError: a file is damaged.
        """
        try:
            heads = tuple(load(path).with_rows({}) for path in paths_of(directory))
            return cls(directory, heads, former(directory))
        except ValueError as error:
            raise FileError(str(error), "restore it from a backup") from error

    @property
    def paid(self) -> list[str]:
        """The weeks that a payment is known of."""
        return [*(each.week for each in self.releases), *self.former.noisy]

    @property
    def weeks(self) -> frozenset[str]:
        """All weeks that were ever released."""
        return self.former.weeks.union(each.week for each in self.releases)

    def before(self, week: str) -> Release | None:
        """The last release before a week, with its rows."""
        earlier = [each.week for each in self.releases if each.week < week]
        return load(self.directory / f"{earlier[-1]}.json") if earlier else None

    def cells_before(self, week: str) -> list[Path]:
        """The cells of the weeks that are shown with a week, oldest first.

        Raises:
            FileError: some are missing or damaged.
        """
        end = weeks.first_moment(week)
        begin = end - timedelta(weeks=cells.WEEKS - 1)
        return [
            cells_of(each, self.directory)
            for each in self.releases
            if begin <= weeks.first_moment(each.week) < end
        ]


def cells_of(release: Release, directory: Path) -> Path:
    """The cells of a release, in a directory.

    Raises:
        FileError: they are missing or damaged.
    """
    path = directory / f"{release.week}{cells.SUFFIX}"
    if cells.digest(path) != release.cells:
        raise FileError(
            f"{path} is missing or damaged",
            f"restore it from a backup; without one, move {release.week}.json away, too",
        )
    return path
