"""Tell whether this host's Puppet Server runs the site's CA, and what follows for its reports.

A site has one server with the CA service, and any number of compilers, whose CA service is off. A
compiler with a seed of its own would count as a site: ten compilers pass any threshold alone. So
nothing is sent on schedule from a server that is not known to run the CA, unless its settings give
it the seed or the id that it shares with the rest of its site.

A server whose bootstrap files name neither service, or cannot be read, is not known to run the CA.
Puppet Server itself does not start with such files: it has read others, which BOOTSTRAP_CONFIG in
/etc/default/puppetserver or /etc/sysconfig/puppetserver can name.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dropsonde.common.errors import NotOneSiteError
from dropsonde.common.privileges import asked_as_owner
from dropsonde_puppetserver.bootstrap import services_of
from dropsonde_puppetserver.gate.verdict import shown
from dropsonde_puppetserver.packaging import installed, paths_in

_ENABLED = "puppetlabs.services.ca.certificate-authority-service/certificate-authority-service"
_DISABLED = (
    "puppetlabs.services.ca.certificate-authority-disabled-service/"
    "certificate-authority-disabled-service"
)
_SHARE = "give all servers of the site one seed with `:seed_file:` in telemetry.yaml"
_NAME = "name its bootstrap files with BOOTSTRAP_CONFIG in /etc/default/puppetserver"


class CaService(enum.Enum):
    """The state of a server's CA service."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Authority:
    """Whether a server runs the CA.

    Attributes:
        service: the state of its CA service.
        where: the file that decides; for UNKNOWN, the path that was searched first.
    """

    service: CaService
    where: str

    @property
    def why(self) -> str:
        """Why this server may be one of several of its site; a clause. Empty if it is not."""
        if self.service is CaService.ON:
            return ""
        if self.service is CaService.OFF:
            return f"this server's CA service is off ({self.where}), as on a compiler"
        return f"{self.where} does not say whether this server's CA service is on"

    @property
    def way_out(self) -> str:
        """What to do about it."""
        return _SHARE if self.service is CaService.OFF else f"{_SHARE}, or {_NAME}"


def read_authority(environ: Mapping[str, str], root: Path = Path("/")) -> Authority | None:
    """Read the bootstrap files of this host's Puppet Server; None without one.

    If a path is another user's, root reads it as that user.

    Args:
        environ: the variables of this process; BOOTSTRAP_CONFIG, as ``puppetserver`` exports it,
            overrides the detected paths.
        root: the system's root.

    Raises:
        FileError: root cannot become that user.
    """
    packaging = installed(environ, root)
    paths: Sequence[Path] = paths_in(environ.get("BOOTSTRAP_CONFIG", ""), Path("/"))
    if not paths and packaging is None:
        given = environ.get("CONFIG")
        return Authority(CaService.UNKNOWN, shown(Path(given))) if given else None
    paths = paths or (packaging.bootstrap if packaging else ())
    found: dict[str, str] = {}
    for path in paths:
        found |= asked_as_owner(path, partial(_named, path))
    if _DISABLED in found:  # with both, Puppet Server does not start
        return Authority(CaService.OFF, found[_DISABLED])
    if _ENABLED in found:
        return Authority(CaService.ON, found[_ENABLED])
    return Authority(CaService.UNKNOWN, shown(paths[0]))


def _named(path: Path) -> dict[str, str]:
    """The CA services that a path's files list, each with the file."""
    return {
        service: shown(file)
        for file, service in services_of(path)
        if service in {_ENABLED, _DISABLED}
    }


def refusal(authority: Authority | None, *, shares_id: bool) -> NotOneSiteError | None:
    """The error that stops a scheduled submission; None where it may go.

    Args:
        authority: whether this server runs the CA; None without a Puppet Server.
        shares_id: whether the settings give the seed or the site id.
    """
    if authority is None or shares_id or not authority.why:
        return None
    return NotOneSiteError(f"nothing is sent on schedule: {authority.why}", authority.way_out)


def warning(authority: Authority | None, *, shares_id: bool) -> NotOneSiteError | None:
    """The warning for a report that is sent by hand all the same; None without a need for one."""
    if refusal(authority, shares_id=shares_id) is None or authority is None:
        return None
    return NotOneSiteError(
        f"{authority.why}, so its reports may count as another site's", authority.way_out
    )
