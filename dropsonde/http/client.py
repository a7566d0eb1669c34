"""Make the session for all HTTP requests of dropsonde."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError
from urllib3.util import Retry

from dropsonde import __version__
from dropsonde.common.urls import is_private
from dropsonde.http.authorities import authorities
from dropsonde.http.pools import CLASSES
from dropsonde.http.proxies import PORTS, bypassed
from dropsonde.http.tls import context

TIMEOUT = (10, 10)  # to connect, and between two bytes of the answer; seconds
LONGEST_WAIT = 60.0  # seconds between the tries of one request, all pauses together
FIRST_PAUSE = 0.5  # seconds, at most; doubled for each further try
RETRIED = (429, 500, 502, 503, 504)
SAFE_METHODS = ("GET", "HEAD")


def session(
    *,
    verify: str | bool = True,
    cert: tuple[str, str] | None = None,
    proxies: Mapping[str, str] | None = None,
    retries: int = 3,
    jitter: Callable[[], float] = random.random,
) -> requests.Session:
    """Make a session that reads nothing from the environment by itself (no netrc, no variables).

    :mod:`dropsonde.http.tls` defines its TLS parameters.

    Only a GET follows redirects, to the same origin or, without any credentials, to HTTPS. A GET
    is retried on 429, 500, 502, 503, 504 and on connection errors; any other method only when no
    connection was made. Retry-After is honoured while it fits into 60 seconds; for a longer one,
    the session returns the answer without a retry.

    Args:
        verify: file or directory of the certificate authorities to trust (see
            :func:`authorities`); True means the distribution's.
        cert: files of the client's certificate and key.
        proxies: as :func:`dropsonde.http.puppet_proxies` returns them.
        retries: further tries after the first.
        jitter: returns a number from 0 to 1 that shortens pauses, so that many sites do not retry
            at the same moment.
    """
    # urllib3 would log each retry, with hosts and queries that must not be logged.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    made = _Session()
    made.trust_env = False  # else variables would replace `verify`, and netrc would add a password
    made.headers["User-Agent"] = f"dropsonde/{__version__} (+Python requests)"
    made.verify = authorities({}) if verify is True else verify
    made.cert = cert
    made.proxies = dict(proxies or {})
    adapter = _Adapter(max_retries=_BoundedRetry.of(retries, jitter))
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


class RefusedRedirectError(requests.RequestException):
    """The server redirected the request to a forbidden URL."""


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is not None and not self._may_follow(resp, urljoin(resp.url, target)):
            resp.close()
            raise RefusedRedirectError("redirect refused", request=resp.request, response=resp)
        return target

    def _may_follow(self, response: requests.Response, target: str) -> bool:
        if response.request.method not in SAFE_METHODS:
            return False  # a body goes only to its original address
        there = urlsplit(target)
        if _origin(there) == _origin(urlsplit(response.url)):
            return True
        # On a redirect to another origin requests drops a password, but not a client certificate.
        return there.scheme == "https" and self.cert is None


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or PORTS.get(url.scheme)


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=context(), **options)
        self.poolmanager.pool_classes_by_scheme = CLASSES

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        options["ssl_context"] = context()  # for the server, within the tunnel
        if proxy.lower().startswith("https:"):
            options["proxy_ssl_context"] = context()
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = CLASSES
        return manager

    def send(  # type: ignore[override]  # passes the options through
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        if options.get("timeout") is None:
            options["timeout"] = TIMEOUT
        # requests itself reads no_proxy only from the environment.
        no_proxy = (options.get("proxies") or {}).get("no_proxy", "")
        if bypassed(request.url or "", no_proxy) or _is_on_this_host(request.url or ""):
            options["proxies"] = {}
            request.headers.pop("Proxy-Authorization", None)
        response = super().send(request, **options)
        response.raw.enforce_content_length = True  # urllib3 1 accepts a truncated body
        return response

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        try:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # stubs
        except OSError as error:  # a missing file; requests does not convert it
            raise requests.exceptions.SSLError(error) from error


def _is_on_this_host(url: str) -> bool:
    """Whether a request goes to this host in plain HTTP, which a proxy would read.

    A key or a token may go there just because nobody else can read it.
    """
    return urlsplit(url).scheme != "https" and is_private(url)


class _BoundedRetry(Retry):
    """Waits between tries, with jitter, within a total budget.

    urllib3 copies the object for each try and then sleeps on the copy, so the copy carries the
    remaining budget, and each request starts with a full one.
    """

    def __init__(
        self,
        *args: Any,
        jitter: Callable[[], float],
        budget: float = LONGEST_WAIT,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.jitter = jitter
        self.budget = budget

    @classmethod
    def of(cls, retries: int, jitter: Callable[[], float]) -> _BoundedRetry:
        return cls(
            total=retries,
            other=0,  # a TLS failure is not temporary
            redirect=False,  # requests follows redirects, through the session above
            allowed_methods=SAFE_METHODS,
            status_forcelist=RETRIED,
            raise_on_status=False,  # return the last answer, for `explain`
            jitter=jitter,
        )

    def new(self, **options: Any) -> _BoundedRetry:
        return super().new(**{"jitter": self.jitter, "budget": self.budget, **options})

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> _BoundedRetry:
        if (self._asked(response) or 0) > self.budget:
            raise MaxRetryError(_pool, url or "", ResponseError("asked to wait too long"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def sleep(self, response: Any = None) -> None:
        pause = self._asked(response)
        if pause is None:
            pause = FIRST_PAUSE * 2 ** (len(self.history) - 1) * self.jitter()
        pause = min(pause, self.budget)
        self.budget -= pause
        time.sleep(pause)

    def _asked(self, response: Any) -> float | None:
        """The seconds in Retry-After (a number or a date); None without it."""
        try:
            return self.get_retry_after(response) if response is not None else None
        except (InvalidHeader, ValueError, OverflowError):  # the header may be anything
            return None
