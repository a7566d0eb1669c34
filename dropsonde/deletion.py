"""Asking an endpoint to delete what it holds under a site's id: ``DELETE /v1/sites/<site id>``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from dropsonde.errors import DeliveryError
from dropsonde.http import explain

if TYPE_CHECKING:
    from collections.abc import Callable

# What a server answers that has no such thing.
NO_SUCH_THING = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.GONE,
    HTTPStatus.NOT_IMPLEMENTED,
)


def delete_site(session: Callable[[], requests.Session], url: str, site_id: str) -> bool:
    """Ask for the deletion.

    Args:
        session: makes the session.
        url: the endpoint.
        site_id: whose reports.

    Returns:
        False when the endpoint offers no deletion.

    Raises:
        DeliveryError: the endpoint cannot be asked now.
    """
    target = urlsplit(url)._replace(path=f"/v1/sites/{site_id}", query="", fragment="").geturl()
    try:
        with session() as opened, opened.delete(target, stream=True) as response:
            if response.status_code in NO_SUCH_THING:
                return False
            response.raise_for_status()
    except requests.RequestException as error:
        raise DeliveryError(*explain(error, url)) from error
    return True
