"""Real modules, from Debian's packages, as releases of a Forge.

They are packed as the Forge has them: most as today's build tools do, without checksums.json; some
with, as `puppet module build` did; some with the separators that a build on Windows wrote.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dropsonde.schema.model import Domain
from tests.real.packaged_site import PACKAGED
from tests.real.processes import run
from tests.support.sites import md5

# Packages beside those that are installed (tests/real/packages.py): only their files are used.
MORE = tuple(
    f"puppet-module-{module}"
    for module in (
        "alteholz-tdc",
        "antonlindstrom-powerdns",
        "cirrax-gitolite",
        "cristifalcas-etcd",
        "debian-archvsync",
        "duritong-sysctl",
        "icann-quagga",
        "icann-tea",
        "joshuabaird-ipaclient",
        "michaeltchapman-galera",
        "puppet-community-mcollective",
        "richardc-datacat",
        "sbitio-monit",
        "theforeman-dns",
        "voxpupuli-alternatives",
        "voxpupuli-collectd",
        "voxpupuli-ssh-keygen",
    )
)
BUILDS = ("modern", "modern", "modern", "old", "windows")


@dataclass(frozen=True)
class RealModule:
    """A module of a package.

    Attributes:
        slug: "author-name".
        version: the release that Debian packaged.
        path: its files.
        build: one of :data:`BUILDS`.
    """

    slug: str
    version: str
    path: Path
    build: str

    @property
    def name(self) -> str:
        """The module's name."""
        return self.slug.partition("-")[2]

    def tarball(self) -> bytes:
        """The release as the Forge has it."""
        packed = io.BytesIO()
        top = f"{self.slug}-{self.version}"
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for file in self.files():
                tar.add(self.path / file, f"{top}/{file}", recursive=False)
            if self.build != "modern":
                self._add_checksums(tar, top)
        return gzip.compress(packed.getvalue(), mtime=0)

    def files(self) -> list[str]:
        """The paths of its files, below the module."""
        found = (file.relative_to(self.path) for file in sorted(self.path.rglob("*")))
        return [str(file) for file in found if (self.path / file).is_file()]

    def _add_checksums(self, tar: tarfile.TarFile, top: str) -> None:
        sums = {
            file.replace("/", "\\") if self.build == "windows" else file: md5(
                (self.path / file).read_bytes().decode("latin-1")
            )
            for file in self.files()
            if file.endswith(".pp")
        }
        data = json.dumps(sums).encode()
        member = tarfile.TarInfo(f"{top}/checksums.json")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))


@cache
def real_modules(directory: Path) -> tuple[RealModule, ...]:
    """All modules that have a name as on the Forge, and a version of its form.

    Args:
        directory: where the further packages are unpacked.
    """
    _unpack(directory)
    modules: dict[str, RealModule] = {}
    for below in (PACKAGED, directory / "usr/share/puppet/modules.available"):
        for file in sorted(below.glob("*/metadata.json")):
            metadata = json.loads(file.read_text())
            slug, version = metadata["name"].replace("/", "-"), metadata["version"]
            if Domain.FORGE_SLUG.admits(slug) and Domain.VERSION.admits(version):
                build = BUILDS[len(modules) % len(BUILDS)]
                made = RealModule(slug, version, file.parent.resolve(), build)
                modules.setdefault(made.name, made)
    return tuple(modules.values())


def _unpack(directory: Path) -> None:
    """Fetch the further packages, and unpack them without installing them."""
    subprocess.run(["apt-get", "download", *MORE], cwd=directory, check=True, capture_output=True)
    for package in sorted(directory.glob("*.deb")):
        run(["dpkg-deb", "--extract", package, directory])
