"""The token for a Forge: where it comes from, and to whom it goes.

It goes in the header ``Authorization`` to that Forge alone: not to where that redirects, and only
over HTTPS or to this host, so that no proxy on the way can read it.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dropsonde.common.errors import ForgeError
from dropsonde.common.trusted import ReplaceableError, read_trusted
from dropsonde.common.urls import is_private, shown

if TYPE_CHECKING:
    import requests

_MAX_BYTES = 4 << 10
_PORTS = {"http": 80, "https": 443}


class Authorization:
    """Adds a token to a session's requests for one Forge; requests drops it on a redirect.

    Args:
        url: the Forge's.
        value: of the header.
    """

    def __init__(self, url: str, value: str) -> None:
        self._url = url
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        if is_same_server(self._url, request.url or ""):
            request.headers["Authorization"] = self._value
        return request


def read_token(file: Path) -> str:
    """Read a token, as the header's value; a bare token gets the scheme Bearer.

    Args:
        file: only root and the current user may replace it, and no others may read it.

    Raises:
        ForgeError: it cannot be used. The message never holds its content.
    """
    try:
        data, state = read_trusted(file, _MAX_BYTES)
    except ReplaceableError as error:
        raise ForgeError(str(error), error.advice) from error
    except OSError as error:
        raise ForgeError(f"{file}: {error.strerror}", "check `:forge_token_file:`") from error
    if state.st_mode & stat.S_IROTH:
        raise ForgeError(f"{file}: everybody on this host can read the token", "chmod o-r it")
    text = checked(data.decode("utf-8", "replace").strip(), str(file))
    return text if " " in text else f"Bearer {text}"


def checked(text: str, where: str) -> str:
    """Return a header's value unchanged.

    Raises:
        ForgeError: it is empty, or not one line of printable ASCII.
    """
    if not text or not (text.isascii() and text.isprintable()):
        raise ForgeError(f"{where}: holds no token", "write it in one line, in plain ASCII")
    return text


def require_private(url: str) -> None:
    """Refuse to send a token where others can read it on the way.

    Raises:
        ForgeError: the Forge is another host that is not asked over HTTPS.
    """
    if not is_private(url):
        raise ForgeError(
            f"{shown(url)}: a token is only sent over https or to this host",
            "name the Forge by its https URL with `:forge:`, or take the token out",
        )


def is_same_server(one: str, other: str) -> bool:
    """Whether two URLs name the same scheme, host and port."""
    try:
        return _origin(one) == _origin(other)
    except ValueError:  # a port that is no number
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
