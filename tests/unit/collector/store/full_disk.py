"""A disk that is really full: run in a mount namespace of its own, it tells what happened."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import FileError, StoreFullError
from tests.unit.collector.store.making import LOADED, NOW, WEEK, contents, opened, row, site

if TYPE_CHECKING:
    from dropsonde.collector.store import Store

PER_TURN = 2000


def fill(disk: Path) -> None:
    """Take all the space that is left."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def put_until_full(store: Store, first: int) -> tuple[list[int], list[str]]:
    """Rows that were acknowledged, and what was said when one was not."""
    kept, said = [], []
    futures = [
        store.submit(row(number, NOW - WEEK, number, modules=LOADED))
        for number in range(first, first + PER_TURN)
    ]
    for number, future in enumerate(futures, first):
        error = future.exception()
        if error is None:
            kept.append(number)
        else:
            assert isinstance(error, StoreFullError)
            said.append(str(error))
    return kept, said


def main(disk: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", disk], check=True)
    found: dict[str, object] = {}
    kept: list[int] = []
    with opened(disk / "data") as store:
        store.put(row(-1, NOW - 2 * WEEK, -1))
        store.compact(NOW - WEEK)
        for turn in range(3):
            fill(disk)
            more, said = put_until_full(store, turn * PER_TURN)
            kept += more
            found[f"said {turn}"] = sorted(set(said))
            found[f"depth {turn}"] = store.depth() == len(kept)
            (disk / "filler").unlink()
            store.put(row(number := (turn + 1) * PER_TURN - 1, NOW - WEEK, number))
            kept = [*(each for each in kept if each != number), number]
            found[f"put {turn}"] = len(kept)
        fill(disk)
        try:
            found["compacted"] = store.compact(NOW)
        except (StoreFullError, FileError) as error:
            found["compacted"] = str(error).replace(str(disk), "DISK")
    with opened(disk / "data") as store:  # it is still full
        found["damaged"] = (disk / "data/damaged").exists()
        expected = {("2026-W47", site(number)): number for number in kept}
        expected["2026-W46", site(-1)] = -1
        found["all there"] = contents(store) == expected
        (disk / "filler").unlink()
        found["compacted later"] = store.compact(NOW)
        found["all there later"] = contents(store) == expected and store.depth() == 0
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
