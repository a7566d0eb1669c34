"""Who runs an endpoint: ``GET /v1/about``, which a collector writes and a probe reads.

An endpoint without it, such as Puppet's own, and one whose answer names nobody has no operator.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from dropsonde.common.untrusted import link, one_line

PATH = "/v1/about"
MAX_BYTES = 4 << 10  # of an answer; a longer one names nobody
LONGEST = 200  # characters of a text; a collector takes no longer one
LONGEST_URL = 255
MOST_DAYS = 36_500


@dataclass(frozen=True)
class About:
    """The operator of an endpoint; each text is one printable line.

    Attributes:
        operator: the name of the person or organisation; empty where there is none.
        contact: how to reach them; empty when it is not given.
        privacy_url: the page that says what they do with reports; empty when it is not given.
        retain_days: days for which a week's reports are kept after its end; None when it is not
            given.
    """

    operator: str = ""
    contact: str = ""
    privacy_url: str = ""
    retain_days: int | None = None

    def to_json(self) -> dict[str, str | int | None]:
        """The document, as in the answer."""
        return asdict(self)

    def said(self) -> str:
        """The operator in one sentence, for messages and pages."""
        if not self.operator:
            return "the endpoint does not say"
        said = [self.operator]
        if self.contact:
            said.append(f"contact: {self.contact}")
        if self.privacy_url:
            said.append(f"privacy: {self.privacy_url}")
        if self.retain_days is not None:
            said.append(f"drops a week {self.retain_days} days after its end")
        return "; ".join(said)


def read(body: bytes) -> About:
    """Read an answer, which may hold anything; what is not understood is left out."""
    try:
        document = json.loads(body[:MAX_BYTES])
    except (ValueError, RecursionError):
        document = None
    fields: dict[str, Any] = document if isinstance(document, dict) else {}
    operator = one_line(fields.get("operator"), LONGEST)
    if not operator:
        return About()
    days = fields.get("retain_days")
    return About(
        operator,
        one_line(fields.get("contact"), LONGEST),
        link(fields.get("privacy_url"), LONGEST_URL),
        days if type(days) is int and 0 < days <= MOST_DAYS else None,
    )
