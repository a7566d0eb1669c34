"""Google's client, and the translation of its errors.

Credentials are Google's Application Default Credentials. If ``BIGQUERY_EMULATOR_HOST`` names a
server, Google's client uses that one instead, and no credentials are needed or sent.

BigQuery's own messages may quote values of rows, so messages only show an error's status and its
reason, a word.
"""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

import google.auth
import google.auth.credentials
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.cloud import bigquery
from google.resumable_media import DataCorruption
from requests.exceptions import RequestException

from dropsonde.common.errors import BigQueryError, ConfigError

if TYPE_CHECKING:
    from dropsonde.collector.store.bigquery.address import Address

_EMULATOR = "BIGQUERY_EMULATOR_HOST"
_SCOPE = "https://www.googleapis.com/auth/bigquery"
_REASON = re.compile(r"[A-Za-z]{1,64}")
_LATER = "nothing is lost, and the next run tries again"
_LOGIN = (
    "run `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name "
    "the file of a service account's key"
)
_ADVICE = {
    HTTPStatus.UNAUTHORIZED: _LOGIN,
    HTTPStatus.FORBIDDEN: "the collector needs the roles BigQuery Data Editor on the dataset and "
    f"BigQuery Job User on the project; {_LATER}",
    HTTPStatus.NOT_FOUND: f"make the dataset, or correct --store; {_LATER}",
}


def connect(address: Address) -> bigquery.Client:
    """A client for a project; it sends no request yet.

    Raises:
        ConfigError: there are no credentials.
    """
    try:
        credentials: google.auth.credentials.Credentials
        if os.environ.get(_EMULATOR):
            credentials = google.auth.credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]
        else:
            with warnings.catch_warnings():  # about a user's own credentials: their choice
                warnings.simplefilter("ignore", UserWarning)
                credentials, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError as error:
        raise ConfigError(f"{address}: there are no credentials of Google's", _LOGIN) from error
    return bigquery.Client(address.project, credentials)


@contextlib.contextmanager
def translating(address: Address) -> Iterator[None]:
    """Translate the errors of Google's libraries to this program's."""
    try:
        yield
    except RetryError as error:  # its cause is the last error
        with translating(address):
            raise (error.cause or TimeoutError()) from error
    except GoogleAPICallError as error:
        code = HTTPStatus(error.code) if error.code else HTTPStatus.INTERNAL_SERVER_ERROR
        said = "".join(f", {reason}" for reason in _reasons(error.errors))
        raise BigQueryError(
            f"{address}: BigQuery answers {code.value} ({code.phrase}{said})",
            _ADVICE.get(code, _LATER),
        ) from error
    except (RequestException, TransportError, OSError, DataCorruption) as error:
        raise BigQueryError(
            f"{address}: BigQuery cannot be reached ({type(error).__name__})", _LATER
        ) from error
    except GoogleAuthError as error:
        raise BigQueryError(
            f"{address}: Google does not accept the credentials ({type(error).__name__})", _LOGIN
        ) from error


def failed(address: Address, reason: object) -> BigQueryError:
    """The error for a failed job."""
    (said,) = _reasons([{"reason": reason}]) or ("no reason given",)
    return BigQueryError(f"{address}: a job of BigQuery's failed ({said})", _LATER)


def _reasons(errors: object) -> tuple[str, ...]:
    """The first error's reason, if it is a single word."""
    first = errors[0] if isinstance(errors, (list, tuple)) and errors else None
    reason = first.get("reason") if isinstance(first, dict) else None
    return (reason,) if isinstance(reason, str) and _REASON.fullmatch(reason) else ()
