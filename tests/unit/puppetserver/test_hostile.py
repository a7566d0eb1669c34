"""A conf.d that was made to keep its reader busy is read in bounded time, and is no opt-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bounded import bounded

SIZE = 1 << 18  # as large as all files together may be
READ = """
from pathlib import Path
from dropsonde_puppetserver import confd
found = confd.read(Path(data.decode()), {"X": "/x"})
print(found.opt_in.enabled, len(found.directories))
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
    *("a{b:", "1.", "\\u", ", ", 'include "x"\n', "dropsonde.enabled=true\n", "\r\n", "a{b=1}\n"),
]


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_file_of_one_thing_again_and_again(tmp_path: Path, part: int) -> None:
    for unit in UNITS[part::3]:
        (tmp_path / "dropsonde.conf").write_bytes((unit * (SIZE // len(unit))).encode())
        assert bounded(READ, str(tmp_path).encode()) == "False 0"


@pytest.mark.parametrize(
    "line", ["a{{b{0}=1}}\n", "a{0}=${{a{1}}}${{a{1}}}\n", "a{0}=[${{a{1}}},${{a{1}}}]\n"]
)
def test_a_file_whose_keys_build_on_each_other(tmp_path: Path, line: str) -> None:
    lines = "".join(line.format(number + 1, number) for number in range(SIZE // 32))
    (tmp_path / "dropsonde.conf").write_text(f"a0=xx\n{lines}"[:SIZE])
    assert bounded(READ, str(tmp_path).encode()) == "False 0"


@pytest.mark.parametrize(
    "line",
    [
        "a{0} {{ b = 1 }}\n",
        "a {{ b{0} = 1 }}\n",
        "a.b.c{0} = 1\n",
        "a{0} = {{}} {{}}\n",
        "b{0}=c d\n",
    ],
)
def test_an_opt_in_among_as_much_as_the_second_reader_is_handed(tmp_path: Path, line: str) -> None:
    """Just below the bound it is taken all the same, and above it, it is not handed over at all."""
    for count, enabled in ((230, True), (SIZE // 32, False)):
        lines = "".join(line.format(number) for number in range(count))
        (tmp_path / "a.conf").write_text(f"dropsonde.enabled = true\n{lines}"[:SIZE])
        assert bounded(READ, str(tmp_path).encode()) == f"{enabled} 0"


@pytest.mark.parametrize("text", ["a{" * 45 + "}" * 45, "a=" + "[" * 45 + "]" * 45])
def test_an_opt_in_among_nested_values(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.conf").write_text(f"dropsonde.enabled = true\n{text}\n")
    assert bounded(READ, str(tmp_path).encode()) in {"True 0", "False 0"}


@pytest.mark.parametrize(
    "text",
    [
        "server-var-dir = ${X}\n" * 5000,
        "server-var-dir = " + "${X}" * 5000,
        "x = " + "y" * 200_000 + "\nserver-var-dir = /${jruby-puppet.x}",
        "a0 = /x\n"
        + "".join(f"a{n + 1} = ${{jruby-puppet.a{n}}}${{jruby-puppet.a{n}}}\n" for n in range(40))
        + "server-var-dir = ${jruby-puppet.a40}",
    ],
)
def test_directories_that_grow_are_not_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.conf").write_text(f"jruby-puppet {{\n{text}\n}}")
    assert bounded(READ, str(tmp_path).encode()) == "False 0"
