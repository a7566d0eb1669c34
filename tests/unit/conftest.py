"""Property tests neither measure the time, nor mind a fixture that holds for all their examples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

UNIT = Path(__file__).parent
# Their tests start processes, stores or engines. The others read text, in which Pythons differ.
COSTLY = ("aggregation", "cli", "collector/store", "collector/web", "delivery", "publish")
CASES = 2  # of a costly test, of its many

settings.register_profile(
    "unit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# For Pythons after the first: what one does with data, all do; `--hypothesis-profile=brief`.
settings.register_profile("brief", settings.get_profile("unit"), max_examples=10)
settings.load_profile("unit")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With that profile, too: of each costly test some cases, which ones the shuffling decides."""
    if config.getoption("--hypothesis-profile") != "brief":
        return
    taken: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        costly = item.path.relative_to(UNIT).as_posix().startswith(COSTLY)
        taken[name] += costly
        (left if taken[name] > CASES else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)
