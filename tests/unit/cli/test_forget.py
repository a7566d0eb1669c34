"""`forget`: the endpoint is asked first, and the site starts anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dropsonde.files import locked
from tests.doubles.endpoint import LoopbackEndpoint, Reply, nobody_listens
from tests.submitting import files, scheduled, to

if TYPE_CHECKING:
    from tests.program import Program


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
    assert json.loads(anew.report)["site_id"] != old
    assert not (site.cache / "consent.json").exists()
    assert len(files(site, "sent")) == 2


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


def test_forget_waits_for_a_submission(site: Program) -> None:
    with locked(site.cache / "submit.lock"):
        assert site.run("forget").code == 12
