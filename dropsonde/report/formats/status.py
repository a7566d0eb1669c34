"""The state of a site's submissions as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def _enabled(state: Mapping[str, Any]) -> str:
    if state["enabled"] is None:
        return "not by a Puppet Server: there is none here"
    yes_or_no = "yes" if state["enabled"] else "no"
    return f"{yes_or_no}, by {state['enabled_by']}: {state['enabled_why']}"


def human(state: Mapping[str, Any]) -> Iterator[str]:
    """The state in lines for people."""
    if state["switched_off"]:
        yield f"Switched off: {state['switched_off']}"
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
