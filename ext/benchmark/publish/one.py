"""Publish a directory of releases, or only copy the bytes; print the cost as JSON.

    python -m ext.benchmark.publish.one publish ROOT RELEASES
    python -m ext.benchmark.publish.one copy ROOT DIRECTORY

It is a separate process, so its peak memory is its own.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from dropsonde.publish.root import publish
from ext.benchmark.measure import peak


def copy(root: Path, directory: Path) -> None:
    """Copy the files that the newest version does not share with the one before."""
    files = [path for path in sorted(root.resolve().rglob("*")) if path.is_file()]
    names = Counter(path.stat().st_ino for path in files)  # the newest week has two
    for place, path in enumerate(files):
        about = path.stat()
        if about.st_nlink == names.pop(about.st_ino, 0):
            shutil.copyfile(path, directory / str(place))


def main(what: str, root: str, other: str) -> None:
    begun, cpu = time.perf_counter(), time.process_time()
    works: Mapping[str, Callable[[Path, Path], object]] = {"publish": publish, "copy": copy}
    works[what](Path(root), Path(other))
    took = {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps({**took, "memory": peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
