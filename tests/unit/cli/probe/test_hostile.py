"""Files that somebody nested without end: every command goes on, or says why not in a line."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from dropsonde.delivery.outbox import Outbox, Place, Receipt

if TYPE_CHECKING:
    from tests.support.program import Program

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SITE_ID = "ab" * 64
COMMANDS = [
    *(("history",), ("history", "show", "1"), ("history", "show", "1", "--format", "json")),
    *(("status",), ("verify", "1"), ("diff",), ("preview", "--diff")),
    *(("preview", "--format", "json"), ("submit", "--input", "carried.json", "--dry-run")),
]
# Some are too deep to be read, some can be read and not be written.
DEPTHS = [400, 960, 100_000]


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def report(depth: int) -> bytes:
    """A report with a column of that depth."""
    column = f'{{"value": {nested(depth)}, "timestamp": "2026-01-01T00:00:00Z"}}'
    analytics = f'"self-service-analytics": {{"snapshots": {{"modules": {column}}}}}'
    about = f'"product": "popularity-module", "version": "1.0.0", "site_id": "{SITE_ID}"'
    return f"{{{about}, {analytics}}}\n".encode()


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_report_and_an_answer_that_are_nested_too_deep(program: Program, depth: int) -> None:
    outbox = Outbox(program.cache)
    answer = f'{{"receipt": {nested(depth)}, "message": {nested(depth)}}}'
    for minute in range(2):
        entry = outbox.add(report(depth), NOON.replace(minute=minute))
        outbox.settle(
            entry, Place.SENT, Receipt(f"{NOON:%FT%TZ}", "http://127.0.0.1:1", 200, answer)
        )
    outbox.add(report(depth), NOON)
    (program.home / "carried.json").write_bytes(report(depth))
    program.send_to()
    for command in COMMANDS:
        result = program.run(*command, "--no-update", "--siteid", SITE_ID)
        assert result.code != 1, (command, result.err)
        assert "Traceback" not in result.err
        assert SITE_ID not in result.err


@pytest.mark.parametrize("depth", DEPTHS)
def test_modules_and_lists_that_are_nested_too_deep(program: Program, depth: int) -> None:
    program.list_public("puppetlabs-ntp")
    module = program.home / "code/environments/production/modules/ntp"
    (module / "manifests").mkdir(parents=True)
    (module / "manifests/init.pp").write_text("class ntp {}")
    metadata = {"name": "puppetlabs-ntp", "version": "1.0.0"}
    (module / "metadata.json").write_text(
        json.dumps(metadata)[:-1] + f', "dependencies": {nested(depth)}}}'
    )
    (module / "checksums.json").write_text(f'{{"manifests/init.pp": {nested(depth)}}}')
    (module / "manifests/a").mkdir()
    assert program.run("preview", "--no-update").code in {0, 6}
    (program.cache / "forge.json").write_text(f'{{"modules": {nested(depth)}}}')
    for name in ("consent.json", "telemetry.yaml"):
        file = program.cache / name if name == "consent.json" else program.home / name
        file.write_text(nested(depth))
        result = program.run("status", "--no-update")
        assert result.code != 1, result.err
        file.unlink()
