"""``dev example``: how many rows, which, and where they go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.report import plugins
from dropsonde.schema.validate import Validator

if TYPE_CHECKING:
    from tests.support.program import Program

# The peak of this very program: that of a child counts what its parent was before.
PEAK = """
import sys
from dropsonde.cli.probe import main
main()
with open("/proc/self/status") as status:
    print(*[line.split()[1] for line in status if line.startswith("VmHWM")], file=sys.stderr)
"""


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def timeless(text: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "timestamp"} for row in rows(text)]


@pytest.mark.parametrize("size", [0, 1, 250])
def test_size(program: Program, size: int) -> None:
    result = program.run("dev", "example", "--size", str(size))
    assert (result.code, result.err) == (0, "")
    assert len(rows(result.out)) == size


def test_rows_are_valid(program: Program) -> None:
    columns = plugins.dataset_columns(found.metric for found in plugins.load(None))
    made = rows(program.run("dev", "example", "--size", "50").out)
    assert made
    for row in made:
        assert not Validator(columns, {}).faults(row)
        assert set(row) == {column.name for column in columns}


def test_a_random_seed_gives_the_same_rows_but_for_their_time(program: Program) -> None:
    command = ("dev", "example", "--size", "20", "--random-seed")
    first = timeless(program.run(*command, "7").out)
    assert first == timeless(program.run(*command, "7").out)
    assert first != timeless(program.run(*command, "8").out)


def test_a_file_is_replaced(program: Program) -> None:
    file = program.home / "made up rows.jsonl"
    file.write_text("old " * 1000)
    result = program.run("dev", "example", "--size", "3", "--filename", str(file))
    assert (result.code, result.out, result.err) == (0, "", "")
    assert len(rows(file.read_text())) == 3


def test_a_link_to_a_file_stays(program: Program) -> None:
    file, link = program.home / "rows.jsonl", program.home / "link"
    file.write_text("old")
    link.symlink_to(file)
    assert program.run("dev", "example", "--size", "3", "--filename", "link").code == 0
    assert link.is_symlink()
    assert len(rows(file.read_text())) == 3


# The links and FIFOs lie in a directory of the test's own: a program that replaced them would
# otherwise, run as root, take /dev/null or /dev/stdout from the whole machine.
def test_standard_output_by_name(program: Program) -> None:
    link = program.home / "stdout"
    link.symlink_to("/proc/self/fd/1")
    result = program.shell('"$@" dev example --size 3 --filename stdout | cat')
    assert (len(rows(result.out)), result.err) == (3, "")
    assert link.is_symlink()


def test_a_fifo(program: Program) -> None:
    fifo = program.home / "fifo"
    result = program.shell(
        'mkfifo fifo; cat fifo & "$@" dev example --size 3 --filename fifo; code=$?; wait; '
        "exit $code"
    )
    assert (result.code, len(rows(result.out)), result.err) == (0, 3, "")
    assert fifo.is_fifo()


@pytest.mark.parametrize("place", ["nowhere/rows.jsonl", "file/rows.jsonl", ".", "", "f" * 300])
def test_an_unwritable_place(program: Program, place: str) -> None:
    (program.home / "file").touch()
    before = sorted(program.home.iterdir())
    result = program.run("dev", "example", "--size", "3", "--filename", place)
    assert (result.code, result.out) == (8, "")
    assert result.complaint
    assert sorted(program.home.iterdir()) == before


def test_memory_does_not_grow_with_the_rows(program: Program) -> None:
    few, many = (
        int(program.python(PEAK, "dev", "example", "--size", size, "--filename", "rows").err)
        for size in ("500", "8000")
    )
    assert (program.home / "rows").stat().st_size > 30_000_000  # were they kept, they would show
    assert many - few < 20_000  # kB
