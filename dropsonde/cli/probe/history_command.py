"""``dropsonde history``: list the reports that were sent, and the answers.

Everything is read from the archive below the cachepath; no network is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dropsonde.common.errors import FileError, UsageError
from dropsonde.common.urls import shown
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.protocol.receipt import in_answer
from dropsonde.protocol.report import short
from dropsonde.report.formats.diff import NOTHING_SENT
from dropsonde.report.formats.table import Line, cell, table

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.delivery.outbox import Entry

FIELDS = ("number", "sent", "status", "bytes", "endpoint", "receipt", "message")
LONG = 500  # characters; of a longer answer, only the beginning is shown


def run(this: Run) -> int:
    """Print the list, or one report of it."""
    outbox = Outbox(this.probe.cachepath)
    sent = outbox.entries(Place.SENT)[::-1]
    if this.arguments.action == "show":
        _show(this, outbox, sent)
        return 0
    rows = [_row(outbox, number, entry) for number, entry in enumerate(sent, 1)]
    counts = {
        "waiting": len(outbox.entries(Place.OUTBOX)),
        "quarantined": len(outbox.entries(Place.QUARANTINE)),
    }
    if this.arguments.format == "json":
        this.write_lines([json.dumps({"sent": rows, **counts}, indent=2)])
    else:
        listed = [Line({**row, "receipt": _brief(row)}) for row in rows]
        lines = table(FIELDS, listed, color=False) if rows else [NOTHING_SENT]
        last = f"Waiting: {counts['waiting']:,}; in quarantine: {counts['quarantined']:,}"
        this.write_lines([*lines, last])
    return 0


def _row(outbox: Outbox, number: int, entry: Entry) -> dict[str, Any]:
    """The data of one report; null for what an unreadable receipt would give."""
    receipt = outbox.receipt(Place.SENT, entry)
    signed, fault = _signed(receipt.answer) if receipt else (None, None)
    return {
        "number": number,
        "made": f"{entry.made:%Y-%m-%dT%H:%M:%SZ}",
        "sent": receipt.time if receipt else None,
        "status": receipt.status if receipt else None,
        "bytes": entry.size,
        "endpoint": shown(receipt.endpoint) if receipt else None,
        "receipt": signed,
        "receipt_fault": fault,
        "message": _message(receipt.answer) if receipt else None,
    }


def _signed(answer: str) -> tuple[dict[str, str] | None, str | None]:
    """The signed receipt in an endpoint's answer, unchecked, and why it is unreadable."""
    try:
        signed = in_answer(answer)
    except ValueError as error:
        return None, str(error)
    return (signed.to_json() if signed else None), None


def _brief(row: dict[str, Any]) -> str | None:
    """The signed receipt in a word: the week that the report counts for."""
    if row["receipt"]:
        return str(row["receipt"]["week"])
    if row["receipt_fault"]:
        return "unreadable"
    return None if row["status"] is None else "none"


def _message(answer: str) -> str | None:
    """The message in an endpoint's answer; None if there is none."""
    try:
        message = json.loads(answer)["message"]
    except (ValueError, LookupError, TypeError, RecursionError):  # an answer may be anything
        return None
    return _cut(message) if isinstance(message, str) else None


def _cut(text: str) -> str:
    return cell(text if len(text) <= LONG else f"{text[:LONG]}...")


def _show(this: Run, outbox: Outbox, sent: list[Entry]) -> None:
    number = this.arguments.number
    entry = numbered(sent, number, f"history show {number}")
    data = outbox.read(Place.SENT, entry)
    if this.arguments.format == "json":
        this.write([data])
    else:
        this.write_lines(_explained(_row(outbox, number, entry), data))


def numbered(sent: list[Entry], number: int, command: str) -> Entry:
    """A report by its number, newest first.

    Raises:
        UsageError: no report has that number.
    """
    if not 1 <= number <= len(sent):
        there = f"there are 1 to {len(sent)}" if sent else "none has been sent yet"
        raise UsageError(f"{command}: no such report", there)
    return sent[number - 1]


def _explained(row: dict[str, Any], data: bytes) -> Iterator[str]:
    """The answer, the whole signed receipt, and the report as indented JSON with a short id."""
    shown_as = {**row, "receipt": _brief(row)}
    fault = shown_as.pop("receipt_fault")
    for name, value in shown_as.items():
        yield f"{name}: {cell(value)}" + (f" ({fault})" if name == "receipt" and fault else "")
        if name == "receipt":
            yield from (f"  {part}: {cell(text)}" for part, text in (row["receipt"] or {}).items())
    yield ""
    yield _readable(row["number"], data)


def _readable(number: int, data: bytes) -> str:
    """A report over several lines, with the beginning of its site id.

    Raises:
        FileError: it cannot be shown so.
    """
    try:
        document = json.loads(data)
        if isinstance(document, dict) and isinstance(document.get("site_id"), str):
            document["site_id"] = short(document["site_id"])
        return json.dumps(document, indent=2)
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"history show {number}: what was sent cannot be shown as a report",
            f"`dropsonde history show {number} --format json` prints its bytes",
        ) from error
