"""Tell to whom a report of this site would go, who runs that, and whether anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.common.urls import shown
from dropsonde.delivery.operator import remembered
from dropsonde.protocol.about import About
from dropsonde_puppetserver.default_endpoint import OPERATOR

if TYPE_CHECKING:
    from datetime import datetime

    from dropsonde.delivery.consent import Consent
    from dropsonde.report.probe import Probe
    from dropsonde_puppetserver.confd import OptIn

DEFAULT = "default"


@dataclass(frozen=True)
class Recipient:
    """The endpoint of a site.

    Attributes:
        endpoint: its URL without user and password; None where there is none.
        by: what names it: a file, the command line, or "default"; None where nothing does.
        why: of a default, or of its absence: the reason.
        about: who runs it, as it last said; None when it was not asked yet.
        asked: when it was asked (aware, UTC); None when it was not, or need not be.
        accepted: the operator that was accepted, empty for one without a name; None for none yet.
    """

    endpoint: str | None
    by: str | None
    why: str = ""
    about: About | None = None
    asked: datetime | None = None
    accepted: str | None = None

    @property
    def changed(self) -> bool:
        """Whether another operator was accepted than the one that runs it now."""
        if self.about is None or self.accepted is None:
            return False
        return self.about.operator != self.accepted

    def endpoint_said(self) -> str:
        """The endpoint, in one line."""
        if self.endpoint is None:
            return f"none ({self.why}): nothing is sent until `:endpoint:` names one"
        return f"{self.endpoint} ({self.why or f'named by {self.by}'})"

    def operator_said(self) -> str:
        """Who runs it, in one line."""
        if self.about is None:
            return "not known yet: `dropsonde preview --ask` asks the endpoint"
        when = f", as of {self.asked:%Y-%m-%d}" if self.asked else ""
        return f"{self.about.said()}{when}"


def recipient(probe: Probe, agreed: Consent | None) -> Recipient:
    """Tell to whom reports go; asks no one.

    Args:
        probe: the site's parts.
        agreed: the consent; None before the first opt-in.
    """
    url = probe.endpoint_or_none
    accepted = agreed.operator if agreed else None
    if url is None:
        return Recipient(None, None, probe.default_endpoint.why, accepted=accepted)
    is_default = probe.settings.endpoint is None
    by = DEFAULT if is_default else probe.settings.sources["endpoint"]
    if probe.asks_puppets_endpoint:
        why = probe.default_endpoint.why if is_default else ""
        return Recipient(shown(url), by, why, About(OPERATOR), accepted=accepted)
    known = remembered(probe.cachepath, shown(url))
    if known is None:
        return Recipient(shown(url), by, accepted=accepted)
    return Recipient(shown(url), by, "", known.about, known.asked, accepted)


def sending_said(to: Recipient, opt_in: OptIn | None) -> str:
    """Whether anything is sent at all, in one line.

    Args:
        to: the recipient.
        opt_in: what Puppet Server's configuration says; None without a Puppet Server.
    """
    if to.endpoint is None:
        return "nothing: there is no endpoint"
    if to.changed:
        return "nothing on schedule: who runs the endpoint has changed, until `dropsonde accept`"
    if opt_in is None:
        return "nothing by a Puppet Server: there is none here; only what `dropsonde submit` sends"
    if not opt_in.enabled:
        return f"nothing on schedule, by {opt_in.where}: {opt_in.why}"
    return f"on schedule, by {opt_in.where}: {opt_in.why}"
