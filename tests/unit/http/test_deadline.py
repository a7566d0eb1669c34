"""An end to whatever waits for a server, wherever the probe asks one.

Each server here sends its bytes far faster than any timeout between two of them, without an end.
"""

from __future__ import annotations

import threading

import pytest
import requests

from dropsonde import http
from dropsonde.common.errors import ForgeError, PuppetDBError
from dropsonde.site.forge.client import Bounds, Client
from dropsonde.site.puppetdb import PuppetDB
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply

TRICKLES = pytest.mark.parametrize("act", [Act.SILENCE, Act.SLOW_HEADERS, Act.SLOW_BODY])
PATIENCE = 0.3


def test_what_comes_in_time_comes_out_and_so_does_what_went_wrong() -> None:
    assert http.within(60, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        http.within(60, lambda: 1 // 0)


@pytest.mark.parametrize("seconds", [0.01, 0, -1])
def test_what_does_not_come_in_time_is_left_alone(seconds: float) -> None:
    ended = threading.Event()
    with pytest.raises(requests.Timeout):
        http.within(seconds, ended.wait)
    ended.set()


@TRICKLES
def test_a_forge_that_trickles(act: Act) -> None:
    with LoopbackEndpoint(Reply(act=act)) as server, http.session(retries=0) as session:
        client = Client(session, server.url, Bounds(seconds=PATIENCE))
        with pytest.raises(ForgeError, match="no answer in time"):
            client.json("/v3/modules")


@TRICKLES
def test_a_puppetdb_that_trickles_is_one_fault_and_the_next_is_asked(act: Act) -> None:
    row = b'[{"title": "Ntp", "environment": "production", "count": 3}]'
    with LoopbackEndpoint(Reply(act=act)) as slow, LoopbackEndpoint(Reply(body=row)) as quick:
        found = PuppetDB([slow.url, quick.url], http.session, patience=PATIENCE).classes()
        assert [each.title for each in found] == ["Ntp"]
        with pytest.raises(PuppetDBError, match="no answer in time"):
            PuppetDB([slow.url], http.session, patience=PATIENCE).classes()
