"""``verify``: the receipt of a report is its endpoint's, and of these bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dropsonde.cli.probe.verify_command import ask_key
from dropsonde.common.errors import DeliveryError
from dropsonde.delivery.endpoint_key import KEY_BYTES
from dropsonde.delivery.outbox import Outbox, Place, Receipt
from dropsonde.protocol.receipt import SignedReceipt, fingerprint
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens
from tests.support.submitting import QUICK

if TYPE_CHECKING:
    from tests.support.program import Program, Result

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
AWAY = "http://127.0.0.1:1"
HOLDER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
HELD = (
    "report 1: the bytes and the signature are the receipt's (week 2026-W47, dataset https://"
    "telemetry.example.com, message 0b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11)"
)
# Runs the program where nothing may make a socket.
OFFLINE = """
import sys
def refuse(event, arguments):
    if event == "socket.__new__":
        raise SystemExit(event)
sys.addaudithook(refuse)
from dropsonde.cli.probe import main
sys.exit(main())
"""
# Runs it as somebody else, with what that user may not read imported before.
AS_NOBODY = """
import _strptime, difflib, glob, os, sys, tempfile, yaml
import dropsonde.cli.probe.parser, dropsonde.cli.probe.run, dropsonde.cli.probe.verify_command
import dropsonde.common.privileges, dropsonde.report.probe
import dropsonde.http, dropsonde_puppetserver.enterprise, dropsonde_puppetserver.switch
import cryptography.hazmat.primitives.asymmetric.ed25519
import cryptography.hazmat.primitives.serialization
from dropsonde.cli.probe import main
os.geteuid() or os.setresuid(65534, 65534, 65534)
sys.exit(main())
"""


def pem(key: ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def report(number: int = 0) -> bytes:
    return json.dumps({"site_id": "0f", "number": number}).encode() + b"\n"


def signed(data: bytes, key: ed25519.Ed25519PrivateKey = HOLDER) -> SignedReceipt:
    """What a collector answers."""
    receipt = SignedReceipt(
        message_id="0b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11",
        week="2026-W47",
        dataset="https://telemetry.example.com",
        sha256=hashlib.sha256(data).hexdigest(),
        signature="",
    )
    return replace(receipt, signature=base64.b64encode(key.sign(receipt.message())).decode())


def answer(receipt: object) -> str:
    return json.dumps({"newer": False, "link": "", "message": "thank you", "receipt": receipt})


def settle(program: Program, endpoint: str, receipt: object = None, number: int = 0) -> None:
    """Leave behind what a submission does, of the day of that number."""
    outbox, day = Outbox(program.cache), NOON + timedelta(days=number)
    text = answer(receipt or signed(report(number)).to_json())
    entry = outbox.add(report(number), day)
    outbox.settle(entry, Place.SENT, Receipt(f"{day:%FT%TZ}", endpoint, 200, text))


def configure(program: Program, endpoint: str) -> None:
    (program.home / "telemetry.yaml").write_text(f":endpoint: {endpoint}\n")


def key_file(program: Program, data: bytes) -> str:
    """A key that the administrator was given."""
    (program.home / "a key.pem").write_bytes(data)
    return "a key.pem"


def kept(program: Program, endpoint: str) -> Path:
    """Where an endpoint's key is kept."""
    name = hashlib.sha256(endpoint.encode()).hexdigest()[:16]
    return program.cache / "keys" / f"{name}.pem"


def keep(program: Program, endpoint: str, data: bytes) -> Path:
    file = kept(program, endpoint)
    file.parent.mkdir()
    file.write_bytes(data)
    return file


def test_a_report_that_was_really_sent(site: Program) -> None:
    """The endpoint is asked until its key is trusted; from then on no network is needed."""
    assert site.run("submit", "--output", "carried.json", "--no-update").code == 0
    receipt = signed((site.home / "carried.json").read_bytes()).to_json()
    replies = (Reply(body=answer(receipt).encode()), Reply(body=pem(HOLDER)))
    with LoopbackEndpoint(*replies) as endpoint:
        configure(site, f"{endpoint.url}/v1/reports?token=secret")
        assert site.run("submit", "--input", "carried.json", *QUICK).code == 0
        looked = site.run("verify")
        first = site.run("verify", "--trust")
    where = f"{endpoint.url}/v1/reports"
    file = kept(site, where)
    key = f"key: {fingerprint(pem(HOLDER))}"
    assert looked.out.splitlines() == [
        f"{key}, asked of {where} now; --trust keeps it for the next time",
        HELD,
    ]
    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines() == [
        f"{key}, asked of {where} now; trusted from now on, in {file}",
        HELD,
    ]
    asked = [(request.method, request.path) for request in endpoint.received[1:]]
    assert asked == [("GET", "/v1/key")] * 2
    assert file.read_bytes() == pem(HOLDER)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    again = site.python(OFFLINE, "verify")
    assert (again.code, again.err) == (0, "")
    assert again.out.splitlines() == [f"{key}, kept in {file}", HELD]


