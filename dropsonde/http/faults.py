"""Explain a failed request in words that an administrator can act on."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from typing import TypeVar

import requests
from urllib3 import exceptions as urllib3
from urllib3.util.ssl_match_hostname import CertificateError

from dropsonde.common.urls import shown
from dropsonde.http.client import RefusedRedirectError

Error = TypeVar("Error", bound=BaseException)
_SECONDS = re.compile(r"[0-9]{1,9}")

ASK_CLOCK = "check this machine's clock, else the server's certificate has to be renewed"
ASK_NAME = "check the host name in the address"
ASK_AUTHORITY = (
    "if a proxy opens TLS connections, add its authority to the system's certificates or name the "
    "file in REQUESTS_CA_BUNDLE; for PuppetDB see Puppet's localcacert"
)
OTHER_NAME = ("its certificate is for another name or address", ASK_NAME)
UNKNOWN_AUTHORITY = ("its certificate is signed by an unknown authority", ASK_AUTHORITY)
# By OpenSSL's number of the verification error (X509_V_ERR_*).
CERTIFICATE_FAULTS = {
    9: ("its certificate is not yet valid", ASK_CLOCK),
    10: ("its certificate has expired", ASK_CLOCK),
    62: OTHER_NAME,
    64: OTHER_NAME,
    **dict.fromkeys((2, 18, 19, 20, 21), UNKNOWN_AUTHORITY),
}
# The server's or client's error when they have no version or cipher suite in common; some servers
# also send it when a client's certificate is missing.
NOTHING_IN_COMMON = (
    *("SSLV3_ALERT_HANDSHAKE_FAILURE", "SSL/TLS_ALERT_HANDSHAKE_FAILURE"),
    *("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_CIPHER_RETURNED"),
)
NO_COMMON_SUITE = (
    (
        "no TLS connection: it offers neither TLS 1.3 nor TLS 1.2 with AES-GCM or ChaCha20, "
        "or it wants a client's certificate"
    ),
    "enable one of these on that server; for PuppetDB check this host's certificate, too",
)
# A server that refuses the client's certificate often closes before its alert is read (TLS 1.3).
CLOSED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
# OpenSSL's libraries that read files; for some damaged files it gives no reason.
FILE_LIBRARIES = ("X509", "PEM")
FILE_FAULT = (
    "a certificate, key or CA file for the connection is missing, unreadable or damaged",
    "check REQUESTS_CA_BUNDLE and its like, or Puppet's hostcert, hostprivkey and localcacert",
)
STATUS_ADVICE = {
    401: "check the user and password or the client certificate",
    403: "check that this client is allowed there, and that no proxy stands in between",
    404: "check the address",
    407: "check the user and password of the proxy",
    429: "try again later",
}
ASK_PROXY = "check HTTPS_PROXY, or http_proxy_host and its companions in puppet.conf"
ASK_NETWORK = "check the address, the network and the proxy settings"
TRY_LATER = "try again later; if it stays so, tell the server's administrator"
# The first match anywhere in the chain of causes counts; narrow types come first.
CONNECTION_FAULTS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    (
        (socket.gaierror,),
        "the host name cannot be resolved",
        "check the address and the name servers",
    ),
    (
        (ConnectionRefusedError,),
        "the connection was refused",
        "check the address, and that the server runs",
    ),
    # Before the timeouts: in urllib3 this is a subclass of one.
    ((urllib3.NewConnectionError,), "the host cannot be reached", ASK_NETWORK),
    ((requests.Timeout, urllib3.TimeoutError, TimeoutError), "no answer in time", ASK_NETWORK),
    (
        (requests.exceptions.ContentDecodingError, urllib3.DecodeError),
        "the answer is damaged",
        TRY_LATER,
    ),
    (
        (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, urllib3.HTTPError),
        "the connection broke before the answer was complete",
        TRY_LATER,
    ),
)


def explain(error: requests.RequestException, url: str) -> tuple[str, str]:
    """Explain what happened and what to do about it.

    Args:
        error: raised by requests itself, by ``raise_for_status()`` or by ``json()``.
        url: the requested URL; its user, password and query are never shown.

    Returns:
        what happened and where, and advice: the arguments of a ``DropsondeError``.
    """
    chain = tuple(_chain(error))
    what, advice = (
        _answer(error) or _tls(chain) or _proxy(chain) or _connection(chain) or _request(error)
    )
    return f"{shown(url)}: {what}", advice


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes: requests and urllib3 wrap errors in several ways."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [*current.args, getattr(current, "reason", None)]
        waiting += [current.__cause__, current.__context__]


def _first(chain: tuple[BaseException, ...], kind: type[Error]) -> Error | None:
    return next((error for error in chain if isinstance(error, kind)), None)


def _answer(error: requests.RequestException) -> tuple[str, str] | None:
    """Explain faults of a received answer."""
    if isinstance(error, RefusedRedirectError):
        return "it redirects to where the request must not go", "check the address"
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle", "check the address"
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return "the answer is not JSON", "check the address, and that no proxy answers instead"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _status(error.response)
    return None


def _status(response: requests.Response) -> tuple[str, str]:
    code = response.status_code
    # Not the server's own reason phrase, which may hold anything.
    phrase = HTTPStatus(code).phrase if code in list(HTTPStatus) else "an unknown status"
    advice = STATUS_ADVICE.get(code, TRY_LATER if code >= HTTPStatus.INTERNAL_SERVER_ERROR else "")
    wait = response.headers.get("Retry-After", "")
    if _SECONDS.fullmatch(wait):
        advice = f"try again in {wait} seconds"
    return f"answered {code} ({phrase})", advice or "check the address"


def _tls(chain: tuple[BaseException, ...]) -> tuple[str, str] | None:
    unverified = _first(chain, ssl.SSLCertVerificationError)
    if unverified is not None:
        other = (f"its certificate is not accepted ({unverified.verify_message})", ASK_AUTHORITY)
        return CERTIFICATE_FAULTS.get(unverified.verify_code, other)
    if _first(chain, CertificateError):  # urllib3 1 compares the name itself
        return OTHER_NAME
    failed = _first(chain, ssl.SSLError)
    if failed is None:
        missing = _first(chain, requests.exceptions.SSLError) or _first(chain, PermissionError)
        return FILE_FAULT if missing else None
    return _not_spoken(failed)


def _not_spoken(failed: ssl.SSLError) -> tuple[str, str]:
    """Explain TLS faults other than the server's certificate."""
    reason = failed.reason or ""
    if reason in NOTHING_IN_COMMON:
        return NO_COMMON_SUITE
    if "ALERT" in reason or isinstance(failed, CLOSED):
        refused = "it refused the TLS connection, perhaps for the client's certificate"
        return refused, "check that certificate, and who signed and allows it"
    if failed.library in FILE_LIBRARIES or not reason:
        return FILE_FAULT
    return f"the TLS connection failed ({reason})", "check the address and the port"


def _proxy(chain: tuple[BaseException, ...]) -> tuple[str, str] | None:
    if _first(chain, requests.exceptions.InvalidProxyURL):
        return "the address of the proxy is not a URL", ASK_PROXY
    if not _first(chain, requests.exceptions.ProxyError):
        return None
    if any(" 407 " in f"{error} " for error in chain if isinstance(error, OSError)):
        return "the proxy on the way wants a user and password", STATUS_ADVICE[407]
    return "the proxy on the way cannot be reached or refuses", ASK_PROXY


def _connection(chain: tuple[BaseException, ...]) -> tuple[str, str] | None:
    for kinds, what, advice in CONNECTION_FAULTS:
        if any(isinstance(error, kinds) for error in chain):
            return what, advice
    return None


def _request(error: requests.RequestException) -> tuple[str, str]:
    if isinstance(error, ValueError):  # InvalidURL, MissingSchema, InvalidSchema, …
        return "the address is not a usable URL", "give it as https://host[:port]"
    return f"the request failed ({type(error).__name__})", ASK_NETWORK
