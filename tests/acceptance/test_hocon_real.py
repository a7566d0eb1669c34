"""Our gate before pyhocon beside Puppet Server's own reader, over the same directories."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dropsonde_puppetserver import confd
from dropsonde_puppetserver.gate.folder import read_folder
from tests.real.hocon_texts import MENTIONS, ORDINARY, Texts
from tests.real.lightbend import load

if TYPE_CHECKING:
    from tests.real.lightbend import Loaded

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

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
# Puppet's packages have this, and upstream's documentation says to write the opt-in beside it:
# https://puppet.com/docs/puppet/6/puppet_server_usage_telemetry.html
SUBSTITUTING = """\
jruby-puppet: {
    gem-home: /opt/puppetlabs/server/data/puppetserver/jruby-gems
    gem-path: [${jruby-puppet.gem-home}, "/opt/puppetlabs/vendored-jruby-gems"]
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
    '"dropsonde": { "enabled": true }',
    '{ "dropsonde": { "enabled": "true" } }',
    "{\n  dropsonde {\n    enabled: true\n  }\n}\n# the end",
    "dropsonde: { enabled: true }, profiler: { enabled: false }",
    "dropsonde = { enabled = true } { interval = 600 }",
    "# dropsonde: { enabled: false }\ndropsonde: { enabled: true }",
    "dropsonde: {\n enabled: true # } {\n}",
    'x = "\\u00e4"\ndropsonde: { enabled: true }',
    "x = True\ndropsonde: { enabled: true }",
    "caf\u00e9 = 1\nl = [1\n2\n]\ndropsonde: { enabled: true }",
    f"{SUBSTITUTING}{STANZA}",
    f"{STANZA}{SUBSTITUTING}",
    "dropsonde: { enabled: true, interval: ${week} }\nweek = 604800",
    "a = x\nb = y${a}\nb = ${?a} z ${a}\nl = [[{ c: ${a} }]]\ndropsonde: { enabled: true }",
)
# These are opt-ins to Puppet Server, too, but not plain ones; we stay off, and say why.
PASSED_OVER = (
    '"dropsonde".enabled = true',
    'dropsonde."enabled" = true',
    "dropsonde\u00a0{ enabled = true }",
    'dropsonde { enabled = "\\u0074rue" }',
    'dropsonde { enabled = "\\"true\\"" }',
    'dropsonde { a."b.c".d = 1, enabled = true }',
    "base { enabled = true }\ndropsonde = ${base}",
    "dropsonde { enabled = false }\ndropsonde { enabled = true }",
    'include classpath("none")\ndropsonde { enabled = true }',
    "dropsonde = null\ndropsonde { enabled = true }",
    "dropsonde.enabled = false\ndropsonde = { enabled = true }",
    'x = "\x85"\ndropsonde { enabled = true }',
    'dropsonde { enabled = """true""" }',
    "dropsonde { interval = 600 }\ndropsonde { enabled = true }",
    "dropsonde { enabled = true }\ndropsonde.interval = 600",
    "dropsonde.enabled = ${ON}",
    "dropsonde { enabled = ${?ON} }",
    "dropsonde.enabled = false\ndropsonde.enabled = ${?ON}",
    "dropsonde.enabled = true\ndropsonde.enabled = ${?nope}",
    "dropsonde.enabled = true${?nope}",
    "flag = true\ndropsonde.enabled = ${flag}",
    "dropsonde.enabled = ${site.flag}\nsite { flag = true }",
    "dropsonde = ${?base}\ndropsonde.enabled = true",
    "dropsonde: { enabled: ${dropsonde.really}, really: true }",
    "dropsonde: { enabled: true }\nx = ${ON}",
    "dropsonde: { enabled: true }\nx = ${?nope}",
    "dropsonde: { enabled: true }\nx = ${?y}\ny = {}",
    "dropsonde: { enabled: true }\nx = { z: 1 } ${y}\ny = {}",
    "dropsonde: { enabled: true }\nx = ${y} { z: 1 }\ny = {}",
    "dropsonde: { enabled: true }\nx = [1] ${y}\ny = []",
    "dropsonde: { enabled: true }\nx = ${y}\ny = ${z}\nz = 1",
    'dropsonde: { enabled: true }\nx = ${"y"}\ny = 1',
    "dropsonde: { enabled: true }\nx = 1\nx = ${x}2",
    "x += 1\ndropsonde: { enabled: true }",
    'a."b.c".d = 1\ndropsonde: { enabled: true }',
    'x = include "x"\ndropsonde: { enabled: true }',
    'include "none"\ndropsonde: { enabled: true }',
)
# And these, but nothing in conf.d says so: to us, nothing is said at all.
BROUGHT = (
    'include "sub/enabled.conf"',
    'include "sub/enabled"',
    'include "sub/json.json"',
    'dropsonde.interval = 600\ninclude "sub/enabled.conf"',
    'dropsonde { include "sub/yes.conf" }',
)
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
    "dropsonde { enabled: true }\nx = { z: 1 } ${y}\ny = 1",
    "dropsonde { enabled: true }\nx = ${y} [1]\ny = 1",
    "dropsonde { enabled: true }\nx = ${y.z}\ny = 1",
    "dropsonde { enabled: true }\nx = ${x}",
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
# What an include or a substitution comes to is not asked in files that hold no opt-in.
EXCUSED = {"an include", "a substitution", "a +="}
GENERATED = {"plain": 2500, "spoiled": 2500, "hocon": 3000, "substitutions": 1000}
DIRECTORIES = 1000


