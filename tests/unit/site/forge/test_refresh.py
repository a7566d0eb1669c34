"""The list of the Forge's modules: few requests, and never half of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from dropsonde.common.errors import ForgeError
from dropsonde.site.forge import ForgeList
from tests.doubles.forge import Fault, LoopbackForge, names
from tests.unit.site.forge.lists import DAY, NOW, connect, make


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
        with pytest.raises(ForgeError, match="more than 1000 requests"):
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
