"""The built-in metrics: what they tell of a site, and their examples."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import PuppetDBError
from dropsonde.metrics.examples import WEEK, build_example
from dropsonde.report import plugins
from dropsonde.schema.model import Domain
from dropsonde.schema.validate import Validator
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods
from dropsonde.site.server import Server
from tests.support.sites import Answers, context_of, put, put_module

if TYPE_CHECKING:
    from dropsonde.metrics import Metric
    from dropsonde.site.context import Context

METRICS = plugins.choose(plugins.load(None), (), ())
DATASET = plugins.dataset_columns(METRICS)
NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
# Of three vocabularies, an example must use real words; those of a Forge are anybody's.
WORDS = {
    Domain.OS_FAMILY: OS_FAMILIES,
    Domain.OS_NAME: OS_NAMES,
    Domain.RUBY_METHOD: ruby_methods(),
}
NTP_ROW = {"name": "ntp", "slug": "puppetlabs-ntp", "version": "1.0.0"}

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
seeds = st.integers(min_value=0, max_value=2**64)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    put_module(root / "production/modules/ntp")
    put_module(root / "production/modules/apache", "puppetlabs-apache", {"init": "class apache {}"})
    wanted = (("puppetlabs-stdlib", ">= 4.0.0"),)
    put_module(root / "production/modules/acme", "acme-acme", {}, dependencies=wanted)
    put(root / "production/Puppetfile", "puts 1\n")
    return root


ANSWERS = Answers(
    (("Ntp", "production", 3), ("Acme", "production", 3)),
    {"Debian": (("Ntp", "production", 2), ("Acme", "production", 2))},
    system_rows=(("Debian", "12", 2), ("Debian", "12.1", 1), ("AcmeOS", "12", 1)),
    agent_rows=(("8.10.0", None, 2), ("8.21.1", "openvox", 1), ("acme", "acme", 1)),
)
SERVER = Server("openvox", "8.11", None, None)
FOUND = {
    "environment_count": 1,
    "modules": [{"name": "apache", "slug": "puppetlabs-apache", "version": "1.0.0"}, NTP_ROW],
    "classes": [{"name": "ntp", "count": 3}],
    "unused_modules": [{"name": "apache", "slug": "puppetlabs-apache", "version": "1.0.0"}],
    "unused_classes": [{"name": "apache"}, {"name": "ntp::config"}],
    "dependencies": [{"name": "puppetlabs-stdlib", "version_requirement": ">= 4.0.0"}],
    "class_platforms": [{"name": "ntp", "platform": "Debian", "count": 2}],
    "puppetfile_ruby_methods": [{"name": "puts", "count": 1}],
    "servers": [{"implementation": "openvox", "version": "8.11", "os": None, "release": None}],
    "agents": [
        {"implementation": "openvox", "version": "8.21", "count": 1},
        {"implementation": "puppet", "version": "8.10", "count": 2},
    ],
    "operating_systems": [{"name": "Debian", "release": "12", "count": 3}],
}
OF_NODES = {
    *("classes", "unused_modules", "unused_classes", "class_platforms"),
    *("agents", "operating_systems"),
}


def rng_of(seed: int) -> Random:
    return Random(seed)  # made-up data is no secret


def gathered(metric: Metric, context: Context) -> dict[str, object]:
    """What a metric tells; the report sorts rows, so here they are, too."""
    found = dict(metric.gather(context))
    assert Validator(metric.columns, {}).faults(found) == []
    for value in found.values():
        if isinstance(value, list):
            value.sort(key=json.dumps)
    return found


@each_metric
def test_what_a_site_gives(metric: Metric, site: Path) -> None:
    names = {column.name for column in metric.columns}
    expected = {name: value for name, value in FOUND.items() if name in names}
    assert gathered(metric, context_of(site, ANSWERS, server=SERVER)) == expected
    assert set(expected) == names


@each_metric
@pytest.mark.parametrize("answers", [None, Answers(fault=PuppetDBError("away"))])
def test_without_puppetdb_the_columns_of_nodes_are_left_out(
    metric: Metric, site: Path, answers: Answers | None
) -> None:
    names = {column.name for column in metric.columns} - OF_NODES
    expected = {name: value for name, value in FOUND.items() if name in names}
    assert gathered(metric, context_of(site, answers, server=SERVER)) == expected


def test_a_puppetdb_that_fails_in_between_leaves_out_no_more_than_it_must(site: Path) -> None:
    """Platforms are asked for last; what was told of classes before stays."""
    answers = Answers(ANSWERS.rows, ANSWERS.by_family)
    context = context_of(site, answers)
    modules, platforms = (
        next(metric for metric in METRICS if metric.name == name)
        for name in ("modules", "platforms")
    )
    assert set(gathered(modules, context)) == {column.name for column in modules.columns}
    answers.fault = PuppetDBError("away")
    assert gathered(platforms, context) == {}
    assert set(gathered(modules, context)) == {column.name for column in modules.columns}


@each_metric
def test_an_empty_site_gives_empty_tables(metric: Metric, tmp_path: Path) -> None:
    for name, value in gathered(metric, context_of(tmp_path, Answers())).items():
        assert value == (0 if name == "environment_count" else [])


@each_metric
@given(seed=seeds)
def test_every_example_is_valid_and_complete(metric: Metric, seed: int) -> None:
    example = metric.example(rng_of(seed))
    assert Validator(metric.columns, WORDS).faults(example) == []
    assert list(example) == [column.name for column in metric.columns]


@each_metric
@given(seed=seeds)
def test_an_example_is_its_seeds_own(metric: Metric, seed: int) -> None:
    assert metric.example(rng_of(seed)) == metric.example(rng_of(seed))


@each_metric
def test_examples_differ(metric: Metric) -> None:
    assert len({json.dumps(metric.example(rng_of(seed))) for seed in range(20)}) > 3


@given(seed=seeds)
def test_an_example_of_a_row_is_one_of_the_dataset(seed: int) -> None:
    row = json.loads(json.dumps(build_example(METRICS, rng_of(seed), NOW)))
    assert Validator(DATASET, WORDS).faults(row) == []
    assert set(row) == {column.name for column in DATASET}
    received = datetime.strptime(row["timestamp"], "%Y-%m-%dT%H:%M:%S%z")
    assert NOW - timedelta(seconds=WEEK) < received <= NOW
    assert build_example(METRICS, rng_of(seed), NOW) == row


@given(seed=seeds)
def test_an_examples_columns_agree_with_each_other(seed: int) -> None:
    row = build_example(METRICS, rng_of(seed), NOW)
    used = {item["name"] for item in row["classes"]}
    unused = {item["name"] for item in row["unused_classes"]}
    modules = {item["name"] for item in row["modules"]}
    idle = {item["name"] for item in row["unused_modules"]}
    assert not used & unused
    assert {name.partition("::")[0] for name in used | unused} <= modules
    assert idle <= modules - {name.partition("::")[0] for name in used}


def test_sites_of_examples_differ() -> None:
    rng = rng_of(7)
    rows = [build_example(METRICS, rng, NOW) for _ in range(50)]
    for column in ("site_id", "message_id"):
        assert len({row[column] for row in rows}) == 50


@each_metric
def test_a_metric_says_why_its_data_is_safe(metric: Metric) -> None:
    module = __import__(type(metric).__module__, fromlist=["__doc__"])
    assert "Safe to collect: " in (module.__doc__ or "")
