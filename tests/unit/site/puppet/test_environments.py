from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.site.puppet.environments import Environment, find_environments
from dropsonde.site.puppet.settings import PuppetSettings, read_settings
from tests.support.places import let_others_in
from tests.support.unprivileged import run_as_nobody

if TYPE_CHECKING:
    import pytest


def read(root: Path, conf: str = "") -> PuppetSettings:
    """Settings whose codedir is root/code, with no modules of the machine."""
    file = root / "etc/puppet.conf"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"[main]\nbasemodulepath = {root}/base\n{conf}")
    environ = {"PUPPET_CONFDIR": str(root / "etc"), "PUPPET_CODEDIR": str(root / "code")}
    return read_settings(environ, uid=0, home=root / "home", hostname=lambda: "h.x", root=root)


def environment(root: Path, name: str, conf: str | None = None) -> Path:
    path = root / "code/environments" / name
    path.mkdir(parents=True)
    if conf is not None:
        (path / "environment.conf").write_text(conf)
    return path


def modulepath(root: Path, conf: str) -> tuple[Path, ...]:
    environment(root, "production", conf)
    (found,) = find_environments(read(root))
    return found.modulepath


def test_no_environments(tmp_path: Path) -> None:
    assert find_environments(read(tmp_path)) == ()


def test_environments_are_sorted_and_have_puppets_default(tmp_path: Path) -> None:
    b = environment(tmp_path, "b")
    a = environment(tmp_path, "a")
    assert find_environments(read(tmp_path)) == (
        Environment("a", a, (a / "modules", tmp_path / "base")),
        Environment("b", b, (b / "modules", tmp_path / "base")),
    )


def test_only_names_of_word_characters_are_environments(tmp_path: Path) -> None:
    for name in ("Good_1", "with-dash", ".hidden", "a.b", "grün", "line\n"):
        environment(tmp_path, name)
    (tmp_path / "code/environments/file").write_text("")
    assert [found.name for found in find_environments(read(tmp_path))] == ["Good_1"]


def test_the_first_directory_wins(tmp_path: Path) -> None:
    environment(tmp_path, "production")
    first = tmp_path / "first/production"
    first.mkdir(parents=True)
    conf = f"environmentpath = {tmp_path}/missing:{tmp_path}/first:$codedir/environments\n"
    (found,) = find_environments(read(tmp_path, conf))
    assert found.path == first


def test_relative_parts_and_variables(tmp_path: Path) -> None:
    path = tmp_path / "code/environments/production"
    assert modulepath(tmp_path, "modulepath = site:../up:$basemodulepath:$confdir/m:~/m\n") == (
        path / "site",
        path.parent / "up",
        tmp_path / "base",
        tmp_path / "etc/m",
        tmp_path / "home/m",
    )


def test_patterns_are_matched(tmp_path: Path) -> None:
    path = tmp_path / "code/environments/production"
    for team in ("a-c", "a", "b"):
        (path / "teams" / team / "modules").mkdir(parents=True)
    (tmp_path / "code/environments/production/environment.conf").write_text(
        "modulepath = teams/[^b]*/modules:none/*\n"
    )
    (found,) = find_environments(read(tmp_path))
    assert found.modulepath == (path / "teams/a/modules", path / "teams/a-c/modules")


def test_a_pattern_behind_a_variable_matches_nothing(tmp_path: Path) -> None:
    (tmp_path / "code/more").mkdir(parents=True)
    assert modulepath(tmp_path, "modulepath = $codedir/*:$codedir/more\n") == (
        tmp_path / "code/more",
    )


def test_an_empty_modulepath_is_empty(tmp_path: Path) -> None:
    assert modulepath(tmp_path, "modulepath =\n") == ()


def test_a_link_is_followed_only_with_versioned_environments(tmp_path: Path) -> None:
    real = tmp_path / "versions/production_1"
    real.mkdir(parents=True)
    (tmp_path / "code/environments").mkdir(parents=True)
    link = tmp_path / "code/environments/production"
    link.symlink_to(real)
    (off,) = find_environments(read(tmp_path))
    (on,) = find_environments(read(tmp_path, "versioned_environment_dirs = true\n"))
    assert (off.name, off.path) == ("production", link)
    assert (on.name, on.path) == ("production", real)


# Root may list everything, so another user has to try.
AS_NOBODY = """
import os, sys
from pathlib import Path
from dropsonde.site.puppet.paths import children
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(children(Path(sys.argv[1])))
"""


def test_a_directory_that_may_not_be_listed_is_left_out_with_a_warning(tmp_path: Path) -> None:
    closed = tmp_path / "secret"
    closed.mkdir()
    (closed / "module").mkdir()
    let_others_in(tmp_path)
    closed.chmod(0o311)
    done = run_as_nobody(AS_NOBODY, closed)
    assert done.stdout == "[]\n"
    assert "(Permission denied) and is left out" in done.stderr
    assert "secret" not in done.stderr


def test_a_broken_environment_conf_leaves_the_others_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {
        "braces": "modulepath = {a,b}/m\n",
        "unknown": "modulepath = $nowhere/m\n",
        "boolean": "modulepath = true\n",
        "line": "modulepath\n",
    }
    for name, conf in broken.items():
        environment(tmp_path, f"secret_{name}", conf)
    (environment(tmp_path, "secret_directory") / "environment.conf").mkdir()
    good = environment(tmp_path, "good")
    found = {one.name: one.modulepath for one in find_environments(read(tmp_path))}
    assert found.pop("good") == (good / "modules", tmp_path / "base")
    assert set(found.values()) == {()}
    assert len(found) == 5
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 5
    assert sum("(Is a directory)" in warning for warning in warnings) == 1
    assert "secret" not in "".join(warnings)
