"""The guard: it turns a contributed query into a plan, or refuses it with every reason.

It fails closed: it refuses what is not known to be harmless. The text of an accepted query never
runs: engines build their statements from the plan, which can express nothing else.
"""

from __future__ import annotations

from dropsonde.aggregation.guard.judging import judge
from dropsonde.aggregation.guard.verdict import Reason, Verdict

__all__ = ["Reason", "Verdict", "judge"]
