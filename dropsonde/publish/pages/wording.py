"""Format numbers for pages.

The pages' scripts have the same rule in ``assets/wording.js``, for numbers that only a reader's
choice brings together, and a test has both write the same ones. A half goes up, in size: 62.5 % is
63 %. Errors are never told smaller than they are. Numbers are taken to be decimal: what they are
off by as binary ones, at the sixth digit behind what is shown, is dropped first.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

_LARGE, _TEN, _TENTH = 1000, 10, 0.1
_MINUS = "\N{MINUS SIGN}"
_DROPPED = 6  # digits

# Pages say the same few thousand numbers again and again. An integer is said in another way.
_once = lru_cache(maxsize=1 << 14, typed=True)


@_once
def number(value: float) -> str:
    """A number for people, with a comma at each thousand and few digits behind the point."""
    sign, size = _MINUS if value < 0 else "", abs(value)
    if isinstance(value, int) or size >= _LARGE:
        return f"{sign}{size:,.0f}"
    return f"{sign}{size:.4g}"


def signed(value: int) -> str:
    """A change, with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)


@_once
def signed_percent(value: float) -> str:
    """A change of a share in percentage points, with its sign and a digit behind the point."""
    said = f"{_nearest(abs(value) * 1000) / 10:.1f}%"
    if said == "0.0%":
        return said
    return f"+{said}" if value > 0 else f"{_MINUS}{said}"


@_once
def upwards(value: float) -> str:
    """An error, rounded up."""
    return f"{math.ceil(value):,}"


@_once
def percent(value: float) -> str:
    """A share of one; small ones with a digit behind the point."""
    size = abs(value)
    small = 0 < size < _TENTH
    said = f"{_nearest(size * 1000) / 10:.1f}" if small else f"{_nearest(size * 100)}"
    return f"{_MINUS if value < 0 and float(said) else ''}{said}%"


@_once
def percent_upwards(value: float) -> str:
    """An error of a share, or the most that a chance is, rounded up."""
    if value < _TENTH:
        return f"{math.ceil(round(value * 1000, _DROPPED)) / 10:.1f}%"
    return f"{math.ceil(round(value * 100, _DROPPED))}%"


def chance(value: float) -> str:
    """A small chance, rounded up."""
    return f"1 in {math.floor(round(1 / value, 6)):,}" if value > 0 else "0"


@_once
def times(value: float) -> str:
    """A lift: with a digit behind the point below ten."""
    return (
        f"{value:.1f}\N{MULTIPLICATION SIGN}"
        if abs(value) < _TEN
        else f"{value:,.0f}\N{MULTIPLICATION SIGN}"
    )


@_once
def times_upwards(value: float) -> str:
    """An error of a lift, rounded up."""
    tenths = math.ceil(round(value * 10, 6)) / 10
    return (
        f"{tenths:.1f}\N{MULTIPLICATION SIGN}"
        if tenths < _TEN
        else f"{math.ceil(round(value, 6)):,}\N{MULTIPLICATION SIGN}"
    )


def stretch(value: Any, longest: float) -> str:
    """The length of a bar, in percent of the longest; 0 for negative values."""
    return f"{100 * max(value or 0, 0) / longest:.1f}" if longest > 0 else "0"


def _nearest(value: float) -> int:
    return math.floor(round(value, _DROPPED) + 0.5)
