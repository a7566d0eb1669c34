"""The attacks run, succeed where nothing stops them, and stay within what the noise allows."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.aggregation.privacy.k_anonymity import STEP
from dropsonde.aggregation.privacy.ledger import YEAR
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.release import Z95, K
from ext.attacks import differences, membership
from ext.attacks.auc import auc, most
from ext.attacks.main import PUBLIC, table
from ext.attacks.views import GUARDS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/method.md").read_text(encoding="utf-8")
SITES = 60


def test_an_area_is_that_of_its_definition() -> None:
    assert auc([1, 2], [0, 0.5]).value == 1
    assert auc([0.0], [1.0]).value == 0
    assert auc([1, 1, 1], [1, 1]).value == 0.5
    assert auc([3, 1], [2, 0]).value == 0.75
    chance = random.Random(1)
    inside, outside = ([chance.gauss(mean, 1) for _ in range(4000)] for mean in (1, 0))
    found = auc(inside, outside)
    truth = (1 + math.erf(1 / 2)) / 2  # of two normal distributions, one scale apart
    assert abs(found.value - truth) < 2 * found.error < 0.05


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 0.0), (1.0, 1e-6), (3.0, 0.01)])
def test_the_allowed_area_is_that_below_both_lines(epsilon: float, delta: float) -> None:
    steps = 20_000
    rates = [(at + 0.5) / steps for at in range(steps)]
    area = sum(
        min(1, math.exp(epsilon) * rate + delta, 1 - math.exp(-epsilon) * (1 - delta - rate))
        for rate in rates
    )
    assert area / steps <= most(epsilon, delta) + 1e-6
    assert area / steps > most(epsilon, delta) - delta - 1e-6


def test_who_knows_all_others_is_certain_without_noise() -> None:
    found = membership.without_noise(random.Random(3), 20, SITES, GUARDS)
    assert found["none"].value == 1
    assert all(each.value > 0.8 for each in found.values())


@pytest.mark.parametrize("together", [1, 5])
def test_noise_keeps_the_attacker_within_what_it_allows(together: int) -> None:
    found = membership.with_noise(
        random.Random(4), 200, SITES, Budget(2.0, 1e-6), together=together
    )
    assert found.value + found.error <= most(2.0 * together, 1e-6 * together)


def test_the_attacker_is_a_good_one() -> None:
    """With next to no noise he is certain: what stops him is the noise, not his own bungling."""
    found = membership.with_noise(random.Random(5), 60, SITES, Budget(90.0, 1e-3))
    assert found.value > 0.95


def test_each_guard_stops_its_attack() -> None:
    weeks = 4
    missing = {
        name: differences.reconstruction(random.Random(6), weeks, 200, view)
        for name, view in GUARDS.items()
    }
    assert missing["k"].made == missing["k"].true > 20
    assert missing["k, rounding"].true < missing["k, rounding"].made
    assert missing["k, complementary suppression"].made == 0
    assert missing["all three"].made == 0
    grown = {
        name: differences.next_week(random.Random(6), weeks, 200, view)
        for name, view in GUARDS.items()
    }
    assert grown["none"].true == grown["none"].secrets
    assert grown["all three"].true < grown["k"].true / 2
    noisy = differences.noisy_view(Budget(2.0, 1e-6))
    claims = differences.next_week(random.Random(6), weeks, 200, noisy)
    assert claims.true < grown["all three"].true
    late = [
        differences.corrections(random.Random(7), weeks, 200, compared=compared).made
        for compared in (False, True)
    ]
    assert late[0] > 0
    assert late[1] == 0


def test_the_page_states_the_numbers_of_the_program() -> None:
    assert f"| k | {K} |" in PAGE
    assert f"rounded down to a multiple of {STEP}," in PAGE
    assert f'"at least 120, fewer than {120 + STEP}"' in PAGE
    assert f"grows by {STEP} or not at all, which stands for 1 to {2 * STEP - 1} sites" in PAGE
    assert f"*any {YEAR} weeks in a row*" in PAGE
    assert f"within {Z95} times" in PAGE
    assert f"right at most {most(1.0, 0):.0%}".replace("%", " %") in PAGE.replace("\n", " ")


def test_the_page_has_the_figures_of_at_least_1000_weeks() -> None:
    (block,) = re.findall(
        "<!-- attacks: made by ext/attack -->\n(.*?)<!-- end -->", PAGE, re.DOTALL
    )
    rows = [line for line in block.splitlines() if line.startswith("| ")]
    shown = [re.findall(r"AUC ([0-9.]+) ± ([0-9.]+) \| AUC ([0-9.]+)", row) for row in rows]
    with_noise = [tuple(map(float, found[0])) for found in shown if found]
    assert len(with_noise) == 5
    for value, error, allowed in with_noise:
        assert value + error <= allowed + 0.0005
    # 1,000 weeks: half of them each, so an area of 0.5 is known to 0.036.
    assert 0.03 < min(error for _, error, _ in with_noise[:4]) < 0.037


def test_the_public_page_has_the_same_figures() -> None:
    assert table([tuple(row.values()) for row in json.loads(PUBLIC.read_bytes())]) in PAGE


def test_the_program_runs() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "ext/attack", "--weeks", "4", "--sites", "40"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)
    rows = done.stdout.splitlines()
    assert rows[0] == "| attack | guards | result | allowed |"
    assert len(rows) > 25
