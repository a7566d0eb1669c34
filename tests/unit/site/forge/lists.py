"""Lists of the Forge in a directory."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde import http
from dropsonde.site.forge import Forge

if TYPE_CHECKING:
    import requests

NOW = datetime(2024, 3, 15, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def connect() -> requests.Session:
    return http.session(jitter=lambda: 0.0)


def make(directory: Path, url: str, now: datetime = NOW) -> Forge:
    return Forge(directory, connect, lambda: now, url)


def put(directory: Path, **document: object) -> Path:
    path = directory / "forge.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
