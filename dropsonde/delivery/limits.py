"""Time limits of a delivery."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Time limits in seconds.

    Attributes:
        max_wait: for all pauses between the tries of one run together.
        connect: to connect.
        read: between two bytes of an answer.
        answer: for one whole try, even while bytes keep arriving.
    """

    max_wait: float = 60
    connect: float = 10
    read: float = 10
    answer: float = 30
