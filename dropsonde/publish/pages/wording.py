"""Format numbers for pages."""

from __future__ import annotations

import math
from typing import Any

_LARGE, _TENTH = 1000, 0.1


def number(value: float) -> str:
    """A number for people, with a comma at each thousand and few digits behind the point."""
    if isinstance(value, int) or abs(value) >= _LARGE:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def signed(value: int) -> str:
    """A change, with its sign."""
    if not value:
        return "0"
    return f"+{value:,}" if value > 0 else f"\N{MINUS SIGN}{-value:,}"


def upwards(value: float) -> str:
    """An error, rounded up."""
    return f"{math.ceil(value):,}"


def percent(value: float) -> str:
    """A share of one; small ones with a digit behind the point."""
    return f"{value:.1%}" if 0 < value < _TENTH else f"{value:.0%}"


def percent_upwards(value: float) -> str:
    """An error of a share, or the most that a chance is, rounded up."""
    if value < _TENTH:
        return f"{math.ceil(round(value * 1000, 6)) / 10:.1f}%"
    return f"{math.ceil(round(value * 100, 6))}%"


def chance(value: float) -> str:
    """A small chance, rounded up."""
    return f"1 in {math.floor(round(1 / value, 6)):,}" if value > 0 else "0"


def stretch(value: Any, longest: float) -> str:
    """The length of a bar, in percent of the longest; 0 for negative values."""
    return f"{100 * max(value or 0, 0) / longest:.1f}" if longest > 0 else "0"
