"""A conf.d that was made to keep its reader busy is read in bounded time, and is no opt-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bounded import bounded

SIZE = 1 << 18  # as large as a file may be
READ = """
from pathlib import Path
from dropsonde_puppetserver import confd
print(confd.read(Path(data.decode()), {}).opt_in.enabled)
"""
UNITS = [
    *(
        "a+=1\n",
        "a=${a}\n",
        "a=[${a}]\n",
        "{",
        "[",
        "a.",
        "a{",
        "${a}",
        '"""',
        '"',
        "//",
        "a b ",
        "[[1],",
    ),
    *("a{b:", "1.", "\\u", ", ", 'include "x"\n'),
]


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_file_of_one_thing_again_and_again(tmp_path: Path, part: int) -> None:
    for unit in UNITS[part::3]:
        (tmp_path / "dropsonde.conf").write_text(unit * (SIZE // len(unit)))
        assert bounded(READ, str(tmp_path).encode()) == "False"


@pytest.mark.parametrize(
    "line", ["a{{b{0}=1}}\n", "a{0}=${{a{1}}}${{a{1}}}\n", "a{0}=[${{a{1}}},${{a{1}}}]\n"]
)
def test_a_file_whose_keys_build_on_each_other(tmp_path: Path, line: str) -> None:
    lines = "".join(line.format(number + 1, number) for number in range(SIZE // 32))
    (tmp_path / "dropsonde.conf").write_text(f"a0=xx\n{lines}"[:SIZE])
    assert bounded(READ, str(tmp_path).encode()) == "False"
