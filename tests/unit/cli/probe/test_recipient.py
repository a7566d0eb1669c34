"""To whom a report goes: no endpoint, no sending; another operator, no sending either."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.doubles.endpoint import LoopbackEndpoint, Reply, nobody_listens, run_by
from tests.support.submitting import QUICK, files, next_second, scheduled, to

if TYPE_CHECKING:
    from tests.support.program import Program

SCHEDULED = ("submit", "--scheduled", "--splay", "0", *QUICK)
VOX = run_by("Vox Pupuli", contact="mail@vox.example", privacy_url="https://vox.example/privacy")
SAID = "Vox Pupuli; contact: mail@vox.example; privacy: https://vox.example/privacy"


@pytest.mark.parametrize("command", [("submit", *QUICK), ("submit", "--dry-run"), SCHEDULED])
def test_without_an_endpoint_nothing_is_made_or_lost(
    site: Program, command: tuple[str, ...]
) -> None:
    site.opt_in()
    with nobody_listens() as url:
        assert site.run("submit", "--endpoint", url, *QUICK).code == 10
    waiting = files(site, "outbox")
    assert len(waiting) == 1
    result = site.run(*command)
    assert result.code == 18
    assert "there is no endpoint" in result.complaint
    assert "name one with `:endpoint:` in telemetry.yaml" in result.complaint
    assert files(site, "outbox") == waiting
    assert not (site.cache / "consent.json").exists()


def test_a_report_can_be_carried_out_without_an_endpoint(site: Program) -> None:
    assert site.run("submit", "--output", "-", "--no-update").code == 0


def test_forget_asks_no_one_where_nothing_was_sent(site: Program) -> None:
    assert site.run("preview", "--no-update").code == 0
    result = site.run("forget")
    assert (result.code, result.err) == (0, "")
    assert "there is no endpoint, and no report was made for one" in result.out
    assert not (site.cache / "seed").exists()


def test_forget_wants_the_endpoint_that_has_reports(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
    result = site.run("forget")
    assert (result.code, len(files(site, "sent"))) == (18, 2)
    assert (site.cache / "seed").exists()


def test_preview_names_no_endpoint_where_there_is_none(site: Program) -> None:
    site.opt_in()
    first, second, *_ = site.run("preview", "--no-update").out.splitlines()
    assert first.startswith("Endpoint: none (")
    assert first.endswith("): nothing is sent until `:endpoint:` names one")
    assert second == "Sent: nothing: there is no endpoint"


def test_preview_asks_the_endpoint_only_when_it_is_told_to(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        endpoint.about = VOX
        site.send_to(endpoint.url)
        before = site.run("preview", "--no-update").out.splitlines()
        assert endpoint.asked == []
        site.opt_in()
        asked = site.run("preview", "--no-update", "--ask").out.splitlines()
        page = site.run("preview", "--no-update", "--format", "html").out
        status = site.run("status")
    assert len(endpoint.asked) == 1
    assert endpoint.received == []
    assert before[0] == f"Endpoint: {endpoint.url} (named by {site.home / 'telemetry.yaml'})"
    assert before[1] == "Run by: not known yet: `dropsonde preview --ask` asks the endpoint"
    assert before[2].startswith("Sent: nothing on schedule, by ")
    assert asked[1].startswith(f"Run by: {SAID}, as of 20")
    assert asked[2].startswith(f"Sent: on schedule, by {site.confd / 'puppetserver.conf'}")
    assert f"<dt>Run by</dt><dd>{SAID}, as of 20" in page
    assert "<dt>Endpoint</dt>" in page
    assert f"Run by: {SAID}, as of 20" in status.out


def test_preview_shows_the_report_where_root_cannot_read_the_opt_in(site: Program) -> None:
    site.send_to()
    if os.geteuid() == 0:
        os.chown(site.confd, 54_321, 54_321)  # no user of this host
    result = site.run("preview", "--no-update")
    assert (result.code, "To be sent:" in result.out) == (0, True)
    unknown = "\nSent: nothing is known of the opt-in: user id 54321: " in result.out
    assert unknown == (os.geteuid() == 0)


def test_preview_shows_the_report_where_the_endpoint_cannot_be_asked(site: Program) -> None:
    with nobody_listens() as url:
        result = site.run("preview", "--ask", "--endpoint", url, *QUICK[:1])
    assert result.code == 0
    assert "the connection was refused" in result.err
    assert "Run by: not known yet" in result.out
    assert "To be sent:" in result.out


def test_the_page_escapes_what_an_endpoint_says(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        endpoint.about = run_by("<script>alert(1)</script>\u202e\x07")
        page = site.run(
            *("preview", "--no-update", "--ask", "--endpoint", endpoint.url, "--format", "html")
        ).out
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_made_up_site_has_no_endpoint_to_ask(program: Program) -> None:
    assert program.run("preview", "--demo", "--ask").code == 2


def test_submit_says_who_runs_the_endpoint_before_it_sends(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        endpoint.about = VOX
        result = site.run(*to(endpoint))
        unnamed = site.run(*to(endpoint, "--dry-run"))
    assert result.out.splitlines()[0] == f"{endpoint.url} is run by {SAID}"
    assert result.out.splitlines()[1].startswith("delivered ")
    assert (unnamed.code, len(endpoint.asked)) == (0, 1)


def test_a_change_of_operator_waits_for_accept(site: Program) -> None:
    site.opt_in()
    every = ("--interval", "0")
    with LoopbackEndpoint() as endpoint:
        site.send_to(endpoint.url)
        endpoint.about = VOX
        assert site.run(*scheduled(endpoint, *every)).code == 0
        assert site.run("status").code == 0
        endpoint.about = run_by("Acme Ads")
        next_second()
        held = site.run(*scheduled(endpoint, *every))
        status = site.run("status")
        preview = site.run("preview", "--no-update")
        assert len(endpoint.received) == 1
        accepted = site.run("accept")
        next_second()
        assert site.run(*scheduled(endpoint, *every)).code == 0
    assert held.code == 19
    assert held.complaint == (
        f'{endpoint.url}: was run by "Vox Pupuli", is now run by "Acme Ads"; nothing was sent: '
        "look at `dropsonde status`; if you agree, run `dropsonde accept`"
    )
    assert status.code == 14
    assert "who runs the endpoint has changed" in status.complaint
    assert "\nAccepted operator: Vox Pupuli\n" in status.out
    assert "\nRun by: Acme Ads, as of 20" in status.out
    assert "Sent: nothing on schedule: who runs the endpoint has changed" in preview.out
    assert f"accepted: {endpoint.url}, run by: Acme Ads\n" in accepted.out
    assert len(endpoint.received) == 2


def test_accept_without_an_answer_keeps_the_operator(site: Program) -> None:
    site.opt_in()
    with LoopbackEndpoint() as endpoint:
        endpoint.about = VOX
        assert site.run(*scheduled(endpoint)).code == 0
        endpoint.about = Reply(status=503)
        result = site.run("accept", "--endpoint", endpoint.url)
    assert result.code == 10
    assert json.loads((site.cache / "consent.json").read_text())["operator"] == "Vox Pupuli"


def test_forget_also_forgets_the_operator(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        endpoint.about = VOX
        assert site.run(*to(endpoint)).code == 0
        assert (site.cache / "operator.json").exists()
        assert site.run("forget", "--endpoint", endpoint.url).code == 0
    assert not (site.cache / "operator.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"endpoint": 1}', "[" * 100_000])
def test_a_note_of_the_operator_that_was_edited_counts_for_nothing(
    site: Program, text: str
) -> None:
    site.send_to()
    (site.cache / "operator.json").write_text(text)
    result = site.run("status")
    assert (result.code, result.err) == (0, "")
    assert "Run by: not known yet" in result.out
