"""Our reader of conf.d beside Puppet Server's own, over the same directories."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dropsonde_puppetserver import confd
from dropsonde_puppetserver.hocon import directory
from dropsonde_puppetserver.hocon.values import Scalar
from tests.real.hocon_texts import Texts
from tests.real.lightbend import load

if TYPE_CHECKING:
    from tests.real.lightbend import Loaded

pytestmark = pytest.mark.real

ENVIRON = {"PATH": "/usr/bin:/bin", "ON": "true", "WORD": "yes"}
DEBIANS = Path("/etc/puppet/puppetserver/conf.d")
STANZA = """\
# settings of the submission of module metrics
dropsonde: {
    # enable or disable it
    enabled: true

    # in seconds
    interval: 604800 # one week
}
"""
# All of these are opt-ins to Puppet Server, and must be to us.
RECOGNISED = (
    STANZA,
    STANZA.replace("\n", "\r\n"),
    f"\ufeff{STANZA}",
    "dropsonde: { enabled: true }",
    "dropsonde { enabled: true }",
    "dropsonde = { enabled = true }",
    "dropsonde:{enabled:true}",
    "dropsonde : { enabled : true, }",
    "dropsonde : { interval : 86400, enabled : true }",
    "dropsonde {\n\tenabled\t=\ttrue\t}",
    "dropsonde\n{\n  enabled\n  =\n  true\n}",
    "dropsonde.enabled = true",
    "dropsonde.enabled=true",
    "dropsonde.enabled: true // c",
    "dropsonde.enabled: true#c",
    'dropsonde { enabled = "true" }',
    'dropsonde { enabled = """true""" }',
    '"dropsonde": { "enabled": true }',
    '{ "dropsonde": { "enabled": "true" } }',
    "{\n  dropsonde {\n    enabled: true\n  }\n}\n# the end",
    "dropsonde: { enabled: true }, profiler: { enabled: false }",
    "dropsonde { interval = 600 }\ndropsonde { enabled = true }",
    "dropsonde { enabled = true }\ndropsonde.interval = 600",
    "dropsonde = { enabled = true } { interval = 600 }",
    "# dropsonde: { enabled: false }\ndropsonde: { enabled: true }",
    "dropsonde: {\n enabled: true # } {\n}",
    "dropsonde.enabled = ${ON}",
    "dropsonde { enabled = ${?ON} }",
    "dropsonde.enabled = false\ndropsonde.enabled = ${?ON}",
    "dropsonde.enabled = true\ndropsonde.enabled = ${?nope}",
    "dropsonde.enabled = true${?nope}",
    "flag = true\ndropsonde.enabled = ${flag}",
    "dropsonde.enabled = ${site.flag}\nsite { flag = true }",
    "dropsonde = ${?base}\ndropsonde.enabled = true",
    "dropsonde: { enabled: ${dropsonde.really}, really: true }",
    "x += 1\ndropsonde: { enabled: true }",
    'a."b.c".d = 1\ndropsonde: { enabled: true }',
    'x = "\\u00e4"\ndropsonde: { enabled: true }',
    "x = True\ndropsonde: { enabled: true }",
    'x = include "x"\ndropsonde: { enabled: true }',
    'include "none"\ndropsonde: { enabled: true }',
    'include "sub/enabled.conf"',
    'include "sub/enabled"',
    'include "sub/json.json"',
    'dropsonde.interval = 600\ninclude "sub/enabled.conf"',
    "caf\u00e9 = 1\nl = [1\n2\n]\ndropsonde: { enabled: true }",
)
# These are opt-ins to Puppet Server, too; we stay off, and say why.
PASSED_OVER = (
    '"dropsonde".enabled = true',
    'dropsonde."enabled" = true',
    "dropsonde\u00a0{ enabled = true }",
    'dropsonde { enabled = "\\u0074rue" }',
    'dropsonde { enabled = "\\"true\\"" }',
    'dropsonde { a."b.c".d = 1, enabled = true }',
    "base { enabled = true }\ndropsonde = ${base}",
    "dropsonde { enabled = false }\ndropsonde { enabled = true }",
    'dropsonde { include "sub/yes.conf" }',
    'include classpath("none")\ndropsonde { enabled = true }',
    "dropsonde = null\ndropsonde { enabled = true }",
    "dropsonde.enabled = false\ndropsonde = { enabled = true }",
    'x = "\x85"\ndropsonde { enabled = true }',
)
# None of these is one; some are errors.
NONE = (
    "",
    "dropsonde {}",
    "dropsonde { enabled = false }",
    'dropsonde { enabled = "false" }',
    "dropsonde { enabled = yes }",
    "dropsonde { enabled = on }",
    "dropsonde { enabled = True }",
    "dropsonde { enabled = TRUE }",
    "dropsonde { enabled = 1 }",
    "dropsonde { enabled = null }",
    "dropsonde { enabled = }",
    "dropsonde { enabled true }",
    "dropsonde { enabled = [true] }",
    "dropsonde { enabled = { true = true } }",
    "dropsonde { enabled = true true }",
    "dropsonde { enabled = true; }",
    "dropsonde { enabled = true ${?nope} }",
    "dropsonde { enabled = 'true' }",
    "dropsonde { enabled += true }",
    "dropsonde { enabled := true }",
    "dropsonde { enabled == true }",
    "dropsonde => { enabled: true }",
    "dropsonde { enabled: true",
    "dropsonde { enabled: true }}",
    "dropsonde { enabled: true };",
    "dropsonde: enabled: true",
    "[{ dropsonde { enabled: true } }]",
    "/* c */ dropsonde { enabled: true }",
    "; c\ndropsonde { enabled: true }",
    "[dropsonde]\nenabled = true",
    '"dropsonde.enabled" = true',
    "Dropsonde { Enabled: true }",
    "dropsonde { enabled: true }\ndropsonde = null",
    "dropsonde { enabled: true }\ndropsonde.enabled = ${WORD}",
    "dropsonde { enabled: ${nope} }",
    "dropsonde { enabled: ${?nope} }",
    "dropsonde { enabled: ${dropsonde.enabled} }",
    "dropsonde { enabled: true }\nx = ${nope}",
    "dropsonde { enabled: true }\nON = ${ON}",
    "ON = ${?ON}\ndropsonde { enabled: ${?ON} }",
    'dropsonde { enabled: true }\nx = "a\tb"',
    'dropsonde { enabled: true }\nx = "\\x"',
    'dropsonde { enabled: true }\nx = "\\u00"',
    'dropsonde { enabled: true }\nx = "\\""',
    'dropsonde { enabled: true }\nx = "\\"\\"y\\"\\""',
    "dropsonde { enabled: true }\nx = y*z",
    "dropsonde { enabled: true }\nx = $y",
    "dropsonde { enabled: true }\nx = +y",
    "dropsonde { enabled: true }\nx =",
    "dropsonde { enabled: true }\nx",
    "dropsonde { enabled: true }\nx..y = 1",
    "dropsonde { enabled: true }\nx = [1,,2]",
    "dropsonde { enabled: true },,x = 1",
    "dropsonde { enabled: true } x = 1",
    "dropsonde { enabled: true }\nl = 1\nl += 2",
    "dropsonde { enabled: true }\na { b: 1 } { c: 2 }",
    "dropsonde { enabled: true }\na = {b: [1], b: ${?nope}} ${?dropsonde}\na = [{b:1, b:${?nope}}]",
    'dropsonde { enabled: true }\ninclude required("none")',
    "dropsonde { enabled: true }\ninclude none",
    "dropsonde { enabled: true }\ninclude = 1",
    'dropsonde { enabled: true }\nINCLUDE "none"',
    'dropsonde { enabled: true }\ninclude "sub/broken.conf"',
    'dropsonde { enabled: true }\ninclude "sub/loop.conf"',
    'include url("http://127.0.0.1:1/enabled.conf")',
    'include "http://127.0.0.1:1/enabled.conf"',
    'include package("dropsonde", "enabled.conf")',
    'include "sub/nothing.conf"',
    'dropsonde { include "none" }',
)
INCLUDED = {
    "enabled.conf": "dropsonde { enabled = true }",
    "json.json": '{"dropsonde": {"enabled": true}}',
    "yes.conf": "enabled = true",
    "broken.conf": "x = {",
    "loop.conf": 'include "loop.conf"',
    "nothing.conf": "",
}
GENERATED = 2500


class Case(NamedTuple):
    """A directory, as both read it."""

    directory: Path
    text: str
    theirs: Loaded
    ours: confd.ServerConf

    @property
    def opted_in(self) -> bool:
        """Whether Puppet Server sees what we would take for an opt-in."""
        return self.theirs.enabled is True or self.theirs.enabled == "true"


def compared(tmp_path: Path, cases: Sequence[Mapping[str, str]]) -> list[Case]:
    """Write directories, each of some files, and let both read them."""
    directories = []
    for number, files in enumerate(cases):
        directory = tmp_path / str(number) / "conf.d"
        (directory / "sub").mkdir(parents=True)
        for name, text in INCLUDED.items():
            (directory / "sub" / name).write_text(text)
        for name, text in files.items():
            (directory / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        directories.append(directory)
    return [
        Case(directory, str(files), theirs, confd.read(directory, ENVIRON))
        for directory, files, theirs in zip(
            directories, cases, load(directories, ENVIRON), strict=True
        )
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """Each text that was written by hand, alone in its directory."""
    texts = (*RECOGNISED, *PASSED_OVER, *NONE)
    cases = compared(tmp_path_factory.mktemp("written"), [{"a.conf": text} for text in texts])
    return dict(zip(texts, cases, strict=True))


def plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    assert isinstance(tree, Scalar)
    return tree.value


def check(case: Case) -> None:
    """What must hold of any directory: no opt-in but theirs, and what both read is the same."""
    if case.ours.opt_in.enabled:
        assert case.opted_in, case
    try:
        ours = plain(directory.read(case.directory, ENVIRON).tree)
    except directory.UnreadError:
        assert case.ours.opt_in.problem
    else:
        assert ours == case.theirs.tree, case


@pytest.mark.parametrize("text", RECOGNISED)
def test_the_usual_opt_ins_are_recognised(written: dict[str, Case], text: str) -> None:
    check(written[text])
    assert written[text].opted_in
    assert written[text].ours.opt_in.enabled


@pytest.mark.parametrize("text", PASSED_OVER)
def test_the_unusual_ones_are_passed_over_with_a_reason(
    written: dict[str, Case], text: str
) -> None:
    check(written[text])
    assert written[text].opted_in
    assert written[text].ours.opt_in.problem


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_opt_in_is_none(written: dict[str, Case], text: str) -> None:
    check(written[text])
    assert not written[text].opted_in
    assert not written[text].ours.opt_in.enabled


def test_generated_files(tmp_path: Path) -> None:
    texts = Texts(random.Random(20))
    cases = compared(tmp_path, [{"a.conf": texts.hocon()} for _ in range(GENERATED)])
    for case in cases:
        check(case)
    assert sum(case.theirs.tree is None for case in cases) > GENERATED / 4
    theirs = sum(case.opted_in for case in cases)
    ours = sum(case.ours.opt_in.enabled for case in cases)
    assert theirs > GENERATED / 4
    assert ours > theirs * 0.6


def test_generated_substitutions(tmp_path: Path) -> None:
    texts = Texts(random.Random(22))
    cases = compared(tmp_path, [{"a.conf": texts.substitutions()} for _ in range(GENERATED)])
    for case in cases:
        check(case)
    assert sum(case.ours.opt_in.enabled for case in cases) > GENERATED / 20


def test_generated_directories(tmp_path: Path) -> None:
    rng = random.Random(21)
    texts = Texts(rng)
    kinds = {
        "a.conf": texts.hocon,
        "b.conf": lambda: texts.fields(1),
        "c.json": texts.json,
        "d.ini": texts.ini,
        ".e.conf": texts.hocon,
        "f.conf.bak": texts.hocon,
    }
    directories = [
        {name: kinds[name]() for name in rng.sample(sorted(kinds), rng.choice((1, 1, 2, 2, 3)))}
        for _ in range(600)
    ]
    cases = compared(tmp_path, directories)
    for case in cases:
        check(case)
    assert sum(case.ours.opt_in.enabled for case in cases) > 30


def test_debians_own_directory(tmp_path: Path) -> None:
    files = {file.name: file.read_text() for file in DEBIANS.iterdir()}
    own_file = {**files, "dropsonde.conf": STANZA}
    within = {**files, "puppetserver.conf": f"{files['puppetserver.conf']}\n{STANZA}"}
    plain_case, *opted_in = compared(tmp_path, [files, own_file, within])
    for case in (plain_case, *opted_in):
        check(case)
        section = (case.theirs.tree or {})["jruby-puppet"]
        assert case.ours.directories == {
            "PUPPET_CONFDIR": section["server-conf-dir"],
            "PUPPET_CODEDIR": section["server-code-dir"],
            "PUPPET_VARDIR": section["server-var-dir"],
            "PUPPET_LOGDIR": section["server-log-dir"],
        }
    assert (plain_case.ours.opt_in.enabled, plain_case.ours.opt_in.problem) == (False, False)
    for case in opted_in:
        assert case.ours.opt_in.enabled
        assert case.ours.interval == 604_800


def test_files_of_kinds_that_we_do_not_read(tmp_path: Path) -> None:
    files = {
        "a.yaml": "dropsonde: {enabled: true}",
        "a.yml": "dropsonde: {enabled: true}",
        "a.edn": "{:dropsonde {:enabled true}}",
        "a.properties": "dropsonde.enabled=true",
    }
    for case in compared(tmp_path, [{name: text} for name, text in files.items()]):
        assert case.opted_in
        assert case.ours.opt_in.problem


def test_the_interval_is_read_alike(tmp_path: Path) -> None:
    values = {"600": 600, '"600"': 600, "6e2": 600, "600.0": 600, "600.5": 600.5, "10m": "10m"}
    settings = [{"a.conf": f"dropsonde {{ interval = {value} }}"} for value in values]
    for case, value in zip(compared(tmp_path, settings), values.values(), strict=True):
        assert (case.theirs.tree or {})["dropsonde"]["interval"] == value
        assert case.ours.interval == (value if isinstance(value, int) else None)
