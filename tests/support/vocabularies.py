"""The file of a vocabulary that the demo's modules have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dropsonde.protocol.vocabulary import Release, Vocabulary

if TYPE_CHECKING:
    from dropsonde.collector.vocabulary_file import Published


def file_of(modules: Mapping[str, Published]) -> bytes:
    """The bytes of ``vocabulary.txt``, in which every release defines all classes of its module."""
    releases = tuple(
        Release(slug, "2025-11-20T09:31:07Z", version, module.classes)
        for slug, module in modules.items()
        for version in module.versions
    )
    return Vocabulary("https://forge.example.test", "-", releases).to_bytes()
