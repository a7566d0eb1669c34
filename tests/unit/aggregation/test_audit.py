"""An audit of the whole week: reports, count, budget, noise and cells, for one module of a site.

Every module of one release is a draw of its own. The attacker knows all other sites, and all of the
victim but whether it has the module: of half of the modules, it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dropsonde.aggregation import drawing
from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.privacy.budget import YEAR
from dropsonde.aggregation.privacy.drawing import Cell, draw
from dropsonde.aggregation.privacy.loss import Budget, delta, epsilon
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.releasing import Releasing
from dropsonde.collector.row import Row
from dropsonde.collector.store import Store
from dropsonde.collector.vocabulary_file import Published
from dropsonde.common import weeks
from dropsonde.schema.model import FORMAT_VERSION, PRODUCT
from tests.unit.aggregation.engines.sites import COLUMNS
from tests.unit.aggregation.made import QUERIES
from tests.unit.aggregation.privacy.audit import least_epsilon
from tests.unit.aggregation.test_drawing import drawn

RHO = 0.5  # that the week costs
OTHERS, MODULES = 25, 2_400
WEEKS = ("2026-W46", "2026-W47")
CLASSES = [f"c{at}" for at in range(10)]
TABLES = ("module_usage", "class_usage")  # drawn first, and among what that shows


def report(
    number: int, week: str, modules: list[int], versions: list[str], *, classes: bool
) -> Row:
    return Row(
        message_id=f"{number:08}-0000-4000-8000-{week[-2:]:0>12}",
        site_id=number.to_bytes(64, "big"),
        product=PRODUCT,
        version=FORMAT_VERSION,
        timestamp=weeks.first_moment(week),
        columns={
            "modules": [
                {"name": f"m{at}", "slug": f"acme-m{at}", "version": version}
                for at in modules
                for version in versions
            ],
            "classes": [
                {"name": f"m{at}::{each}", "count": 1}
                for at in modules
                for each in CLASSES
                if classes
            ],
        },
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of reports; the victim has the modules with even numbers, and all of each."""
    path = tmp_path_factory.mktemp("audit") / "data"
    every = list(range(MODULES))
    for week in WEEKS:
        with Store.open(
            path, COLUMNS, partial(weeks.first_moment, week), accept_clock=True
        ) as store:
            rows = [
                report(at, week, every, ["1.0.0"], classes=False) for at in range(1, OTHERS + 1)
            ]
            rows.append(report(0, week, every[::2], ["1.0.0", "2.0.0"], classes=True))
            for kept in [store.submit(row) for row in rows]:
                kept.result()
    return path


def attacked(data: Path, out: Path) -> float:
    """The least ε at the δ that is allowed at ε = 1, as an attacker finds."""
    out.mkdir(mode=0o700)
    published = {
        f"acme-m{at}": Published(
            frozenset({"1.0.0", "2.0.0"}), frozenset(f"m{at}::{each}" for each in CLASSES)
        )
        for at in range(MODULES)
    }
    releasing = Releasing(
        out, out, lambda: engine(data, COLUMNS), [QUERIES[name] for name in TABLES], COLUMNS,
        lambda: published, lambda: weeks.finished_from(WEEKS[-1]), Unit.MODULE,
        Budget(epsilon(YEAR * RHO, 1e-6), 1e-6),
    )  # fmt: skip
    release = releasing.make(WEEKS[-1], out)
    assert len(release.tables["module_usage"].rows) == MODULES  # so all others are counted, too
    found = drawn(out / f"{WEEKS[-1]}.cells.parquet")
    measured = [
        sum(
            (found[name][keys][0] - others) / found[name][keys][1] ** 2
            for name, keys, others in unit
        )
        for unit in map(unit_of, range(MODULES))
    ]
    # The best test there is: how much more probable all of the unit's cells are with it.
    far = sum(1 / found[name][keys][1] ** 2 for name, keys, _ in unit_of(0))
    assert 0.99 * RHO < far / 2 <= RHO  # the attacked unit moves all that the budget is for
    return least_epsilon(measured[1::2], measured[::2], far, delta(RHO, 1.0))


def unit_of(module: int) -> Iterator[tuple[str, tuple[Any, ...], int]]:
    """The cells that a module of the victim moves, and how many others are in each."""
    slug = f"acme-m{module}"
    yield "module_usage", (slug,), OTHERS
    for each in CLASSES:
        yield "class_usage", (slug, f"m{module}::{each}"), 0


def test_a_week_costs_a_module_no_more_than_it_says(data: Path, tmp_path: Path) -> None:
    assert attacked(data, tmp_path / "out") <= 1.0


def test_a_week_with_half_of_the_noise_is_caught(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(groups: Any, exact: Any, scale: float) -> Iterator[Cell]:
        return draw(groups, exact, scale / 2)

    monkeypatch.setattr(drawing, "draw", half)
    assert attacked(data, tmp_path / "out") > 1.0
