"""The attacks are strong ones, find all without noise, and no more than it allows with it."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation import drawing
from dropsonde.aggregation.privacy.drawing import draw
from dropsonde.aggregation.privacy.loss import Budget, right
from dropsonde.aggregation.privacy.unit import Part, Unit
from ext.attacks import made_up, membership, victims
from ext.attacks.main import FIGURES, PUBLIC, main
from ext.attacks.scores import auc, evidence, guesses, most
from ext.attacks.year import Year

if TYPE_CHECKING:
    from ext.attacks.membership import Moved

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/method.md").read_text(encoding="utf-8")
LARGE = Budget(60.0, 1e-6)  # a week of such a year is as good an attack as several usual years
NEXT_TO_NO_NOISE = Budget(20_000.0, 1e-6)
WIDE = 2  # times the 95 % interval: one of 10,000 true values is beyond


def halved(of: Callable[..., Any]) -> Callable[..., Any]:
    """A broken mechanism: half of the noise that it says."""
    return lambda groups, exact, scale: of(groups, exact, scale / 2)


def test_an_area_is_that_of_its_definition() -> None:
    assert auc([1, 2], [0, 0.5]).value == 1
    assert auc([0.0], [1.0]).value == 0
    assert auc([1, 1, 1], [1, 1]).value == 0.5
    assert auc([3, 1], [2, 0]).value == 0.75


@pytest.mark.parametrize("rho", [0.1, 0.5, 2.0])
def test_the_allowed_area_is_that_of_two_normal_distributions(rho: float) -> None:
    chance, scale = random.Random(1), (2 * rho) ** -0.5
    games = 20_000
    scores = [
        [evidence(round(1024 * chance.gauss(there, scale)), 0, 1024, scale) for _ in range(games)]
        for there in (1, 0)
    ]
    found = guesses(*scores)
    assert abs(found.area.value - most(rho)) < WIDE * found.area.error < 0.02
    assert abs(found.right / found.cases - right(rho)) < 0.01


@pytest.fixture(scope="module", params=["module", "rest", "site"])
def attack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Moved], float]:
    """What a victim's unit moves in a release, and what the release may cost it."""
    victim, unit, part = {
        "module": (victims.module(), Unit.MODULE, Part.MODULE),
        "rest": (victims.rest(), Unit.MODULE, Part.REST),
        "site": (victims.site(100), Unit.SITE, Part.SITE),
    }[request.param]
    noise = membership.released(unit, LARGE)
    return membership.moved(tmp_path_factory.mktemp("moved"), victim, unit, noise), noise.rho[part]


def test_a_unit_loses_what_it_may_and_hardly_less(attack: tuple[list[Moved], float]) -> None:
    """If bounds, weights or shares of the noise are wrong, the victim loses more, or much less."""
    cells, rho = attack
    assert 0.8 * rho < membership.loss(cells) <= rho


def test_the_best_attack_finds_what_noise_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = membership.released(Unit.MODULE, LARGE)
    cells = membership.moved(tmp_path, victims.module(), Unit.MODULE, noise)
    rho = noise.rho[Part.MODULE]
    area = membership.attacked(cells, 120).area
    assert most(0.8 * rho) - WIDE * area.error < area.value < most(rho) + WIDE * area.error
    monkeypatch.setattr(membership, "draw", halved(draw))
    broken = membership.attacked(cells, 120).area
    assert broken.value > most(rho) + WIDE * broken.error


@pytest.mark.parametrize("broken", [False, True])
def test_weekly_releases_tell_no_more_than_they_may(
    broken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the cells of a real run."""
    if broken:
        monkeypatch.setattr(drawing, "draw", halved(draw))
    rho = membership.released(Unit.MODULE, LARGE).rho[Part.MODULE]
    attack = Year(tmp_path, LARGE, modules=240, honest=60, weeks=2)
    refused = attack.take(0, [("198.51.100.7", f"made up {at}") for at in range(25)])
    assert refused == 5
    attack.take(1)
    attack.release(1)
    area = attack.guessed(1, "early").area
    assert area.value > most(0.8 * rho) - WIDE * area.error
    assert (area.value > most(rho) + WIDE * area.error) == broken


def test_without_noise_nine_made_up_sites_find_all_of_a_victims_modules(tmp_path: Path) -> None:
    """So what stops them is the noise, not their own bungling."""
    found = made_up.attacked(tmp_path, NEXT_TO_NO_NOISE, Unit.MODULE, 1, weeks=2)
    assert (found.cells.made, found.cells.true, found.cells.secrets) == (31, 31, 31)


def test_the_figures_are_of_a_full_run_and_within_what_is_allowed() -> None:
    rows = json.loads(PUBLIC.read_bytes())
    assert list(rows[0]) == ["attack", "guards", "result", "allowed"]
    shown = [
        (float(area[1]), float(area[2]), float(limit[1]))
        for row in rows
        if (area := re.search(r"AUC ([0-9.]+) ± ([0-9.]+)", row["result"]))
        and (limit := re.search(r"AUC ([0-9.]+)", row["allowed"]))
    ]
    assert len(shown) > 10
    assert all(value - WIDE * error <= limit for value, error, limit in shown)
    assert min(error for _, error, _ in shown) < 0.02
    figures = json.loads(FIGURES.read_bytes())
    assert {"attacks", "shown", "smoothed", "shares"} == {"attacks", *figures}
    sites = {(row[0], row[1]) for row in figures["shown"]}
    assert sites == {(n, unit) for n in ("500", "5,000", "50,000") for unit in ("module", "site")}


def test_the_program_runs(capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "ext/attack", "--quick", "shares"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith("| as released |")
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "a part is one of attacks" in capsys.readouterr().err
