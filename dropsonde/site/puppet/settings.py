"""Read the settings of Puppet's server run mode (Puppet 7 and 8), interpolated, without Ruby.

A value comes from the first source that has it: ``PUPPET_CONFDIR``, ``PUPPET_CODEDIR``,
``PUPPET_VARDIR`` and ``PUPPET_LOGDIR``, which name the directories of Puppet Server's Puppet;
puppet.conf's sections [server], [master], [main]; the packages' layout; Puppet's own defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import PuppetError
from dropsonde.common.files import read_file
from dropsonde.site.puppet.conf import Entry, parse_conf
from dropsonde.site.puppet.interpolation import Lookup
from dropsonde.site.puppet.layout import default_cadir, directories

if TYPE_CHECKING:
    from dropsonde.site.puppet.conf import Sections

_VARIABLES = ("confdir", "codedir", "vardir", "logdir")
_ALLOWED = frozenset({"main", "server", "master", "agent", "user"})
_ONLY_ENVIRONMENT_CONF = ("modulepath", "manifest", "config_version")
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
_MAX_PORT = 65535
_ENVIRONMENTPATH = "name a directory, or leave the setting out"
# What [server] may set alone, in place of the value that [main] cannot see.
_NEVER_EMPTY = {name: Entry("/") for name in ("certname", "cadir")}


@dataclass(frozen=True)
class PuppetSettings:
    """The Puppet settings that dropsonde needs, under Puppet's own names."""

    confdir: Path
    codedir: Path
    vardir: Path
    logdir: Path
    ssldir: Path
    certdir: Path
    privatekeydir: Path
    cadir: Path
    certname: str
    hostcert: Path
    hostprivkey: Path
    localcacert: Path
    cacert: Path
    environmentpath: tuple[Path, ...]
    basemodulepath: tuple[Path, ...]
    module_repository: str
    forge_authorization: str = field(repr=False)
    # Puppet's word for an unset proxy, user or password is "none"; here it is "".
    http_proxy_host: str
    http_proxy_port: str
    http_proxy_user: str
    http_proxy_password: str = field(repr=False)
    no_proxy: str
    versioned_environment_dirs: bool
    # For the variables in environment.conf. It holds the password and the token too.
    lookup: Lookup = field(repr=False, compare=False)


def read_settings(
    environ: Mapping[str, str],
    *,
    uid: int,
    home: Path,
    hostname: Callable[[], str],
    root: Path = Path("/"),
) -> PuppetSettings:
    """Read the settings of the Puppet that this user's Puppet Server would run with.

    Args:
        environ: the environment's variables; an empty one counts as unset.
        uid: the effective user id. Root (0) uses the system's directories, other users theirs
            below ``home``, as in Puppet.
        home: what ``~`` means.
        hostname: returns the host's full name, Puppet's default for ``certname``; called only
            where puppet.conf names no certname.
        root: prefix of the packages' directories. Paths in puppet.conf and in the variables are
            used unchanged.

    Raises:
        PuppetError: for a puppet.conf that cannot be read, or that Puppet itself refuses.
    """
    given = {
        name: Entry(environ[variable])
        for name in _VARIABLES
        if environ.get(variable := f"PUPPET_{name.upper()}")
    }
    layout = {k: Entry(v) for k, v in directories(root=root, home=home, uid=uid).items()}
    # A confdir in puppet.conf moves paths below $confdir, but not puppet.conf itself.
    conf = _read(Lookup((given, layout), home).path("confdir") / "puppet.conf")
    written = tuple(conf.get(section, {}) for section in ("server", "master", "main"))
    if not any("certname" in section for section in written):
        layout["certname"] = Entry(hostname().rstrip(".").lower())
    if not any("cadir" in section for section in written):
        ssldir = Lookup((given, *written, layout), home).path("ssldir")
        layout["cadir"] = Entry(default_cadir(ssldir, root))
    _check_main(Lookup((given, written[-1], layout, _NEVER_EMPTY), home))
    return _settings(Lookup((given, *written, layout), home))


def _check_main(lookup: Lookup) -> None:
    """Refuse what Puppet refuses in ``[main]`` before it knows that it is a server.

    Whatever ``[server]`` says in its place.
    """
    _check_certname(lookup)
    lookup.paths("basemodulepath")
    entry = lookup.entry("environmentpath")
    if entry is not None and entry.where and not lookup.fill(str(entry.value)):
        raise _refused(lookup, "environmentpath", _ENVIRONMENTPATH)


def _check_certname(lookup: Lookup) -> None:
    certname = lookup.text("certname")
    if certname != certname.lower():
        raise _refused(lookup, "certname", "write it in lower case")


def _read(path: Path) -> Sections:
    try:
        data = read_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise PuppetError(
            f"{path}: {error.strerror or error}",
            "run as root or as the user that runs Puppet Server, or set PUPPET_CONFDIR",
        ) from error
    conf = parse_conf(data, path, _ALLOWED)
    for section in conf.values():
        for name in _ONLY_ENVIRONMENT_CONF:
            if name in section:
                raise PuppetError(
                    f"{section[name].where}: `{name}` may not be set in puppet.conf",
                    "move it to environment.conf; Puppet refuses the file too",
                )
    return conf


def _settings(lookup: Lookup) -> PuppetSettings:
    _check_certname(lookup)
    password = lookup.text("http_proxy_password")
    if re.search(r"[@!# /]", password):
        raise _refused(lookup, "http_proxy_password", "write it URL-encoded (# as %23)")
    port = lookup.text("http_proxy_port")
    if not _PORT.fullmatch(port) or int(port) > _MAX_PORT:
        raise _refused(lookup, "http_proxy_port", "write a decimal number up to 65535")
    versioned = lookup.text("versioned_environment_dirs")
    if versioned not in ("true", "false"):
        raise _refused(lookup, "versioned_environment_dirs", "write true or false")
    environmentpath = lookup.paths("environmentpath")
    if not environmentpath:
        raise _refused(lookup, "environmentpath", _ENVIRONMENTPATH)
    return PuppetSettings(
        confdir=lookup.path("confdir"),
        codedir=lookup.path("codedir"),
        vardir=lookup.path("vardir"),
        logdir=lookup.path("logdir"),
        ssldir=lookup.path("ssldir"),
        certdir=lookup.path("certdir"),
        privatekeydir=lookup.path("privatekeydir"),
        cadir=lookup.path("cadir"),
        certname=lookup.text("certname"),
        hostcert=lookup.path("hostcert"),
        hostprivkey=lookup.path("hostprivkey"),
        localcacert=lookup.path("localcacert"),
        cacert=lookup.path("cacert"),
        environmentpath=environmentpath,
        basemodulepath=lookup.paths("basemodulepath"),
        module_repository=lookup.text("module_repository"),
        forge_authorization=lookup.text("forge_authorization"),
        http_proxy_host=_unless_none(lookup.text("http_proxy_host")),
        http_proxy_port=port,
        http_proxy_user=_unless_none(lookup.text("http_proxy_user")),
        http_proxy_password=_unless_none(password),
        no_proxy=_unless_none(lookup.text("no_proxy")),
        versioned_environment_dirs=versioned == "true",
        lookup=lookup,
    )


def _unless_none(value: str) -> str:
    return "" if value == "none" else value


def _refused(lookup: Lookup, name: str, advice: str) -> PuppetError:
    """Make an error with the setting and its line, never its value: one is a password."""
    entry = lookup.entry(name)
    where = f"{entry.where}: " if entry is not None and entry.where else ""
    return PuppetError(f"{where}Puppet refuses the value of `{name}`", advice)
