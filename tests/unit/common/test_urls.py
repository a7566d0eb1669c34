"""URLs: what may be shown of them."""

from __future__ import annotations

import pytest

from dropsonde.common.urls import shown, with_port


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:sesame@host:8081/a/?query=x#y", "https://host:8081/a"),
        ("https://me@you:sesame@HOST/Path", "https://host/Path"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://me:sesame@[half/", "(no URL)"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected


@pytest.mark.parametrize(
    ("url", "port", "expected"),
    [
        ("https://host", None, "https://host"),
        ("https://host:443", 8443, "https://host:8443"),
        ("https://host", 8443, "https://host:8443"),
        ("https://me:pass@host:1/path?a=b", 2, "https://me:pass@host:2/path?a=b"),
        ("https://[::1]:443", 8443, "https://[::1]:8443"),
        ("https://[::1]/path", 8443, "https://[::1]:8443/path"),
    ],
)
def test_a_port_takes_the_place_of_the_urls(url: str, port: int | None, expected: str) -> None:
    assert with_port(url, port) == expected
