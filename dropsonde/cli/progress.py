"""A progress bar with a count, on a terminal only."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(
    unit: str, *, wanted: bool = True, delay: float = 0
) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with the done and the total number.

    It is silent without a terminal, or if no bar is wanted.

    Args:
        unit: what is counted.
        wanted: whether there is a bar at all.
        delay: seconds after which it appears, for what is mostly done at once.
    """
    if not (wanted and sys.stderr.isatty()):
        yield lambda _done, _total: None
        return
    from tqdm import tqdm

    with tqdm(unit=f" {unit}", leave=False, file=sys.stderr, delay=delay) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
