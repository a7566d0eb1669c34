"""A server whose CA service is off: one of several of its site, which must not count as many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.doubles.endpoint import LoopbackEndpoint
from tests.support.submitting import QUICK, scheduled, to

if TYPE_CHECKING:
    from tests.support.program import Program

SEED = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _compiler(site: Program) -> None:
    site.opt_in()
    site.switch_off_the_ca()


def test_the_schedule_sends_nothing_and_makes_no_seed(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        result = site.run(*scheduled(endpoint))
    assert (result.code, result.out, endpoint.received) == (100, "", [])
    assert f"CA service is off ({site.bootstrap})" in result.complaint
    assert "`:seed_file:` in telemetry.yaml" in result.complaint
    assert {file.name for file in site.cache.iterdir()} == {"forge.json"}


def test_status_says_so(site: Program) -> None:
    result = site.run("status")
    assert result.code == 14
    assert f"nothing is sent on schedule: this server's CA service is off ({site.bootstrap})" in (
        result.complaint
    )
    assert "CA service: off; the site id is its own, so nothing is sent on schedule" in result.out
    state = json.loads(site.run("status", "--format", "json").out)
    assert (state["ca_service"], state["site_id_shared"]) == ("off", False)


def test_status_needs_no_attention_where_nothing_would_be_sent(site: Program) -> None:
    site.opt_in("false")
    assert site.run("status").code == 0


def test_a_server_that_does_not_say_is_like_a_compiler(site: Program) -> None:
    site.bootstrap.unlink()
    with LoopbackEndpoint() as endpoint:
        result = site.run(*scheduled(endpoint))
        assert (result.code, endpoint.received) == (100, [])
    assert f"{site.bootstrap} does not say whether this server's CA service is on" in (
        result.complaint
    )
    assert "nothing is sent on schedule" in site.run("status").complaint


@pytest.mark.parametrize("setting", ["seed", "seed_file", "siteid"])
def test_with_a_shared_seed_or_id_it_sends(setting: str, site: Program) -> None:
    file = site.home / "shared"
    file.write_text(SEED)
    file.chmod(0o400)
    value = {"seed": SEED, "seed_file": str(file), "siteid": SEED * 4}[setting]
    telemetry = site.home / "telemetry.yaml"
    telemetry.write_text(f":{setting}: '{value}'\n")
    telemetry.chmod(0o600)
    with LoopbackEndpoint() as endpoint:
        result = site.run(*scheduled(endpoint))
    assert (result.code, result.err, len(endpoint.received)) == (0, "", 1)
    status = site.run("status", "--endpoint", "https://endpoint.example")
    assert (status.code, status.err) == (0, "")
    assert "CA service: off; the site id is shared" in status.out


def test_two_compilers_with_one_seed_are_one_site(site: Program) -> None:
    file = site.home / "shared"
    file.write_text(SEED)
    file.chmod(0o400)
    (site.home / "telemetry.yaml").write_text(f":seed_file: {file}\n")
    other = {"PUPPET_VARDIR": str(site.home / "other")}
    (site.home / "other/dropsonde").mkdir(parents=True)
    (site.home / "other/dropsonde/forge.json").write_bytes((site.cache / "forge.json").read_bytes())
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 0
        assert site.run(*scheduled(endpoint), environ=other).code == 0
    assert len({json.loads(request.report)["site_id"] for request in endpoint.received}) == 1


def test_by_hand_it_works_with_a_warning(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        result = site.run(*to(endpoint))
    assert (result.code, len(endpoint.received)) == (0, 1)
    assert f"CA service is off ({site.bootstrap})" in result.complaint
    assert "`:seed_file:` in telemetry.yaml" in result.complaint


def test_a_report_for_another_machine_is_written_with_the_warning(site: Program) -> None:
    result = site.run("submit", *QUICK, "--output", "-")
    assert result.code == 0
    assert "CA service is off" in result.complaint
    (site.home / "report.json").write_text(result.out)
    with LoopbackEndpoint() as endpoint:  # another site's report may be sent from anywhere
        carried = site.run(*to(endpoint, "--input", "report.json"))
    assert (carried.code, carried.err, len(endpoint.received)) == (0, "", 1)


def test_a_seed_file_that_everybody_may_read_sends_nothing(site: Program) -> None:
    file = site.home / "shared"
    file.write_text(SEED)
    file.chmod(0o644)
    with LoopbackEndpoint() as endpoint:
        result = site.run(*scheduled(endpoint, "--seed-file", str(file)))
    assert (result.code, endpoint.received) == (9, [])
    assert f"{file}: others may read the seed: chmod 0400 it" in result.complaint
    assert SEED not in result.err
