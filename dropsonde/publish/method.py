"""The public document of the method: how numbers were made, and what an attacker can learn of them.

What an attacker learns is computed from the year's budget alone, with the exact loss of Gaussian
noise. Of a year that has weeks without noise in it, nothing is told.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy import loss
from dropsonde.aggregation.privacy.budget import YEAR
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.release import SITE_MODULES
from dropsonde.common import weeks
from dropsonde.publish.numbers import rounded_up

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release

    Document = dict[str, Any]

PRIORS = (0.01, 0.1, 0.5)
_DIGITS = 6  # of a chance
_LARGEST = 700.0  # whose power of e is still a double
_FEW = 100.0  # a factor that is told with a digit behind the point


def method(release: Release) -> Document:
    """The document.

    Args:
        release: the newest.
    """
    made = release.method
    return {
        "unit": made.unit,
        "epsilon": made.epsilon,
        "delta": made.delta,
        "year": YEAR,
        "year_epsilon": None if _has_bare_weeks(release) else made.year_epsilon,
        "weeks": made.weeks,
        "deviations": made.deviations,
        "contributions": dict(made.contributions),
        "beside": dict(made.beside),
        "scales": dict(made.scales),
        "without_noise": list(made.without_noise),
        "learned": learned(loss.Budget(made.epsilon, made.delta)),
        "site": _whole_site(release) if made.unit == Unit.MODULE.value else None,
    }


def learned(budget: loss.Budget) -> Document:
    """What an attacker learns of one unit at most, from all releases of a year.

    Returns:
        ``odds``: the factor between the odds before and after, null where it is no number worth
        writing; ``beyond``: the chance that it is more; ``guesses``: what is known with a chance of
        ``prior`` before is known with one of ``posterior`` after; ``right``: how often the best
        guess is right that was so half of the time before.
    """
    rho = loss.affordable(budget)
    return {
        "odds": _odds(budget.epsilon),
        "beyond": loss.beyond(rho, budget.epsilon),
        "guesses": [
            {"prior": prior, "posterior": rounded_up(posterior(prior, budget.epsilon), _DIGITS)}
            for prior in PRIORS
        ],
        "right": rounded_up(loss.right(rho), _DIGITS),
    }


def posterior(prior: float, epsilon: float) -> float:
    """The chance of something whose odds grew by e^ε."""
    return 1 / (1 + math.exp(-epsilon) * (1 - prior) / prior)


def _odds(epsilon: float) -> float | None:
    """e^ε, rounded up to what a page shows."""
    if epsilon >= _LARGEST:
        return None
    factor = math.exp(epsilon)
    return math.ceil(factor) if factor > _FEW else math.ceil(factor * 10) / 10


def _whole_site(release: Release) -> Document:
    """What the same says of a whole site: its modules, and what it says of itself."""
    rho = release.method.site_rho
    found = loss.epsilon(rho, release.method.delta)
    return {
        "modules": SITE_MODULES,
        "epsilon": math.ceil(found * 10) / 10 if math.isfinite(found) else None,
        "right": rounded_up(loss.right(rho), _DIGITS),
    }


def _has_bare_weeks(release: Release) -> bool:
    """Whether weeks without noise lie in any year with this week in it."""
    apart = (weeks.apart(bare, release.week) for bare in release.method.without_noise)
    return any(abs(distance) < YEAR for distance in apart)
