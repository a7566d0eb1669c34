"""The two files of published releases that a site keeps, in the format of ``protocol.vocabulary``.

``vocabulary.txt`` is the same for every site: a collector serves it, or the administrator brings
it. ``releases.txt`` has what this site read from the Forge itself. Both count only for modules on
the Forge's own list, so that whoever serves a file cannot make a private module public.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from dropsonde.common import state
from dropsonde.common.errors import FileError
from dropsonde.common.files import OddFileError, private_directory, read_file, write_atomically
from dropsonde.protocol.vocabulary import MAX_BYTES, Release, Vocabulary, parse
from dropsonde.site.vocabulary.known import Known

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Files:
    """The files of one site.

    Attributes:
        directory: the cache directory, which holds both.
        forge: the Forge's URL, as the list of its modules has it; another one's releases do not
            count.
        brought: the file that the settings name in place of the served one.
    """

    directory: Path
    forge: str
    brought: Path | None = None

    @property
    def shared(self) -> Path:
        """The file that is the same for every site."""
        return self.brought or self.directory / state.VOCABULARY

    @property
    def own(self) -> Path:
        """The file of the releases that this site read from the Forge."""
        return self.directory / state.RELEASES

    def known(self, slugs: Container[str]) -> Known:
        """What both files know of these modules.

        Args:
            slugs: modules on the Forge's list.

        Raises:
            FileError: a file exists and may not be read, or the one that the settings name is
                missing or damaged.
        """
        return Known((*self.read(self.shared, slugs), *self.read(self.own, slugs)))

    def read(self, path: Path, slugs: Container[str] | None = None) -> tuple[Release, ...]:
        """One file's releases of these modules (default: all); none of a damaged file.

        Raises:
            FileError: as of :meth:`known`.
        """
        advice = "run `dropsonde update`"
        try:
            vocabulary = parse(read_file(path, MAX_BYTES), slugs)
        except FileNotFoundError as error:
            if path == self.brought:
                raise FileError(f"{path}: {error.strerror}", "check --vocabulary") from error
            return ()
        except (OddFileError, ValueError) as error:
            fault = error.strerror if isinstance(error, OSError) else error
            if path == self.brought:
                raise FileError(f"{path}: {fault}", "bring the file again") from error
            log.warning("%s is damaged and does not count (%s): %s", path, fault, advice)
            return ()
        except OSError as error:
            raise FileError(f"{path}: {error.strerror}", "check its permissions") from error
        if vocabulary.forge != self.forge:
            log.warning("%s was made from another Forge and does not count: %s", path, advice)
            return ()
        return vocabulary.releases

    def keep(self, releases: Iterable[Release]) -> None:
        """Replace the file of this site's own, atomically.

        Raises:
            FileError: it cannot be written.
        """
        private_directory(self.directory)
        content = Vocabulary(self.forge, "-", tuple(releases))
        write_atomically(self.own, content.to_bytes())

    def day(self, path: Path) -> str | None:
        """The day when a file was written (UTC, ISO 8601); None when there is none."""
        try:
            return f"{datetime.fromtimestamp(path.stat().st_mtime, timezone.utc):%Y-%m-%d}"
        except OSError:
            return None
