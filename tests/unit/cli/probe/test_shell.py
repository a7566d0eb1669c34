"""``dev shell``, with IPython and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.program import Program

BANNER = "dropsonde: settings, puppet, forge, puppetdb, metrics, report() are ready"
ASKED = """
print("found", settings.ttl, puppet.confdir.name, forge.path.name, puppetdb, len(metrics))
print("site", len(report().site_id))
"""


@pytest.mark.parametrize("with_ipython", [True, False])
def test_the_names_are_ready(program: Program, with_ipython: bool) -> None:
    program.list_public("puppetlabs-stdlib")
    hidden = program.home / "hidden"
    hidden.mkdir()
    (hidden / "IPython.py").write_text('raise ImportError("hidden")\n')
    environ = {} if with_ipython else {"PYTHONPATH": str(hidden)}
    result = program.run("dev", "shell", "--no-update", stdin=ASKED, environ=environ)
    assert result.code == 0
    assert BANNER in result.err
    assert "Traceback" not in result.out + result.err
    assert "found 7 conf forge.json None 7\n" in result.out
    assert "site 128\n" in result.out
    assert ("In [1]" in result.out) == with_ipython


def test_a_closed_standard_input(program: Program) -> None:
    result = program.shell('"$@" dev shell <&-')
    assert result.code == 2
    assert "standard input is closed" in result.complaint
