from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde.schema import vocabulary
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods
from dropsonde.site.puppet.ruby_walk import walk

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

HERE = Path(__file__).parent
PUPPETFILES = sorted((HERE.parent / "data" / "puppetfiles").iterdir())
VOCABULARY = Path(vocabulary.__file__).parent


def _rubys_calls(programs: list[str]) -> list[dict[str, int] | None]:
    ruby = subprocess.run(
        ["ruby", HERE / "puppetfile_calls.rb"],
        input=json.dumps(programs),
        check=True,
        capture_output=True,
        text=True,
    )
    calls: list[dict[str, int] | None] = json.loads(ruby.stdout)
    return calls


def _our_calls(program: str) -> dict[str, int] | None:
    seen = walk(program.encode())
    return None if seen is None else dict(seen.called)


def test_list_of_methods_is_what_ruby_defines() -> None:
    """Of this machine's Ruby: Debian 12 has 3.1, 13 has 3.3; 2.7 was made on Debian 11."""
    made = subprocess.run(
        ["ruby", "--disable-gems", VOCABULARY / "ruby_methods.rb"],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    header, *names = made.splitlines()
    (version,) = re.findall(r"with Ruby (\d+\.\d+)\.", header)
    committed, *listed = (
        (VOCABULARY / f"ruby-{version}.txt").read_text(encoding="ascii").splitlines()
    )
    assert set(listed) <= ruby_methods()
    # Each correction of a Ruby has a few others.
    differing = set(names) ^ set(listed)
    assert len(differing) <= (0 if header == committed else len(names) // 50)


@pytest.mark.parametrize(
    "path", [path for path in PUPPETFILES if path.name != "latin1"], ids=lambda path: path.name
)
def test_calls_are_those_of_rubys_own_parser(path: Path) -> None:
    program = path.read_bytes().decode()
    assert [_our_calls(program)] == _rubys_calls([program])


VARIABLES = st.sampled_from(["v", "w", "size"])
METHODS = st.sampled_from(["puts", "fetch", "acme", "size", "exist?", "abort!", "v", "mod"])
ATOMS = st.one_of(
    VARIABLES,
    METHODS,
    st.sampled_from(["1", "'text'", ":sym", "ENV", "File", "nil", "%w[a b]", "__FILE__", "@v"]),
)


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def fill(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda values: template.format(*values))

    return st.one_of(
        fill("{}({})", METHODS, inner),
        fill("({}).{}", inner, METHODS),
        fill("({})&.{}({}, k: {})", inner, METHODS, inner, inner),
        fill("{} {{ |{}, {} = {}| {} }}", METHODS, VARIABLES, VARIABLES, inner, inner),
        fill("File::{}({}) do |{}| {} end", METHODS, inner, VARIABLES, inner),
        fill("({} = {})", VARIABLES, inner),
        fill("({} ||= {})", VARIABLES, inner),
        fill("(v, (w, *size) = {}; {})", inner, inner),
        fill("(({}).name = {})", inner, inner),
        fill("({})[{}]", inner, inner),
        fill("(({}) + ({}))", inner, inner),
        fill("[{}, *({})]", inner, inner),
        fill("{{ k: {}, {}: {} }}", inner, VARIABLES, inner),
        fill('"a#{{{}}}b"', inner),
        fill("(({}) ? ({}) : ({}))", inner, inner, inner),
        fill("({} if {})", inner, inner),
        fill("->({}, k: {}) {{ {} }}", VARIABLES, inner, inner),
        fill("(def m{}({} = {}); {}; end)", METHODS, VARIABLES, inner, inner),
        fill("(begin; {}; rescue File => {}; {}; end)", inner, VARIABLES, inner),
        fill("(case {}; in [{}, *]; {}; else {}; end)", inner, VARIABLES, inner, inner),
    )


PROGRAMS = st.lists(st.recursive(ATOMS, _expressions, max_leaves=12), max_size=8).map("\n".join)


@settings(
    max_examples=40,
    deadline=None,
    # Many programs for one run of Ruby, which takes longer to start than to read them.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(PROGRAMS, min_size=1, max_size=30))
def test_made_up_programs_have_the_calls_of_rubys_own_parser(programs: list[str]) -> None:
    for program, rubys in zip(programs, _rubys_calls(programs), strict=True):
        # What Ruby refuses (a parameter named twice) and the grammar lets pass is not of interest.
        if rubys is not None:
            assert _our_calls(program) == rubys, program
