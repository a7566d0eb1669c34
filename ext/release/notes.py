"""The notes of a release: its part of the changelog."""

from __future__ import annotations

import sys
from pathlib import Path

UNRELEASED = "Unreleased"


def notes(changelog: Path, version: str) -> str:
    """Return a version's part of the changelog; that of ``[Unreleased]`` if it has none yet.

    Args:
        changelog: in the form of Keep a Changelog, with a heading ``## [VERSION]`` per version.
        version: whose part.
    """
    parts: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in changelog.read_text(encoding="utf-8").splitlines():
        if line.startswith("## ["):
            lines = parts.setdefault(line[4:].partition("]")[0], [])
        else:
            lines.append(line)
    found = parts.get(version) or parts.get(UNRELEASED)
    if not found or not "".join(found).strip():
        sys.exit(f"ext/release: {changelog} says nothing of {version}: add it there")
    return "\n".join([f"# Dropsonde {version}", *found]).rstrip() + "\n"