class Case(NamedTuple):
    """A directory, as both read it."""

    directory: Path
    files: Mapping[str, str]
    theirs: Loaded
    ours: confd.ServerConf

    @property
    def verdict(self) -> str:
        """Puppet Server's: yes, no, or an error with which it does not start."""
        if self.theirs.tree is None:
            return "error"
        return "yes" if self.theirs.enabled is True or self.theirs.enabled == "true" else "no"


def compared(place: Path, cases: Sequence[Mapping[str, str]]) -> list[Case]:
    """Write directories, each of some files, and let both read them, theirs in one process."""
    shared = place / "sub"
    shared.mkdir()
    for name, text in INCLUDED.items():
        (shared / name).write_text(text)
    directories = [place / str(number) for number in range(len(cases))]
    for directory, files in zip(directories, cases, strict=True):
        directory.mkdir()
        (directory / "sub").symlink_to(shared)
        for name, text in files.items():
            (directory / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    return [
        Case(directory, files, theirs, confd.read(directory, ENVIRON))
        for directory, files, theirs in zip(
            directories, cases, load(directories, ENVIRON), strict=True
        )
    ]


def in_directories(rng: random.Random, texts: Texts) -> list[dict[str, str]]:
    """Files of every kind that Puppet Server reads, and of some that it does not."""
    kinds = {
        "a.conf": texts.hocon,
        "b.conf": lambda: texts.fields(1),
        "c.json": texts.json,
        "d.ini": texts.ini,
        ".e.conf": texts.hocon,
        "f.conf.bak": texts.hocon,
        "g.conf": texts.plain,
    }
    return [
        {name: kinds[name]() for name in rng.sample(sorted(kinds), rng.choice((1, 2, 2, 3)))}
        for _ in range(DIRECTORIES)
    ]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Case]]:
    """All directories, by what they are made for: one start of a JVM is dear."""
    rng = random.Random(20)
    texts = Texts(rng)
    debians = {file.name: file.read_text() for file in DEBIANS.iterdir()}
    within = {**debians, "puppetserver.conf": f"{debians['puppetserver.conf']}\n{STANZA}"}
    made: dict[str, list[dict[str, str]]] = {
        "recognised": [{"a.conf": text} for text in RECOGNISED],
        "passed over": [{"a.conf": text} for text in PASSED_OVER],
        "brought": [{"a.conf": text} for text in BROUGHT],
        "none": [{"a.conf": text} for text in NONE],
        **{
            name: [{"a.conf": getattr(texts, name)()} for _ in range(number)]
            for name, number in GENERATED.items()
        },
        "directories": in_directories(rng, texts),
        "ordinary": [{"z.conf": text, "b.conf": STANZA} for text in ORDINARY],
        "all ordinary": [{f"{at}.conf": text for at, text in enumerate((*ORDINARY, STANZA))}],
        "mentions": [{"z.conf": text, "b.conf": STANZA} for text in MENTIONS],
        "debian's": [debians, {**debians, "dropsonde.conf": STANZA}, within],
        "other kinds": [
            {"a.conf": STANZA, "b.yaml": "x: 1"},
            {"a.edn": "{:dropsonde {:enabled true}}"},
            {"a.properties": "dropsonde.enabled=true"},
            {"a.properties": "\\u0064ropsonde.enabled=true"},
            {"a.ini": "[dropsonde]\nenabled = true"},
        ],
        "yaml": [{f"a.{kind}": "dropsonde: {enabled: true}"} for kind in ("yaml", "yml")],
    }
    place = tmp_path_factory.mktemp("read")
    cases = iter(compared(place, [files for some in made.values() for files in some]))
    return {name: [next(cases) for _ in some] for name, some in made.items()}


