"""How long a delivery waits for what."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Seconds.

    Attributes:
        max_wait: all pauses between the tries of one run together.
        connect: to connect.
        read: between two bytes of an answer.
        answer: for one try as a whole, however lively its bytes trickle.
    """

    max_wait: float = 60
    connect: float = 10
    read: float = 10
    answer: float = 30
