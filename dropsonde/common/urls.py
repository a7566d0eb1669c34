"""URLs, fit for a message or a receipt: a user, a password and a query are never shown."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def shown(url: str) -> str:
    """Give a URL without user, password, query, fragment and trailing slash, in one spelling."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a receipt that somebody edited
        return "(no URL)"
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent there: https, or this host's loopback."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def with_port(url: str, port: int | None) -> str:
    """Put a port into a URL, instead of its own; None leaves the URL as it is."""
    if port is None:
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    bare = host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return parts._replace(netloc=f"{user}{at}{bare}:{port}").geturl()
