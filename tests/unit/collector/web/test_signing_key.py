"""The key: made once, private, and good for receipts."""

from __future__ import annotations

import stat
import subprocess
import uuid
from pathlib import Path

import pytest

from dropsonde.collector.web.signing_key import Key
from dropsonde.common.errors import DataDirectoryError
from dropsonde.protocol.receipt import SignedReceipt

RECEIPT = SignedReceipt(str(uuid.UUID(int=1)), "2026-W47", "https://example.test", "0" * 64, "")


def test_the_first_start_makes_it_and_the_next_finds_it(tmp_path: Path) -> None:
    made, found = Key.load_or_make(tmp_path), Key.load_or_make(tmp_path)
    path = tmp_path / "key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.public == found.public == Key.load(tmp_path).public
    assert made.public.startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["key.pem"]


def test_what_it_signs_openssl_verifies(tmp_path: Path) -> None:
    key = Key.load_or_make(tmp_path)
    signed = key.signed(RECEIPT)
    assert signed.verify(key.public)
    (tmp_path / "public.pem").write_bytes(key.public)
    (tmp_path / "message").write_bytes(signed.message())
    script = (
        f"echo {signed.signature} | base64 -d > signature; openssl pkeyutl -verify -pubin "
        "-inkey public.pem -rawin -in message -sigfile signature"
    )
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True, capture_output=True)
    assert b"Verified Successfully" in done.stdout


def test_an_id_is_the_same_for_the_same_report_of_a_week_and_this_key_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    key, other = Key.load_or_make(tmp_path), Key.load_or_make(tmp_path / "other")
    ids = [
        key.message_id("2026-W47", b"x"),
        Key.load(tmp_path).message_id("2026-W47", b"x"),
        key.message_id("2026-W48", b"x"),
        key.message_id("2026-W47", b"y"),
        other.message_id("2026-W47", b"x"),
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert all(uuid.UUID(text).version == 4 and str(uuid.UUID(text)) == text for text in ids)


def test_a_missing_or_damaged_key_is_said_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match="missing"):
        Key.load(tmp_path)
    path = tmp_path / "key.pem"
    rsa = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA"], check=True, capture_output=True
    ).stdout
    for data in (b"", b"-----BEGIN PRIVATE KEY-----\n", rsa):
        path.write_bytes(data)
        with pytest.raises(DataDirectoryError, match="no private key of Ed25519"):
            Key.load_or_make(tmp_path)
        assert path.read_bytes() == data
