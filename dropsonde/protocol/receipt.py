"""The signed receipt: an endpoint's word that it took exactly these bytes, for anybody to check.

Both halves share it: a collector signs, the probe keeps and verifies. The signature is Ed25519's
(RFC 8032) over canonical JSON of all the other fields.
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
    """What a collector says of a report that it took.

    Attributes:
        message_id: of the row that the report became: a UUID in lower case.
        week: the ISO week that the report counts for, as ``2026-W47``.
        dataset: which dataset holds it: the collector's public URL or name; 255 printable
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
        """What is signed: canonical JSON (sorted keys, no spaces, UTF-8) of all but the signature.

        Whoever signs makes a receipt with an empty signature first, and replaces that.
        """
        document = self.to_json()
        del document["signature"]
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    def to_json(self) -> dict[str, str]:
        """As it stands in the endpoint's answer."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Any) -> SignedReceipt:
        """Read a receipt strictly; keys of later collectors are ignored.

        Raises:
            ValueError: it is none; says which field is wrong, and never its value.
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
        """Whether the signature is by the holder of a key.

        Args:
            key: the public key in PEM.

        Raises:
            ValueError: the key is no Ed25519 public key in PEM.
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
    """The receipt in an endpoint's answer; None where there is none, whatever the answer is.

    Raises:
        ValueError: there is something in its place that is none.
    """
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = answer.get("receipt") if isinstance(answer, dict) else None
    return None if found is None else SignedReceipt.from_json(found)


def fingerprint(key: bytes) -> str:
    """A public key in short, to compare by eye: half the SHA-256 of its 32 bytes, in groups.

    Args:
        key: the public key in PEM.

    Raises:
        ValueError: the key is no Ed25519 public key in PEM.
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
    # Fit for a terminal; and a lone surrogate, which has no UTF-8, is not printable.
    return 0 < len(text) <= LONGEST_DATASET and text.isprintable()


def _unpacked(text: str) -> bytes | None:
    """A signature's bytes; None for all but the one spelling that base64 has for 64 bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # the latter for letters beyond ASCII
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
