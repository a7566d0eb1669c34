"""Serve the vocabulary file: the same bytes for everybody, with a signature in a header."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from dropsonde.collector.web.responses import Refusal
from dropsonde.protocol.served_vocabulary import HEADER, SignedVocabulary

if TYPE_CHECKING:
    from starlette.requests import Request

    from dropsonde.collector.intake.vocabulary import Vocabularies
    from dropsonde.collector.vocabulary_file import VocabularyFile
    from dropsonde.collector.web.rate_limit import RateLimit
    from dropsonde.collector.web.signing_key import Key

BYTES = 1 << 20  # sent for the cost of one request; one that takes more counts as several
_CHUNK = 64 << 10  # a slow client holds only so much of the file in the server's buffers
_MAX_AGE = 3600  # seconds that a cache may answer
_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')
_GZIP = "-gzip"
_REFUSES = re.compile(r"0(?:\.0{0,3})?")


@dataclass(frozen=True)
class ServedVocabulary:
    """Handles requests for the vocabulary.

    Args:
        vocabularies: has the file in force.
        key: signs what is served.
        dataset: the dataset's name in the signed statement.
        rate_limit: of all networks.
    """

    vocabularies: Vocabularies
    key: Key
    dataset: str
    rate_limit: RateLimit

    async def get(self, request: Request) -> Response:
        """Answer with the file, compressed if the client accepts it, or that it is unchanged."""
        file = self.vocabularies.vocabulary
        if file is None:
            raise Refusal(
                HTTPStatus.NOT_FOUND, "no_vocabulary", "this collector serves no vocabulary"
            )
        compressed = _accepts_gzip(request.headers.getlist("accept-encoding"))
        headers = self._headers(file, compressed=compressed)
        if _has(file, request.headers.getlist("if-none-match")):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        data = file.compressed if compressed else file.data
        headers["Content-Length"] = str(len(data))
        if compressed:
            headers["Content-Encoding"] = "gzip"
        media = "text/plain; charset=utf-8"
        if request.method == "HEAD":
            return Response(headers=headers, media_type=media)
        client = request.client
        self.rate_limit.charge(client.host if client else "", len(data) / BYTES - 1)
        return StreamingResponse(_chunks(data), headers=headers, media_type=media)

    def _headers(self, file: VocabularyFile, *, compressed: bool) -> dict[str, str]:
        statement = self.key.signed(SignedVocabulary(self.dataset, file.sha256, signature=""))
        return {
            # Of the text; a strong validator must tell a compressed answer from the text.
            "ETag": f'"{file.sha256}{_GZIP if compressed else ""}"',
            "Vary": "Accept-Encoding",
            "Cache-Control": f"public, max-age={_MAX_AGE}",
            HEADER: statement.to_header(),
        }


async def _chunks(data: bytes) -> AsyncIterator[memoryview]:
    view = memoryview(data)
    for start in range(0, len(data), _CHUNK):
        yield view[start : start + _CHUNK]


def _has(file: VocabularyFile, values: list[str]) -> bool:
    """Whether a client's If-None-Match names this version of the file, in either encoding."""
    text = ",".join(values)
    if text.strip() == "*":
        return True
    return any(tag.removesuffix(_GZIP) == file.sha256 for tag in _ETAG.findall(text))


def _accepts_gzip(values: list[str]) -> bool:
    """Whether Accept-Encoding names gzip, or any encoding, without a weight of 0."""
    weights = {}
    for item in ",".join(values).lower().split(","):
        name, _, parameter = item.partition(";")
        weight = parameter.strip().removeprefix("q=")
        weights[name.strip()] = not (
            parameter.strip().startswith("q=") and _REFUSES.fullmatch(weight)
        )
    for name in ("gzip", "x-gzip", "*"):
        if name in weights:
            return weights[name]
    return False
