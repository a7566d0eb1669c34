"""The real programs on a directory that was last used 100 days ago, by what their clock says."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from dropsonde.collector.store import Store
from dropsonde.common.clock import utc_now
from dropsonde.common.weeks import week_of
from tests.unit.cli.collector.test_commands import complaint, run
from tests.unit.cli.collector.test_releases import VOCABULARY
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, NEWEST, report, to_bytes
from tests.unit.collector.web.serving import Program

LAST = utc_now() - timedelta(days=100)
WEEKS = [week_of(LAST - timedelta(weeks=back)) for back in reversed(range(8))]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Seven finished weeks, and what was then the present one."""
    path = tmp_path / "data"
    with Store.open(path, NEWEST, lambda: LAST) as store:
        for back in range(8):
            when = LAST - timedelta(weeks=back)
            store.put(INTAKE.take(to_bytes(report(COLUMNS)), when, "id").row)
        store.compact(LAST)
    (path / "vocabulary.txt").write_text(VOCABULARY)
    return path


def weeks(data: Path) -> list[str]:
    found = run("query", "SELECT week FROM community_metrics ORDER BY week", "--data", str(data))
    return found.out.split()[2:-2]


@pytest.mark.parametrize(
    "command",
    [("compact",), ("weekly", "--out"), ("aggregate", "--out")],
    ids=lambda found: found[0],
)
def test_each_command_that_goes_by_the_clock_refuses_it(
    data: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    result = run(*command, *([str(out)] if len(command) > 1 else []), "--data", str(data))
    assert (result.code, result.out) == (37, "")
    assert complaint(result).startswith("the clock says ")
    assert complaint(result).endswith("give --accept-clock once")
    assert not out.exists()
    assert weeks(data) == WEEKS


def test_serve_refuses_it_and_no_week_is_lost_once_it_is_accepted(data: Path) -> None:
    with pytest.raises(AssertionError, match=r"the clock says .*, and .* was last used at "):
        Program(data.parent)
    assert weeks(data) == WEEKS
    with Program(data.parent, "--accept-clock") as collector:
        assert collector.ended(signal.SIGTERM) == (0, "")
    assert weeks(data) == WEEKS  # 60 days are counted back from the newest of them
    with Program(data.parent) as collector:
        assert collector.ended(signal.SIGTERM) == (0, "")
    assert run("compact", "--data", str(data), "--retain", "14").code == 0
    assert weeks(data) == WEEKS[-3:]


def test_a_copy_knows_when_it_was_used(data: Path, tmp_path: Path) -> None:
    assert run("backup", str(tmp_path / "copy"), "--data", str(data)).code == 0
    assert run("compact", "--data", str(tmp_path / "copy")).code == 37
    assert run("compact", "--data", str(tmp_path / "copy"), "--accept-clock").code == 0


def test_a_damaged_week_is_one_line_and_38(data: Path, tmp_path: Path) -> None:
    path = data / f"dataset/week={WEEKS[2]}/part-0.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    line = f"{path} is not what was written, so it is neither read nor changed: restore it and its "
    out = str(tmp_path / "out")
    for command in (
        ("query", "SELECT 1"),
        ("export", str(tmp_path / "x")),
        ("backup", str(tmp_path / "copy")),
        ("aggregate", "--week", WEEKS[3], "--out", out, "--accept-clock"),
    ):
        result = run(*command, "--data", str(data))
        assert result.code == 38
        assert complaint(result).startswith(line)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_files_of_an_older_version_are_taken_in_with_a_line(data: Path) -> None:
    (data / "dataset/.digested").unlink()
    for path in data.rglob("*.sha256"):
        path.unlink()
    compact = ("compact", "--accept-clock", "--data", str(data))
    assert complaint(run(*compact)) == (
        f"{', '.join(WEEKS[:-1])} had no digest: the files were accepted as they are"
    )
    assert run(*compact).err == ""
