"""Types of arguments: each parses one kind of argument, and refuses any other."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date

HIGHEST_PORT = 65_535
# Days. A site counts from its second week. The first of the two ended 7 days before the second, and
# the run that releases the second may be as late as the end of the week after it.
LEAST_RETAIN = 14
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")


def port(text: str) -> int:
    """A TCP port; 0 for a free one."""
    return _number(text, 0, HIGHEST_PORT)


def address(text: str) -> tuple[str, int]:
    """A host and a TCP port."""
    host, colon, number = text.rpartition(":")
    if not (host and colon):
        raise argparse.ArgumentTypeError("an address such as 127.0.0.1:9464 is wanted")
    return host.removeprefix("[").removesuffix("]"), port(number)


def tls(_: str) -> None:
    """Refuse an option that was removed."""
    raise argparse.ArgumentTypeError(
        "the collector has no TLS of its own: put nginx in front of it, as docs/collector.md says"
    )


class Removed(argparse.Action):
    """An option that was removed: whoever still gives it learns what to do.

    Args:
        option_strings: its names.
        dest: of argparse.
        advice: what to do.
    """

    def __init__(self, option_strings: Sequence[str], dest: str, advice: str) -> None:
        super().__init__(option_strings, dest, nargs="?", help=argparse.SUPPRESS)
        self._advice = advice

    def __call__(self, *_: object, **__: object) -> None:
        """Refuse it."""
        raise argparse.ArgumentError(self, f"it was removed: {self._advice}")


def sites(text: str) -> int:
    """How many sites."""
    return _number(text, 1, 1_000_000)


def workers(text: str) -> int:
    """How many processes."""
    return _number(text, 1, 256)


def new_sites(text: str) -> int:
    """How many new sites; 0 for no limit."""
    return _number(text, 0, 1_000_000)


def weeks(text: str) -> int:
    """How many weeks."""
    return _number(text, 1, 52)


def retained(text: str) -> int:
    """For how many days weeks are kept: so long that sites count."""
    return _number(text, LEAST_RETAIN, 36_500)


def _number(text: str, lowest: int, highest: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise argparse.ArgumentTypeError(f"a whole number from {lowest} to {highest} is wanted")
    return number


def week(text: str) -> str:
    """An ISO week."""
    from dropsonde.common.weeks import is_week

    if not is_week(text):
        raise argparse.ArgumentTypeError("a week such as 2026-W47 is wanted")
    return text


def day(text: str) -> date:
    """A day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day such as 2026-11-27 is wanted") from None


def epsilon(text: str) -> float:
    """A budget's ε."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 10_000:  # noqa: PLR2004 - said in the message
        raise argparse.ArgumentTypeError("a number above 0, to 10000, is wanted")
    return number


def delta(text: str) -> float:
    """A budget's δ."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError("a number between 0 and 1 is wanted, such as 1e-6")
    return number


def rate(text: str) -> float:
    """Requests a second."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not (number == 0 or 0.02 <= number <= 1e6):  # noqa: PLR2004 - said in the message
        raise argparse.ArgumentTypeError("0, or a number from 0.02 to 1000000 is wanted")
    return number


def version(text: str) -> str:
    """A version."""
    if _VERSION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a version such as 1.2.0 is wanted")
    return text


def line(text: str) -> str:
    """A name or an address to show to people."""
    from dropsonde.common.untrusted import one_line
    from dropsonde.protocol.about import LONGEST

    # As the probes will show it, so that nobody sees another text than was given.
    if not text or one_line(text, LONGEST) != text:
        raise argparse.ArgumentTypeError(f"one printable line of at most {LONGEST} characters")
    return text


def page(text: str) -> str:
    """The URL of a page to open in a browser."""
    from dropsonde.common.untrusted import link
    from dropsonde.protocol.about import LONGEST_URL

    if link(text, LONGEST_URL) != text or not text:
        raise argparse.ArgumentTypeError("an http or https URL in ASCII is wanted")
    return text


def url(text: str) -> str:
    """A URL."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable()
    except ValueError:
        fine = False
    if not fine or len(text) > 255:  # noqa: PLR2004 - what a receipt holds
        raise argparse.ArgumentTypeError("an http or https URL is wanted")
    return text


def site_url(text: str) -> str:
    """The address of the public root, with a slash at its end."""
    from urllib.parse import urlsplit

    parts = urlsplit(page(text))
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise argparse.ArgumentTypeError("a URL without query and fragment is wanted")
    return text if text.endswith("/") else f"{text}/"


def store(text: str) -> str:
    """An address in BigQuery."""
    from dropsonde.collector.store.bigquery import address

    try:
        return str(address.parse(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def spark_master(text: str) -> str:
    """Where Spark runs."""
    from dropsonde.aggregation.engines.spark import master

    try:
        return master.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def network(text: str) -> str:
    """An address or a network."""
    from ipaddress import ip_network

    try:
        return str(ip_network(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError("an address or a network is wanted") from error
