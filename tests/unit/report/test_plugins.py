"""Finding metrics, and refusing those that cannot be trusted or told apart."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dropsonde
from dropsonde.common.errors import ConfigError, PluginError
from dropsonde.report import plugins

BUILT_IN = [
    *("dependencies", "environments", "modules", "operating_systems", "platforms"),
    *("puppetfiles", "servers"),
]
PROJECT = Path(dropsonde.__file__).parent.parent
METRIC = """
from dropsonde.metrics import Domain, Metric, Mode, integer, records, text

class Sizes(Metric):
    name = "sizes"
    description = "How large this site is."
    columns = (integer("size", "The size."),)

    def gather(self, context):
        return {"size": 1}

    def example(self, rng):
        return {"size": rng.randrange(9)}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "plug ins"
    path.mkdir(mode=0o755)
    yield path
    for name in [name for name in sys.modules if name.startswith("dropsonde_plugin_")]:
        del sys.modules[name]


def put(path: Path, text: str = METRIC) -> Path:
    path.write_text(text)
    path.chmod(0o644)
    return path


def said(directory: Path) -> str:
    with pytest.raises(PluginError) as raised:
        plugins.load(directory)
    return str(raised.value)


def names(found: list[plugins.Found]) -> list[str]:
    return [item.metric.name for item in found]


def test_the_built_in_metrics_are_found_sorted() -> None:
    found = plugins.load(None)
    assert names(found) == BUILT_IN
    assert [item.origin for item in found] == [f"dropsonde.metrics.{name}" for name in BUILT_IN]


def test_a_file_in_the_directory_is_found(directory: Path) -> None:
    file = put(directory / "my-sizes.v1.py")
    put(directory / "notes.txt", "no Python")
    found = plugins.load(directory)
    assert names(found) == [*BUILT_IN, "sizes"]
    assert found[-1].origin == str(file)
    assert plugins.dataset_columns([found[-1].metric])[-1].name == "size"


def test_a_metric_that_is_only_imported_is_not_taken(directory: Path) -> None:
    more = METRIC.replace('"sizes"', '"more"').replace('"size"', '"more_size"')
    put(
        directory / "more.py",
        f"from dropsonde.metrics.modules import Modules\nfrom dropsonde.metrics import *\n{more}",
    )
    assert names(plugins.load(directory)) == sorted([*BUILT_IN, "more"])


def test_a_dataclass_in_a_file_is_fine(directory: Path) -> None:
    put(
        directory / "sizes.py",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        f"@dataclass\nclass A:\n    b: int\n{METRIC}",
    )
    assert names(plugins.load(directory)) == [*BUILT_IN, "sizes"]


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o664, 0o602])
def test_a_file_that_others_can_write_is_not_run(directory: Path, mode: int) -> None:
    file = put(directory / "sizes.py", "raise AssertionError")
    file.chmod(mode)
    assert said(directory) == (
        f"{file}: others may write to it, and metrics are code: chmod go-w it"
    )


def test_a_directory_that_others_can_write_is_not_used(directory: Path) -> None:
    put(directory / "sizes.py", "raise AssertionError")
    for mode in (0o777, 0o775):
        directory.chmod(mode)
        assert said(directory).startswith(f"{directory}: others may write to it")


def test_a_file_of_another_user_is_not_run(directory: Path) -> None:
    """To give a file away takes root's rights, or those of a user namespace."""
    file = put(directory / "sizes.py", "raise AssertionError")
    code = """if True:
        import os, pathlib, sys
        from dropsonde.report import plugins
        from dropsonde.common.errors import PluginError
        path = pathlib.Path(sys.argv[1])
        os.chown(path, 65534, 65534)
        try:
            plugins.load(path.parent)
        except PluginError as error:
            print(error.what)
    """
    wrapper = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-auto", "--map-root-user"]
    done = subprocess.run(
        [*wrapper, sys.executable, "-c", code, str(file)],
        check=True,
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )
    assert done.stdout.startswith(f"{file}: belongs to ")


def test_a_directory_that_is_none(directory: Path) -> None:
    gone = directory / "gone"
    assert said(gone) == f"{gone}: No such file or directory: check --plugins"
    file = put(directory / "sizes.py")
    assert said(file) == f"{file}: Not a directory: check --plugins"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("class", "SyntaxError"),
        ("import no_such_module_here", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("x = '\0'", "SyntaxError"),
        (METRIC.replace('(integer("size", "The size."),)', "('size',)"), "AttributeError"),
        (f"{METRIC}\n    def __init__(self, more): pass\n", "TypeError"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named(directory: Path, text: str, kind: str) -> None:
    file = put(directory / "sizes.py", text)
    line = said(directory)
    # Python 3.10 and 3.11 take a NUL for a ValueError.
    assert line.startswith(
        (f"{file}: cannot be loaded ({kind}: ", f"{file}: cannot be loaded (Val")
    )
    assert line.endswith("mend it or take it out")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('    name = "sizes"\n', "", "the metric lacks name: see docs/metrics.md"),
        (
            '"How large this site is."',
            '""',
            "the metric lacks description: see docs/metrics.md",
        ),
        (
            '    columns = (integer("size", "The size."),)\n',
            "",
            "the metric lacks columns: see docs/metrics.md",
        ),
        ("def example", "def other", "the metric lacks example: see docs/metrics.md"),
        ('"sizes"', '"My Sizes"', "the metric's name is invalid: use a-z, 0-9, - and _"),
        ('"sizes"', "7", "the metric's name is invalid: use a-z, 0-9, - and _"),
        (
            'name = "sizes"',
            'name = "sizes"; asks = ("systems", "modules")',
            "PuppetDB is not asked for 'modules': see docs/metrics.md",
        ),
        (
            '"The size."',
            '""',
            "column size: the description is missing: see docs/metrics.md",
        ),
        (
            '"size", "The',
            '"my size", "The',
            "column my size: a name is letters, digits and underscores: see docs/metrics.md",
        ),
    ],
)
def test_a_metric_that_is_declared_badly(
    directory: Path, old: str, new: str, expected: str
) -> None:
    assert old in METRIC
    file = put(directory / "sizes.py", METRIC.replace(old, new))
    assert said(directory) == f"{file}: {expected}"


