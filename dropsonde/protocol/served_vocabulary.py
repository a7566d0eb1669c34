"""The signed statement of the vocabulary file that a collector serves, in one HTTP header.

The answer to ``GET /v1/vocabulary`` has it in ``Dropsonde-Vocabulary``: JSON in ASCII. A probe
that knows the collector's key can so check a file that came through caches and proxies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from dropsonde.protocol.signed import COMMON, Signed, read

PATH = "/v1/vocabulary"
HEADER = "Dropsonde-Vocabulary"
KIND = "vocabulary"
LONGEST_HEADER = 4096  # characters; 255 of a dataset may be escaped as 3,060


@dataclass(frozen=True)
class SignedVocabulary(Signed):
    """A collector's statement that it serves a vocabulary file of exactly these bytes.

    Attributes:
        dataset: the dataset of the collector that serves it, as in its receipts.
        kind: always :data:`KIND`. No receipt has this field, so neither can be taken for the other.
        sha256: of the file's bytes, decompressed; hexadecimal, in lower case.
        signature: base64 of the Ed25519 signature of :meth:`message`.
    """

    FORMS: ClassVar = {"kind": (f'"{KIND}"', KIND.__eq__), **COMMON}

    dataset: str
    sha256: str
    signature: str
    kind: str = KIND

    def to_header(self) -> str:
        """The value of the header, in printable ASCII."""
        return json.dumps(self.to_json(), separators=(",", ":"))

    @classmethod
    def from_header(cls, value: str) -> SignedVocabulary:
        """Read the header strictly; ignore unknown keys, which later collectors may add.

        Raises:
            ValueError: it is not such a statement; the message never shows a value.
        """
        if len(value) > LONGEST_HEADER or not (value.isascii() and value.isprintable()):
            raise ValueError(f"it is not at most {LONGEST_HEADER} characters of printable ASCII")
        try:
            document: Any = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("it is not JSON") from None
        return cls(**read(document, cls.FORMS))
