"""What an endpoint offers for a vocabulary, and what is not taken for one."""

from __future__ import annotations

import hashlib

import pytest

from dropsonde import http
from dropsonde.common.errors import DeliveryError
from dropsonde.delivery.fetching import Offer, fetch
from dropsonde.protocol.served_vocabulary import HEADER, SignedVocabulary
from tests.doubles.endpoint import LoopbackEndpoint, Reply, nobody_listens

FORGE = "https://forge.example"
FILE = f"# Dropsonde vocabulary 1\n# forge: {FORGE}\n# since: 2025-01-01\n".encode()
SIGNATURE = "A" * 86 + "=="


def headers(data: bytes = FILE) -> tuple[tuple[str, str], ...]:
    statement = SignedVocabulary("a dataset", hashlib.sha256(data).hexdigest(), SIGNATURE)
    return ((HEADER, statement.to_header()),)


def ask(reply: Reply, here: bytes | None = None, key: bytes | None = None) -> Offer:
    with LoopbackEndpoint() as endpoint:
        endpoint.vocabulary = reply
        return fetch(lambda: http.session(retries=0), endpoint.url, here=here, forge=FORGE, key=key)


def test_a_file_with_its_statement_is_taken() -> None:
    offer = ask(Reply(body=FILE, headers=headers()))
    assert (offer.offered, offer.data) == (True, FILE)
    assert offer.bytes == len(FILE)


def test_the_same_file_is_not_sent_again() -> None:
    assert ask(Reply(status=304, body=b""), FILE) == Offer(offered=True, data=None, bytes=0)


@pytest.mark.parametrize("status", [404, 405, 410])
def test_an_endpoint_without_one_offers_none(status: int) -> None:
    assert ask(Reply(status=status, body=b"")) == Offer(offered=False, data=None, bytes=0)


def test_an_endpoint_that_thanks_for_everything_offers_none() -> None:
    assert ask(Reply()) == Offer(offered=False, data=None, bytes=0)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(body=FILE + b"x\n", headers=headers()), "line 4 is not a release"),
        (Reply(body=FILE[:-1], headers=headers(FILE[:-1])), "does not begin"),
        (Reply(body=FILE, headers=headers(b"other")), "other bytes than its signature"),
        (Reply(body=FILE, headers=((HEADER, "{}"),)), "is not"),
        (
            Reply(body=(other := FILE.replace(b"forge.", b"acme.")), headers=headers(other)),
            "from another Forge",
        ),
        (Reply(status=503, body=b""), "503"),
        (Reply(status=302, body=b"", headers=(("Location", "https://acme.example/"),)), "302"),
    ],
)
def test_what_cannot_be_used_is_a_fault(reply: Reply, why: str) -> None:
    with pytest.raises(DeliveryError, match=why):
        ask(reply)


def test_a_key_that_is_kept_has_to_be_one() -> None:
    with pytest.raises(DeliveryError, match="not a public key in PEM"):
        ask(Reply(body=FILE, headers=headers()), key=b"damaged")


def test_an_endpoint_that_is_away() -> None:
    with (
        nobody_listens() as url,
        pytest.raises(DeliveryError, match="refused") as raised,
    ):
        fetch(lambda: http.session(retries=0), url, here=None, forge=FORGE, key=None)
    assert isinstance(raised.value.__cause__, OSError)
