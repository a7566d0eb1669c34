"""``history``: what was sent, and what was answered."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dropsonde.delivery.outbox import Outbox, Place, Receipt

if TYPE_CHECKING:
    from dropsonde.delivery.outbox import Settled
    from tests.support.program import Program

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
URL = "https://updates.example.com:443"
THANKS = '{"newer": false, "link": "", "message": "thank you"}'
RECEIPT = {
    "message_id": "0b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11",
    "week": "2026-W47",
    "dataset": "https://telemetry.example.com",
    "sha256": "ab" * 32,
    "signature": "A" * 86 + "==",
}
# Runs the program where nothing may make a socket, and says what was imported that is heavy.
OFFLINE = """
import sys
def refuse(event, arguments):
    if event == "socket.__new__":
        raise SystemExit(event)
sys.addaudithook(refuse)
from dropsonde.cli.probe import main
code = main()
print(sorted({"cryptography", "requests", "urllib3", "yaml"} & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


def report(number: int) -> bytes:
    return json.dumps({"site_id": "0f", "number": number}).encode() + b"\n"


def settle(
    program: Program,
    number: int,
    answer: str = THANKS,
    place: Settled = Place.SENT,
    endpoint: str = URL,
) -> None:
    """Leave behind what a submission does, of the day of that number."""
    outbox = Outbox(program.cache)
    entry = outbox.add(report(number), NOON + timedelta(days=number))
    receipt = Receipt(f"{NOON + timedelta(days=number, minutes=1):%FT%TZ}", endpoint, 200, answer)
    outbox.settle(entry, place, receipt)


def test_nothing_was_sent(program: Program) -> None:
    result = program.run("history")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "No report of this site has been sent yet\nWaiting: 0; in quarantine: 0\n"
    )
    listed = json.loads(program.run("history", "--format", "json").out)
    assert listed == {"sent": [], "waiting": 0, "quarantined": 0}
    assert not program.cache.exists()


def test_the_newest_is_the_first(program: Program) -> None:
    settle(program, 0)
    settle(program, 1, '{"message": "and thank you again"}')
    Outbox(program.cache).add(report(2), NOON)
    settle(program, 3, place=Place.QUARANTINE)
    result = program.run("history")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"    number  sent                  status  bytes  endpoint{' ' * 25}receipt  message",
        f"    ------  --------------------  ------  -----  {'-' * 31}  -------  {'-' * 19}",
        f"         1  2026-01-02T12:01:00Z     200     31  {URL}  none     and thank you again",
        f"         2  2026-01-01T12:01:00Z     200     31  {URL}  none     thank you",
        "Waiting: 1; in quarantine: 1",
    ]


def test_json(program: Program) -> None:
    settle(program, 0)
    result = program.run("history", "--format", "json")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == {
        "sent": [
            {
                "number": 1,
                "made": "2026-01-01T12:00:00Z",
                "sent": "2026-01-01T12:01:00Z",
                "status": 200,
                "bytes": 31,
                "endpoint": URL,
                "receipt": None,
                "receipt_fault": None,
                "message": "thank you",
            }
        ],
        "waiting": 0,
        "quarantined": 0,
    }


@pytest.mark.parametrize(
    "words",
    [
        ("show", "2", "--format", "json"),
        ("show", "--format", "json", "2"),
        ("--format", "json", "show", "2"),
    ],
    ids=" ".join,
)
def test_the_exact_bytes(program: Program, words: tuple[str, ...]) -> None:
    settle(program, 0)
    settle(program, 1)
    result = program.run("history", *words)
    assert (result.code, result.out, result.err) == (0, report(0).decode(), "")


def test_a_report_for_people(program: Program) -> None:
    settle(program, 0)
    result = program.run("history", "show", "1")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "number: 1",
        "made: 2026-01-01T12:00:00Z",
        "sent: 2026-01-01T12:01:00Z",
        "status: 200",
        "bytes: 31",
        f"endpoint: {URL}",
        "receipt: none",
        "message: thank you",
        "",
        "{",
        '  "site_id": "0f...",',
        '  "number": 0',
        "}",
    ]


@pytest.mark.parametrize("number", ["0", "2", "-1", "99999999999999999999"])
def test_a_number_that_is_not_there(program: Program, number: str) -> None:
    settle(program, 0)
    result = program.run("history", "show", number)
    assert (result.code, result.out) == (2, "")
    assert result.complaint == f"history show {number}: no such report: there are 1 to 1"


def test_no_number_is_there_before_the_first(program: Program) -> None:
    result = program.run("history", "show", "1")
    assert (result.code, result.out) == (2, "")
    assert result.complaint == "history show 1: no such report: none has been sent yet"


