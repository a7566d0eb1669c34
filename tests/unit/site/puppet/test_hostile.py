"""Text that was made to keep a parser busy: the work stays bounded, and the rest goes on."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from dropsonde.site.puppet.patterns import Matcher
from dropsonde.site.puppet.puppetfile import MAX_BYTES, ruby_calls
from dropsonde.site.puppet.ruby_walk import READINGS, _Lender
from tests.support.bounded import bounded
from tests.support.program import Program
from tests.support.sites import put_module

LINE = 1 << 18  # bytes; a quadratic search takes hours with so many
RUBY = """\
%( %w( %q{ %i[ %(\\n a|%( =begin\\n ( [ { "#{ `#{ /#{ <<A, <<A\\n f(<<A,\\n a|do\\n begin\\n if|a\\n
?a case|a\\nin|[ a= a|?b|: define_method( attr|a, - ->{ $ \\xff"""
CLOSED = [
    *((b"[", b"]"), (b"a(", b")"), (b"a{|x|", b"}"), (b"begin\n", b"end\n"), (b"%(", b")")),
    *((b"define_method(", b")"), (b"class A\n", b"end\n"), (b"{a:", b"}"), (b"def a\n", b"end\n")),
]
MANIFESTS = """\
/ (/ =/\\\\ @(a @("a")\\n ' "${ a- a:: class|a|{ /* { [ "$ \\\\' <| A:: :: @("a"/$)\\n${ '\\\\
@(a)@(a) #\\n"""
CALLS = """
from dropsonde.site.puppet.puppetfile import MAX_BYTES, ruby_calls
for unit in data.splitlines():
    unit = unit.decode("unicode_escape").encode("latin-1")
    ruby_calls(unit * (MAX_BYTES // len(unit)))
print("done")
"""
NESTED = """
from dropsonde.site.puppet.puppetfile import MAX_BYTES, ruby_calls
opening, closing = data.split(b"\\0")
depth = (MAX_BYTES - 1) // (len(opening) + len(closing))
print(ruby_calls(opening * depth + b"1" + closing * depth).parsed)
"""
MANIFEST = """
from dropsonde.site.puppet.manifests import ManifestError, class_names
for unit in data.splitlines():
    unit = unit.decode("unicode_escape").encode("latin-1")
    try: class_names(unit * ((1 << 19) // len(unit)))
    except ManifestError: pass
print("done")
"""
CONF = (
    "from pathlib import Path; from dropsonde.common.errors import PuppetError\n"
    "from dropsonde.site.puppet.conf import parse_conf\n"
    "try: print(len(parse_conf(data, Path('puppet.conf'))['main']))\n"
    "except PuppetError: print('refused')"
)


def units(text: str) -> bytes:
    """One a line; a bar is a blank."""
    return "\n".join(text.split()).replace("|", " ").encode()


def test_a_puppetfile_of_one_thing_again_and_again() -> None:
    assert bounded(CALLS, units(RUBY)) == "done"


@pytest.mark.parametrize(("opening", "closing"), CLOSED)
def test_a_puppetfile_nested_as_deep_as_it_can_be(opening: bytes, closing: bytes) -> None:
    assert bounded(NESTED, opening + b"\0" + closing) == "True"


def test_a_puppetfile_of_literals_without_an_end_is_one_that_does_not_parse() -> None:
    assert not ruby_calls(b"%(" * (MAX_BYTES // 2)).parsed
    assert ruby_calls(b"puts %(a(b)c)\n" * (MAX_BYTES // 14)).counts == {"puts": MAX_BYTES // 14}
    assert not ruby_calls(b"#" * (MAX_BYTES + 1)).parsed


@pytest.mark.parametrize("size", [1 << 12, 1 << 15, 1 << 18])
def test_what_the_parser_reads_grows_with_the_file_and_no_faster(size: int) -> None:
    lender, lent = _Lender(bytes(size)), 0
    while piece := lender.lend(0, None):  # the parser begins anew, again and again
        lent += len(piece)
    assert lender.spent
    assert READINGS * size <= lent <= READINGS * size + 512


@pytest.mark.parametrize(
    "line",
    [
        b"a = x%sx" % (b" " * LINE),
        b"a%sx" % (b" " * LINE),
        b"a = {%s" % (b" " * LINE),
        b"a = %s" % (b"{" * LINE),
        b"a = {owner = x%s}" % (b" " * LINE),
        b"a = {owner = x%s}" % (b" ," * LINE),
        b"a = %s" % (b"{}" * LINE),
        b"%s[%s" % (b" " * LINE, b"a" * LINE),
        b"\x0b" * LINE,
    ],
    ids=range(9),
)
def test_a_line_of_a_conf_that_goes_on_and_on(line: bytes) -> None:
    assert bounded(CONF, line) in {"0", "1", "refused"}


def test_settings_that_name_each_other_again_and_again(tmp_path: Path) -> None:
    """Ten lines that would make 1000 to the tenth."""
    names = [
        "codedir",
        "vardir",
        "logdir",
        "ssldir",
        "certdir",
        "privatekeydir",
        "hostcert",
        "cadir",
    ]
    lines = [f"{one} = {f'${other}' * 1000}" for one, other in itertools.pairwise(names)]
    code = (
        "from pathlib import Path; from dropsonde.common.errors import PuppetError\n"
        "from dropsonde.site.puppet.settings import read_settings\n"
        f"environ = {{'PUPPET_CONFDIR': {str(tmp_path)!r}}}\n"
        "try: print(read_settings(environ, uid=0, home=Path('/'), hostname=lambda: 'a').codedir)\n"
        "except PuppetError as error: print(error)"
    )
    for last, said in (("/x", "with its variables it has more than 65536 letters"), ("", "/")):
        (tmp_path / "puppet.conf").write_text("\n".join(["[main]", *lines, f"cadir = {last}", ""]))
        assert said in bounded(code)


def test_a_manifest_of_one_thing_again_and_again() -> None:
    assert bounded(MANIFEST, units(MANIFESTS)) == "done"


def test_a_pattern_looks_into_so_many_directories_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "a/b/.hidden").mkdir(parents=True)
    for name in ("one", "two"):  # each leads back: a tree without an end
        (tmp_path / name).symlink_to(tmp_path)
    found = Matcher().matches(f"{tmp_path}/**")
    assert found == [str(tmp_path), f"{tmp_path}/a", f"{tmp_path}/a/b"]
    for number in range(30):
        (tmp_path / f"d{number}").mkdir()
    with pytest.raises(OSError, match="more directories than are looked at"):
        Matcher(looks=20).matches(f"{tmp_path}/**/**")
    assert len(Matcher(looks=1).matches(f"{tmp_path}/d*")) == 30
    with pytest.raises(OSError, match="too long"):
        Matcher().matches(f"{tmp_path}/{'*a' * 1000}")


@pytest.mark.parametrize("depth", [1500, 5000])
def test_manifests_nested_deeper_than_any_path_are_not_read_and_told_once(
    tmp_path: Path, depth: int
) -> None:
    """The real program; the second tree is deeper than a path can be long."""
    program = Program(tmp_path)
    program.list_public("puppetlabs-ntp")
    module = put_module(tmp_path / "code/environments/production/modules/ntp")
    for loop in ("manifests/loop", "loop"):
        (module / loop).symlink_to(module)
    _nest(module / "manifests", depth)
    try:
        result = program.run(
            "preview", "--no-update", "--only", "classes", "--only", "unused_classes"
        )
    finally:
        subprocess.run(["rm", "-rf", module], check=True)  # pytest's own way is too short for it
    said = [line for line in result.err.splitlines() if "manifests" in line]
    assert len(said) == 1
    assert (
        "1 directories of public modules' manifests are unreadable, or nested deeper than 32"
        in said[0]
    )
    assert "1  directories of manifests that were not read" in result.out
    assert "Traceback" not in result.err


def _nest(top: Path, depth: int) -> None:
    handle = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("a", dir_fd=handle)
        inner = os.open("a", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
