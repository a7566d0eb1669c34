from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde import http
from dropsonde.errors import FileError, ForgeError
from dropsonde.forge import DEFAULT_URL, Forge, ForgeList
from dropsonde.forge.cache import parse_time
from tests.doubles.forge import Fault, LoopbackForge, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

NOW = datetime(2024, 3, 15, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def connect() -> requests.Session:
    return http.session(jitter=lambda: 0.0)


def make(directory: Path, url: str, now: datetime = NOW) -> Forge:
    return Forge(directory, connect, lambda: now, url)


def put(directory: Path, **document: object) -> Path:
    path = directory / "forge.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def server() -> Iterator[LoopbackForge]:
    with LoopbackForge(names(250)) as forge:
        yield forge


def test_fetches_every_module_in_few_small_requests(server: LoopbackForge, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    result = make(tmp_path, server.url).refresh(lambda done, total: steps.append((done, total)))
    assert result.forge_list == ForgeList(frozenset(names(250)), NOW, server.url)
    assert (result.requests, result.added, result.removed) == (3, 250, 0)
    assert result.bytes == server.bytes_sent < 5_000
    assert steps == [(100, 250), (200, 250), (250, 250)]
    assert make(tmp_path, server.url).load() == result.forge_list


def test_the_whole_forge_of_2019_stays_within_its_budget(tmp_path: Path) -> None:
    with LoopbackForge(names(6351)) as server:
        result = make(tmp_path, server.url).refresh()
    assert len(result.forge_list.slugs) == 6351
    assert result.requests <= 65
    assert result.bytes <= 2_500_000


def test_names_itself_and_asks_for_slugs_alone(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    for request in server.requests:
        assert request.headers["User-Agent"].startswith("dropsonde/")
        assert request.query["limit"] == "100"
    with connect() as session:
        page = session.get(f"{server.url}/v3/modules", params=server.requests[0].query).json()
        whole = session.get(f"{server.url}/v3/modules", params={"limit": "1"})
        too_many = session.get(f"{server.url}/v3/modules", params={"limit": "101"})
    assert {key for module in page["results"] for key in module} == {"slug"}
    assert 30_000 < len(whole.content) < 80_000
    assert too_many.status_code == 400


def test_the_file_is_what_the_ruby_program_reads(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    document = json.loads((tmp_path / "forge.json").read_text())
    assert document["timestamp"] == "2024-03-15T12:00:00+00:00"
    assert document["modules"] == sorted(names(250))


def test_takes_only_what_looks_like_a_module(tmp_path: Path) -> None:
    odd = ["a-b\n", "a/b", "a-B", "a_b-c", "-b", "a-", "puppetlabs-stdlib"]
    with LoopbackForge(odd) as server:
        assert make(tmp_path, server.url).refresh().forge_list.slugs == {"puppetlabs-stdlib"}


def test_entries_without_a_name_are_ignored(tmp_path: Path) -> None:
    results = [{"slug": "a-b"}, {"slug": 7}, {}, None, "c-d", ["e-f"]]
    answer = {"pagination": {"total": 6}, "results": results}
    with LoopbackForge() as server:
        server.faults[0] = Fault(body=json.dumps(answer).encode())
        assert make(tmp_path, server.url).refresh().forge_list.slugs == {"a-b"}


def test_a_young_list_costs_no_request(server: LoopbackForge, tmp_path: Path) -> None:
    first = make(tmp_path, server.url).refresh()
    again = make(tmp_path, server.url, NOW + 6 * DAY).refresh()
    assert again.forge_list == first.forge_list
    assert again.requests == again.bytes == 0
    assert len(server.requests) == 3


def test_nothing_new_costs_one_request(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    result = make(tmp_path, server.url, NOW + 8 * DAY).refresh()
    assert (result.requests, result.bytes, result.added, result.removed) == (1, 0, 0, 0)
    assert result.forge_list.updated == NOW + 8 * DAY
    assert server.requests[-1].query["with_release_since"] == "2024-03-14"


def test_a_new_module_is_merged(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    server.publish("newcomer-module", NOW + DAY)
    del server.released["author00-module_00000"]
    result = make(tmp_path, server.url, NOW + 8 * DAY).refresh()
    assert (result.requests, result.added, result.removed) == (1, 1, 0)
    assert result.forge_list.slugs == {*names(250), "newcomer-module"}


def test_many_new_modules_take_more_pages(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    for slug in names(250):
        server.publish(slug.replace("author", "newcomer"), NOW + DAY)
    result = make(tmp_path, server.url, NOW + 8 * DAY).refresh()
    assert (result.requests, result.added) == (3, 250)


def test_force_asks_though_the_list_is_young(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    server.publish("newcomer-module", NOW)
    assert make(tmp_path, server.url).refresh(force=True).added == 1


@pytest.mark.parametrize("later", [31 * DAY, -DAY])
def test_an_old_list_or_one_from_the_future_is_fetched_whole(
    server: LoopbackForge, tmp_path: Path, later: timedelta
) -> None:
    make(tmp_path, server.url).refresh()
    del server.released["author00-module_00000"]
    result = make(tmp_path, server.url, NOW + later).refresh()
    assert (result.requests, result.added, result.removed) == (3, 0, 1)


def test_incremental_refreshes_do_not_put_off_the_full_one(
    server: LoopbackForge, tmp_path: Path
) -> None:
    requests = [make(tmp_path, server.url, NOW + n * 8 * DAY).refresh().requests for n in range(6)]
    assert requests == [3, 1, 1, 1, 3, 1]


def test_a_release_in_mid_crawl_loses_no_module(server: LoopbackForge, tmp_path: Path) -> None:
    # The last module moves to the first page, which was read already.
    server.faults[1] = Fault(before=lambda: server.publish(names(250)[-1], NOW))
    result = make(tmp_path, server.url).refresh()
    assert result.forge_list.slugs == set(names(250))
    assert result.requests == 4


def test_a_new_module_in_mid_crawl_is_there(server: LoopbackForge, tmp_path: Path) -> None:
    server.faults[1] = Fault(before=lambda: server.publish("newcomer-module", NOW))
    slugs = make(tmp_path, server.url).refresh().forge_list.slugs
    assert slugs == {*names(250), "newcomer-module"}


def test_a_removal_in_mid_crawl_loses_no_module(server: LoopbackForge, tmp_path: Path) -> None:
    server.faults[1] = Fault(before=lambda: server.released.pop(names(1)[0]))
    result = make(tmp_path, server.url).refresh()
    assert result.forge_list.slugs == set(names(250)[1:])


def test_an_incomplete_list_is_refused(server: LoopbackForge, tmp_path: Path) -> None:
    server.faults = {number: Fault(total=400) for number in range(50)}
    with pytest.raises(ForgeError, match="shorter than announced"):
        make(tmp_path, server.url).refresh()
    assert not (tmp_path / "forge.json").exists()


def test_a_list_without_end_is_refused(tmp_path: Path) -> None:
    with LoopbackForge(names(1)) as server:
        endless = {"pagination": {"total": 10**9}, "results": [{"slug": "a-b"}]}
        body = json.dumps(endless).encode()
        server.faults = {number: Fault(body=body) for number in range(1001)}
        with pytest.raises(ForgeError, match="more than 1000 pages"):
            make(tmp_path, server.url).refresh()
        assert len(server.requests) == 1000


def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path) -> None:
    with LoopbackForge() as server:
        server.faults[0] = Fault(body=b" " * 60_000_000)
        with pytest.raises(ForgeError, match="more than 50000000 bytes"):
            make(tmp_path, server.url).refresh()
        assert server.bytes_sent < 1_000_000


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(status=404), "answered 404"),
        (Fault(status=429, headers=(("Retry-After", "3600"),)), "try again in 3600 seconds"),
        (Fault(body=b"<html>Welcome to the airport"), "not JSON"),
        (Fault(body=b"[" * 100_000), "not JSON"),
        (Fault(body=b"[]"), "not a list of modules"),
        (Fault(body=b'{"pagination": {"total": "many"}, "results": []}'), "not a list of modules"),
        (Fault(body=b'{"pagination": {"total": 0}, "results": []}'), "it lists no module"),
        (Fault(cut=True), "connection broke"),
    ],
)
def test_a_bad_answer_leaves_the_old_list(
    server: LoopbackForge, tmp_path: Path, fault: Fault, message: str
) -> None:
    make(tmp_path, server.url).refresh()
    before = (tmp_path / "forge.json").read_bytes()
    server.faults[3] = fault
    with pytest.raises(ForgeError, match=message):
        make(tmp_path, server.url, NOW + 31 * DAY).refresh()
    assert (tmp_path / "forge.json").read_bytes() == before


def test_a_passing_fault_is_waited_out(server: LoopbackForge, tmp_path: Path) -> None:
    server.faults[0] = Fault(status=503, headers=(("Retry-After", "0"),))
    server.faults[2] = Fault(status=500)
    result = make(tmp_path, server.url).refresh()
    assert len(result.forge_list.slugs) == 250
    assert result.requests == len(server.requests) == 5


def test_a_list_that_shrinks_by_more_than_half_is_refused(
    server: LoopbackForge, tmp_path: Path
) -> None:
    make(tmp_path, server.url).refresh()
    server.released = dict(list(server.released.items())[:124])
    later = make(tmp_path, server.url, NOW + 31 * DAY)
    with pytest.raises(ForgeError, match=r"124 modules, 250 before.*delete"):
        later.refresh()
    assert len(later.load().slugs) == 250
    later.path.unlink()
    assert len(later.refresh().forge_list.slugs) == 124


# What is on disk


def test_reads_a_list_of_the_ruby_program(tmp_path: Path) -> None:
    put(tmp_path, timestamp="2019-09-19 11:47:13 -0700", modules=["saz-memcached", "odd name"])
    forge_list = make(tmp_path, DEFAULT_URL).load()
    when = datetime(2019, 9, 19, 18, 47, 13, tzinfo=timezone.utc)
    assert forge_list == ForgeList(frozenset({"saz-memcached"}), when, DEFAULT_URL)


def test_a_list_of_the_ruby_program_is_fetched_whole(server: LoopbackForge, tmp_path: Path) -> None:
    # It dropped the last modules of the list, and never one that was removed from the Forge.
    forge = make(tmp_path, server.url)
    forge.refresh()
    document = json.loads(forge.path.read_text())
    del document["full_refresh"]
    put(tmp_path, **document)
    assert forge.refresh(force=True).requests == 3


def test_a_list_of_another_forge_is_not_used(
    server: LoopbackForge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, timestamp=str(NOW), source="https://forge.internal", modules=["acme-secret"])
    forge = make(tmp_path, server.url)
    assert forge.load() == ForgeList()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "forge.internal" not in caplog.text
    assert forge.refresh().forge_list.slugs == set(names(250))


def test_a_list_without_a_source_is_the_public_forges(tmp_path: Path) -> None:
    put(tmp_path, timestamp=str(NOW), modules=["saz-memcached"])
    assert make(tmp_path, "https://forge.internal").load().slugs == frozenset()
    assert make(tmp_path, DEFAULT_URL + "/").load().slugs == {"saz-memcached"}


def test_a_password_in_the_address_is_kept_nowhere(server: LoopbackForge, tmp_path: Path) -> None:
    forge = make(tmp_path, server.url.replace("//", "//user:sesame@"))
    assert forge.refresh().forge_list.source == server.url
    assert "sesame" not in forge.path.read_text()
    server.faults[3] = Fault(status=404)
    with pytest.raises(ForgeError) as raised:
        make(tmp_path, forge.url, NOW + 31 * DAY).refresh()
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"timestamp": "2024-01-01", "modules": ["a-b", ',
        b"[]",
        b"{}",
        b'{"modules": {"a-b": 1}}',
        b'{"modules": ["a-b", 7]}',
        b'{"modules": ["a-b"], "timestamp": 7}',
        b'{"modules": ["a-b"], "source": null}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_list_is_set_aside(
    server: LoopbackForge, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    forge = make(tmp_path, server.url)
    forge.path.write_bytes(content)
    assert forge.load() == ForgeList()
    assert (tmp_path / "forge.json.corrupt-20240315T120000").read_bytes() == content
    assert len(caplog.records) == 1
    assert len(forge.refresh().forge_list.slugs) == 250


def test_a_directory_in_its_place_is_set_aside(server: LoopbackForge, tmp_path: Path) -> None:
    forge = make(tmp_path, server.url)
    forge.path.mkdir()
    assert len(forge.refresh().forge_list.slugs) == 250


def test_a_cache_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(FileError, match="cache"):
        make(tmp_path / "cache", DEFAULT_URL).load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-1-1", datetime(2000, 1, 1, tzinfo=timezone.utc)),
        ("2019-09-19 11:47:13 -0700", datetime(2019, 9, 19, 18, 47, 13, tzinfo=timezone.utc)),
        ("2019-09-19T11:47:13+05:30", datetime(2019, 9, 19, 6, 17, 13, tzinfo=timezone.utc)),
        ("2019-09-19T11:47:13.25Z", datetime(2019, 9, 19, 11, 47, 13, tzinfo=timezone.utc)),
        ("2019-09-19 11:47:13 UTC", datetime(2019, 9, 19, 11, 47, 13, tzinfo=timezone.utc)),
        ("2019-02-30", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_in_all_their_spellings(text: str, expected: datetime | None) -> None:
    assert parse_time(text) == expected


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=zones)  # noqa: DTZ001 - hypothesis adds the zone


@given(moments, st.sampled_from(["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z"]))
def test_any_time_survives_being_written(moment: datetime, form: str) -> None:
    assert parse_time(moment.strftime(form)) == moment.replace(microsecond=0)


@given(st.text())
def test_no_text_is_too_odd_for_a_time(text: str) -> None:
    found = parse_time(text)
    assert found is None or found.tzinfo is timezone.utc


# Which list a report is made with


def test_current_refreshes_a_list_that_is_due(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    assert make(tmp_path, server.url, NOW + 6 * DAY).current(update=True).updated == NOW
    due = make(tmp_path, server.url, NOW + 8 * DAY)
    assert due.current(update=False).updated == NOW
    assert due.current(update=True).updated == NOW + 8 * DAY
    assert len(server.requests) == 4


def test_current_uses_the_old_list_when_the_forge_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with LoopbackForge(names(3)) as server:
        first = make(tmp_path, server.url).refresh()
    assert make(tmp_path, server.url, NOW + 40 * DAY).current(update=True) == first.forge_list
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "40 days old" in record.message
    assert "refused" in record.message
    assert "\n" not in record.message


@pytest.mark.parametrize("update", [True, False])
def test_current_without_any_list_says_what_follows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, update: bool
) -> None:
    with LoopbackForge() as server:
        pass
    assert make(tmp_path, server.url).current(update=update) == ForgeList()
    (record,) = caplog.records
    assert "nothing is reported" in record.message


def test_reading_the_list_needs_no_requests(tmp_path: Path) -> None:
    put(tmp_path, timestamp=str(NOW), modules=["saz-memcached"])
    script = (
        "import sys, pathlib, datetime, dropsonde.forge as forge\n"
        "now = datetime.datetime(2024, 3, 16, tzinfo=datetime.timezone.utc)\n"
        "mine = forge.Forge(pathlib.Path(sys.argv[1]), lambda: None, lambda: now)\n"
        "print(len(mine.current(update=True).slugs), 'requests' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 False\n"


# Several at once, and sudden ends


def test_two_at_once_fetch_once(server: LoopbackForge, tmp_path: Path) -> None:
    stall, asked = threading.Event(), threading.Event()
    server.faults[0] = Fault(before=asked.set, stall=stall)
    requests: list[int] = []

    def refresh() -> None:
        requests.append(make(tmp_path, server.url).refresh().requests)

    threads = [threading.Thread(target=refresh) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert asked.wait(30)
    stall.set()
    for thread in threads:
        thread.join()
    assert sorted(requests) == [0, 3]
    assert len(server.requests) == 3


CHILD = """
import datetime, pathlib, sys
from dropsonde import http
from dropsonde.forge import Forge
now = datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc)
Forge(pathlib.Path(sys.argv[1]), http.session, lambda: now, sys.argv[2]).refresh()
"""


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_kill_while_the_forge_stalls_leaves_the_old_list(
    server: LoopbackForge, tmp_path: Path, page: int
) -> None:
    forge = make(tmp_path, server.url)
    forge.refresh()
    before = forge.path.read_bytes()
    asked = threading.Event()
    server.faults[3 + page] = Fault(before=asked.set, stall=threading.Event())
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), server.url]) as child:
        assert asked.wait(30)
        child.kill()
    assert forge.path.read_bytes() == before
    # The lock went with the process.
    assert forge.refresh(force=True).requests == 1


# Kills itself at the n-th call to the operating system that has to do with writing the list.
DYING = """
import os, signal, sys
left = int(sys.argv[3])
def hook(event, args):
    global left
    if watching and event in ("open", "os.rename", "os.remove") and "forge.json" in str(args[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
watching = True
sys.addaudithook(hook)
"""


@pytest.mark.parametrize("call", [0, 1, 2])
def test_a_kill_while_writing_leaves_a_whole_list(
    server: LoopbackForge, tmp_path: Path, call: int
) -> None:
    forge = make(tmp_path, server.url)
    forge.refresh()
    before = forge.path.read_bytes()
    server.publish("newcomer-module", NOW)
    script = DYING + CHILD
    child = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), server.url, str(call)], check=False
    )
    assert child.returncode == -signal.SIGKILL
    assert forge.path.read_bytes() == before
    assert "newcomer-module" in make(tmp_path, server.url, NOW + 8 * DAY).refresh().forge_list.slugs


def test_the_list_is_private_to_its_owner(server: LoopbackForge, tmp_path: Path) -> None:
    forge = make(tmp_path / "cache", server.url)
    forge.refresh()
    assert forge.path.stat().st_mode & 0o777 == 0o600
    assert forge.directory.stat().st_mode & 0o777 == 0o700
