"""Errors: one line each, and one exit code a kind."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from dropsonde.common import errors
from dropsonde.common.errors import (
    DropsondeError,
    IncompleteError,
    PuppetDBError,
    RefusedReportError,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DropsondeError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_one_line(kind: type[DropsondeError]) -> None:
    more: dict[str, Any] = {"status": 422, "text": ""} if kind is RefusedReportError else {}
    assert str(kind("what\n  happened", "do\tthis\n", **more)) == "what happened: do this"
    assert str(kind("what happened", "", **more)) == "what happened"
    assert kind("what", "advice", **more).advice == "advice"


def test_every_kind_has_its_own_code_and_meaning() -> None:
    """But a PuppetDB that is away: it is why a report is incomplete."""
    own = [kind for kind in KINDS if kind is not PuppetDBError]
    assert len({kind.exit_code for kind in own}) == len(own)
    assert len({kind.meaning for kind in own}) == len(own)
    assert PuppetDBError.exit_code == IncompleteError.exit_code
    assert 0 not in {kind.exit_code for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_meaning_is_a_sentence(kind: type[DropsondeError]) -> None:
    assert kind.meaning.endswith(".")
    assert "\n" not in kind.meaning
