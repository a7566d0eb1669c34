"""The signed receipt: an endpoint's publicly verifiable statement that it took exactly these bytes.

A collector signs it; the probe keeps and verifies it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from dropsonde.protocol.signed import COMMON, LONGEST_DATASET, Signed, fingerprint, read

__all__ = ["LONGEST_DATASET", "SignedReceipt", "fingerprint", "in_answer"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def _is_week(text: str) -> bool:
    match = _WEEK.fullmatch(text)
    try:
        return match is not None and bool(date.fromisocalendar(int(match[1]), int(match[2]), 1))
    except ValueError:  # the year has no such week
        return False


@dataclass(frozen=True)
class SignedReceipt(Signed):
    """A collector's receipt for a report that it took.

    Attributes:
        message_id: of the report's row: a UUID in lower case.
        week: the ISO week that the report counts for, as ``2026-W47``.
        dataset: the dataset that holds it: the collector's public URL or name; 255 printable
            characters at most.
        sha256: of the bytes received, decompressed; hexadecimal, in lower case.
        signature: base64 of the Ed25519 signature of :meth:`message`.
    """

    FORMS: ClassVar = {
        "message_id": ("a UUID in lower case", _UUID.fullmatch),
        "week": ("an ISO week such as 2026-W47", _is_week),
        **COMMON,
    }

    message_id: str
    week: str
    dataset: str
    sha256: str
    signature: str

    @classmethod
    def from_json(cls, document: Any) -> SignedReceipt:
        """Read a receipt strictly; ignore unknown keys, which later collectors may add.

        Raises:
            ValueError: it is not a receipt; the message names the field, never its value.
        """
        return cls(**read(document, cls.FORMS))


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
