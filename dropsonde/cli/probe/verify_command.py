"""``dropsonde verify``: is the signed receipt of a report its endpoint's, and of these bytes?

The network is needed once per endpoint: to ask for its key, which --trust keeps after a successful
check. Nothing else is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.cli.probe.history_command import numbered
from dropsonde.common.errors import DeliveryError, FileError, ForgedReceiptError, UsageError
from dropsonde.common.files import private_directory, read_bounded, write_atomically
from dropsonde.common.urls import at_path, shown
from dropsonde.delivery.endpoint_key import KEY_BYTES, key_file
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.protocol.receipt import fingerprint, in_answer

if TYPE_CHECKING:
    import requests

    from dropsonde.cli.probe.run import Run
    from dropsonde.delivery.outbox import Receipt
    from dropsonde.protocol.receipt import SignedReceipt
    from dropsonde.report.probe import Probe

PATIENCE = 30.0  # seconds for a whole key, even if bytes keep arriving
ASK_FILE = "--key takes the endpoint's public Ed25519 key, a PEM file"


@dataclass(frozen=True)
class Key:
    """An endpoint's public key.

    Attributes:
        pem: the Ed25519 key.
        origin: where it comes from.
        file: where to keep it after a successful check; None if it is already in a file.
    """

    pem: bytes
    origin: str
    file: Path | None = None


def run(this: Run) -> int:
    """Check the bytes, then the signature; print what was checked."""
    probe = this.probe
    outbox, number = Outbox(probe.cachepath), this.arguments.number
    entry = numbered(outbox.entries(Place.SENT)[::-1], number, f"verify {number}")
    data = outbox.read(Place.SENT, entry)
    receipt = outbox.receipt(Place.SENT, entry)
    if receipt is None:
        raise UsageError(
            f"verify {number}: the answer to that report is missing or unreadable",
            "so there is nothing to check",
        )
    signed = _signed(number, receipt)
    if hashlib.sha256(data).hexdigest() != signed.sha256:
        raise _forged(number, "it is a receipt for other bytes", receipt)
    key = _key(this, probe, receipt)
    held = f"{fingerprint(key.pem)}, {key.origin}"
    if not signed.verify(key.pem):
        raise _forged(number, f"the signature is not by the key {held}", receipt)
    if key.file is not None:  # only after a successful check
        held += _kept(key, key.file, trust=this.arguments.trust)
    about = f"week {signed.week}, dataset {signed.dataset}, message {signed.message_id}"
    this.write_lines(
        [
            f"key: {held}",
            f"report {number}: the bytes and the signature are the receipt's ({about})",
        ]
    )
    return 0


def _kept(key: Key, file: Path, *, trust: bool) -> str:
    """Keep a key that the endpoint just gave, with --trust; return what was done."""
    if not trust:
        return "; --trust keeps it for the next time"
    private_directory(file.parent)
    write_atomically(file, key.pem)
    return f"; trusted from now on, in {file}"


def _signed(number: int, receipt: Receipt) -> SignedReceipt:
    try:
        signed = in_answer(receipt.answer)
    except ValueError as error:
        raise _forged(number, str(error), receipt) from error
    if signed is None:
        where = shown(receipt.endpoint)
        raise UsageError(
            f"verify {number}: that report has no signed receipt", f"{where} gave none"
        )
    return signed


def _forged(number: int, fault: str, receipt: Receipt) -> ForgedReceiptError:
    return ForgedReceiptError(
        f"the receipt of report {number} does not hold: {fault}",
        f"ask the operator of {shown(receipt.endpoint)}",
    )


def _key(this: Run, probe: Probe, receipt: Receipt) -> Key:
    """The key that was named, else the one that is kept, else the endpoint's answer."""
    if this.arguments.key is not None:
        return _from_file(Path(this.arguments.key), ASK_FILE, "read from")
    endpoint = shown(receipt.endpoint)
    kept = key_file(probe.cachepath, endpoint)
    if _is_there(kept):
        return _from_file(kept, "restore it, or delete it to ask the endpoint again", "kept in")
    current = probe.endpoint_or_none
    if current is None or endpoint != shown(current):  # only the current endpoint is asked
        instead = f", not to {shown(current)}" if current else ""
        raise UsageError(
            f"the report was sent to {endpoint}{instead}, and no key is kept",
            "name that endpoint with --endpoint, or its key with --key",
        )
    pem = ask_key(probe.to_endpoint, probe.endpoint)
    return Key(pem, f"asked of {endpoint} now", kept)


def _is_there(file: Path) -> bool:
    try:
        file.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FileError(f"{file}: {error.strerror}", "run as its owner") from error
    return True


def _from_file(file: Path, advice: str, origin: str) -> Key:
    pem = read_bounded(file, KEY_BYTES)
    if pem is None:
        raise FileError(f"{file}: cannot be read", advice)
    try:
        fingerprint(pem)
    except ValueError as error:
        raise FileError(f"{file}: {error}", advice) from error
    return Key(pem, f"{origin} {file}")


def ask_key(session: Callable[[], requests.Session], url: str, patience: float = PATIENCE) -> bytes:
    """Ask an endpoint for its public key: ``GET /v1/key``, 4 KiB at most.

    Args:
        session: makes the session.
        url: the endpoint.
        patience: seconds for all of it.

    Returns:
        an Ed25519 key in PEM.

    Raises:
        DeliveryError: it cannot be reached now, or it gives no key.
    """
    import requests

    from dropsonde.http import explain, small_body, within

    target = at_path(url, "/v1/key")
    try:
        # No key is as long as a body that is too long.
        found = within(patience, lambda: small_body(session, target, KEY_BYTES)) or b""
    except requests.RequestException as error:
        what, advice = explain(error, target)
        raise DeliveryError(what, f"{advice}; --key needs no network") from error
    try:
        fingerprint(found)
    except ValueError as error:
        raise DeliveryError(f"{shown(target)}: its answer is {error}", ASK_FILE) from error
    return found
