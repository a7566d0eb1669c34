"""The formats for monitoring: every state, one line; text that Prometheus's own parser reads."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dropsonde import __version__
from dropsonde.report.formats.monitoring import GAUGES, nagios, prometheus

LEVELS = ("ok", "warning", "critical", "unknown")  # the exit codes of a plugin, in order

NOW = datetime(2026, 11, 25, 3, 12, tzinfo=timezone.utc)
# The guidelines for monitoring plugins: 'label'=value[UOM];[warn];[crit];[min];[max]
DATUM = re.compile(r"[a-z_]+=\d+(s|B)?;\d*;\d*;\d*")


def state(**changed: Any) -> dict[str, Any]:
    """A site that sends."""
    nothing = {"reports": 0, "bytes": 0, "oldest": None}
    return {
        "attention": [],
        "level": "ok",
        "switched_off": None,
        "enabled": True,
        "enabled_by": "/etc/conf.d/dropsonde.conf",
        "enabled_why": "line 1: dropsonde.enabled is true",
        "interval": 604_800,
        "last_delivery": (NOW - timedelta(days=5)).isoformat(),
        "next_due": (NOW + timedelta(days=2)).isoformat(),
        "outbox": nothing,
        "quarantine": nothing,
        "sent": {"reports": 2, "bytes": 1234, "oldest": "2026-11-13T03:12:00+00:00"},
        "forge_list": {
            "modules": 7301,
            "updated": "2026-11-20T03:12:00.500000+00:00",
            "source": "x",
        },
        **changed,
    }


def samples(text: str) -> dict[tuple[str, str], float]:
    """Each sample's value, by name and label."""
    found = {}
    for family in text_string_to_metric_families(f"{text}\n"):
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        for sample in family.samples:
            key = (sample.name, "".join(sample.labels.values()))
            assert key not in found
            found[key] = sample.value
    return found


def test_a_site_that_sends() -> None:
    text, _, data = nagios(state(), NOW).partition(" | ")
    assert text == (
        "DROPSONDE OK - last delivery 2026-11-20 03:12 UTC, next due 2026-11-27 03:12 UTC"
    )
    assert all(DATUM.fullmatch(datum) for datum in data.split())
    assert data.split()[:2] == ["last_delivery_age=432000s;;;0", "outbox=0;;;0"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"last_delivery": None, "next_due": "at once"}, "nothing was delivered yet"),
        ({"outbox": {"reports": 2, "bytes": 9, "oldest": None}}, ", 2 waiting"),
        ({"enabled": False}, "OK - disabled, by /etc/conf.d/dropsonde.conf: "),
        ({"enabled": None, "next_due": None}, "OK - disabled: there is no Puppet Server"),
        ({"switched_off": "DO_NOT_TRACK is set"}, "OK - switched off: DO_NOT_TRACK is set"),
        ({"attention": ["one", "two"], "level": "warning"}, "DROPSONDE WARNING - one; two"),
        ({"attention": ["a|b\nc"], "level": "critical"}, "DROPSONDE CRITICAL - a/b c"),
    ],
)
def test_each_state_is_one_line(changed: dict[str, Any], said: str) -> None:
    line = nagios(state(**changed), NOW)
    assert said in line
    assert line.count("|") == 1
    assert "\n" not in line


def test_prometheus_reads_every_metric() -> None:
    waiting = {"reports": 1, "bytes": 700, "oldest": "2026-11-25T00:00:00+00:00"}
    found = samples(prometheus(state(outbox=waiting)))
    assert {name for name, _ in found} == {gauge.full_name for gauge in GAUGES}
    assert found["dropsonde_probe_info", __version__] == 1
    assert found["dropsonde_probe_last_delivery_timestamp_seconds", ""] == (
        NOW.timestamp() - 5 * 86_400
    )
    assert found["dropsonde_probe_reports", "outbox"] == 1
    assert found["dropsonde_probe_reports_size_bytes", "sent"] == 1234
    assert found["dropsonde_probe_public_modules_timestamp_seconds", ""] == 1_795_144_320.5


@pytest.mark.parametrize("level", LEVELS)
def test_the_status_is_the_exit_code_of_a_plugin(level: str) -> None:
    found = samples(prometheus(state(level=level)))
    assert found["dropsonde_probe_status", ""] == LEVELS.index(level)


def test_what_is_not_known_has_no_sample() -> None:
    unknown = {"modules": 0, "updated": None, "source": None}
    never = state(enabled=None, last_delivery=None, next_due="at once", forge_list=unknown)
    found = {name.removeprefix("dropsonde_probe_") for name, _ in samples(prometheus(never))}
    assert not found & {
        "enabled",
        "last_delivery_timestamp_seconds",
        "next_due_timestamp_seconds",
        "public_modules_timestamp_seconds",
    }
