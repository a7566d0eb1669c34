"""The HTTP client: timeouts, retries, proxies, certificates, and errors in plain words.

Importing this package imports requests, so code that may not need the network imports it late.
"""

from dropsonde.http.authorities import authorities
from dropsonde.http.client import TIMEOUT, RefusedRedirectError, session
from dropsonde.http.deadline import within
from dropsonde.http.faults import explain
from dropsonde.http.proxies import NoPuppet, ProxySettings, puppet_proxies
from dropsonde.http.small import small_body
from dropsonde.http.tls import context

__all__ = [
    "TIMEOUT",
    "NoPuppet",
    "ProxySettings",
    "RefusedRedirectError",
    "authorities",
    "context",
    "explain",
    "puppet_proxies",
    "session",
    "small_body",
    "within",
]
