"""Ask an endpoint to delete all data of a site: ``DELETE /v1/sites/<site id>``.

A separate header holds the proof that this site has the seed: ``Authorization`` may hold the user
and password of the endpoint's URL, and servers and proxies log URLs.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from http import HTTPStatus

import requests

from dropsonde.common.errors import ConfigError, DeliveryError
from dropsonde.common.urls import at_path, is_private, shown
from dropsonde.http import explain, within

PATIENCE = 60.0  # seconds in all; a collector answers when the deletion is on its disk
KEY_HEADER = "Dropsonde-Deletion-Key"
# The answers of a server without this function.
NO_SUCH_THING = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.GONE,
    HTTPStatus.NOT_IMPLEMENTED,
)


class Deletion(enum.Enum):
    """The result of the request."""

    DONE = enum.auto()
    NOT_OFFERED = enum.auto()  # to no site
    NEEDS_KEY = enum.auto()  # not to a site without a key


def delete_site(
    session: Callable[[], requests.Session],
    url: str,
    site_id: str,
    key: bytes | None,
    *,
    patience: float = PATIENCE,
) -> Deletion:
    """Ask an endpoint to delete a site's data.

    Args:
        session: makes the session.
        url: the endpoint's URL.
        site_id: the site.
        key: the site's deletion key, 64 bytes; None for a site that has none.
        patience: seconds in all.

    Raises:
        ConfigError: others could read the key on its way; nothing was sent.
        DeliveryError: the endpoint cannot be reached now, or does not accept the key.
    """
    if key is not None and not is_private(url):
        raise ConfigError(
            f"{shown(url)}: the proof for a deletion is only sent over https or to this host",
            "name the endpoint by its https URL; nothing was sent and nothing forgotten",
        )
    target = at_path(url, f"/v1/sites/{site_id}")
    headers = {} if key is None else {KEY_HEADER: key.hex()}

    def ask() -> requests.Response:
        with session() as opened, opened.delete(target, headers=headers, stream=True) as response:
            return response

    try:
        response = within(patience, ask)
        if response.status_code in NO_SUCH_THING:
            return Deletion.NOT_OFFERED
        if response.status_code == HTTPStatus.FORBIDDEN and key is None:
            return Deletion.NEEDS_KEY
        response.raise_for_status()
    except requests.RequestException as error:
        raise DeliveryError(*explain(error, url)) from error
    return Deletion.DONE
