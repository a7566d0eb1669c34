"""Switched off, nothing leaves this host, and looking goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.common.errors import SwitchedOffError
from tests.doubles.endpoint import LoopbackEndpoint
from tests.doubles.forge import LoopbackForge
from tests.support.submitting import scheduled, to

if TYPE_CHECKING:
    from tests.support.program import Program

OFF = SwitchedOffError.exit_code
DNT = {"DO_NOT_TRACK": "1"}


@pytest.fixture(params=["variable", "file"])
def off(request: pytest.FixtureRequest, site: Program) -> Program:
    """A site that has opted in, and is switched off."""
    site.opt_in()
    if request.param == "variable":
        site.environ.update(DNT)
    else:
        (site.home / "dropsonde.disabled").touch()
    return site


FORMS = [(), ("--scheduled",), ("--dry-run",), ("--demo",), ("--output", "-"), ("--partial",)]


@pytest.mark.parametrize("words", FORMS)
def test_no_form_of_submit_does_anything(off: Program, words: tuple[str, ...]) -> None:
    before = sorted(off.home.rglob("*"))
    with LoopbackEndpoint() as endpoint:
        result = off.run(*to(endpoint, *words))
    assert (result.code, result.out, endpoint.received) == (OFF, "", [])
    assert result.complaint.startswith("nothing is sent and nobody is asked: ")
    assert endpoint.asked == []
    assert sorted(off.home.rglob("*")) == before


def test_another_telemetry_yaml_does_not_lead_past_the_file(site: Program) -> None:
    (site.home / "dropsonde.disabled").touch()
    other = site.home / "other"
    other.mkdir()
    (other / "telemetry.yaml").write_text(":update: false\n")
    with LoopbackEndpoint() as endpoint:
        result = site.run("--config", str(other / "telemetry.yaml"), *to(endpoint))
    assert (result.code, endpoint.received) == (OFF, [])
    assert f"{site.home / 'dropsonde.disabled'} exists" in result.complaint


def test_update_asks_neither_the_forge_nor_the_endpoint(off: Program) -> None:
    with LoopbackEndpoint() as endpoint, LoopbackForge() as forge:
        off.send_to(endpoint.url)
        result = off.run("update", "--forge", forge.url)
    assert (result.code, result.out) == (OFF, "")
    assert (endpoint.asked, endpoint.received, forge.requests) == ([], [], [])


def test_preview_shows_the_report_and_asks_nobody(off: Program) -> None:
    (off.cache / "forge.json").unlink()  # it would be fetched
    with LoopbackEndpoint() as endpoint, LoopbackForge() as forge:
        off.send_to(endpoint.url)
        result = off.run("preview", "--ask", "--forge", forge.url)
        page = off.run("preview", "--format", "html", "--forge", forge.url)
        wire = off.run("preview", "--format", "json", "--forge", forge.url)
    assert (endpoint.asked, endpoint.received, forge.requests) == ([], [], [])
    assert (result.code, page.code, wire.code) == (0, 0, 0)
    assert "\nSent: nothing: " in result.out
    assert "nobody is asked" in result.err
    assert "nothing: " in page.out
    assert json.loads(wire.out)["self-service-analytics"]["snapshots"]


def test_accept_asks_nobody(off: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        off.send_to(endpoint.url)
        result = off.run("accept")
    assert (result.code, endpoint.asked) == (OFF, [])


def test_status_says_who_said_no(off: Program) -> None:
    result = off.run("status")
    assert (result.code, result.err) == (0, "")  # no endpoint is needed to send nothing
    assert result.out.startswith("Switched off: ")
    assert "Enabled: yes, by " in result.out
    assert "Next due: never" in result.out
    state = json.loads(off.run("status", "--format", "json").out)
    assert (state["next_due"], state["attention"], state["enabled"]) == (None, [], True)
    assert state["switched_off"] in {"DO_NOT_TRACK is set", f"{off.home}/dropsonde.disabled exists"}


def test_data_can_still_be_taken_back(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
        (site.home / "dropsonde.disabled").touch()
        result = site.run("forget", "--endpoint", endpoint.url)
    assert result.code in {0, 13}  # 13: this endpoint offers no deletion
    assert not (site.cache / "seed").exists()


def test_switching_off_counts_at_once(site: Program) -> None:
    """Also for a run that sleeps before it sends."""
    site.opt_in()
    meanwhile = """
import pathlib, sys, time
time.sleep = lambda seconds: pathlib.Path("dropsonde.disabled").touch()
from dropsonde.cli.probe import main
sys.exit(main())
"""
    with LoopbackEndpoint() as endpoint:
        result = site.python(meanwhile, *to(endpoint, "--scheduled"))
    assert (result.code, endpoint.received) == (OFF, [])
    assert Path(site.home / "dropsonde.disabled").exists()


def test_without_the_switch_the_same_site_sends(site: Program) -> None:
    site.opt_in()
    with LoopbackEndpoint() as endpoint:
        result = site.run(*scheduled(endpoint), environ={"DO_NOT_TRACK": "0"})
    assert (result.code, len(endpoint.received)) == (0, 1)