def test_a_key_that_was_named(program: Program) -> None:
    settle(program, AWAY)
    result = program.python(OFFLINE, "verify", "1", "--key", key_file(program, pem(HOLDER)))
    assert (result.code, result.err) == (0, "")
    key = fingerprint(pem(HOLDER))
    assert result.out.splitlines() == [f"key: {key}, read from a key.pem", HELD]
    assert not kept(program, AWAY).parent.exists()


def test_a_key_that_was_named_counts_before_the_kept_one(program: Program) -> None:
    settle(program, AWAY)
    keep(program, AWAY, pem(OTHER))
    assert program.run("verify", "--key", key_file(program, pem(HOLDER))).code == 0
    assert program.run("verify").code == 17


def test_an_older_report(program: Program) -> None:
    settle(program, AWAY)
    settle(program, AWAY, signed(report(0)).to_json(), number=1)  # a receipt of another report
    key = key_file(program, pem(HOLDER))
    older = program.run("verify", "2", "--key", key)
    assert (older.code, older.out.splitlines()[1:]) == (0, [HELD.replace("report 1", "report 2")])
    newest = program.run("verify", "--key", key)
    assert (newest.code, newest.out) == (17, "")
    assert newest.complaint == (
        "the receipt of report 1 does not hold: it is a receipt for other bytes: "
        f"ask the operator of {AWAY}"
    )


@pytest.mark.parametrize("number", ["0", "2", "-1", "99999999999999999999"])
def test_a_number_that_is_not_there(program: Program, number: str) -> None:
    settle(program, AWAY)
    result = program.run("verify", number)
    assert (result.code, result.out) == (2, "")
    assert result.complaint == f"verify {number}: no such report: there are 1 to 1"


def test_nothing_was_sent(program: Program) -> None:
    result = program.run("verify")
    assert (result.code, result.out) == (2, "")
    assert result.complaint == "verify 1: no such report: none has been sent yet"
    assert not program.cache.exists()


def test_an_endpoint_without_receipts(program: Program) -> None:
    outbox = Outbox(program.cache)
    text = '{"newer": false, "link": "", "message": "thank you"}'
    entry = outbox.add(report(), NOON)
    outbox.settle(entry, Place.SENT, Receipt(f"{NOON:%FT%TZ}", "https://user:pass@x", 200, text))
    result = program.python(OFFLINE, "verify")
    assert (result.code, result.out) == (2, "")
    assert result.complaint == ("verify 1: that report has no signed receipt: https://x gave none")


