"""The client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dropsonde import http

if TYPE_CHECKING:
    import requests


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with http.session(jitter=lambda: 0.0) as made:
        yield made
