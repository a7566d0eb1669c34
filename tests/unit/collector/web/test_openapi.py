"""schemathesis reads the collector's own description, and holds it to that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection

from dropsonde.collector.web.openapi import document
from tests.unit.collector.intake.reports import COLUMNS, NEWEST, report
from tests.unit.collector.web.serving import Served, served, vocabulary

EXAMPLES = 50  # of each operation, besides those that cover each keyword
SCHEMA = schemathesis.openapi.from_dict(document(NEWEST), config=SchemathesisConfig())


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("collector")
    vocabulary(directory)
    with served(directory) as one:
        yield one


def whole(body: Any) -> Any:
    """JSON Schema takes 1.0 for a whole number; the collector does not, and says so in words."""
    if isinstance(body, dict):
        return {name: whole(value) for name, value in body.items()}
    if isinstance(body, list):
        return [whole(value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
def test_the_collector_is_as_it_is_described(
    case: schemathesis.Case[Any], collector: Served
) -> None:
    case.body = whole(case.body)
    # Reports of older versions are taken, and only the newest is described.
    left_out: list[Any] = [negative_data_rejection] if case.method == "POST" else []
    case.call_and_validate(base_url=collector.url, excluded_checks=left_out)


def test_it_says_so_itself(collector: Served) -> None:
    assert collector.get("/openapi.json").json() == document(NEWEST)


def test_the_described_report_is_the_one_that_is_taken() -> None:
    found = document(NEWEST)["components"]["schemas"]["Report"]
    jsonschema.Draft202012Validator.check_schema(found)
    jsonschema.Draft202012Validator(found).validate(report(COLUMNS))