def test_an_answer_that_is_not_there(program: Program) -> None:
    settle(program, AWAY)
    (file,) = (program.cache / "sent").glob("*.receipt.json")
    file.unlink()
    result = program.run("verify")
    assert (result.code, result.out) == (2, "")
    assert "the answer to that report is missing or unreadable" in result.complaint


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            {"message_id": "1b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11"},
            "the signature is not by the key ",
        ),
        ({"week": "2026-W46"}, "the signature is not by the key "),
        ({"dataset": "https://elsewhere.example.com"}, "the signature is not by the key "),
        ({"signature": signed(report(), OTHER).signature}, "the signature is not by the key "),
        ({"sha256": hashlib.sha256(b"").hexdigest()}, "it is a receipt for other bytes: "),
        ({"sha256": hashlib.sha256(report()).hexdigest().upper()}, "its sha256 is not 64 "),
        ({"week": None}, "its week is not an ISO week "),
        ({"signature": signed(report()).signature[:-2]}, "its signature is not base64 "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_receipt_that_was_forged(program: Program, change: dict[str, str], fault: str) -> None:
    settle(program, AWAY, {**signed(report()).to_json(), **change})
    result = program.python(OFFLINE, "verify", "--key", key_file(program, pem(HOLDER)))
    assert (result.code, result.out) == (17, "")
    assert result.complaint.startswith(f"the receipt of report 1 does not hold: {fault}")


def test_bytes_that_were_changed(program: Program) -> None:
    settle(program, AWAY)
    (file,) = (path for path in (program.cache / "sent").iterdir() if "receipt" not in path.name)
    file.write_bytes(report(1))
    result = program.run("verify", "--key", key_file(program, pem(HOLDER)))
    assert (result.code, result.out) == (8, "")
    assert "it was changed" in result.complaint


def test_a_key_that_does_not_hold_is_not_kept(program: Program) -> None:
    with LoopbackEndpoint(Reply(body=pem(OTHER)), Reply(body=pem(HOLDER))) as endpoint:
        settle(program, endpoint.url)
        configure(program, endpoint.url)
        result = program.run("verify")
        assert (result.code, result.out) == (17, "")
        assert f"by the key {fingerprint(pem(OTHER))}, asked of {endpoint.url} now:" in result.err
        assert not kept(program, endpoint.url).exists()
        assert program.run("verify").code == 0


def test_a_kept_key_counts_before_the_endpoints(program: Program) -> None:
    with LoopbackEndpoint(Reply(body=pem(HOLDER))) as endpoint:
        settle(program, endpoint.url)
        configure(program, endpoint.url)
        file = keep(program, endpoint.url, pem(OTHER))
        result = program.run("verify")
    assert (result.code, result.out) == (17, "")
    assert f"by the key {fingerprint(pem(OTHER))}, kept in {file}:" in result.complaint
    assert endpoint.received == []


def test_nobody_is_asked_but_the_endpoint_of_now(program: Program) -> None:
    with LoopbackEndpoint(Reply(body=pem(HOLDER))) as before, LoopbackEndpoint() as now:
        settle(program, before.url)
        configure(program, now.url)
        result = program.run("verify")
        assert (result.code, result.out) == (2, "")
        assert result.complaint.startswith(f"the report was sent to {before.url}, not to {now.url}")
        assert before.received == now.received == []
        configure(program, before.url)
        assert program.run("verify", "--trust").code == 0
        configure(program, now.url)
        assert program.run("verify").code == 0
    assert (len(before.received), now.received) == (1, [])


def test_a_password_goes_to_the_endpoint_and_nowhere_else(program: Program) -> None:
    with LoopbackEndpoint(Reply(status=500), Reply(body=pem(HOLDER))) as endpoint:
        settle(program, endpoint.url)
        configure(program, endpoint.url.replace("//", "//user:s3cret@"))
        results = [program.run("verify"), program.run("verify")]
    assert [result.code for result in results] == [10, 0]
    assert not any("s3cret" in result.out + result.err for result in results)
    wanted = f"Basic {base64.b64encode(b'user:s3cret').decode()}"
    assert [asked.headers["Authorization"] for asked in endpoint.received] == [wanted] * 2


PRIVATE = HOLDER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(status=404), "answered 404 (Not Found): check the address; --key needs no network"),
        (Reply(status=503), "answered 503 (Service Unavailable): "),
        (Reply(status=204, body=b""), "answered 204 (No Content): "),
        (Reply(status=301, headers=(("Location", "/v2/key"),)), "answered 301 (Moved Permanently)"),
        (Reply(body=b"<html>"), "its answer is not a public key in PEM: --key takes "),
        (Reply(body=b""), "its answer is not a public key in PEM: "),
        (Reply(body=PRIVATE), "its answer is not a public key in PEM: "),
        (Reply(body=pem(HOLDER) + b"\n" * KEY_BYTES), "its answer is not a public key in PEM: "),
        (Reply(act=Act.ENDLESS), "its answer is not a public key in PEM: "),
        (Reply(body=pem(HOLDER), act=Act.CUT), "the connection broke before the answer was "),
        (Reply(body=pem(HOLDER), act=Act.RESET), "the connection broke before the answer was "),
        (Reply(act=Act.DROP), "the connection broke before the answer was complete: "),
    ],
    ids=str,
)
def test_an_endpoint_that_gives_no_key(program: Program, reply: Reply, fault: str) -> None:
    with LoopbackEndpoint(reply) as endpoint:
        settle(program, endpoint.url)
        configure(program, endpoint.url)
        result = program.run("verify")
    assert (result.code, result.out) == (10, "")
    assert result.complaint.startswith(f"{endpoint.url}/v1/key: {fault}")
    assert len(endpoint.received) == 1
    assert not kept(program, endpoint.url).exists()


