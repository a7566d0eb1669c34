"""The two images, built by buildah and run by podman, from a base that mmdebstrap makes.

Images, containers and volumes are in a file system of their own, which ends with the tests. No
registry of images is asked.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.real.built import workshop
from tests.real.processes import run, running

SUITE = "trixie"
BASE = "localhost/dropsonde-base"
IMAGES = ("probe", "collector")
SIZE = "4g"  # the builds take 1.5 of them
# Some machines forbid to raise these, which both programs do by default.
_LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
# As the manifests have it.
_HARDENED = (
    *("--rm", "--pull=never", "--read-only", "--read-only-tmpfs=false", "--http-proxy=false"),
    *("--cap-drop=all", "--security-opt=no-new-privileges", *_LIMITS),
)
# So that apt and pip in a build reach what this machine reaches.
_TRUST = ("/etc/ssl/certs", "/etc/pip.conf")


@dataclass(frozen=True)
class Engine:
    """An engine with both images.

    Attributes:
        home: the directory of its storage.
    """

    home: Path

    def podman(self, *arguments: str | Path) -> tuple[str | Path, ...]:
        """A command of podman."""
        own = ("--runtime=runc", "--cgroup-manager=cgroupfs", "--events-backend=none")
        quiet = "--log-level=error"  # podman 5 warns of cgroups v1 each time
        return ("podman", *self._storage(), "--tmpdir", self.home / "tmp", *own, quiet, *arguments)

    def container(
        self,
        image: str,
        *words: str | Path,
        volumes: Mapping[Path, str],
        network: str = "none",
        options: Sequence[str] = (),
    ) -> tuple[str | Path, ...]:
        """The command that runs a container to its end.

        Args:
            image: "probe" or "collector".
            words: its command; the image's without any.
            volumes: what is mounted; a path in the container, and ":ro".
            network: podman's option; without one, the container has only a loopback of its own.
            options: further ones of podman.
        """
        mounts = [f"--volume={outside}:{inside}" for outside, inside in volumes.items()]
        given = (*_HARDENED, f"--network={network}", *mounts, *options)
        return self.podman("run", *given, f"localhost/dropsonde-{image}", *words)

    @contextlib.contextmanager
    def started(self, name: str, command: Sequence[str | Path], ready: str) -> Iterator[Path]:
        """Run a container of this name until the end of the block; yields its log."""
        log = self.home / f"{name}.log"
        log.write_text("")
        said = lambda: ready in log.read_text()  # noqa: E731
        with running(command, user="root", log=log, ready=said):
            yield log

    def build(self, image: str) -> None:
        """Build an image with its Containerfile."""
        checkout = workshop() / "a checkout"
        trust = [f"--volume={path}:{path}:ro" for path in _TRUST if Path(path).exists()]
        file = checkout / f"ext/container/Containerfile.{image}"
        run(
            [
                *("buildah", *self._storage(), "build", "--isolation=chroot", "--format=docker"),
                *("--pull-never", "--network=host", *_LIMITS, f"--build-arg=BASE={BASE}", *trust),
                *("--file", file, "--tag", f"localhost/dropsonde-{image}", checkout),
            ]
        )

    def make_base(self) -> None:
        """Make the image that both begin with."""
        tar = self.home / "base.tar"
        run(
            [
                *("mmdebstrap", "--quiet", "--variant=minbase", "--mode=root"),
                *("--include=ca-certificates,python3", "--dpkgopt=force-unsafe-io", SUITE, tar),
            ]
        )
        run(self.podman("import", "--quiet", tar, BASE))
        tar.unlink()

    def _storage(self) -> tuple[str | Path, ...]:
        root, state = self.home / "root", self.home / "state"
        return ("--root", root, "--runroot", state)


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """Build both images, for the length of a block."""
    # A short path, because sockets are below it. In memory, because overlays of a layer on another
    # do not work on every file system, and podman would copy all of an image for each container.
    home = Path(tempfile.mkdtemp(prefix="dropsonde-", dir="/var/tmp"))
    run(["mount", "-t", "tmpfs", "-o", f"mode=0700,size={SIZE}", "dropsonde", home])
    made = Engine(home)
    try:
        made.make_base()
        for image in IMAGES:
            made.build(image)
        yield made
    finally:
        run(made.podman("rm", "--all", "--force", "--volumes"))
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            if Path(mounted := line.split()[1]).is_relative_to(home):
                run(["umount", mounted])
        home.rmdir()
