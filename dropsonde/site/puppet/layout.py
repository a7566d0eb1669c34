"""The default directories of upstream's packages (Puppet, OpenVox) and Debian's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dropsonde.site.puppet.paths import exists

_DEBIAN = "etc/puppet"
_UPSTREAM = "etc/puppetlabs/puppet"
_DEBIAN_SSL = "var/lib/puppet/ssl"


def is_debian(root: Path) -> bool:
    """Tell whether Debian's layout counts, and not upstream's.

    Upstream's counts where its puppet.conf or its program exists, because a machine moved to
    upstream's packages keeps /etc/puppet; else Debian's where /etc/puppet exists; else upstream's.
    Files that dropsonde itself makes, such as those below /opt/puppetlabs/puppet/cache, do not
    count.
    """
    upstream = (
        root / _UPSTREAM / "puppet.conf",
        root / "opt/puppetlabs/puppet/bin/puppet",
    )
    return not any(exists(path) for path in upstream) and exists(root / _DEBIAN)


def directories(*, root: Path, home: Path, uid: int) -> Mapping[str, str]:
    """Return the defaults that depend on the layout and the user, as in ``util/run_mode.rb``.

    Puppet's server has no directories of its own here: upstream's package names them in the
    puppet.conf that it installs.

    Returns:
        Setting → default, which may hold variables; ``ssldir`` only where it is not $confdir/ssl.
    """
    debian = is_debian(root)
    if uid == 0:
        defaults = _system(root, debian=debian)
    else:
        defaults = _user(home / (".puppet" if debian else ".puppetlabs"), debian=debian)
    if debian and (uid == 0 or _owns(root / _DEBIAN_SSL, uid)):
        defaults["ssldir"] = str(root / _DEBIAN_SSL)
    packaged = root / ("usr/share/puppet" if debian else "opt/puppetlabs/puppet")
    defaults["basemodulepath"] = f"$codedir/modules:{packaged}/modules"
    defaults["vendormoduledir"] = f"{packaged}/vendor_modules"
    return defaults


def _system(root: Path, *, debian: bool) -> dict[str, str]:
    if debian:
        below = {
            "confdir": _DEBIAN,
            "codedir": "etc/puppet/code",
            "vardir": "var/cache/puppet",
            "publicdir": "var/cache/puppet/public",
            "rundir": "run/puppet",
            "logdir": "var/log/puppet",
        }
    else:
        below = {
            "confdir": _UPSTREAM,
            "codedir": "etc/puppetlabs/code",
            "vardir": "opt/puppetlabs/puppet/cache",
            "publicdir": "opt/puppetlabs/puppet/public",
            "rundir": "var/run/puppetlabs",
            "logdir": "var/log/puppetlabs/puppet",
        }
    return {name: str(root / path) for name, path in below.items()}


def _user(base: Path, *, debian: bool) -> dict[str, str]:
    if debian:
        below = {
            "confdir": "etc",
            "codedir": "code",
            "vardir": "cache",
            "publicdir": "cache/public",
        }
    else:
        below = {
            "confdir": "etc/puppet",
            "codedir": "etc/code",
            "vardir": "opt/puppet/cache",
            "publicdir": "opt/puppet/public",
        }
    below |= {"rundir": "var/run", "logdir": "var/log"}
    return {name: str(base / path) for name, path in below.items()}


def _owns(path: Path, uid: int) -> bool:
    try:
        return path.stat().st_uid == uid
    except OSError:
        return False


def default_cadir(ssldir: Path, root: Path) -> str:
    """Return the CA's directory: the old $ssldir/ca, or its link's target, where it exists."""
    old = ssldir / "ca"
    if not exists(old):
        base = "etc/puppet" if is_debian(root) else "etc/puppetlabs"
        return str(root / base / "puppetserver/ca")
    return str(old.readlink()) if old.is_symlink() else str(old)
