"""The house's walls: a file imports only from below."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import dropsonde
import dropsonde_puppetserver
from tests.support.ground import GROUND

PACKAGE = Path(dropsonde.__file__).parent
SERVER = Path(dropsonde_puppetserver.__file__).parent
PACKAGES = (PACKAGE.name, SERVER.name)

# From the ground up. A file imports from its own folder, without a circle, and from lower floors.
FLOORS = (
    ("common",),
    ("schema",),
    ("http", "protocol", "settings"),
    # Puppet Server's side starts dropsonde as a process, and is installed by it.
    ("collector", "delivery", "dropsonde_puppetserver", "site"),
    ("aggregation", "metrics"),
    ("publish", "report"),
    ("demo",),
    ("cli",),
)
LEVELS = {name: level for level, names in enumerate(FLOORS) for name in names}
# The package itself holds the version, and `python -m dropsonde`.
ROOT, MAIN = "dropsonde", "dropsonde.__main__"
# What the wall keeps apart: these see a Context and nothing of what lies behind it.
ABOVE_THE_WALL = ("dropsonde.metrics", "dropsonde.report.build", "dropsonde.report.formats")
BEHIND_THE_WALL = (
    "dropsonde.common.files",
    "dropsonde.common.state",
    "dropsonde.common.trusted",
    "dropsonde.http",
    "dropsonde.settings",
    "dropsonde.site",
)
# The receiving half is a program of its own.
RECEIVING = (
    "dropsonde.aggregation",
    "dropsonde.cli.collector",
    "dropsonde.collector",
    "dropsonde.demo.collector",
    "dropsonde.demo.rows",
    "dropsonde.demo.world",
    "dropsonde.publish",
)
# What the probe and the collector have in common; both read releases from the Forge.
SHARED = (
    "dropsonde.cli.program",
    "dropsonde.cli.progress",
    "dropsonde.common",
    "dropsonde.http",
    "dropsonde.protocol",
    "dropsonde.schema",
    "dropsonde.site.vocabulary",
)
# Programs, which speak to their user.
COMMAND_LINE = (
    "dropsonde.cli",
    "dropsonde.common.console",
    "dropsonde_puppetserver.scheduled",
    "dropsonde_puppetserver.subcommand",
)


class Import(NamedTuple):
    """One import of a module of ours.

    Attributes:
        module: the module.
        runs: False for one that only the type checker sees.
        early: whether it runs when the importing module is imported.
    """

    module: str
    runs: bool
    early: bool


def _name(file: Path, package: Path) -> str:
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    _name(file, package): ast.parse(file.read_text())
    for package in (PACKAGE, SERVER)
    for file in sorted(package.rglob("*.py"))
}


def _imports(node: ast.AST, *, runs: bool = True, early: bool = True) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield from _ours(alias.name, None, runs=runs, early=early)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are written in full"
            for alias in child.names:
                yield from _ours(child.module or "", alias.name, runs=runs, early=early)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from _imports(child, runs=False, early=early)
        else:
            function = isinstance(child, (ast.FunctionDef, ast.Lambda, ast.AsyncFunctionDef))
            yield from _imports(child, runs=runs, early=early and not function)


def _ours(module: str, name: str | None, *, runs: bool, early: bool) -> Iterator[Import]:
    """The module that is meant: `from dropsonde import http` is dropsonde.http."""
    if module.partition(".")[0] in PACKAGES:
        inner = f"{module}.{name}"
        yield Import(inner if inner in TREES else module, runs, early)


IMPORTS = {name: tuple(_imports(tree)) for name, tree in TREES.items()}


def folder(module: str) -> str:
    """The folder that a module stands in, of those that have a floor."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] if first == ROOT else first


