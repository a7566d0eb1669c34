"""Fetch the vocabulary file that an endpoint offers; every site gets the same bytes.

The request says nothing of the site, but the address that it comes from. Imports requests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import requests

from dropsonde.common.errors import DeliveryError
from dropsonde.common.urls import at_path, shown
from dropsonde.http import explain, within
from dropsonde.protocol.served_vocabulary import HEADER, PATH, SignedVocabulary
from dropsonde.protocol.vocabulary import MAX_BYTES, parse

PATIENCE = 300.0  # seconds for the whole file, even if bytes keep arriving
CHUNK = 1 << 16
# Of an endpoint that is no collector of ours; Puppet's own answers so.
NOT_OFFERED = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE)
ASK_OPERATOR = "the file here stays as it is; tell the endpoint's operator"


class Offer(NamedTuple):
    """What an endpoint offers.

    Attributes:
        offered: whether it has a vocabulary at all.
        data: the file; None where it is the one that is here, or none is offered.
        bytes: received on the wire, without headers.
    """

    offered: bool
    data: bytes | None
    bytes: int


def fetch(
    session: Callable[[], requests.Session],
    endpoint: str,
    *,
    here: bytes | None,
    forge: str,
    key: bytes | None,
    patience: float = PATIENCE,
) -> Offer:
    """Ask an endpoint for its vocabulary.

    Args:
        session: makes the session.
        endpoint: its URL.
        here: the file that is here, to be told whether it is the same; None without one.
        forge: the Forge that it has to be of.
        key: the endpoint's public key in PEM, where this site keeps it; then the file has to be
            signed by it. Without it, TLS alone vouches for the file.
        patience: seconds for all of it.

    Raises:
        DeliveryError: no answer, or one that cannot be used.
    """
    url = at_path(endpoint, PATH)
    headers = {"Accept-Encoding": "gzip"}
    if here is not None:
        headers["If-None-Match"] = f'"{hashlib.sha256(here).hexdigest()}"'
    try:
        return within(patience, lambda: _ask(session, url, headers, forge, key))
    except requests.RequestException as error:
        raise DeliveryError(*explain(error, url)) from error


def _ask(
    session: Callable[[], requests.Session],
    url: str,
    headers: dict[str, str],
    forge: str,
    key: bytes | None,
) -> Offer:
    with (
        session() as opened,
        opened.get(url, headers=headers, stream=True, allow_redirects=False) as response,
    ):
        if response.status_code in NOT_OFFERED:
            return Offer(offered=False, data=None, bytes=0)
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return Offer(offered=True, data=None, bytes=0)
        if response.status_code != HTTPStatus.OK:
            raise requests.HTTPError(response=response)
        if HEADER not in response.headers:  # an endpoint that answers anything so
            return Offer(offered=False, data=None, bytes=0)
        data = bytearray()
        for piece in response.iter_content(CHUNK):
            data += piece
            if len(data) > MAX_BYTES:
                raise _unusable(url, f"it has more than {MAX_BYTES:,} bytes")
        _check(url, bytes(data), response.headers[HEADER], forge, key)
        return Offer(offered=True, data=bytes(data), bytes=response.raw.tell())


def _check(url: str, data: bytes, header: str, forge: str, key: bytes | None) -> None:
    """Check a file before it takes another's place."""
    try:
        statement = SignedVocabulary.from_header(header)
        vocabulary = parse(data)
        signed = key is None or statement.verify(key)
    except ValueError as error:  # of the key, too: one that is kept has to be one
        raise _unusable(url, str(error)) from error
    if statement.sha256 != hashlib.sha256(data).hexdigest():
        raise _unusable(url, "it has other bytes than its signature is for")
    if not signed:
        raise _unusable(url, "it is not signed by the key that is kept for this endpoint")
    if vocabulary.forge != forge:
        raise _unusable(url, "it was made from another Forge than this site's list")


def _unusable(url: str, what: str) -> DeliveryError:
    return DeliveryError(f"{shown(url)}: its vocabulary cannot be used: {what}", ASK_OPERATOR)
