"""Run ``zig cc``, the compiler: clang with the symbol versions of every glibc, for every machine.

So a program asks for no symbol newer than GLIBC's, and cross-builds are like any other.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from ext.lock.locked import COMPILER
from ext.standalone.sources import BuildError

GLIBC = "2.17"


class Compiler:
    """zig, by the same names in every directory.

    Args:
        work: the build's directory; commands named for machines are put into ``work/bin``.
        machines: what to compile for.

    Raises:
        BuildError: pip cannot install it.
    """

    def __init__(self, work: Path, machines: tuple[str, ...]) -> None:
        self.work = work
        packages = work / "ziglang"
        command: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet"]
        command += ["--disable-pip-version-check", "--no-deps", "--target", packages]
        command += ["--requirement", COMPILER]
        if subprocess.run(command, check=False).returncode != 0:
            raise BuildError("pip cannot install ziglang, which compiles the interpreter")
        self.licence = packages / "ziglang" / "LICENSE"
        zig = packages / "ziglang" / "zig"
        directory = work / "bin"
        directory.mkdir()
        for machine in machines:
            for name, words in {
                f"{machine}-cc": f"cc -target {machine}-linux-gnu.{GLIBC}",
                f"{machine}-ar": "ar",
                f"{machine}-ranlib": "ranlib",
            }.items():
                script = directory / name
                script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(zig))} {words} "$@"\n')
                script.chmod(0o755)

    def run(self, directory: Path, machine: str, *command: str, **variables: str) -> None:
        """Run a command of a build in its directory.

        Raises:
            BuildError: it failed; its output is printed.
        """
        cache = str(self.work / "cache")
        environ = {
            "PATH": f"{self.work / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"],
            "ZIG_GLOBAL_CACHE_DIR": cache,
            "ZIG_LOCAL_CACHE_DIR": cache,
            "CC": f"{machine}-cc",
            "AR": f"{machine}-ar",
            "RANLIB": f"{machine}-ranlib",
            **variables,
        }
        directory.mkdir(parents=True, exist_ok=True)
        log = directory / "build.log"
        with log.open("ab") as output:
            done = subprocess.run(
                command,
                cwd=directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            sys.stderr.write("\n".join(log.read_text(errors="replace").splitlines()[-30:]) + "\n")
            raise BuildError(f"{directory.parent.name}/{directory.name}: {command[0]} failed")
