"""``dropsonde status``: what is sent, when, and what waits or stays home."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dropsonde import consent, schedule
from dropsonde.errors import AttentionError, ConfigError
from dropsonde.options import ACCEPT_ALL
from dropsonde.outbox import Outbox, Place
from dropsonde.probe import Probe, utc_now
from dropsonde.submission import last_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dropsonde.cli.run import Run

# A report may wait for an endpoint's bad day without anybody being told.
OVERDUE = timedelta(days=2)


def run(this: Run) -> int:
    """Print the state; the exit code says whether somebody should look."""
    probe = Probe(this.settings, this.environ)
    state = _state(probe)
    if this.arguments.format == "json":
        this.write_lines([json.dumps(state, indent=1)])
    else:
        this.write_lines(_lines(state))
    if state["attention"]:
        raise AttentionError("; ".join(state["attention"]), "see docs/delivery.md")
    return 0


def _state(probe: Probe) -> dict[str, Any]:
    """Everything, in plain values: times are ISO 8601 in UTC, sizes in bytes."""
    outbox, now = Outbox(probe.cachepath), utc_now()
    attention = []
    try:
        agreed = consent.read(probe.cachepath)
    except ConfigError as error:
        agreed = None
        attention.append(error.what)
    last = last_delivery(outbox)
    due = schedule.next_due(last, probe.site_id, timedelta(seconds=probe.settings.interval))
    if agreed is not None and due is not None and now - due > OVERDUE:
        attention.append("a scheduled submission is overdue")
    if outbox.entries(Place.QUARANTINE):
        attention.append("a report was refused")
    accepted = agreed.accepted if agreed else frozenset()
    listed = probe.forge.load()
    return {
        "attention": attention,
        "opted_in": agreed.since.isoformat() if agreed else None,
        "endpoint": probe.endpoint_shown,
        "interval": probe.settings.interval,
        "last_delivery": last.isoformat() if last else None,
        "last_answer": _last_answer(outbox),
        "next_due": (due.isoformat() if due else "at once") if agreed else None,
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


def _lines(state: dict[str, Any]) -> Iterator[str]:
    agreed = state["opted_in"]
    yield f"Scheduled: {f'since {agreed}' if agreed else 'no submission was ever scheduled'}"
    yield f"Endpoint: {state['endpoint']}"
    yield f"Last delivery: {state['last_delivery'] or 'none'}"
    if state["last_answer"]:
        yield f"    answered {state['last_answer']['status']}"
    yield f"Next due: {state['next_due'] or 'never: opt in first'}"
    for place in ("outbox", "quarantine", "sent"):
        held = state[place]
        oldest = f", oldest {held['oldest']}" if held["oldest"] else ""
        yield f"{place.capitalize()}: {held['reports']} reports, {held['bytes']:,} bytes{oldest}"
    listed = state["forge_list"]
    yield f"Public modules: {listed['modules']:,}, list of {listed['updated'] or 'unknown age'}"
    yield f"Accepted columns: {', '.join(state['accepted_columns']) or 'none yet'}"
    if state["withheld_columns"]:
        yield f"Withheld until `dropsonde accept`: {', '.join(state['withheld_columns'])}"
