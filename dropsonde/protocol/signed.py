"""Signed statements of an endpoint: Ed25519 (RFC 8032) over canonical JSON of all other fields."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    # A field's form in words, and whether a text has it.
    Forms = Mapping[str, tuple[str, Callable[[str], object]]]

SIGNATURE_BYTES = 64
LONGEST_DATASET = 255  # characters
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Signed:
    """The base of the signed statements, which are frozen dataclasses of texts.

    No two kinds of statement have the same fields, so a signature is valid for one kind only.

    Attributes:
        FORMS: of the fields, in their order.
        signature: base64 of the Ed25519 signature of :meth:`message`.
    """

    FORMS: ClassVar[Forms]
    signature: str

    def message(self) -> bytes:
        """The signed bytes: canonical JSON (sorted keys, no spaces, UTF-8) without the signature.

        A signer makes a statement with an empty signature first, then replaces the signature.
        """
        document = self.to_json()
        del document["signature"]
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    def to_json(self) -> dict[str, str]:
        """The statement as it is sent."""
        return {name: getattr(self, name) for name in self.FORMS}

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


def read(document: Any, forms: Forms) -> dict[str, str]:
    """Read a statement's fields strictly; ignore unknown keys, which later collectors may add.

    Raises:
        ValueError: one is missing or malformed; the message names the field, never its value.
    """
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - a fault of what was read
    values = {}
    for name, (form, holds) in forms.items():
        value = document.get(name)
        if not (isinstance(value, str) and holds(value)):
            raise ValueError(f"its {name} is not {form}")
        values[name] = value
    return values


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


# The fields that every statement has.
COMMON: Forms = {
    "dataset": (f"a name of at most {LONGEST_DATASET} printable characters", _is_dataset),
    "sha256": ("64 hexadecimal digits in lower case", _SHA256.fullmatch),
    "signature": (f"base64 of {SIGNATURE_BYTES} bytes", _unpacked),
}
