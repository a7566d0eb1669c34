"""The collector's limits for one client, one network and all clients together."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits of rates, numbers and times.

    Attributes:
        rate: requests per second that a network may make continuously; 0 means no limit.
        burst: requests that a network may make at once. Hundreds of sites behind one address may
            have timers that fire together.
        networks: the most networks whose buckets are stored.
        new_sites: new sites that a network may add in a week; 0 means no limit.
        new_site_networks: the most networks whose new sites are counted.
        connections: open ones, from which on requests are answered with 503.
        network: open connections of one network.
        head: seconds for a request's line and headers, from its first byte.
        body: seconds for a whole report.
        answer: seconds for the answer, including the client's reading of it.
        silent: seconds before the first byte of a connection.
        idle: whole seconds between two requests on a connection.
        deletion: seconds; every answer to a deletion comes after this time, or a multiple of it.
        ending: seconds for requests in progress when the collector is asked to end.
    """

    rate: float = 5
    burst: int = 300
    networks: int = 20_000
    new_sites: int = 20
    new_site_networks: int = 100_000
    connections: int = 500
    network: int = 300
    head: float = 10
    body: float = 20
    answer: float = 60
    silent: float = 5
    idle: int = 5
    deletion: float = 0.25
    ending: int = 10