def excused(case: Case) -> bool:
    """Whether another file than the opt-in's holds what is not followed there."""
    outlines, _ = read_folder(case.directory)
    return any(
        EXCUSED & set(outline.constructs) or outline.references
        for file, outline in outlines.items()
        if str(file) != case.ours.opt_in.where
    )


def test_it_is_never_a_yes_where_puppet_server_reads_no_or_does_not_start(
    read: dict[str, list[Case]],
) -> None:
    counted: Counter[tuple[str, bool]] = Counter()
    for case in (case for some in read.values() for case in some):
        counted[case.verdict, case.ours.opt_in.enabled] += 1
        if case.ours.opt_in.enabled:
            assert case.verdict != "no", case
            assert case.verdict == "yes" or excused(case), case
    # Numbers that show that there was something to be taken, and to be refused.
    assert counted["yes", True] > 3000
    assert counted["yes", True] > 3 * counted["yes", False]
    assert counted["yes", False] > 800
    assert counted["no", False] > 1000
    assert counted["error", False] > 2000
    assert sum(counted.values()) > 10_000


@pytest.mark.parametrize("name", ["recognised", "plain", "ordinary", "all ordinary"])
def test_every_plain_opt_in_is_recognised(read: dict[str, list[Case]], name: str) -> None:
    for case in read[name]:
        assert case.verdict == "yes", case
        assert case.ours.opt_in.enabled, case


@pytest.mark.parametrize("name", ["passed over", "mentions"])
def test_others_are_passed_over_with_a_reason(read: dict[str, list[Case]], name: str) -> None:
    for case in read[name]:
        assert case.verdict == "yes" or name == "mentions", case
        assert (case.ours.opt_in.enabled, case.ours.opt_in.problem) == (False, True), case
        assert "to take part" in case.ours.opt_in.why or "mend it" in case.ours.opt_in.why


def test_an_include_is_not_followed(read: dict[str, list[Case]]) -> None:
    for case in read["brought"]:
        assert case.verdict == "yes", case
        assert (case.ours.opt_in.enabled, case.ours.opt_in.problem) == (False, False), case


def test_what_is_no_opt_in_is_none(read: dict[str, list[Case]]) -> None:
    for case in read["none"]:
        assert case.verdict != "yes", case
        assert not case.ours.opt_in.enabled, case


def test_debians_own_directory(read: dict[str, list[Case]]) -> None:
    """An opt-in counts in a file of its own, and in puppetserver.conf, which substitutes."""
    for case, enabled in zip(read["debian's"], (False, True, True), strict=True):
        section = (case.theirs.tree or {})["jruby-puppet"]
        assert case.ours.directories == {
            "PUPPET_CONFDIR": section["server-conf-dir"],
            "PUPPET_CODEDIR": section["server-code-dir"],
            "PUPPET_VARDIR": section["server-var-dir"],
            "PUPPET_LOGDIR": section["server-log-dir"],
        }
        assert case.ours.opt_in.enabled is enabled
    nothing, own, within = (case.ours for case in read["debian's"])
    assert not nothing.opt_in.problem
    assert own.interval == within.interval == 604_800
    assert Path(within.opt_in.where).name == "puppetserver.conf"


def test_files_of_kinds_that_we_do_not_read(read: dict[str, list[Case]]) -> None:
    # Puppet Server 8 passes over YAML, Puppet Server 7 reads it.
    assert len({case.verdict for case in read["yaml"]}) == 1
    assert {case.verdict for case in read["other kinds"]} == {"yes"}
    for case in (*read["other kinds"], *read["yaml"]):
        assert case.ours.opt_in.problem
        assert "move what it sets to a .conf file" in case.ours.opt_in.why
