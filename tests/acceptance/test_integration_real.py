"""The parts under the real programs: systemd's checker, Debian's Ruby, Debian's Puppet Server."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from dropsonde.common.errors import NotOptedInError
from dropsonde_puppetserver.integration.text import render
from dropsonde_puppetserver.packaging import find
from tests.support.patience import PATIENCE
from tests.unit.puppetserver.hosts import SERVICE
from tests.unit.puppetserver.standing import make_python, run, told

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

JAR = Path("/usr/share/puppetserver/puppetserver.jar")
CODE = "puppetlabs/services/analytics/dropsonde.clj"
CONFDIR = "PUPPET_CONFDIR"
MISSPELT = "PUPPET_CONFDIF"  # by Puppet Server 7; 8 spells it right
EXPOSURE_AT_MOST = 2.0
RUBY = "/usr/bin/ruby"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose dropsonde tells what reached it."""
    return make_python(tmp_path_factory.mktemp("python") / "with blank")


@pytest.fixture
def units(python: Path, tmp_path: Path) -> Path:
    """A directory with the units, as they are installed."""
    for name in ("dropsonde.service", "dropsonde.timer"):
        (tmp_path / name).write_bytes(render(f"systemd/{name}", str(python)))
    return tmp_path


def systemd_analyze(*words: str | Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_systemd_finds_no_fault_in_the_units(units: Path) -> None:
    said = systemd_analyze("verify", units / "dropsonde.service", units / "dropsonde.timer")
    assert "dropsonde" not in said


def test_the_service_is_hardened(units: Path) -> None:
    said = systemd_analyze("security", "--offline=true", "--no-pager", units / "dropsonde.service")
    score = re.search(r"exposure level for dropsonde\.service: ([0-9.]+)", said)
    assert score
    assert float(score[1]) <= EXPOSURE_AT_MOST


def test_the_service_has_bounds_of_its_own() -> None:
    """And takes nothing away from Puppet Server, which runs as the same user."""
    text = render("systemd/dropsonde.service", "/usr/bin/python3").decode()
    settings = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"\w+=", line))
    assert {"MemoryMax": "1G", "TasksMax": "64", "PrivateIPC": "yes"}.items() <= settings.items()
    assert "RemoveIPC" not in settings


def test_the_timer_fires_every_hour() -> None:
    text = render("systemd/dropsonde.timer", "/usr/bin/python3").decode()
    (calendar,) = re.findall("^OnCalendar=(.*)$", text, re.MULTILINE)
    assert "*-*-* *:00:00" in systemd_analyze("calendar", calendar)


def test_a_submission_may_step_back_within_the_filter() -> None:
    """What submit calls to go last must be among the calls that the service lets through."""
    text = render("systemd/dropsonde.service", "/usr/bin/python3").decode()
    allowed: set[str] = set()
    for words in re.findall("^SystemCallFilter=(.*)$", text, re.MULTILINE):
        calls = _calls(words.lstrip("~"))
        allowed = allowed - calls if words.startswith("~") else allowed | calls
    assert {"sched_setscheduler", "setpriority", "fsync", "flock", "connect"} <= allowed
    assert not {"mount", "ptrace", "setuid", "chown", "reboot"} & allowed


def _calls(group: str) -> set[str]:
    found: set[str] = set()
    for line in systemd_analyze("syscall-filter", "--no-pager", group).splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            found |= _calls(name)
        elif name and not name.startswith("#"):
            found.add(name)
    return found


@pytest.fixture
def ruby_file(python: Path, tmp_path: Path) -> Path:
    """What Puppet Server's analytics service runs."""
    path = tmp_path / "dropsonde/bin/dropsonde"
    path.parent.mkdir(parents=True)
    path.write_bytes(render("analytics/dropsonde", str(python)))
    return path


@pytest.fixture
def environ(ruby_file: Path) -> dict[str, str]:
    """Just the variables that the service passes, by the names in the server's own code."""
    with zipfile.ZipFile(JAR) as archive:
        code = archive.read(CODE).decode()
    names = re.findall(r'"([A-Z_]+)" \w', code[code.index(":env") :])
    assert len({CONFDIR, MISSPELT} & set(names)) == 1
    home = str(ruby_file.parent.parent)
    found = {name: f"/server/{name.lower()}" for name in names}
    return found | dict.fromkeys(("HOME", "GEM_HOME", "GEM_PATH"), home)