def test_an_endpoint_that_is_away(program: Program) -> None:
    with nobody_listens() as url:
        settle(program, url)
        configure(program, url)
        result = program.run("verify")
    assert (result.code, result.out) == (10, "")
    assert result.complaint.startswith(f"{url}/v1/key: the connection was refused: ")


@pytest.mark.parametrize("act", [Act.SILENCE, Act.SLOW_HEADERS, Act.SLOW_BODY])
def test_an_endpoint_that_trickles(act: Act) -> None:
    with (
        LoopbackEndpoint(Reply(body=b"." * 99, act=act)) as endpoint,
        pytest.raises(DeliveryError, match="no answer in time"),
    ):
        ask_key(requests.Session, endpoint.url, patience=0.2)


def test_a_fault_of_ours_is_not_lost_in_the_thread() -> None:
    def broken() -> requests.Session:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_key(broken, AWAY)


@pytest.mark.parametrize("data", [b"", b"<html>", PRIVATE, b"a" * (KEY_BYTES + 1)], ids=len)
def test_a_file_that_is_no_key(program: Program, data: bytes) -> None:
    settle(program, AWAY)
    named = program.run("verify", "--key", key_file(program, data))
    assert (named.code, named.out) == (8, "")
    assert named.complaint.startswith("a key.pem: ")
    assert named.complaint.endswith(": --key takes the endpoint's public Ed25519 key, a PEM file")
    file = keep(program, AWAY, data)
    damaged = program.run("verify")
    assert (damaged.code, damaged.out) == (8, "")
    assert damaged.complaint.startswith(f"{file}: ")
    assert damaged.complaint.endswith(": restore it, or delete it to ask the endpoint again")


@pytest.mark.parametrize("name", ["nowhere.pem", "conf", "/dev/null", "nowhere/key.pem"])
def test_a_file_that_cannot_be_read(program: Program, name: str) -> None:
    settle(program, AWAY)
    result = program.run("verify", "--key", name)
    assert (result.code, result.out) == (8, "")
    assert result.complaint.startswith(f"{name}: cannot be read: ")


def test_no_directory_for_keys(program: Program) -> None:
    with LoopbackEndpoint(Reply(body=pem(HOLDER))) as endpoint:
        settle(program, endpoint.url)
        configure(program, endpoint.url)
        (program.cache / "keys").touch()
        result = program.run("verify", "--trust")
    assert (result.code, result.out) == (8, "")
    assert result.complaint.startswith(f"{kept(program, endpoint.url)}: Not a directory")
    assert endpoint.received == []


def as_nobody(program: Program, *arguments: str) -> Result:
    """Verify as somebody else, who may pass through what is above the home for so long."""
    program.home.chmod(0o755)
    program.home.joinpath("telemetry.yaml").chmod(0o644)
    closed = [path for path in program.home.parents if not path.stat().st_mode & stat.S_IXOTH]
    for path in closed:
        path.chmod(0o711)
    options = ("--config", "telemetry.yaml", "--cachepath", "var/dropsonde")
    result = program.python(AS_NOBODY, "verify", *options, *arguments)
    for path in closed:
        path.chmod(0o700)
    return result


def test_another_users_archive(program: Program) -> None:
    settle(program, AWAY)
    configure(program, AWAY)
    program.cache.chmod(0o000)  # also where the tests are not root's
    result = as_nobody(program)
    program.cache.chmod(0o700)
    assert (result.code, result.out) == (8, "")
    assert result.complaint.startswith("var/dropsonde/sent: Permission denied: ")


def test_a_cache_in_which_no_key_can_be_kept(program: Program) -> None:
    with LoopbackEndpoint(Reply(body=pem(HOLDER))) as endpoint:
        settle(program, endpoint.url)
        configure(program, endpoint.url)
        for path in (program.cache / "sent").iterdir():
            path.chmod(0o644)
        for path in (program.cache / "sent", program.cache):
            path.chmod(0o555)
        result = as_nobody(program, "--trust")
        program.cache.chmod(0o700)
    assert (result.code, result.out) == (8, "")
    assert result.complaint.startswith("var/dropsonde/keys: Permission denied for user nobody: ")