def test_a_word_is_no_number(program: Program) -> None:
    result = program.run("history", "show", "newest")
    assert (result.code, result.out) == (2, "")
    assert "invalid int value" in result.complaint


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("", None),
        ("<html>", None),
        ("[" * 60_000, None),
        ("[]", None),
        ("null", None),
        ('"message"', None),
        ("{}", None),
        ('{"message": 1}', None),
        ('{"message": ""}', ""),
        ('{"message": "\\u001b[2J\\nforged: line\\u202e"}', "?[2J?forged: line?"),
        (json.dumps({"message": "x" * 501}), "x" * 500 + "..."),
        (json.dumps({"message": "x" * 500}), "x" * 500),
        ('{"message": "\\u9b3c\\ud800"}', "\u9b3c?"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_answers_of_every_sort(program: Program, answer: str, message: str | None) -> None:
    settle(program, 0, answer)
    listed = json.loads(program.run("history", "--format", "json").out)
    assert listed["sent"][0]["message"] == message
    row = program.run("history").out.splitlines()[2]
    assert row == row.rstrip()
    receipt, *words = row.partition(URL)[2].split(maxsplit=1)
    assert receipt == "none"
    assert words == ([message or "-"] if message != "" else [])


def test_a_signed_receipt(program: Program) -> None:
    settle(program, 0, json.dumps({"message": "thank you", "receipt": {**RECEIPT, "more": 1}}))
    row = program.run("history").out.splitlines()[2]
    assert row.partition(URL)[2].split() == ["2026-W47", "thank", "you"]
    (listed,) = json.loads(program.run("history", "--format", "json").out)["sent"]
    assert (listed["receipt"], listed["receipt_fault"]) == (RECEIPT, None)
    lines = program.run("history", "show", "1").out.splitlines()
    place = lines.index("receipt: 2026-W47")
    assert lines[place + 1 : place + 7] == [
        *(f"  {name}: {text}" for name, text in RECEIPT.items()),
        "message: thank you",
    ]


@pytest.mark.parametrize(
    ("receipt", "fault"),
    [
        ([], "it is not a JSON object"),
        ({**RECEIPT, "week": "\x1b[2J"}, "its week is not an ISO week such as 2026-W47"),
    ],
    ids=["no object", "no week"],
)
def test_a_signed_receipt_that_is_none(program: Program, receipt: object, fault: str) -> None:
    settle(program, 0, json.dumps({"message": "thank you", "receipt": receipt}))
    row = program.run("history").out.splitlines()[2]
    assert row.partition(URL)[2].split() == ["unreadable", "thank", "you"]
    (listed,) = json.loads(program.run("history", "--format", "json").out)["sent"]
    assert (listed["receipt"], listed["receipt_fault"]) == (None, fault)
    assert f"receipt: unreadable ({fault})\nmessage: " in program.run("history", "show", "1").out


def test_a_receipt_that_cannot_be_read(program: Program) -> None:
    settle(program, 0)
    (receipt,) = (program.cache / "sent").glob("*.receipt.json")
    receipt.write_text("{")
    result = program.run("history")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[2].split() == ["1", "-", "-", "31", "-", "-", "-"]
    assert "sent: -" in program.run("history", "show", "1").out
    assert program.run("history", "show", "1", "--format", "json").out == report(0).decode()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://user:pass@example.com:443/in",
        "https://user:p@ss@example.com:443/in",
        "https://example.com:443/in?token=pass#pass",
    ],
)
def test_no_secret_is_shown(program: Program, endpoint: str) -> None:
    settle(program, 0, endpoint=endpoint)
    for words in ("", "--format json", "show 1"):
        shown = program.run("history", *words.split()).out
        assert "https://example.com:443/in" in shown
        assert "pass" not in shown
        assert "user" not in shown


def test_a_damaged_report_is_one_line(program: Program) -> None:
    settle(program, 0)
    (file,) = (path for path in (program.cache / "sent").iterdir() if "receipt" not in path.name)
    file.write_bytes(b"{}")
    for form in ("human", "json"):
        result = program.run("history", "show", "1", "--format", form)
        assert (result.code, result.out) == (8, "")
        assert "it was changed" in result.complaint
    assert program.run("history").code == 0


@pytest.mark.parametrize("words", [(), ("show", "1")], ids=str)
def test_neither_a_network_nor_puppetdb_is_needed(program: Program, words: tuple[str, ...]) -> None:
    settle(program, 0)
    (program.home / "conf/puppetdb.conf").write_text("[main]\nserver_urls = https://nowhere:8081\n")
    result = program.python(OFFLINE, "history", *words)
    assert (result.code, result.err) == (0, "[]\n")
    assert "thank you" in result.out
