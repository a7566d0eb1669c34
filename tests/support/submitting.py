"""Helpers of the submission tests: command lines, and files below the cachepath."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.doubles.endpoint import LoopbackEndpoint
    from tests.support.program import Program

QUICK = ("--no-update", "--max-wait", "0")
AWAY = ("--puppetdb", "http://127.0.0.1:1")


def next_second() -> None:
    """Wait for the next second: the same report of the same second counts as one, and goes once."""
    time.sleep(1.01 - time.time() % 1)


def files(program: Program, place: str) -> list[Path]:
    directory = program.cache / place
    return sorted(directory.iterdir()) if directory.is_dir() else []


def to(endpoint: LoopbackEndpoint, *more: str) -> tuple[str, ...]:
    return ("submit", "--endpoint", endpoint.url, *QUICK, *more)


def scheduled(endpoint: LoopbackEndpoint, *more: str) -> tuple[str, ...]:
    return to(endpoint, "--scheduled", "--splay", "0", *more)


def columns(data: bytes) -> set[str]:
    document: dict[str, Any] = json.loads(data)
    return set(document["self-service-analytics"]["snapshots"])
