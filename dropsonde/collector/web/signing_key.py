"""The collector's key: it signs receipts and the vocabulary, and derives the ids of reports.

An Ed25519 key, generated at the first start and stored in the data directory. The same report of
the same week has the same id and the same receipt, so a sender that lost the first answer gets it
again.
"""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from dropsonde.common.errors import DataDirectoryError
from dropsonde.common.files import read_bounded, write_atomically
from dropsonde.protocol.receipt import SignedReceipt
from dropsonde.protocol.served_vocabulary import SignedVocabulary

Statement = TypeVar("Statement", SignedReceipt, SignedVocabulary)

NAME = "key.pem"
_MAX_BYTES = 4096
_UUID_BYTES = 16


class Key:
    """A private key.

    Args:
        private: the key.
    """

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._for_ids = hashlib.sha256(b"message ids\0" + private.private_bytes_raw()).digest()

    @classmethod
    def load(cls, directory: Path) -> Key:
        """Read the key of a data directory.

        Raises:
            DataDirectoryError: it is missing or damaged.
        """
        path = directory / NAME
        data = read_bounded(path, _MAX_BYTES)
        if data is None:
            raise DataDirectoryError(
                f"{path} is missing or cannot be read", "it is made when the collector first starts"
            )
        try:
            private = load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _damaged(path) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise _damaged(path)
        return cls(private)

    @classmethod
    def load_or_make(cls, directory: Path) -> Key:
        """Read the key of a data directory that this collector holds, or generate one.

        Raises:
            DataDirectoryError: it is damaged.
            FileError: it cannot be written.
        """
        path = directory / NAME
        if not path.exists():
            private = Ed25519PrivateKey.generate()
            form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_atomically(path, private.private_bytes(*form))
        return cls.load(directory)

    @property
    def public(self) -> bytes:
        """The public key in PEM."""
        form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self._private.public_key().public_bytes(*form)

    def message_id(self, week: str, digest: bytes) -> str:
        """A report's id: indistinguishable from a random UUID (version 4) without the key.

        Args:
            week: that it counts for.
            digest: SHA-256 of its bytes, decompressed.
        """
        text = week.encode() + digest
        found = hashlib.blake2b(text, key=self._for_ids, digest_size=_UUID_BYTES).digest()
        return str(uuid.UUID(bytes=found, version=4))

    def signed(self, statement: Statement) -> Statement:
        """The statement with its signature."""
        signature = self._private.sign(statement.message())
        return replace(statement, signature=b64encode(signature).decode())


def _damaged(path: Path) -> DataDirectoryError:
    return DataDirectoryError(
        f"{path} holds no private key of Ed25519",
        "restore it from a backup; a new one cannot verify what the old one signed",
    )
