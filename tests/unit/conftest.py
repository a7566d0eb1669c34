"""Property tests neither measure the time, nor mind a fixture that holds for all their examples."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# For Pythons after the first: what one does with data, all do; `--hypothesis-profile=brief`.
settings.register_profile("brief", settings.get_profile("unit"), max_examples=10)
settings.load_profile("unit")
