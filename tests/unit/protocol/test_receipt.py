"""Signed receipts: what is signed, and everything that does not hold."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.protocol.receipt import LONGEST_DATASET, SignedReceipt, fingerprint, in_answer

HOLDER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
# What the same private key gives in any other program; the wire format stands and falls with it.
PEM = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
-----END PUBLIC KEY-----
"""
RECEIPT = SignedReceipt(
    message_id="0b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11",
    week="2026-W47",
    dataset="https://télémétrie.example.com/",
    sha256="ab" * 32,
    signature="eZiParf5fugPeO2Z08dm1nQJIiv9E3lgyB9ajSwBywz40NDhaIFfRkuiNftAU8SF6A1Q3dY9ZJo15QzVCclKDw==",
)
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's group


def public(
    key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign(receipt: SignedReceipt, key: ed25519.Ed25519PrivateKey = HOLDER) -> SignedReceipt:
    return replace(receipt, signature=base64.b64encode(key.sign(receipt.message())).decode())


printable = st.text(st.characters(codec="utf-8"), min_size=1, max_size=LONGEST_DATASET).filter(
    str.isprintable
)
days = st.dates(min_value=date(1000, 1, 4), max_value=date(9998, 12, 28))
receipts = st.builds(
    lambda message_id, day, dataset, digest: SignedReceipt(
        str(message_id), f"{day.isocalendar()[0]}-W{day.isocalendar()[1]:02}", dataset, digest, ""
    ),
    st.uuids(),
    days,
    printable,
    st.binary(min_size=32, max_size=32).map(bytes.hex),
).map(sign)


def test_what_is_signed() -> None:
    assert (
        RECEIPT.message()
        == (
            '{"dataset":"https://télémétrie.example.com/",'
            '"message_id":"0b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11",'
            f'"sha256":"{"ab" * 32}","week":"2026-W47"}}'
        ).encode()
    )
    assert sign(RECEIPT) == RECEIPT
    assert RECEIPT.verify(PEM)


def test_a_fingerprint() -> None:
    assert fingerprint(PEM) == "5647 5aa7 5463 474c 0285 df5d bf2b cab7"


@given(receipts)
def test_round_trip(receipt: SignedReceipt) -> None:
    text = json.dumps({"newer": False, "receipt": receipt.to_json()})
    read = in_answer(text)
    assert read == receipt
    assert read.verify(PEM)


@given(receipts, st.sampled_from(["message_id", "week", "dataset", "sha256"]), receipts)
def test_no_field_can_be_exchanged(receipt: SignedReceipt, name: str, other: SignedReceipt) -> None:
    changed = replace(receipt, **{name: getattr(other, name)})
    assert changed.verify(PEM) == (changed == receipt)


def test_another_key() -> None:
    other = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert not RECEIPT.verify(public(other))
    assert sign(RECEIPT, other).verify(public(other))


def test_keys_of_later_collectors_are_ignored() -> None:
    assert SignedReceipt.from_json({**RECEIPT.to_json(), "kept_until": None}) == RECEIPT


@pytest.mark.parametrize("document", [None, [], "receipt", 7, [RECEIPT.to_json()]], ids=repr)
def test_only_an_object_is_a_receipt(document: Any) -> None:
    with pytest.raises(ValueError, match=r"^it is not a JSON object$"):
        SignedReceipt.from_json(document)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("message_id", [RECEIPT.message_id.upper(), RECEIPT.message_id[:-1], "{}", "a" * 36]),
        ("message_id", [f"{RECEIPT.message_id}\n", f"{{{RECEIPT.message_id}}}", "0" * 32]),
        ("week", ["2026-W54", "2025-W53", "2026-W00", "2026-47", "2026W47", "26-W47", "0000-W01"]),
        (
            "week",
            ["2026-W47\n", " 2026-W47", "2026-w47", "\u0662026-W47", "2026-W4\u0667", "2026-W7"],
        ),
        ("dataset", ["", "a" * (LONGEST_DATASET + 1), "a\n", "a\x1b[2J", "a\u202e", "a\ud800"]),
        ("sha256", ["AB" * 32, "ab" * 31, "ab" * 33, "0x" + "ab" * 31, "g" * 64, "ab" * 32 + "\n"]),
        ("signature", ["", "=", "é" * 88, base64.b64encode(bytes(63)).decode()]),
        ("signature", [base64.b64encode(bytes(65)).decode(), bytes(64).hex(), "A" * 88]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_is_none(name: str, values: list[str]) -> None:
    complaints = set()
    others: list[Any] = [*values, None, 7, True, [getattr(RECEIPT, name)], {}]
    for value in others:
        with pytest.raises(ValueError, match=r"^its ") as caught:
            SignedReceipt.from_json({**RECEIPT.to_json(), name: value})
        complaints.add(str(caught.value))
    document = RECEIPT.to_json()
    del document[name]
    with pytest.raises(ValueError, match=r"^its ") as caught:
        SignedReceipt.from_json(document)
    # One complaint for all: it names the field, and never the value.
    assert complaints == {str(caught.value)}
    assert str(caught.value).startswith(f"its {name} is not ")


def spellings(text: str) -> list[str]:
    """Others that a lenient decoder takes for the same 64 bytes."""
    loose = DIGITS[DIGITS.index(text[85]) + 1]  # the last two bits of a letter before == are unused
    lenient = [
        f"{text[:85]}{loose}==",
        f"{text}=",
        f"{text}\n",
        f" {text}",
        f"{text[:40]}\n{text[40:]}",
    ]
    return [
        *lenient,
        text.rstrip("="),
        f"{text[:86]}=",
        f"{text}!",
        f"{text[:4]}*{text[4:]}",
        f"{text}AAAA",
    ]


@pytest.mark.parametrize("spelling", spellings(RECEIPT.signature))
def test_base64_has_one_spelling(spelling: str) -> None:
    document = {**RECEIPT.to_json(), "signature": spelling}
    with pytest.raises(ValueError, match=r"^its signature is not base64 of 64 bytes$"):
        SignedReceipt.from_json(document)
    assert not SignedReceipt(**document).verify(PEM)


def test_base64_of_urls_is_another() -> None:
    receipt = next(
        made
        for number in range(100)
        if "/" in (made := sign(replace(RECEIPT, dataset=f"dataset {number}"))).signature
    )
    document = {**receipt.to_json(), "signature": receipt.signature.replace("/", "_")}
    with pytest.raises(ValueError, match=r"^its signature is not "):
        SignedReceipt.from_json(document)


def test_a_signature_has_no_twin() -> None:
    """Adding the group's order to S gives the same point."""
    data = base64.b64decode(RECEIPT.signature)
    twin = int.from_bytes(data[32:], "little") + ORDER
    text = base64.b64encode(data[:32] + twin.to_bytes(32, "little")).decode()
    assert not replace(RECEIPT, signature=text).verify(PEM)


@given(st.integers(0, 511))
def test_no_bit_of_a_signature_can_be_turned(place: int) -> None:
    data = bytearray(base64.b64decode(RECEIPT.signature))
    data[place // 8] ^= 1 << place % 8
    assert not replace(RECEIPT, signature=base64.b64encode(data).decode()).verify(PEM)


@pytest.mark.parametrize(
    "answer",
    ["", "<html>", "[" * 60_000, "[]", "null", '"receipt"', "{}", '{"receipt": null}', '{"receipt'],
    ids=lambda answer: answer[:10],
)
def test_answers_without_a_receipt(answer: str) -> None:
    assert in_answer(answer) is None


@pytest.mark.parametrize("found", ["{}", "[]", "false", '""', "0"])
def test_answers_with_something_in_its_place(found: str) -> None:
    with pytest.raises(ValueError, match=r"^it"):
        in_answer(f'{{"receipt": {found}}}')


KEYS = {
    "RSA": public(rsa.generate_private_key(65537, 2048)),
    "ECDSA": public(ec.generate_private_key(ec.SECP256R1())),
    "private": HOLDER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "DER": HOLDER.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "raw": HOLDER.public_key().public_bytes_raw(),
    "OpenSSH": HOLDER.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
    "cut": PEM[:60],
    "empty": b"",
    "HTML": b"<html>",
    "label": PEM.replace(b"PUBLIC KEY", b"CERTIFICATE"),
}


@pytest.mark.parametrize("name", KEYS)
def test_other_keys(name: str) -> None:
    for use in (RECEIPT.verify, fingerprint):
        with pytest.raises(ValueError, match=r"^not a (public key in PEM|key of Ed25519)$"):
            use(KEYS[name])


@given(
    st.binary()
    | st.tuples(st.integers(0, len(PEM) - 1), st.binary(max_size=4)).map(
        lambda cut: PEM[: cut[0]] + cut[1] + PEM[cut[0] + 1 :]
    )
)
def test_damaged_keys(data: bytes) -> None:
    """A damaged key is no key or another, whose fingerprint differs."""
    try:
        found = fingerprint(data)
    except ValueError:
        return
    assert (found == fingerprint(PEM)) == RECEIPT.verify(data)


def test_cryptography_is_imported_when_it_is_needed() -> None:
    code = "import sys, dropsonde.protocol.receipt; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
