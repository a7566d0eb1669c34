"""The signed statement of a served vocabulary: what is signed, carried and read."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.protocol.receipt import SignedReceipt
from dropsonde.protocol.served_vocabulary import LONGEST_HEADER, SignedVocabulary
from dropsonde.protocol.signed import LONGEST_DATASET

HOLDER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = HOLDER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign(statement: SignedVocabulary) -> SignedVocabulary:
    signature = base64.b64encode(HOLDER.sign(statement.message())).decode()
    return replace(statement, signature=signature)


STATEMENT = sign(SignedVocabulary("https://télémétrie.example.com/", "ab" * 32, ""))
statements = st.builds(
    SignedVocabulary,
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=LONGEST_DATASET).filter(
        str.isprintable
    ),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
    st.just(""),
).map(sign)


def test_what_is_signed() -> None:
    assert (
        STATEMENT.message()
        == (
            '{"dataset":"https://télémétrie.example.com/","kind":"vocabulary",'
            f'"sha256":"{"ab" * 32}"}}'
        ).encode()
    )
    assert STATEMENT.verify(PEM)


@given(statements)
def test_round_trip_through_one_header(statement: SignedVocabulary) -> None:
    header = statement.to_header()
    assert header.isascii()
    assert header.isprintable()
    read = SignedVocabulary.from_header(header)
    assert read == statement
    assert read.verify(PEM)


def test_the_longest_name_of_a_dataset_fits() -> None:
    longest = sign(replace(STATEMENT, dataset="\U0001f388" * LONGEST_DATASET))
    assert SignedVocabulary.from_header(longest.to_header()) == longest


@given(statements, statements, st.sampled_from(["dataset", "sha256"]))
def test_no_field_can_be_exchanged(
    statement: SignedVocabulary, other: SignedVocabulary, name: str
) -> None:
    changed = replace(statement, **{name: getattr(other, name)})
    assert changed.verify(PEM) == (changed == statement)


def test_neither_it_nor_a_receipt_can_be_taken_for_the_other() -> None:
    receipt = SignedReceipt(
        "0b6e7a3c-5d55-4b3e-9c1f-3f1d2f5a7c11", "2026-W47", STATEMENT.dataset, "ab" * 32, ""
    )
    signature = base64.b64encode(HOLDER.sign(receipt.message())).decode()
    signed = replace(receipt, signature=signature)
    with pytest.raises(ValueError, match=r"^its message_id is not "):
        SignedReceipt.from_json(json.loads(STATEMENT.to_header()))
    with pytest.raises(ValueError, match=r"^its kind is not "):
        SignedVocabulary.from_header(json.dumps(signed.to_json()))
    both: dict[str, Any] = {**receipt.to_json(), **STATEMENT.to_json()}
    assert not SignedReceipt.from_json(both).verify(PEM)
    both["signature"] = signed.signature
    assert SignedReceipt.from_json(both).verify(PEM)
    assert not SignedVocabulary.from_header(json.dumps(both)).verify(PEM)


@pytest.mark.parametrize(
    "value",
    [
        *("", "{", "[]", "null", '"kind"', "7", "{}", "[" * LONGEST_HEADER, "NaN"),
        STATEMENT.to_header() + " " * LONGEST_HEADER,
        STATEMENT.to_header().replace("\\u00e9", "é"),
        STATEMENT.to_header().replace(",", ",\n", 1),
        STATEMENT.to_header().replace(",", ",\x1b", 1),
        STATEMENT.to_header()[:-1],
        f"{STATEMENT.to_header()}, {STATEMENT.to_header()}",
        "9" * LONGEST_HEADER,
        json.dumps({**STATEMENT.to_json(), "kind": "receipt"}),
        json.dumps({**STATEMENT.to_json(), "kind": None}),
        json.dumps({**STATEMENT.to_json(), "sha256": "AB" * 32}),
        json.dumps({**STATEMENT.to_json(), "dataset": "a\ud800"}),
        json.dumps({**STATEMENT.to_json(), "signature": "A" * 88}),
    ],
    ids=lambda value: value[:20],
)
def test_a_header_that_is_none(value: str) -> None:
    with pytest.raises(ValueError, match=r"^it(s [a-z0-9]+)? is not "):
        SignedVocabulary.from_header(value)


@given(st.text() | st.text(st.sampled_from('{}[]",:\\ukind0')))
def test_any_text_is_none(value: str) -> None:
    with pytest.raises(ValueError, match=r"^it(s [a-z0-9]+)? is not "):
        SignedVocabulary.from_header(value)


def test_keys_of_later_collectors_are_ignored() -> None:
    later = json.dumps({**STATEMENT.to_json(), "since": "2026-01-01"})
    assert SignedVocabulary.from_header(later) == STATEMENT
