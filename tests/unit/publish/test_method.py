"""What the method's page claims: each number is computed from what was released."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation.privacy import loss
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.release import SITE_MODULES
from dropsonde.publish.api import documents
from dropsonde.publish.method import learned, method, posterior
from dropsonde.publish.pages import pages
from tests.unit.publish.html import parsed
from tests.unit.publish.releases import releases

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release


def changed(release: Release, **how: Any) -> Release:
    return replace(release, method=replace(release.method, **how))


def words(release: Release) -> str:
    """The page as its reader reads it."""
    source = dict(documents((release,)))
    page = parsed(dict(pages(source))["method.html"])
    return " ".join(f"{' '.join(page.loose)} {' '.join(page.words)}".split())


@pytest.mark.parametrize("prior", [0.01, 0.5, 0.9])
def test_a_posterior_is_that_of_the_odds(prior: float) -> None:
    after = posterior(prior, math.log(5))
    assert after / (1 - after) == pytest.approx(5 * prior / (1 - prior))


@pytest.mark.parametrize(("epsilon", "delta"), [(2.0, 1e-6), (0.5, 1e-5), (8.0, 1e-9)])
def test_nobody_learns_more_than_is_told(epsilon: float, delta: float) -> None:
    found = learned(Budget(epsilon, delta))
    rho = loss.affordable(Budget(epsilon, delta))
    assert found["odds"] >= math.exp(epsilon) > found["odds"] * 0.95
    # Not δ: the odds grow by more with a larger chance.
    assert found["beyond"] == loss.beyond(rho, epsilon) > delta
    for guess in found["guesses"]:
        assert guess["posterior"] >= posterior(guess["prior"], epsilon)
    assert found["right"] >= loss.right(rho) > found["right"] - 1e-5
    # The exact noise allows less than what any (ε, δ) allows.
    assert found["right"] <= (math.exp(epsilon) + delta) / (1 + math.exp(epsilon)) + 1e-6


def test_a_whole_site_is_its_modules_and_itself() -> None:
    (release,) = releases(weeks=1)
    found = method(release)["site"]
    rho = release.method.site_rho
    assert found["modules"] == SITE_MODULES
    assert found["epsilon"] >= loss.epsilon(rho, 1e-6) > found["epsilon"] - 0.11
    assert found["right"] >= loss.right(rho) > found["right"] - 1e-5
    assert method(changed(release, unit="site"))["site"] is None


def test_a_budget_beyond_any_use_has_no_numbers() -> None:
    (release,) = releases(weeks=1)
    release = changed(release, epsilon=1e5, site_rho=1e9)
    found = method(release)
    assert found["learned"]["odds"] is None
    assert found["site"]["epsilon"] is None
    assert "more than any number worth writing" in words(release)


@pytest.mark.parametrize(
    ("bare", "told"),
    [
        ((), True),
        (("2025-W45",), True),  # 52 weeks before: no year has both
        (("2025-W46",), False),
        (("2025-W45", "2026-W40"), False),
    ],
)
def test_no_epsilon_is_told_of_a_year_with_weeks_without_noise(
    bare: tuple[str, ...], told: bool
) -> None:
    release = changed(releases(weeks=1)[0], without_noise=bare)
    assert release.week == "2026-W45"
    assert method(release)["year_epsilon"] == (0.7 if told else None)
    text = words(release)
    assert ("Releases without noise" in text) == bool(bare)
    assert all(week in text for week in bare)
    assert ("not told" in text) != told


def test_the_page_says_which_unit() -> None:
    (release,) = releases(weeks=1)
    module, site = (words(changed(release, unit=unit)) for unit in ("module", "site"))
    assert "one module of one site" in module
    assert "A whole site is not hidden as well" in module
    assert "one site , with all that it reports" in site
    assert "whole site" not in site
