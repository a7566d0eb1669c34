"""Choose the proxy of a request: the environment's, else the one in Puppet's settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlsplit

UNSET = ("", "none")  # Puppet's word for "no value" in these settings is "none"
PORTS: dict[str, int] = {"http": 80, "https": 443}


class ProxySettings(Protocol):
    """The Puppet settings that name a proxy; each is empty or "none" when unset."""

    @property
    def http_proxy_host(self) -> str:
        """Host name or address of the proxy."""

    @property
    def http_proxy_port(self) -> str:
        """Its port; Puppet's default is 3128."""

    @property
    def http_proxy_user(self) -> str:
        """User name for the proxy."""

    @property
    def http_proxy_password(self) -> str:
        """Password for the proxy, already URL-encoded: Puppet insists on that."""

    @property
    def no_proxy(self) -> str:
        """Hosts to reach directly, separated by commas."""


class NoPuppet(NamedTuple):
    """The settings of a host without Puppet: the environment alone names a proxy."""

    http_proxy_host: str = ""
    http_proxy_port: str = ""
    http_proxy_user: str = ""
    http_proxy_password: str = ""
    no_proxy: str = ""


def puppet_proxies(settings: ProxySettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Choose the proxies, in the form that :func:`dropsonde.http.session` takes.

    As in Puppet (``puppet/http/proxy.rb``), the variables override the settings, lower case
    overrides upper, and ``http_proxy`` also serves HTTPS. As in other programs, ``https_proxy`` and
    ``all_proxy`` come before it. Unlike in Puppet, a proxy from a variable never gets the user and
    password of the settings: those belong to another proxy.

    Returns:
        scheme → URL of its proxy, and ``no_proxy`` → the hosts to reach directly; empty when no
        proxy is set.
    """
    fallback = _from_settings(settings)
    proxies = {}
    for scheme, names in {
        "https": ("https_proxy", "all_proxy", "http_proxy"),
        "http": ("http_proxy", "all_proxy"),
    }.items():
        url = _first_variable(environ, names) or fallback
        if url:
            proxies[scheme] = url
    direct = _no_proxy(settings, environ)
    if proxies and direct:
        proxies["no_proxy"] = direct
    return proxies


def _first_variable(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    spellings = (spelling for name in names for spelling in (name, name.upper()))
    return next((environ[spelling] for spelling in spellings if environ.get(spelling)), "")


def _from_settings(settings: ProxySettings) -> str:
    if settings.http_proxy_host in UNSET:
        return ""
    credentials = ""
    if settings.http_proxy_user not in UNSET:
        credentials = quote(settings.http_proxy_user, safe="%")
        if settings.http_proxy_password not in UNSET:
            credentials += ":" + quote(settings.http_proxy_password, safe="%")
        credentials += "@"
    port = "" if settings.http_proxy_port in UNSET else f":{settings.http_proxy_port}"
    return f"http://{credentials}{settings.http_proxy_host}{port}"


def _no_proxy(settings: ProxySettings, environ: Mapping[str, str]) -> str:
    for name in ("no_proxy", "NO_PROXY"):
        if name in environ:  # even an empty one: it overrides the setting's exceptions
            return environ[name]
    return "" if settings.no_proxy in UNSET else settings.no_proxy


def bypassed(url: str, no_proxy: str) -> bool:
    """Tell whether ``no_proxy`` excludes a URL from the proxy.

    An entry is ``*``, a name with or without a leading ``.`` or ``*.`` (it also covers the
    subdomains), an address or a network such as ``10.0.0.0/8``; each but the last may end in
    ``:port``.
    """
    # The function in requests changes the process's environment, and supports neither ``*.``, which
    # Puppet accepts, nor IPv6 networks, nor the port that a scheme implies.
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = str(parts.port or PORTS.get(parts.scheme))
    return any(_covers(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy.lower()))


def _covers(entry: str, host: str, port: str) -> bool:
    if entry.count(":") == 1:  # more of them are an IPv6 address
        entry, _, wanted = entry.partition(":")
        if wanted != port:
            return False
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        name = entry.removeprefix("*").removeprefix(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
