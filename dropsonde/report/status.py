"""The state of a site's submissions, in plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.report.attention import attention, look_at, worst
from dropsonde.settings.options import ACCEPT_ALL

if TYPE_CHECKING:
    from dropsonde.report.attention import Look
    from dropsonde.report.probe import Probe
    from dropsonde_puppetserver.authority import Authority
    from dropsonde_puppetserver.server import Server
    from dropsonde_puppetserver.switch import Off


def state(
    probe: Probe, host: Server, authority: Authority | None, off: Off | None
) -> dict[str, Any]:
    """The state in plain values: times are ISO 8601 in UTC, sizes in bytes.

    Args:
        probe: the site's parts.
        host: this host's Puppet Server.
        authority: whether it runs the CA; None without a Puppet Server.
        off: what switches dropsonde off.
    """
    look = look_at(probe, host, authority, off)
    found = attention(look)
    return {
        "attention": [each.what for each in found],
        "level": worst(found).name.lower(),
        "switched_off": off.why if off else None,
        **_enabled(look),
        **_recipient(look),
        "interval": look.interval,
        "last_delivery": look.last.isoformat() if look.last else None,
        "last_answer": _last_answer(look.outbox),
        "next_due": _next_due(look),
        "outbox": _counted(look.outbox, Place.OUTBOX),
        "quarantine": _counted(look.outbox, Place.QUARANTINE),
        "sent": _counted(look.outbox, Place.SENT),
        **_public_and_columns(look),
    }


def _enabled(look: Look) -> dict[str, Any]:
    server, authority = look.server, look.authority
    return {
        "enabled": look.enabled,
        "enabled_by": server.opt_in.where if server else None,
        "enabled_why": server.opt_in.why if server else None,
        "ca_service": authority.service.value if authority else None,
        "site_id_shared": look.probe.settings.shares_id,
        "opted_in": look.agreed.since.isoformat(timespec="seconds") if look.agreed else None,
    }


def _recipient(look: Look) -> dict[str, Any]:
    to = look.to
    return {
        "endpoint": to.endpoint,
        "endpoint_by": to.by,
        "endpoint_why": to.endpoint_said(),
        "operator": to.about.to_json() if to.about else None,
        "operator_said": to.operator_said() if to.endpoint else None,
        "accepted_operator": to.accepted,
    }


def _next_due(look: Look) -> str | None:
    if look.off is not None or not (look.enabled or look.agreed):
        return None
    return look.due.isoformat() if look.due else "at once"


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


def _public_and_columns(look: Look) -> dict[str, Any]:
    listed = look.probe.public.forge.load()
    accepted = look.agreed.accepted if look.agreed else frozenset()
    asks = look.agreed is not None and look.probe.settings.accept != ACCEPT_ALL
    return {
        "forge_list": {
            "modules": len(listed.slugs),
            "updated": listed.updated.isoformat() if listed.updated else None,
            "source": listed.source,
        },
        "accepted_columns": sorted(accepted),
        "withheld_columns": [name for name in look.probe.columns if asks and name not in accepted],
    }
