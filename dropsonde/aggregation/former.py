"""Releases of former versions, ``WEEK.NUMBER.json``: these could do without noise.

No table of them is read any more. But what they made public stays public: their weeks are not
released again, and those without noise are named, for no budget covers them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from dropsonde.common.files import read_bounded

_NAME = re.compile(r"(\d{4}-W\d\d)\.\d+\.json")
_MOST_BYTES = 1 << 30


class Former(NamedTuple):
    """The weeks that former versions released.

    Attributes:
        noisy: those of which every release had noise; the ledger has their payments.
        plain: those of which one had none.
    """

    noisy: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def weeks(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.noisy, *self.plain))


def is_former(path: Path) -> bool:
    """Whether a file has the name of a former version's release."""
    return _NAME.fullmatch(path.name) is not None


def former(directory: Path) -> Former:
    """The weeks that former versions released into a directory, in order.

    Raises:
        ValueError: a file cannot be read or is not a release.
    """
    found: dict[str, bool] = {}
    for path in sorted(directory.glob("*.json")):
        if match := _NAME.fullmatch(path.name):
            found[match[1]] = _has_noise(path) and found.get(match[1], True)
    return Former(
        tuple(week for week, noisy in found.items() if noisy),
        tuple(week for week, noisy in found.items() if not noisy),
    )


def _has_noise(path: Path) -> bool:
    data = read_bounded(path, _MOST_BYTES)
    if data is None:
        raise ValueError(f"{path} cannot be read")
    try:
        return json.loads(data)["method"]["epsilon"] is not None
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} is no release") from error
