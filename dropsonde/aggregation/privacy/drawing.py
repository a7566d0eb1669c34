"""Draw the noise of a table, for every known group.

OpenDP draws it, exactly, in whole parts of a site, from the operating system's randomness. Exact
counts are only given to OpenDP: everything public is made from what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import opendp.prelude as dp

from dropsonde.aggregation.privacy.weights import LATTICE

if TYPE_CHECKING:
    Keys = tuple[Any, ...]

dp.enable_features("contrib")  # OpenDP requires it: its proofs are public, not all are audited

_AT_ONCE = 100_000  # groups, whose copies need memory


class Cell(NamedTuple):
    """A number with noise; it is public.

    Attributes:
        keys: of the group.
        parts: the number, in parts of a site.
    """

    keys: Keys
    parts: int


def draw(groups: Sequence[Keys], exact: Mapping[Keys, int], scale: float) -> Iterator[Cell]:
    """Add noise to the number of every group; each call has its cost: pay it before.

    Args:
        groups: every known group, whether any site has it or not. Others are not counted.
        exact: group to its number, in parts of a site.
        scale: the standard deviation of the noise, in sites.
    """
    noise: Any = dp.m.make_gaussian(
        dp.vector_domain(dp.atom_domain(T="i64")),
        dp.l2_distance(T="f64"),
        scale=scale * LATTICE,
    )
    for first in range(0, len(groups), _AT_ONCE):
        some = groups[first : first + _AT_ONCE]
        yield from map(Cell, some, noise([exact.get(keys, 0) for keys in some]))
