"""What the tests of programs have in common: a BigQuery that they find by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.unit.collector.store.bigquery.moving import standing_in

if TYPE_CHECKING:
    from tests.doubles.bigquery import LoopbackBigQuery


@pytest.fixture
def bigquery(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackBigQuery]:
    with standing_in() as found:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", found.url)
        yield found
