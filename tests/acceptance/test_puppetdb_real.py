from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.util import connection

from dropsonde.common.errors import PuppetDBError
from dropsonde.http import session
from dropsonde.site import nodes
from dropsonde.site.puppetdb import PuppetDB, ahead
from tests.real.processes import free_port

if TYPE_CHECKING:
    from dropsonde.site.puppetdb import ClassCount
    from tests.acceptance.conftest import FilledPuppetDB
    from tests.real.certificates import Certificate

pytestmark = [pytest.mark.real, pytest.mark.each_debian]


@pytest.fixture
def connect(filled_puppetdb: FilledPuppetDB) -> Iterator[Callable[..., PuppetDB]]:
    """Make a client: right in everything but what a test says."""
    server = filled_puppetdb.server
    with ExitStack() as stack:

        def make(
            *urls: str,
            authority: Path = server.authority.certificate,
            client: Certificate | None = server.authority.client,
        ) -> PuppetDB:
            cert = None if client is None else (str(client.certificate), str(client.key))
            made = stack.enter_context(session(verify=str(authority), cert=cert, retries=0))
            return PuppetDB(urls or [server.url], lambda: made)

        yield make


def test_all_queries_go_over_one_connection(
    connect: Callable[..., PuppetDB], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PuppetDB's Jetty sends the tickets of TLS 1.3 after its first answer."""
    made = []
    create = connection.create_connection

    def counted(*args: Any, **options: Any) -> socket.socket:
        made.append(create(*args, **options))
        return made[-1]

    monkeypatch.setattr(connection, "create_connection", counted)
    puppetdb = connect()
    for _ in range(5):
        puppetdb.families()
        puppetdb.systems()
    asked = ahead.Ahead(connect())
    asked.start(("declared", "platforms", "agents"))
    found = asked.get(ahead.by_family)  # in another order, and one that was not announced
    assert asked.get(ahead.classes) == puppetdb.classes()
    assert asked.get(ahead.systems) == puppetdb.systems()
    assert asked.get(ahead.agents) == puppetdb.agents()
    assert found.rows == {family: puppetdb.classes_of_family(family) for family in found.rows}
    assert found.unknown == 1
    assert len(made) == 2


def _by_class(rows: list[ClassCount]) -> dict[tuple[str, str | None], int]:
    counts = {(row.title, row.environment): row.count for row in rows}
    assert len(counts) == len(rows)
    return counts


def test_classes_are_counted_by_environment(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    assert _by_class(connect().classes()) == filled_puppetdb.expected.classes


def test_platforms_are_counted(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    expected = filled_puppetdb.expected
    assert None in expected.families
    assert dict(connect().families()) == expected.families


def test_systems_and_agents_are_counted(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    """Nodes without a fact, too, and with a fact of any value."""
    expected, puppetdb = filled_puppetdb.expected, connect()
    for rows, counts in (
        (puppetdb.systems(), expected.systems),
        (puppetdb.agents(), expected.agents),
    ):
        assert {json.dumps(row[:2]): row.nodes for row in rows} == counts
        assert len(rows) == len(counts)
    names = {row.first for row in puppetdb.systems()}
    assert {None, "A\"c'm\\e", 7, "Debian"} <= names


def test_only_public_systems_and_agents_are_left(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    puppetdb = connect()
    of_system = {
        tuple(json.loads(key)): count
        for key, count in filled_puppetdb.expected.systems.items()
        if "acme" not in key
    }
    systems = nodes.systems(puppetdb.systems())
    assert systems.counts == {
        ("Debian", "12"): of_system["Debian", "12"],
        ("Debian", None): of_system["Debian", None] + of_system["Debian", "trixie/sid"],
        ("RedHat", "8"): of_system["RedHat", "8"],
        ("RedHat", "9"): of_system["RedHat", "9"] + of_system["RedHat", 9],
        ("Ubuntu", "22.04"): of_system["Ubuntu", "22.04"],
        ("windows", "2012 R2"): of_system["windows", "2012 R2"],
    }
    assert systems.withheld == {nodes.UNKNOWN_SYSTEM: 2, nodes.UNKNOWN_RELEASE: 1}
    of_agent = {
        tuple(json.loads(key)): count for key, count in filled_puppetdb.expected.agents.items()
    }
    agents = nodes.agents(puppetdb.agents())
    assert agents.counts == {
        ("puppet", "8.10"): of_agent["8.10.0", None],
        ("openvox", "8.21"): of_agent["8.21.1", "openvox"],
        ("puppet", "7.34"): of_agent["7.34.0", None] + of_agent["7.34.0-acme", "Acme's"],
        (None, "8.14"): of_agent["8.14.0", None],
    }
    assert agents.withheld == {nodes.UNKNOWN_AGENT: 1}


def test_classes_are_counted_by_platform(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    expected = {
        family: dict(counts)
        for family, counts in filled_puppetdb.expected.classes_of_family.items()
        if family is not None
    }
    puppetdb = connect()
    counted = {family: _by_class(puppetdb.classes_of_family(family)) for family in expected}
    assert counted == expected


def test_a_platform_that_no_node_has_is_empty(connect: Callable[..., PuppetDB]) -> None:
    assert connect().classes_of_family("Plan9") == []


def test_deactivated_nodes_do_not_count(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    expected = filled_puppetdb.expected
    stored = filled_puppetdb.server.database.sql("SELECT count(*) FROM certnames")
    assert int(stored) == expected.nodes + expected.inactive
    assert expected.inactive > 0
    puppetdb = connect()
    assert sum(count for _, count in puppetdb.families()) == expected.nodes
    assert sum(row.count for row in puppetdb.classes()) == sum(expected.classes.values())


def test_the_second_server_answers_for_the_first(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    away = f"https://localhost:{free_port()}"
    puppetdb = connect(away, filled_puppetdb.server.url)
    assert dict(puppetdb.families()) == filled_puppetdb.expected.families


def test_a_server_of_another_authority_is_refused(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    stranger = filled_puppetdb.server.stranger
    puppetdb = connect(authority=stranger.certificate, client=stranger.client)
    with pytest.raises(PuppetDBError, match="signed by an unknown authority") as raised:
        puppetdb.classes()
    assert "\n" not in str(raised.value)


def test_without_a_certificate_puppetdb_refuses(connect: Callable[..., PuppetDB]) -> None:
    with pytest.raises(PuppetDBError, match="refused the TLS connection") as raised:
        connect(client=None).classes()
    assert "\n" not in str(raised.value)
    assert "certificate" in raised.value.advice


def test_with_a_stranger_s_certificate_puppetdb_refuses(
    filled_puppetdb: FilledPuppetDB, connect: Callable[..., PuppetDB]
) -> None:
    with pytest.raises(PuppetDBError) as raised:
        connect(client=filled_puppetdb.server.stranger.client).classes()
    assert raised.value.what.startswith(filled_puppetdb.server.url)
    assert "\n" not in str(raised.value)
