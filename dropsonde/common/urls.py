"""URLs for messages and receipts: a user, a password and a query are never shown."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def shown(url: str) -> str:
    """A normalized URL without user, password, query, fragment and trailing slash."""
    try:
        parts = urlsplit(url)
    except ValueError:  # an edited receipt
        return "(no URL)"
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def is_private(url: str) -> bool:
    """Whether no third party can read what is sent to a URL: https, or this host's loopback."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def at_path(url: str, path: str) -> str:
    """The URL of another document of the same server."""
    return urlsplit(url)._replace(path=path, query="", fragment="").geturl()


def with_port(url: str, port: int | None) -> str:
    """Replace a URL's port; None leaves the URL unchanged."""
    if port is None:
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    bare = host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return parts._replace(netloc=f"{user}{at}{bare}:{port}").geturl()
