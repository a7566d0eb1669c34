"""The guard: a contributed query becomes a plan, or is refused with every reason.

It fails closed. What is not known to be harmless is refused, and an accepted query does not run as
it was written: what runs is built from the plan, which has room for nothing else.
"""

from __future__ import annotations

from dropsonde.aggregation.guard.judging import judge
from dropsonde.aggregation.guard.verdict import Reason, Verdict

__all__ = ["Reason", "Verdict", "judge"]
