"""Old packages, whose virtual environment was in Puppet Server's own directory.

With Puppet's and OpenVox's packages user puppet owns that directory. The old packages are built
from this checkout, with a changed path and version, and without the check by which `integrate`
refuses such a path.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from tests.real.built import DEBIANS_PYTHON, build, once, only, wheels, workshop

OLD_PLACE = "/opt/puppetlabs/server/data/puppetserver/dropsonde/venv"
NEW_PLACE = "/usr/lib/dropsonde"
_CHECK = b"    _require_trusted(sys.executable)\n"
_NAMING_IT = ("stage.py", "debian/postinst", "debian/prerm", "rpm/dropsonde.spec")


@once
def old_deb() -> Path:
    """Build the Debian package."""
    return only(
        build("ext/debian/build", "old deb", checkout=_checkout(), WHEELS=_wheels()), "*.deb"
    )


@once
def old_rpm() -> Path:
    """Build the RPM package."""
    python = DEBIANS_PYTHON
    out = build("ext/rpm/build", "old rpm", checkout=_checkout(), WHEELS=_wheels(), PYTHON=python)
    return only(out, "*.rpm")


@once
def _wheels() -> Path:
    there = workshop() / "old wheels"
    shutil.copytree(wheels(), there)
    (ours,) = there.glob("dropsonde_telemetry-*.whl")
    with zipfile.ZipFile(ours) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    command = "dropsonde/cli/probe/integrate_command.py"
    assert _CHECK in files[command]
    files[command] = files[command].replace(_CHECK, b"")
    with zipfile.ZipFile(ours, "w") as wheel:
        for name, data in files.items():
            wheel.writestr(name, data)
    return there


@once
def _checkout() -> Path:
    checkout = workshop() / "an old checkout"
    shutil.copytree(workshop() / "a checkout", checkout)
    for name in _NAMING_IT:
        file = checkout / "ext" / name
        file.write_text(file.read_text().replace(NEW_PLACE, OLD_PLACE))
    (checkout / "dropsonde/__init__.py").write_text('__version__ = "0.0.1"\n')
    return checkout
