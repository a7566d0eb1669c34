"""A private view of this machine, in which root can install and remove packages.

It is a mount namespace with an overlay over the whole system: writes stay in it, and are gone when
it ends. /run and /tmp are empty, so no program there finds the machine's systemd, or files of
running programs. Processes, devices and the network are the machine's own. Installing or removing a
package does not rebuild the index of man pages, which takes longer than all else.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.real.processes import RigError
from tests.support.patience import PATIENCE

# As systemd and cron set it: nothing from the user who runs the tests.
ENVIRON = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
_LAYERS = "mnt"
# Names of the public hosts resolve to this machine: what a mistake sends stays here.
_NOWHERE = "127.0.0.1 updates.puppet.com forgeapi.puppet.com forgeapi.puppetlabs.com"
_SET_UP = f"""
umask 022
mount -t tmpfs -o mode=755 layers /{_LAYERS}
cd /{_LAYERS}
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cd root
mount --rbind /dev dev
mount --bind /proc proc
mount --bind /sys sys
mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount --bind /{_LAYERS} {_LAYERS}
mkdir run/machine
pivot_root . run/machine
umount --lazy /run/machine
rmdir /run/machine
echo "{_NOWHERE}" >> /etc/hosts
rm -f /var/lib/man-db/auto-update
echo ready
exec cat
"""


@dataclass(frozen=True)
class Machine:
    """The view, for as long as the process that holds it lives.

    Attributes:
        holder: the process.
    """

    holder: int

    @property
    def root(self) -> Path:
        """The path of its files for the tests themselves; an absolute link leads outside."""
        return Path(f"/proc/{self.holder}/root")

    @property
    def layer(self) -> Path:
        """The directory of all changed files, with the paths that they have in the view."""
        return self.root / _LAYERS / "upper"

    def command(
        self, *arguments: str | Path, user: str | None = None, cwd: str = "/"
    ) -> list[str | Path]:
        """Make a command line that runs a program in the view.

        Args:
            arguments: the program and its arguments.
            user: its user; None for root.
            cwd: its directory in the view.
        """
        enter = ["nsenter", f"--mount=/proc/{self.holder}/ns/mnt", f"--wdns={cwd}", "--"]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return [*enter, *(become if user else []), *arguments]

    def run(
        self,
        *arguments: str | Path,
        user: str | None = None,
        cwd: str = "/",
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, whatever its exit code; keep bytes that are not UTF-8."""
        return subprocess.run(
            self.command(*arguments, user=user, cwd=cwd),
            env={**ENVIRON, **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=PATIENCE,
            check=False,
        )

    def do(self, *arguments: str | Path) -> str:
        """Run a program that must succeed; return its output."""
        done = self.run(*arguments)
        if done.returncode != 0:
            told = f"{done.stdout}{done.stderr}"
            raise RigError(f"{arguments[0]}: exit {done.returncode}\n{told}")
        return done.stdout


@contextlib.contextmanager
def private_machine() -> Iterator[Machine]:
    """Make a private view (root only); it ends with the block, or with this process."""
    holder = subprocess.Popen(
        ["unshare", "--mount", "--propagation=private", "sh", "-euc", _SET_UP],
        stdin=subprocess.PIPE,  # closed however this process ends, which also ends `cat`
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if holder.stdout is None or holder.stdout.readline() != "ready\n":
            holder.kill()
            raise RigError(f"no private view of the machine: {holder.communicate()[1]}")
        yield Machine(holder.pid)
    finally:
        holder.communicate(timeout=PATIENCE)
