"""What one client, one network and all together may ask of a collector."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """How much, and how long.

    Attributes:
        rate: requests a second that a network may go on making; 0 means any number.
        burst: requests that a network may make at once. Behind one address there may be hundreds
            of sites whose timers fire together.
        networks: how many networks are remembered.
        connections: open ones, from which on requests are answered with 503.
        network: of them, those of one network.
        head: seconds for a request's line and headers, from its first byte.
        body: seconds for a whole report.
        answer: seconds for the answer, the client's reading of it included.
        silent: seconds before the first byte of a connection.
        idle: whole seconds between two requests on a connection.
        deletion: seconds; every answer to a deletion comes after this time, or a multiple of it.
        ending: seconds that requests under way have when the collector is asked to end.
    """

    rate: float = 5
    burst: int = 300
    networks: int = 20_000
    connections: int = 500
    network: int = 300
    head: float = 10
    body: float = 20
    answer: float = 60
    silent: float = 5
    idle: int = 5
    deletion: float = 0.25
    ending: int = 10
