"""The releases of one module, from a Forge on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dropsonde import http
from dropsonde.common.errors import ForgeError
from dropsonde.site.forge import releases
from dropsonde.site.forge.client import Bounds, Client
from dropsonde.site.forge.releases import fetch_classes, list_releases
from dropsonde.site.forge.tarball import TarballError
from tests.doubles.forge import BIRTH, Fault, LoopbackForge
from tests.support.tarballs import pack

NTP = "puppetlabs-ntp"


@pytest.fixture
def forge() -> Iterator[LoopbackForge]:
    with LoopbackForge(["saz-ssh"]) as server:
        for number in range(3):
            version = f"{number}.0.0"
            tarball = pack(NTP, version, {"init.pp": f"class ntp::v{number} {{}}"})
            server.upload(NTP, version, tarball, BIRTH + timedelta(days=number))
        yield server


@pytest.fixture
def client(forge: LoopbackForge) -> Iterator[Client]:
    with http.session(retries=0) as session:
        yield Client(session, forge.url)


def test_a_modules_releases_are_listed_with_their_times_in_utc(client: Client) -> None:
    listed = list_releases(client, NTP)
    assert [one.release.version for one in listed] == ["2.0.0", "1.0.0", "0.0.0"]
    assert listed[2].release.published == f"{BIRTH:%Y-%m-%dT%H:%M:%SZ}"
    assert listed[0].release.classes is None


def test_the_classes_of_a_release_are_fetched(client: Client) -> None:
    newest, *_ = list_releases(client, NTP)
    assert fetch_classes(client, newest) == {"ntp::v2"}


def test_a_request_names_one_module_and_asks_for_few_bytes(
    client: Client, forge: LoopbackForge
) -> None:
    listed = list_releases(client, NTP)
    fetch_classes(client, listed[0])
    listing, file = forge.requests
    assert listing.query["module"] == NTP
    assert forge.bytes_sent < 5_000
    assert file.path == "/v3/files/puppetlabs-ntp-2.0.0.tar.gz"


def test_a_module_without_releases_has_none(client: Client) -> None:
    assert list_releases(client, "saz-ssh") == ()


def test_a_long_history_takes_several_pages(client: Client, forge: LoopbackForge) -> None:
    for number in range(230):
        forge.upload("saz-ssh", f"1.{number}.0", b"", BIRTH + timedelta(days=number))
    assert len(list_releases(client, "saz-ssh")) == 230
    assert len(forge.requests) == 3


def test_deleted_and_odd_releases_are_left_out(client: Client, forge: LoopbackForge) -> None:
    forge.uploads[0] = forge.uploads[0]._replace(deleted=True)
    forge.uploads[1] = forge.uploads[1]._replace(version="1.0.0-acme1")
    assert [one.release.version for one in list_releases(client, NTP)] == ["2.0.0"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "acme-ntp-1.0.0"),
        ("created_at", "yesterday"),
        ("file_sha256", "no digest"),
        ("file_size", "large"),
        ("deleted_at", "2020-01-01 00:00:00 -0700"),
    ],
)
def test_an_odd_entry_is_left_out(
    client: Client, forge: LoopbackForge, field: str, value: object
) -> None:
    entry: dict[str, Any] = {
        "slug": f"{NTP}-1.0.0",
        "version": "1.0.0",
        "created_at": "2020-01-01 00:00:00 -0700",
        "file_sha256": "0" * 64,
        "file_size": 1,
    }
    assert releases._listed(NTP, entry) is not None
    assert releases._listed(NTP, entry | {field: value}) is None
    assert forge.requests == []
    assert client.requests == 0


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"pagination": {"total": 1}, "results": [1]}', b"null", b"<html>"]
)
def test_another_answer_is_refused(client: Client, forge: LoopbackForge, body: bytes) -> None:
    forge.faults[0] = Fault(body=body)
    with pytest.raises(ForgeError, match=r"not a list of releases|not JSON"):
        list_releases(client, NTP)


def test_a_list_without_end_is_refused(client: Client, forge: LoopbackForge) -> None:
    body = b'{"pagination": {"total": 1000000}, "results": []}'
    forge.faults = {number: Fault(body=body) for number in range(100)}
    with pytest.raises(ForgeError, match="more than 2000 releases"):
        list_releases(client, NTP)
    assert len(forge.requests) == releases.MAX_PAGES


def test_another_file_than_listed_is_refused(client: Client, forge: LoopbackForge) -> None:
    newest, *_ = list_releases(client, NTP)
    forge.faults[1] = Fault(body=pack(NTP, "2.0.0", {"init.pp": "class ntp::acme {}"}))
    with pytest.raises(TarballError, match="another digest"):
        fetch_classes(client, newest)


def test_a_file_that_breaks_off_is_a_fault_of_the_network(
    client: Client, forge: LoopbackForge
) -> None:
    newest, *_ = list_releases(client, NTP)
    forge.faults[1] = Fault(cut=True)
    with pytest.raises(ForgeError, match="broke before the answer was complete"):
        fetch_classes(client, newest)


def test_a_file_that_is_too_large_is_not_asked_for(client: Client, forge: LoopbackForge) -> None:
    newest, *_ = list_releases(client, NTP)
    with pytest.raises(TarballError, match="too large"):
        fetch_classes(client, newest._replace(size=10**9))
    assert len(forge.requests) == 1


def test_the_requests_of_a_client_are_counted_and_bounded(forge: LoopbackForge) -> None:
    with http.session(retries=0) as session:
        client = Client(session, forge.url, Bounds(requests=2))
        newest, *_ = list_releases(client, NTP)
        assert not client.exhausted
        fetch_classes(client, newest)
        assert client.exhausted
        with pytest.raises(ForgeError, match="more than 2 requests"):
            list_releases(client, NTP)
    assert len(forge.requests) == 2
    assert client.bytes == forge.bytes_sent
