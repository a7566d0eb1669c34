"""Answers in JSON, and refusals of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

RETRY_AFTER = 300  # seconds: a broken or full server is rarely repaired sooner


class Refusal(HTTPException):
    """A refused request.

    Args:
        status: the HTTP status.
        reason: one word for the metrics.
        message: one line for the sender, without any content of the request.
        faults: the faults of a report.
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
        """The refusal as an answer."""
        return told(self.status_code, self.detail, faults=self.faults, headers=self.headers)


def unavailable(reason: str, message: str, seconds: int = RETRY_AFTER) -> Refusal:
    """A refusal (503) because of a temporary fault of the server, likely gone after some time."""
    headers = {"Retry-After": str(seconds)}
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason, message, headers=headers)


def told(
    status: int,
    message: str,
    *,
    faults: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with a message, in the form of all answers except a taken report's."""
    content: dict[str, object] = {"message": message}
    if faults:
        content["faults"] = list(faults)
    return JSONResponse(content, status, headers)


async def refused(_: Request, error: Exception) -> Response:
    """Answer an error that a route raised, or a missing route."""
    if isinstance(error, Refusal):
        return error.answer()
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = getattr(error, "headers", None)
    if headers and "Allow" in headers:
        headers = {"Allow": ", ".join(sorted(headers["Allow"].split(", ")))}
    return told(status, HTTPStatus(status).phrase.lower(), headers=headers)
