"""Find what installed packages register as metrics.

importlib.metadata finds it. To import that takes a third of `dropsonde list`, so it is asked only
where a package may have registered a metric.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.files import read_file

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "dropsonde.metrics"
_ENTRIES = "entry_points.txt"
_INFO = ("dist-info", "egg-info")  # the ends of the names of directories that describe a package


def registered() -> list[EntryPoint]:
    """The entry points of installed packages' metrics, sorted by name."""
    if not any(_may_register()):
        return []
    from importlib.metadata import entry_points  # noqa: PLC0415  # as above

    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _may_register() -> Iterator[bool]:
    """Whether packages may register metrics: a place that cannot be looked through may hold one."""
    for finder in sys.meta_path:
        yield finder is not PathFinder and hasattr(finder, "find_distributions")
    for path in sys.path:
        try:
            names = os.listdir(path or ".")  # noqa: PTH208  # strings, of long directories
        except FileNotFoundError:
            continue
        except OSError:  # an archive
            yield True
            return
        for name in names:
            if name.lower().endswith(_INFO):
                yield _names_group(Path(path, name, _ENTRIES))


def _names_group(file: Path) -> bool:
    try:
        return GROUP.encode() in read_file(file)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # importlib.metadata decides what that means
        return True
