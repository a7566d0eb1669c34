"""Asking PuppetDB ahead: the queries and the errors are those of asking one after the other."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dropsonde.common.errors import IncompleteError, PuppetDBError
from dropsonde.http import session
from dropsonde.metrics import FROM_PUPPETDB
from dropsonde.report import plugins
from dropsonde.site.puppetdb import PuppetDB, ahead, queries
from tests.doubles.puppetdb import LoopbackPuppetDB, Reply
from tests.support.patience import PATIENCE
from tests.support.program import Program

FAMILIES = [queries.families(), queries.classes_of_family("Debian")]
ALL = [queries.classes(), queries.systems(), *FAMILIES, queries.agents()]
GOOD = {
    json.dumps(queries.families()): [
        {"facts.os.family": "Debian", "facts.osfamily": None, "count": 2},
        {"facts.os.family": "Acme", "facts.osfamily": None, "count": 1},
    ],
    json.dumps(queries.agents()): [
        {"facts.clientversion": "8.10.0", "facts.implementation": None, "count": 3}
    ],
}


@pytest.fixture
def server() -> Iterator[LoopbackPuppetDB]:
    with LoopbackPuppetDB(Reply()) as made:
        made.replies = {query: Reply(rows) for query, rows in GOOD.items()}
        yield made


@pytest.fixture
def program(tmp_path: Path) -> Program:
    made = Program(tmp_path)
    made.list_public("puppetlabs-stdlib")
    return made


@pytest.fixture
def asked(server: LoopbackPuppetDB) -> Iterator[ahead.Ahead]:
    with session(retries=0) as made:
        yield ahead.Ahead(PuppetDB([server.url], lambda: made))


def breaks(server: LoopbackPuppetDB, query: list[Any]) -> None:
    server.replies[json.dumps(query)] = Reply(status=500)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ALL),
        (("--disable", "modules,servers"), [queries.systems(), *FAMILIES]),
        (("--enable", "servers,modules"), [queries.classes(), queries.agents()]),
        (("--enable", "puppetfiles,dependencies"), []),
    ],
)
def test_a_report_asks_what_its_metrics_read_and_no_more(
    program: Program, server: LoopbackPuppetDB, options: tuple[str, ...], expected: list[Any]
) -> None:
    result = program.run("preview", "--no-update", "--puppetdb", server.url, *options)
    assert (result.code, result.err) == (0, "")
    assert server.queries == expected


@pytest.mark.parametrize("broken", range(len(ALL)))
def test_after_a_fault_no_more_is_asked(
    program: Program, server: LoopbackPuppetDB, broken: int
) -> None:
    breaks(server, ALL[broken])
    result = program.run("preview", "--no-update", "--format=json", "--puppetdb", server.url)
    assert result.code == IncompleteError.exit_code
    assert result.complaint.startswith(f"{server.url}: answered 500")
    assert server.queries == ALL[: broken + 1]
    columns = set(json.loads(result.out)["self-service-analytics"]["snapshots"])
    assert ("classes" in columns, "operating_systems" in columns) == (broken > 0, broken > 1)
    assert ("class_platforms" in columns, "agents" in columns) == (broken > 3, False)


def test_answers_wait_for_whoever_reads_them(server: LoopbackPuppetDB, asked: ahead.Ahead) -> None:
    asked.start(("declared", "unused_classes", "platforms", "agents"))
    assert [each.nodes for each in asked.get(ahead.agents)] == [3]
    assert asked.get(ahead.by_family) == ahead.ByFamily({"Debian": []}, 1)
    assert asked.get(ahead.systems) == []  # nobody announced it
    assert asked.get(ahead.classes) == []
    assert server.queries == [queries.classes(), *FAMILIES, queries.agents(), queries.systems()]


def test_an_error_is_raised_where_its_answer_is_wanted(
    server: LoopbackPuppetDB, asked: ahead.Ahead
) -> None:
    """An answer that was not asked for because of it can still be had."""
    breaks(server, queries.systems())
    asked.start(("declared", "systems", "agents"))
    assert [each.nodes for each in asked.get(ahead.agents)] == [3]
    with pytest.raises(PuppetDBError, match="answered 500"):
        asked.get(ahead.systems)
    assert asked.get(ahead.classes) == []
    assert server.queries == [queries.classes(), queries.systems(), queries.agents()]


def test_one_thread_asks_and_it_ends(asked: ahead.Ahead) -> None:
    asked.start(FROM_PUPPETDB)
    (thread,) = (each for each in threading.enumerate() if each.name == "asking ahead")
    assert thread.daemon  # Ctrl-C waits for no answer
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize("found", plugins.load(None), ids=lambda found: found.metric.name)
def test_the_built_in_metrics_announce_what_they_read(found: plugins.Found) -> None:
    metric: Any = found.metric
    read: list[str] = []

    class Seen:
        server = None
        environment_count = 0
        modules = requirements = ()

        def __getattr__(self, name: str) -> Any:
            read.append(name)
            return {}

    metric.gather(Seen())
    assert {*read} & FROM_PUPPETDB == {*metric.asks}
