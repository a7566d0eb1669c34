"""Record which columns this site has agreed to send on schedule, to whom, and since when.

Consent is bound to the schema: the first opt-in accepts the columns of that day. New columns of a
later version are not sent until they are also accepted. It is bound to the endpoint's operator in
the same way: nothing is sent to another one, or to none, until that is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dropsonde.common import state
from dropsonde.common.errors import ConfigError
from dropsonde.common.files import private_directory, read_file, write_atomically


@dataclass(frozen=True)
class Consent:
    """The consent of a site.

    Attributes:
        accepted: names of columns.
        since: when this site opted in (aware, UTC); earlier reports are not sent on schedule.
        operator: who runs the endpoint; empty for an endpoint that does not say; None until an
            endpoint has been asked.
    """

    accepted: frozenset[str]
    since: datetime
    operator: str | None = None

    def refuses(self, operator: str) -> bool:
        """Whether another operator than this one was accepted."""
        return self.operator is not None and self.operator != operator


def read(cachepath: Path) -> Consent | None:
    """Read the consent; None before the first opt-in.

    Raises:
        ConfigError: the consent cannot be read, so no column is accepted.
    """
    file = _file(cachepath)
    try:
        return _parse(read_file(file))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(
            f"{file}: cannot be read, so no column counts as accepted",
            "look at `dropsonde preview`, then run `dropsonde accept`",
        ) from error


def _parse(data: bytes) -> Consent:
    document = json.loads(data)
    accepted, since = document["accepted"], datetime.fromisoformat(document["since"])
    if not all(isinstance(name, str) for name in accepted) or since.tzinfo is None:
        raise ValueError("invalid values")
    operator = document.get("operator")
    if not (operator is None or isinstance(operator, str)):
        raise TypeError("invalid operator")
    return Consent(frozenset(accepted), since, operator)


def accept(
    cachepath: Path,
    columns: Iterable[str],
    now: datetime,
    old: Consent | None,
    operator: str | None = None,
) -> Consent:
    """Add columns to those accepted before, and write the consent.

    The time of the first opt-in stays, unless it is in the future (from a wrong clock).

    Args:
        cachepath: the directory of the consent.
        columns: the columns to add.
        now: the time (aware).
        old: the consent so far.
        operator: who runs the endpoint; None leaves what was accepted.
    """
    consent = Consent(
        frozenset(columns) | (old.accepted if old else frozenset()),
        min(old.since, now) if old else now,
        old.operator if old and operator is None else operator,
    )
    document = {"accepted": sorted(consent.accepted), "since": consent.since.isoformat()}
    if consent.operator is not None:
        document["operator"] = consent.operator
    private_directory(cachepath)
    write_atomically(_file(cachepath), json.dumps(document, indent=1).encode() + b"\n")
    return consent


def withdraw(cachepath: Path) -> None:
    """Delete the consent; the next opt-in is a first one."""
    _file(cachepath).unlink(missing_ok=True)


def _file(cachepath: Path) -> Path:
    return cachepath / state.CONSENT