def within(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


each_module = pytest.mark.parametrize("module", TREES)


def test_every_module_stands_on_a_floor() -> None:
    assert {folder(module) for module in TREES if module not in (ROOT, MAIN)} == set(LEVELS)
    assert sum(map(len, FLOORS)) == len(LEVELS)


@each_module
def test_imports_point_downwards(module: str) -> None:
    """Those that only the type checker sees, too."""
    here = LEVELS.get(folder(module), len(FLOORS))
    upwards = [
        found.module
        for found in IMPORTS[module]
        if folder(found.module) != folder(module) and LEVELS.get(folder(found.module), -1) >= here
    ]
    assert upwards == []


@pytest.mark.parametrize("module", [name for name in TREES if within(name, ABOVE_THE_WALL)])
def test_what_is_above_the_wall_does_not_look_behind_it(module: str) -> None:
    seen = [found.module for found in IMPORTS[module] if found.runs]
    assert [name for name in seen if within(name, BEHIND_THE_WALL)] == []
    assert "dropsonde.site.context" not in seen


@pytest.mark.parametrize("module", TREES)
def test_the_two_halves_share_the_ground_alone(module: str) -> None:
    """What reports and what receives never import each other."""
    seen = {found.module for found in IMPORTS[module] if found.module in TREES} - {ROOT}
    if within(module, RECEIVING):
        assert {name for name in seen if not within(name, (*RECEIVING, *SHARED))} == set()
    else:
        assert {name for name in seen if within(name, RECEIVING)} == set()


def test_the_rules_are_about_modules_that_exist() -> None:
    for name in (*ABOVE_THE_WALL, *BEHIND_THE_WALL, *GROUND, *SHARED):
        assert name in TREES


def test_no_imports_go_in_a_circle() -> None:
    """A late import counts, too, and one for types: they hide a circle and do not undo it."""
    left = {
        module: {found.module for found in imports} - {module}
        for module, imports in IMPORTS.items()
    }
    while leaves := {module for module, below in left.items() if not below & set(left)}:
        left = {module: below for module, below in left.items() if module not in leaves}
    assert left == {}


@pytest.mark.parametrize("module", [name for name in TREES if not within(name, COMMAND_LINE)])
def test_only_the_command_line_prints(module: str) -> None:
    calls = (node for node in ast.walk(TREES[module]) if isinstance(node, ast.Call))
    printed = [call.lineno for call in calls if ast.unparse(call.func) in {"print", "pprint"}]
    written = [
        node.lineno
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"}
    ]
    assert printed + written == []


# Whoever opens files by other means than files.py and trusted.py, and why it may.
OPENS = {
    "dropsonde.common.files": "reads with a bound, writes whole",
    "dropsonde.common.trusted": "opens what only root or who runs can have put there",
    "dropsonde.common.privileges": "a pipe",
    "dropsonde.common.console": "/dev/null",
    "dropsonde.demo.puppet_site": "the made-up site in this package",
    "dropsonde.schema.published": "the schemas in this package",
    "dropsonde.schema.vocabulary.ruby_methods": "the lists in this package",
    "dropsonde.report.formats.html": "the page's template and its colours",
    "dropsonde.site.vocabulary.journal": "appends to a collector's own file",
    "dropsonde.cli.probe.dev_command": "writes the rows where it is told to",
    "dropsonde_puppetserver.integration.single_file": "what it runs from, which is root's",
    "dropsonde_puppetserver.integration.files": "by the handles of directories",
    "dropsonde_puppetserver.integration.text": "the parts in this package",
}


READERS = {"read_bytes", "read_text", "open_binary", "open_text", "fdopen"}


def _opens(call: ast.Call) -> bool:
    """Whether a call opens a file by itself."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "open"
    if not isinstance(call.func, ast.Attribute):
        return False
    of_os = ast.unparse(call.func) == "os.open"
    modes = [each.value for each in call.args if isinstance(each, ast.Constant)]
    by_mode = call.func.attr == "open" and any(
        mode in {"r", "rb", "w", "wb", "ab"} for mode in modes
    )
    return of_os or by_mode or call.func.attr in READERS


@pytest.mark.parametrize("module", [name for name in TREES if not within(name, RECEIVING)])
def test_files_are_read_through_the_bounded_reader(module: str) -> None:
    """What Puppet Server's user owns may be endless, a FIFO, or a link to elsewhere."""
    calls = (node for node in ast.walk(TREES[module]) if isinstance(node, ast.Call))
    assert any(map(_opens, calls)) == (module in OPENS)


def imported_with(module: str) -> set[str]:
    """What is in memory once a module is imported."""
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
    )
    return set(done.stdout.split())


def test_the_parser_imports_next_to_nothing() -> None:
    """So that --version and --help answer at once."""
    found = imported_with("dropsonde.cli.probe.parser")
    assert {name for name in found if name.partition(".")[0] == "dropsonde"} <= GROUND
    assert not found & {"requests", "yaml", "jsonschema", "tree_sitter", "asyncio", "logging"}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("dropsonde.settings.resolve", {"yaml"}),
        ("dropsonde.site.forge", {"requests"}),
        ("dropsonde.site.puppetdb", {"requests"}),
        ("dropsonde.report.probe", {"requests", "yaml"}),
        ("dropsonde.report.plugins", {"requests", "jsonschema", "yaml", "tree_sitter"}),
        ("dropsonde.aggregation.release", {"opendp", "duckdb"}),
        ("dropsonde.aggregation.weekly", {"opendp"}),
    ],
)
def test_heavy_libraries_are_imported_where_they_are_needed(module: str, heavy: set[str]) -> None:
    assert not imported_with(module) & heavy
