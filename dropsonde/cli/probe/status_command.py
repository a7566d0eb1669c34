"""``dropsonde status``: say what is sent, when, and what waits or stays home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dropsonde.common.clock import utc_now
from dropsonde.common.errors import AttentionError, ConfigError
from dropsonde.delivery import consent, schedule
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.delivery.submission import last_delivery
from dropsonde.report.recipient import recipient
from dropsonde.settings.options import ACCEPT_ALL
from dropsonde_puppetserver.authority import read_authority, refusal
from dropsonde_puppetserver.server import read_server

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.delivery.consent import Consent
    from dropsonde.report.probe import Probe
    from dropsonde_puppetserver.authority import Authority
    from dropsonde_puppetserver.confd import ServerConf
    from dropsonde_puppetserver.server import Server

# A report may wait so long for an endpoint that fails, without a warning.
OVERDUE = timedelta(days=2)


def run(this: Run) -> int:
    """Print the state; the exit code says whether it needs attention."""
    server, authority = read_server(this.environ), read_authority(this.environ)
    this.environ = dict(server.environ)  # the state is that of the schedule, whoever asks
    state = _state(this.probe, server, authority)
    if this.arguments.format == "json":
        this.write_lines([json.dumps(state, indent=1)])
    else:
        this.write_lines(_lines(state))
    if state["attention"]:
        raise AttentionError("; ".join(state["attention"]), "puppetserver-dropsonde(8) says more")
    return 0


def _state(probe: Probe, host: Server, authority: Authority | None) -> dict[str, Any]:
    """The state in plain values: times are ISO 8601 in UTC, sizes in bytes."""
    outbox, now = Outbox(probe.cachepath), utc_now()
    attention = []
    try:
        agreed = consent.read(probe.cachepath)
    except ConfigError as error:
        agreed = None
        attention.append(error.what)
    server = host.conf
    if server is not None and server.opt_in.problem:
        attention.append("Puppet Server's configuration does not clearly say yes or no")
    if server is not None and server.interval_fault:
        attention.append(server.interval_fault)
    if server is not None and server.opt_in.enabled:
        attention += host.unknown.values()  # each ends a scheduled run
    refused = refusal(authority, shares_id=probe.settings.shares_id)
    if refused is not None and server is not None and server.opt_in.enabled:
        attention.append(str(refused))
    interval = _interval(probe, server)
    site_id = probe.known_site_id  # none before the first report, and then nothing was sent
    last = last_delivery(outbox, site_id, now) if site_id else None
    due = schedule.next_due(last, site_id or "", timedelta(seconds=interval))
    enabled = server.opt_in.enabled if server else None
    if _overdue(agreed, enabled, due, now):
        attention.append("a scheduled submission is overdue")
    if outbox.entries(Place.QUARANTINE):
        attention.append("a report was refused")
    to = recipient(probe, agreed)
    if to.endpoint is None and enabled:
        attention.append("reports are enabled, but there is no endpoint, so nothing is sent")
    if to.changed:
        attention.append("who runs the endpoint has changed, so nothing is sent on schedule")
    accepted = agreed.accepted if agreed else frozenset()
    listed = probe.public.forge.load()
    return {
        "attention": attention,
        "enabled": enabled,
        "enabled_by": server.opt_in.where if server else None,
        "enabled_why": server.opt_in.why if server else None,
        "ca_service": authority.service.value if authority else None,
        "site_id_shared": probe.settings.shares_id,
        "opted_in": agreed.since.isoformat(timespec="seconds") if agreed else None,
        "endpoint": to.endpoint,
        "endpoint_by": to.by,
        "endpoint_why": to.endpoint_said(),
        "operator": to.about.to_json() if to.about else None,
        "operator_said": to.operator_said() if to.endpoint else None,
        "accepted_operator": to.accepted,
        "interval": interval,
        "last_delivery": last.isoformat() if last else None,
        "last_answer": _last_answer(outbox),
        "next_due": (due.isoformat() if due else "at once") if enabled or agreed else None,
        "outbox": _counted(outbox, Place.OUTBOX),
        "quarantine": _counted(outbox, Place.QUARANTINE),
        "sent": _counted(outbox, Place.SENT),
        "forge_list": {
            "modules": len(listed.slugs),
            "updated": listed.updated.isoformat() if listed.updated else None,
            "source": listed.source,
        },
        "accepted_columns": sorted(accepted),
        "withheld_columns": []
        if agreed is None or probe.settings.accept == ACCEPT_ALL
        else [name for name in probe.columns if name not in accepted],
    }


def _interval(probe: Probe, server: ServerConf | None) -> int:
    """Seconds: Puppet Server's setting overrides telemetry.yaml's, as on schedule."""
    given = probe.settings.sources["interval"] == "command line"
    if server is None or server.interval is None or given:
        return probe.settings.interval
    return server.interval


def _overdue(
    agreed: Consent | None, enabled: bool | None, due: datetime | None, now: datetime
) -> bool:
    """Whether a schedule that was started, and not switched off, does not run."""
    if agreed is None or enabled is False:
        return False
    return now - (due or agreed.since) > OVERDUE


def _last_answer(outbox: Outbox) -> dict[str, Any] | None:
    entries = outbox.entries(Place.SENT)
    receipt = outbox.receipt(Place.SENT, entries[-1]) if entries else None
    if receipt is None:
        return None
    return {"endpoint": receipt.endpoint, "status": receipt.status, "answer": receipt.answer}


def _counted(outbox: Outbox, place: Place) -> dict[str, Any]:
    entries = outbox.entries(place)
    return {
        "reports": len(entries),
        "bytes": sum(entry.size for entry in entries),
        "oldest": entries[0].made.isoformat() if entries else None,
    }


def _enabled(state: dict[str, Any]) -> str:
    if state["enabled"] is None:
        return "not by a Puppet Server: there is none here"
    yes_or_no = "yes" if state["enabled"] else "no"
    return f"{yes_or_no}, by {state['enabled_by']}: {state['enabled_why']}"


def _lines(state: dict[str, Any]) -> Iterator[str]:
    yield f"Enabled: {_enabled(state)}"
    if state["ca_service"] not in {None, "on"}:
        shares = "shared" if state["site_id_shared"] else "its own, so nothing is sent on schedule"
        yield f"CA service: {state['ca_service']}; the site id is {shares}"
    yield f"First scheduled submission: {state['opted_in'] or 'none yet'}"
    yield f"Endpoint: {state['endpoint_why']}"
    if state["endpoint"]:
        yield f"Run by: {state['operator_said']}"
    if state["accepted_operator"] is not None:
        yield f"Accepted operator: {state['accepted_operator'] or 'one that it does not name'}"
    yield f"Last delivery: {state['last_delivery'] or 'none'}"
    if state["last_answer"]:
        yield f"    answered {state['last_answer']['status']}"
    yield f"Next due: {state['next_due'] or 'never'}"
    for place in ("outbox", "quarantine", "sent"):
        held = state[place]
        oldest = f", oldest {held['oldest']}" if held["oldest"] else ""
        number = f"{held['reports']} report{'s' * (held['reports'] != 1)}"
        yield f"{place.capitalize()}: {number}, {held['bytes']:,} bytes{oldest}"
    listed = state["forge_list"]
    yield f"Public modules: {listed['modules']:,}, list of {listed['updated'] or 'unknown age'}"
    yield f"Accepted columns: {', '.join(state['accepted_columns']) or 'none yet'}"
    if state["withheld_columns"]:
        yield f"Withheld until `dropsonde accept`: {', '.join(state['withheld_columns'])}"
