"""Ask an endpoint who runs it, and remember the answer for commands that ask nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common import state
from dropsonde.common.clock import ISO, iso
from dropsonde.common.errors import DeliveryError
from dropsonde.common.files import private_directory, read_bounded, write_atomically
from dropsonde.common.urls import at_path
from dropsonde.protocol.about import MAX_BYTES, PATH, About, read

if TYPE_CHECKING:
    import requests

PATIENCE = 30.0  # seconds in all, tries and pauses included
_FILE_BYTES = 16 << 10
# Answers about the moment or a proxy on the way: they do not say that there is no operator.
_NOT_NOW = (
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_DONE, _REFUSED = range(200, 300), range(400, 500)


@dataclass(frozen=True)
class Known:
    """What an endpoint said about itself.

    Attributes:
        about: its operator.
        asked: when (aware, UTC).
    """

    about: About
    asked: datetime


def ask(session: Callable[[], requests.Session], url: str, patience: float = PATIENCE) -> About:
    """Ask an endpoint: ``GET /v1/about``, which holds nothing of this site.

    Args:
        session: makes the session.
        url: the endpoint.
        patience: seconds for all of it.

    Returns:
        its operator; an empty one for an endpoint without this document.

    Raises:
        DeliveryError: the endpoint cannot be asked now.
    """
    import requests  # noqa: PLC0415 - when it is needed

    from dropsonde.http import explain, small_body, within  # noqa: PLC0415 - the same

    target = at_path(url, PATH)
    try:
        body = within(patience, lambda: small_body(session, target, MAX_BYTES))
    except requests.RequestException as error:
        if _has_none(error.response.status_code if error.response is not None else 0):
            return About()
        raise DeliveryError(*explain(error, url)) from error
    return read(body or b"")


def _has_none(status: int) -> bool:
    """Whether a status other than 200 means that there is no such document; 0 is no answer."""
    refused = status in _REFUSED and status not in _NOT_NOW
    return status in _DONE or refused or status == HTTPStatus.NOT_IMPLEMENTED


def remember(cachepath: Path, endpoint: str, about: About, now: datetime) -> None:
    """Keep an answer.

    Args:
        cachepath: the directory of the state.
        endpoint: the endpoint's URL, as shown.
        about: its answer.
        now: the time (aware).
    """
    document = {"endpoint": endpoint, "asked": iso(now), "about": about.to_json()}
    private_directory(cachepath)
    write_atomically(_file(cachepath), json.dumps(document, indent=1).encode() + b"\n")


def remembered(cachepath: Path, endpoint: str) -> Known | None:
    """What an endpoint said when it was last asked; None if it was not, or that is unreadable."""
    try:
        document = json.loads(read_bounded(_file(cachepath), _FILE_BYTES) or b"")
        if document["endpoint"] != endpoint:
            return None
        asked = datetime.strptime(document["asked"], ISO).replace(tzinfo=timezone.utc)
        return Known(read(json.dumps(document["about"]).encode()), asked)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def forget(cachepath: Path) -> None:
    """Delete the answer that was kept."""
    _file(cachepath).unlink(missing_ok=True)


def _file(cachepath: Path) -> Path:
    return cachepath / state.OPERATOR
