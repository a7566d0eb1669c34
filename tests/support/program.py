"""The real program, run in a made-up home: it reads neither this machine's Puppet nor a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dropsonde.common import state
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The message on stderr, which must be one line with the program's name."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("dropsonde: "), self.err
        return lines[0].removeprefix("dropsonde: ")


class Program:
    """Runs ``python -m dropsonde`` below a directory.

    Attributes:
        home: the directory, which may contain telemetry.yaml.
        confd: Puppet Server's configuration, empty.
        bootstrap: its bootstrap file, with the CA service.
        environ: the variables of every run.
        command: what starts the program.
    """

    command = (sys.executable, "-m", "dropsonde")

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "COLUMNS": "80",
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        # Coverage also measures the programs.
        passed = {name: os.environ[name] for name in os.environ if name.startswith("COVERAGE_")}
        self.environ.update(passed)
        for name in ("conf", "code", "var", "log"):
            directory = home / name
            (directory / "environments/production/modules").mkdir(parents=True)
            self.environ[f"PUPPET_{name.upper()}DIR"] = str(directory)
        self.confd = home / "conf.d"
        self.confd.mkdir()
        self.environ["CONFIG"] = str(self.confd)
        self.bootstrap = home / "ca.cfg"
        self.bootstrap.write_text(
            "puppetlabs.services.ca.certificate-authority-service/certificate-authority-service\n"
        )
        self.environ["BOOTSTRAP_CONFIG"] = str(self.bootstrap)
        self.cache = home / "var/dropsonde"

    def strangers(self) -> set[str]:
        """The names in the cache directory that a purge of the package would leave there."""
        if not self.cache.is_dir():
            return set()
        known = {*state.FILES, *state.LOCKS, *state.DIRECTORIES}
        names = {path.name for path in self.cache.iterdir()} - known
        return {name for name in names if not name.startswith(f"{state.FORGE}{state.ASIDE}")}

    def list_public(self, *slugs: str) -> None:
        """Write a list of public modules, so the program does not warn that it is missing."""
        self.cache.mkdir(mode=0o700)
        names = ", ".join(f'"{slug}"' for slug in slugs)
        text = f'{{"timestamp": "2026-01-01T00:00:00Z", "modules": [{names}]}}'
        (self.cache / "forge.json").write_text(text)

    def switch_off_the_ca(self) -> None:
        """Make it the Puppet Server of a compiler."""
        text = self.bootstrap.read_text()
        self.bootstrap.write_text(text.replace("authority-service", "authority-disabled-service"))

    def opt_in(self, value: str = "true") -> None:
        """Have Puppet Server's configuration say whether reports may be sent."""
        (self.confd / "puppetserver.conf").write_text(f"dropsonde: {{ enabled: {value} }}\n")

    def send_to(self, url: str = "https://endpoint.example") -> None:
        """Name the endpoint in telemetry.yaml."""
        (self.home / "telemetry.yaml").write_text(f":endpoint: {url}\n")

    def run(
        self, *arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None
    ) -> Result:
        """Run the program to its end."""
        return self._run([*self.command, *arguments], stdin, environ or {})

    def python(self, code: str, *arguments: str) -> Result:
        """Run a script with the program's interpreter and environment."""
        return self._run([sys.executable, "-c", code, *arguments], "", {})

    def shell(self, script: str, environ: Mapping[str, str] | None = None) -> Result:
        """Run a script of bash, in which ``"$@"`` starts the program."""
        return self._run(["bash", "-c", script, "bash", *self.command], "", environ or {})

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program, ready for Ctrl-C even where this process ignores it."""
        return subprocess.Popen(
            ["env", "--default-signal=INT", *self.command, *arguments],
            cwd=self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _run(self, command: list[str], stdin: str, environ: Mapping[str, str]) -> Result:
        done = subprocess.run(
            command,
            cwd=self.home,
            env={**self.environ, **environ},
            input=stdin.encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())