def test_two_metrics_of_one_name_are_both_named(directory: Path) -> None:
    first = put(directory / "a.py")
    second = put(directory / "b.py", METRIC.replace('"size"', '"size_2"'))
    expected = f"two metrics are named sizes: {first} and {second}: take one of them out"
    assert said(directory) == expected


def test_a_metric_cannot_take_a_built_in_ones_name(directory: Path) -> None:
    file = put(directory / "a.py", METRIC.replace('"sizes"', '"modules"'))
    assert said(directory) == (
        f"two metrics are named modules: dropsonde.metrics.modules and {file}: take one of them out"
    )


@pytest.mark.parametrize(
    ("column", "owner"),
    [("environment_count", "dropsonde.metrics.environments"), ("site_id", "the envelope")],
)
def test_two_columns_of_one_name_are_both_named(directory: Path, column: str, owner: str) -> None:
    file = put(directory / "a.py", METRIC.replace('"size"', f'"{column}"'))
    assert said(directory) == (
        f"two metrics have a column {column}: {owner} and {file}: take one of them out"
    )


def test_a_metric_with_one_column_twice(directory: Path) -> None:
    column = 'integer("size", "The size."),'
    file = put(directory / "a.py", METRIC.replace(column, column * 2))
    assert said(directory).startswith(f"two metrics have a column size: {file} and {file}")


@pytest.mark.parametrize(
    ("enable", "disable", "chosen"),
    [
        ((), (), BUILT_IN),
        (("modules",), (), ["modules"]),
        (("platforms", "modules", "modules"), (), ["modules", "platforms"]),
        ((), ("modules", "platforms"), sorted({*BUILT_IN} - {"modules", "platforms"})),
        (("modules", "platforms"), ("platforms",), ["modules"]),
        (("modules",), ("modules",), []),
    ],
)
def test_choosing(enable: tuple[str, ...], disable: tuple[str, ...], chosen: list[str]) -> None:
    metrics = plugins.choose(plugins.load(None), enable, disable)
    assert [metric.name for metric in metrics] == chosen


@pytest.mark.parametrize("given", [(("modles",), ()), ((), ("modles",)), ((), ("Modules",))])
def test_a_misspelt_name_is_refused(given: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    name = (given[0] or given[1])[0]
    with pytest.raises(ConfigError) as raised:
        plugins.choose(plugins.load(None), *given)
    assert str(raised.value) == f"no metric is named '{name}': there are {', '.join(BUILT_IN)}"


def installed(tmp_path: Path, module: str, entry: str = "acme_sizes:Sizes") -> str:
    """What a program says in which a package with this entry point is installed."""
    (tmp_path / "acme_sizes.py").write_text(module)
    info = tmp_path / "acme_sizes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-sizes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[dropsonde.metrics]\nsizes = {entry}\n")
    code = """if True:
        from dropsonde.report import plugins
        from dropsonde.common.errors import PluginError
        try:
            print(*(f"{metric.name}: {origin}" for metric, origin in plugins.load(None)), sep="\\n")
        except PluginError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{PROJECT}"},
    )
    assert done.stderr == ""
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("module", "entry", "expected"),
    [
        (METRIC, "acme_sizes:Sizes", "sizes: {origin}"),
        (
            "1 / 0",
            "acme_sizes:Sizes",
            (
                "{origin}: cannot be loaded (ZeroDivisionError: division by zero): "
                "mend it or take it out"
            ),
        ),
        (
            "raise SystemExit(0)",
            "acme_sizes:Sizes",
            "{origin}: cannot be loaded (SystemExit: 0): mend it or take it out",
        ),
        (
            METRIC,
            "acme_sizes:records",
            "{origin}: not a metric: name a subclass of dropsonde.metrics.Metric",
        ),
        (
            METRIC.replace('"sizes"', '"modules"'),
            "acme_sizes:Sizes",
            (
                "two metrics are named modules: dropsonde.metrics.modules and {origin}: "
                "take one of them out"
            ),
        ),
    ],
)
def test_a_package_brings_a_metric_by_entry_point(
    tmp_path: Path, module: str, entry: str, expected: str
) -> None:
    origin = "entry point sizes of acme-sizes"
    assert installed(tmp_path, module, entry) == expected.format(origin=origin)
