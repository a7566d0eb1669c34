"""Fetch the sources of the interpreter and its libraries from Debian, as Debian patches them.

apt does it, in directories of its own, and verifies every file by the archive's signature. The
mirror is the one that this machine uses for its own packages.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Debian's stable release: its security team patches these versions for years.
SUITES = {"Debian": "trixie", "Debian-Security": "trixie-security"}
PACKAGES = ("python3.13", "openssl", "zlib")
# Patches for Debian's own directories, in which this interpreter is not.
UNDONE = {"python3.13": ("sysconfig-debian-schemes.diff", "distutils-install-layout.diff")}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class BuildError(Exception):
    """The build cannot go on; the message is one line for the user."""


@dataclass(frozen=True)
class Source:
    """One unpacked source package.

    Attributes:
        package: its name.
        version: Debian's version of it.
        directory: its files, with Debian's patches applied.
    """

    package: str
    version: str
    directory: Path

    @property
    def licences(self) -> Path:
        """Debian's record of the copyrights and licences of every file."""
        return self.directory / "debian" / "copyright"


def fetch(work: Path) -> dict[str, Source]:
    """Download and unpack each package into ``work/NAME``.

    Returns:
        the sources by name.

    Raises:
        BuildError: this machine has no mirror of Debian, or the mirror has no such package.
    """
    apt = _Apt(work / "apt")
    return {package: _unpack(work, package, apt) for package in PACKAGES}


class _Apt:
    """apt with directories, lists and sources of its own."""

    def __init__(self, home: Path) -> None:
        self.downloads = home / "downloads"
        for path in (home / "lists/partial", home / "cache/archives/partial", self.downloads):
            path.mkdir(parents=True)
        sources = home / "debian.sources"
        sources.write_text(
            "".join(
                f"Types: deb-src\nURIs: {mirror}\nSuites: {SUITES[label]}\nComponents: main\n"
                f"Signed-By: {KEYRING}\n\n"
                for label, mirror in sorted(_mirrors().items())
            )
        )
        settings = {
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": home / "lists",
            "Dir::Cache": home / "cache",
            # The build's directory is this user's alone.
            "APT::Sandbox::User": "",
        }
        self._options = [f"--option={name}={value}" for name, value in settings.items()]
        self.run("apt-get", "--quiet=2", "update")

    def run(self, program: str, *arguments: str) -> str:
        """Run one of apt's programs, and return its output."""
        return _run(program, *self._options, *arguments, cwd=self.downloads)


def _mirrors() -> dict[str, str]:
    """The addresses of Debian's archives that this machine's apt is configured for, by label."""
    form = "$(ORIGIN)\t$(LABEL)\t$(REPO_URI)"
    command = ("apt-get", "indextargets", "--format", form)
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = (line.split("\t") for line in listed.splitlines())
    found = {label: uri for origin, label, uri in rows if origin == "Debian" and label in SUITES}
    if lacking := [label for label in SUITES if label not in found]:
        raise BuildError(f"apt has no mirror of {' and '.join(lacking)}: run `apt-get update`")
    return found


def _unpack(work: Path, package: str, apt: _Apt) -> Source:
    version = _download(package, apt)
    directory = work / package
    (description,) = apt.downloads.glob(f"{package}_*.dsc")
    # Not the maintainer's own signature, whose key is not here; apt has checked the archive's.
    _run("dpkg-source", "--no-check", "--extract", description, directory)
    for name in UNDONE.get(package, ()):
        patch = directory / "debian" / "patches" / name
        _run(
            "patch",
            "--batch",
            "--reverse",
            "--strip=1",
            f"--directory={directory}",
            "--input",
            patch,
        )
    return Source(package, version, directory)


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{command[0]} ... {command[-1]}: {_first_error(done.stderr)}")
    return done.stdout


def _download(package: str, apt: _Apt) -> str:
    """Download the newest version of those that are listed and that the mirror really has."""
    listed = apt.run("apt-cache", "showsrc", "--only-source", package).splitlines()
    versions = sorted(
        {line.removeprefix("Version: ") for line in listed if line.startswith("Version: ")},
        key=_Debians,
    )
    while versions:
        version = versions.pop()
        try:
            words = ("--quiet=2", "--download-only", "--only-source", f"{package}={version}")
            apt.run("apt-get", "source", *words)
        except BuildError as error:
            if not versions:
                raise
            print(f"ext/standalone: {error}; trying {versions[-1]}", file=sys.stderr)
            for left in apt.downloads.glob(f"{package}_*"):
                left.unlink()
        else:
            return version
    raise BuildError(
        f"{package}: the mirror of {' and '.join(SUITES.values())} has no source of it"
    )


class _Debians(str):
    """A version in Debian's order."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        command = ("dpkg", "--compare-versions", self, "lt", other)
        return subprocess.run(command, check=False).returncode == 0


def _first_error(text: str) -> str:
    """The first line of an error: those after it follow from it."""
    lines = [line for line in text.splitlines() if line.startswith(("E:", "dpkg-source: error"))]
    return (lines or text.strip().splitlines() or ["failed without a word"])[0]
