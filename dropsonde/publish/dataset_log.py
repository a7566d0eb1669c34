"""The log of what changed in the public dataset, which is published with it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_VERSION = re.compile(r"^## (\d+\.\d+\.\d+)$", re.MULTILINE)


@cache
def log() -> str:
    """The log, in Markdown."""
    return resources.files(__package__).joinpath("CHANGES.md").read_text("utf-8")


@cache
def version() -> str:
    """The dataset's version: the newest in the log."""
    return str(_VERSION.findall(log())[0])
