"""The signed receipt: an endpoint's publicly verifiable statement that it took exactly these bytes.

A collector signs it; the probe keeps and verifies it. The signature is Ed25519 (RFC 8032) over
canonical JSON of all other fields.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE_BYTES = 64
LONGEST_DATASET = 255  # characters
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SignedReceipt:
    """A collector's receipt for a report that it took.

    Attributes:
        message_id: of the report's row: a UUID in lower case.
        week: the ISO week that the report counts for, as ``2026-W47``.
        dataset: the dataset that holds it: the collector's public URL or name; 255 printable
            characters at most.
        sha256: of the bytes received, decompressed; hexadecimal, in lower case.
        signature: base64 of the Ed25519 signature of :meth:`message`.
    """

    message_id: str
    week: str
    dataset: str
    sha256: str
    signature: str

    def message(self) -> bytes:
        """The signed bytes: canonical JSON (sorted keys, no spaces, UTF-8) without the signature.

        A signer makes a receipt with an empty signature first, then replaces the signature.
        """
        document = self.to_json()
        del document["signature"]
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    def to_json(self) -> dict[str, str]:
        """The receipt as in the endpoint's answer."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Any) -> SignedReceipt:
        """Read a receipt strictly; ignore unknown keys, which later collectors may add.

        Raises:
            ValueError: it is not a receipt; the message names the field, never its value.
        """
        if not isinstance(document, dict):
            raise ValueError("it is not a JSON object")  # noqa: TRY004 - a fault of what was read
        values = {}
        for field in fields(cls):
            value, (form, holds) = document.get(field.name), _FORMS[field.name]
            if not (isinstance(value, str) and holds(value)):
                raise ValueError(f"its {field.name} is not {form}")
            values[field.name] = value
        return cls(**values)

    def verify(self, key: bytes) -> bool:
        """Whether the signature is valid for a public key.

        Args:
            key: the public key in PEM.

        Raises:
            ValueError: the key is not an Ed25519 public key in PEM.
        """
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - when it is needed

        holder, signature = _load(key), _unpacked(self.signature)
        if signature is None:
            return False
        try:
            holder.verify(signature, self.message())
        except InvalidSignature:
            return False
        return True


def in_answer(text: str) -> SignedReceipt | None:
    """The receipt in an endpoint's answer of any form; None if it has none.

    Raises:
        ValueError: the answer's receipt is malformed.
    """
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = answer.get("receipt") if isinstance(answer, dict) else None
    return None if found is None else SignedReceipt.from_json(found)


def fingerprint(key: bytes) -> str:
    """A key's fingerprint to compare by eye: half the SHA-256 of its 32 bytes, in groups.

    Args:
        key: the public key in PEM.

    Raises:
        ValueError: the key is not an Ed25519 public key in PEM.
    """
    digest = hashlib.sha256(_load(key).public_bytes_raw()).hexdigest()[:32]
    return " ".join(digest[place : place + 4] for place in range(0, len(digest), 4))


def _load(key: bytes) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - when it is needed
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        loaded = load_pem_public_key(key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("not a public key in PEM") from error
    if not isinstance(loaded, ed25519.Ed25519PublicKey):
        raise ValueError("not a key of Ed25519")  # noqa: TRY004 - a fault of what was read
    return loaded


def _is_week(text: str) -> bool:
    match = _WEEK.fullmatch(text)
    try:
        return match is not None and bool(date.fromisocalendar(int(match[1]), int(match[2]), 1))
    except ValueError:  # the year has no such week
        return False


def _is_dataset(text: str) -> bool:
    # Safe for a terminal; a lone surrogate, which UTF-8 cannot encode, is not printable.
    return 0 < len(text) <= LONGEST_DATASET and text.isprintable()


def _unpacked(text: str) -> bytes | None:
    """A signature's bytes; None unless the text is the canonical base64 of 64 bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: non-ASCII characters
        return None
    same = base64.b64encode(data).decode() == text
    return data if same and len(data) == SIGNATURE_BYTES else None


_FORMS: dict[str, tuple[str, Callable[[str], object]]] = {
    "message_id": ("a UUID in lower case", _UUID.fullmatch),
    "week": ("an ISO week such as 2026-W47", _is_week),
    "dataset": (f"a name of at most {LONGEST_DATASET} printable characters", _is_dataset),
    "sha256": ("64 hexadecimal digits in lower case", _SHA256.fullmatch),
    "signature": (f"base64 of {SIGNATURE_BYTES} bytes", _unpacked),
}