@pytest.fixture
def opted_in(tmp_path: Path) -> dict[str, str]:
    """Where a configuration that opts in stands; the service does not pass it."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/dropsonde.conf").write_text("dropsonde: { enabled: true }\n")
    return {"CONFIG": str(tmp_path / "conf.d")}


def test_the_analytics_service_starts_a_submission(
    ruby_file: Path, environ: dict[str, str], opted_in: dict[str, str]
) -> None:
    answer, err = told(RUBY, ruby_file, "submit", environ=environ | opted_in)
    assert answer["words"][:2] == ["submit", "--scheduled"]
    found = answer["environ"]
    (spelt,) = {CONFDIR, MISSPELT} & set(environ)
    assert found[CONFDIR] == environ[spelt]
    assert found["PUPPET_VARDIR"] == "/server/puppet_vardir"
    assert found["HOME"] == environ["HOME"]
    assert not [name for name in found if name.startswith(("GEM_", "RUBY")) or name == MISSPELT]
    assert err == ""


def test_the_right_spelling_wins_and_empty_values_are_dropped(
    ruby_file: Path, environ: dict[str, str], opted_in: dict[str, str]
) -> None:
    more = {"PUPPET_CONFDIR": "/right", "PUPPET_LOGDIR": "", "RUBYLIB": "/x", "GEM_SPEC": "y"}
    found = told(RUBY, ruby_file, "submit", environ=environ | opted_in | more)[0]["environ"]
    assert found["PUPPET_CONFDIR"] == "/right"
    assert found.get("PUPPET_LOGDIR") != ""
    assert not {"RUBYLIB", "GEM_SPEC"} & set(found)


def test_the_analytics_service_is_refused_without_an_opt_in(
    ruby_file: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    done = run(RUBY, ruby_file, "submit", environ=environ | {"CONFIG": str(tmp_path)})
    assert done.returncode == NotOptedInError.exit_code
    assert done.stdout == ""
    assert done.stderr.startswith("dropsonde: nothing was sent: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["preview"], ["submit", "--dry-run"], [], ["two words", "é\n"]])
def test_the_gems_own_wrapper_leads_to_the_subcommand(
    words: list[str], ruby_file: Path, environ: dict[str, str], opted_in: dict[str, str]
) -> None:
    answer, _ = told(RUBY, ruby_file, *words, environ=environ | opted_in)
    assert [word.encode("latin-1").decode() for word in answer["words"]] == words


def test_a_dropsonde_that_is_gone_is_one_line(tmp_path: Path, environ: dict[str, str]) -> None:
    path = tmp_path / "ruby"
    path.write_bytes(render("analytics/dropsonde", str(tmp_path / "gone/python")))
    done = run(RUBY, path, "submit", environ=environ)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "install dropsonde again" in done.stderr


def test_ruby_finds_no_fault_in_the_file(ruby_file: Path) -> None:
    done = run(RUBY, "-wc", ruby_file, environ={"LC_ALL": "C"})
    assert (done.stdout, done.stderr) == ("Syntax OK\n", "")


def test_debians_server_does_not_run_dropsonde_though_its_jar_has_the_service(
    tmp_path: Path,
) -> None:
    """Its own files, seen as Debian's packaging and as upstream's."""
    with zipfile.ZipFile(JAR) as archive:
        assert CODE in archive.namelist()
    debian = tmp_path / "usr/share/puppetserver"
    debian.mkdir(parents=True)
    shutil.copy(JAR, debian / "puppetserver.jar")
    packaging = find(tmp_path)
    assert packaging
    assert (packaging.name, packaging.analytics) == ("debian", False)
    upstream = tmp_path / "opt/puppetlabs/server/apps/puppetserver"
    (upstream / "config/services.d").mkdir(parents=True)
    shutil.copy(JAR, upstream / "puppet-server-release.jar")
    bootstrap = Path("/etc/puppet/puppetserver/services.d/bootstrap.cfg").read_text()
    assert SERVICE in bootstrap
    (upstream / "config/services.d/bootstrap.cfg").write_text(bootstrap)
    packaging = find(tmp_path)
    assert packaging
    assert (packaging.name, packaging.analytics) == ("upstream", True)


def test_the_packages_directories_are_the_servers_own_defaults() -> None:
    packaging = find()
    assert packaging
    assert packaging.install_dir == JAR.parent
    with zipfile.ZipFile(JAR) as archive:
        code = archive.read("puppetlabs/services/jruby/jruby_puppet_core.clj").decode()
    for kind in ("conf", "code", "var", "log"):
        (default,) = re.findall(rf'def default-server-{kind}-dir\s+"([^"]+)"', code)
        assert packaging.defaults[f"PUPPET_{kind.upper()}DIR"] == default
