"""Answers in JSON: what a report's sender is told, and why one is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

RETRY_AFTER = 300  # seconds: what is broken or full on a server is not mended sooner


class Refusal(HTTPException):
    """A request that is not done.

    Args:
        status: of HTTP.
        reason: one word for the metrics.
        message: one line for whoever sent it, without anything that stood in the request.
        faults: every fault of a report.
        headers: of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        reason: str,
        message: str,
        *,
        faults: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.reason = reason
        self.faults = faults

    def answer(self) -> Response:
        """The same as an answer."""
        return told(self.status_code, self.detail, faults=self.faults, headers=self.headers)


def unavailable(reason: str, message: str) -> Refusal:
    """The fault is here, and may pass."""
    headers = {"Retry-After": str(RETRY_AFTER)}
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason, message, headers=headers)


def told(
    status: int,
    message: str,
    *,
    faults: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A message, in the form that every answer but a taken report's has."""
    content: dict[str, object] = {"message": message}
    if faults:
        content["faults"] = list(faults)
    return JSONResponse(content, status, headers)


async def refused(_: Request, error: Exception) -> Response:
    """Answer what a route, or the lack of one, raised."""
    if isinstance(error, Refusal):
        return error.answer()
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = getattr(error, "headers", None)
    if headers and "Allow" in headers:
        headers = {"Allow": ", ".join(sorted(headers["Allow"].split(", ")))}
    return told(status, HTTPStatus(status).phrase.lower(), headers=headers)
