"""`forget`: the endpoint is asked first, and the site starts anew."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from dropsonde import http
from dropsonde.common.errors import DeliveryError
from dropsonde.common.files import locked
from dropsonde.delivery.deletion import delete_site
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens
from tests.support.submitting import files, scheduled, to

if TYPE_CHECKING:
    from tests.support.program import Program


def test_forget_asks_for_deletion_and_starts_anew(site: Program) -> None:
    site.opt_in()
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 0
        result = site.run("forget", "--endpoint", endpoint.url)
        assert (result.code, result.err) == (0, "")
        assert site.run(*to(endpoint)).code == 0
    sent, asked, anew = endpoint.received
    old = json.loads(sent.report)["site_id"]
    assert (asked.method, asked.path) == ("DELETE", f"/v1/sites/{old}")
    key = bytes.fromhex(asked.headers["Dropsonde-Deletion-Key"])
    assert hashlib.sha512(key).hexdigest() == old
    assert "Dropsonde-Deletion-Key" not in sent.headers
    assert not any(secret in result.out for secret in (old, key.hex()))
    assert json.loads(anew.report)["site_id"] != old
    assert not (site.cache / "consent.json").exists()
    assert len(files(site, "sent")) == 2


def test_a_proxy_does_not_learn_the_key(site: Program) -> None:
    with LoopbackEndpoint() as endpoint, LoopbackEndpoint() as proxy:
        environ = {"http_proxy": proxy.url, "no_proxy": "internal.example"}
        assert site.run("forget", "--endpoint", endpoint.url, environ=environ).code == 0
    assert proxy.received == []
    assert [request.method for request in endpoint.received] == ["DELETE"]


def test_forget_says_when_there_is_no_deletion(site: Program) -> None:
    with LoopbackEndpoint(Reply(), Reply(status=404)) as endpoint:
        assert site.run(*to(endpoint)).code == 0
        result = site.run("forget", "--endpoint", endpoint.url)
    assert result.code == 13
    assert "this endpoint offers no deletion" in result.complaint
    assert files(site, "sent") == []


def test_forget_throws_nothing_away_while_the_endpoint_is_away(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
    with nobody_listens() as url:
        assert site.run("forget", "--endpoint", url).code == 10
    assert len(files(site, "sent")) == 2
    assert (site.cache / "seed").exists()


def test_forget_says_that_a_configured_seed_stays(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        result = site.run("forget", "--endpoint", endpoint.url, "--seed", "a made-up seed")
    assert "the site id stays the same: change seed, which command line sets" in result.out
    assert "a made-up seed" not in result.out + result.err


def test_the_key_goes_beside_the_password_of_the_endpoint(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        url = endpoint.url.replace("http://", "http://user:sesame@")
        assert site.run("forget", "-v", "--endpoint", url).code == 0
    (asked,) = endpoint.received
    assert asked.headers["Authorization"].startswith("Basic ")
    assert len(asked.headers["Dropsonde-Deletion-Key"]) == 128


def test_the_key_does_not_go_where_others_read_it(site: Program) -> None:
    result = site.run("forget", "--endpoint", "http://telemetry.example.com")
    assert result.code == 3
    assert "is only sent over https or to this host" in result.complaint
    assert (site.cache / "seed").exists()


def test_an_endpoint_that_does_not_take_the_key_costs_nothing(site: Program) -> None:
    with LoopbackEndpoint(Reply(), Reply(status=403)) as endpoint:
        assert site.run(*to(endpoint)).code == 0
        result = site.run("forget", "-v", "--endpoint", endpoint.url)
    key = endpoint.received[-1].headers["Dropsonde-Deletion-Key"]
    assert result.code == 10
    assert key not in result.out + result.err
    assert len(files(site, "sent")) == 2
    assert (site.cache / "seed").exists()


def test_an_id_set_by_hand_has_no_key_and_is_told_so(site: Program) -> None:
    siteid = "ab" * 64
    with LoopbackEndpoint(Reply(status=403)) as endpoint:
        result = site.run("forget", "--endpoint", endpoint.url, "--siteid", siteid)
    (asked,) = endpoint.received
    assert (asked.path, asked.headers["Dropsonde-Deletion-Key"]) == (f"/v1/sites/{siteid}", None)
    assert result.code == 13
    assert "an id that was set with siteid has none" in result.complaint
    assert siteid not in result.out + result.err


@pytest.mark.parametrize("act", [Act.SILENCE, Act.SLOW_HEADERS])
def test_an_endpoint_that_trickles_does_not_hold_it(act: Act) -> None:
    """The bytes come far faster than any timeout between two of them."""
    with (
        LoopbackEndpoint(Reply(act=act)) as endpoint,
        pytest.raises(DeliveryError, match="no answer in time"),
    ):
        delete_site(http.session, endpoint.url, "ab" * 64, bytes(64), patience=0.3)


def test_forget_waits_for_a_submission(site: Program) -> None:
    with locked(site.cache / "submit.lock"):
        assert site.run("forget").code == 12
