"""Make up rows of the private dataset, to write queries against without access to it.

Also realistic values for the ``example(rng)`` of any metric: a few dozen well-known modules, the
popular ones drawn more often. All randomness comes from ``rng``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.schema.model import FORMAT_VERSION, PRODUCT

if TYPE_CHECKING:
    from dropsonde.metrics import Metric

WEEK = 604_800  # seconds

# Most popular first: slug, newest major release, some of its classes.
_POPULAR = (
    ("puppetlabs-stdlib", 9, ("stdlib::stages",)),
    ("puppetlabs-concat", 9, ()),
    ("puppetlabs-apt", 9, ("apt", "apt::update", "apt::backports")),
    ("puppetlabs-inifile", 6, ()),
    ("puppet-systemd", 8, ("systemd", "systemd::journald", "systemd::resolved")),
    ("puppet-archive", 7, ("archive", "archive::staging")),
    (
        "puppetlabs-apache",
        12,
        ("apache", "apache::mod::ssl", "apache::mod::proxy", "apache::vhosts"),
    ),
    ("puppetlabs-ntp", 10, ("ntp", "ntp::install", "ntp::config", "ntp::service")),
    ("puppetlabs-mysql", 16, ("mysql::server", "mysql::client", "mysql::bindings")),
    (
        "puppetlabs-postgresql",
        10,
        ("postgresql::server", "postgresql::client", "postgresql::globals"),
    ),
    ("puppet-nginx", 6, ("nginx", "nginx::config", "nginx::service")),
    ("saz-ssh", 13, ("ssh", "ssh::server", "ssh::client")),
    ("saz-sudo", 9, ("sudo",)),
    ("puppetlabs-firewall", 8, ("firewall", "firewall::linux")),
    ("puppetlabs-java", 11, ("java", "java::config")),
    ("puppet-logrotate", 8, ("logrotate", "logrotate::rules")),
    ("puppetlabs-haproxy", 8, ("haproxy", "haproxy::install")),
    ("puppet-rabbitmq", 14, ("rabbitmq", "rabbitmq::service")),
    ("puppet-redis", 11, ("redis", "redis::sentinel")),
    ("puppetlabs-puppetdb", 8, ("puppetdb", "puppetdb::master::config")),
    ("saz-timezone", 7, ("timezone",)),
    ("saz-memcached", 8, ("memcached",)),
    ("puppet-zabbix", 10, ("zabbix::agent", "zabbix::server")),
    ("puppet-prometheus", 16, ("prometheus", "prometheus::node_exporter")),
    ("puppet-nodejs", 11, ("nodejs",)),
    ("puppetlabs-docker", 10, ("docker", "docker::compose")),
    ("puppet-grafana", 14, ("grafana",)),
    ("puppetlabs-vcsrepo", 7, ("vcsrepo::manage",)),
    ("puppet-letsencrypt", 11, ("letsencrypt", "letsencrypt::config")),
    ("puppet-selinux", 5, ("selinux", "selinux::config")),
)
_CLASSES = {slug.partition("-")[2]: classes for slug, _, classes in _POPULAR}

# Most popular first.
_SYSTEMS = (
    ("RedHat", "8"),
    ("Debian", "12"),
    ("Ubuntu", "22.04"),
    ("RedHat", "9"),
    ("Rocky", "9"),
    ("AlmaLinux", "8"),
    ("CentOS", "7"),
    ("windows", "2019"),
    ("Ubuntu", "24.04"),
    ("SLES", "15"),
    ("OracleLinux", "8"),
    ("windows", "2012 R2"),
)


def build_example(metrics: Sequence[Metric], rng: Random, now: datetime) -> dict[str, Any]:
    """Make up one row: flat, as a receiver would store it.

    Args:
        metrics: the metrics whose columns it has.
        rng: the source of all randomness.
        now: the row's time is within the week before.
    """
    import uuid  # noqa: PLC0415  # metrics import this file for their examples, which most runs do without

    received = datetime.fromtimestamp(int(now.timestamp()) - rng.randrange(WEEK), timezone.utc)
    row: dict[str, Any] = {
        "message_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "timestamp": f"{received:%Y-%m-%dT%H:%M:%SZ}",
        "ip": f"192.0.2.{rng.randrange(1, 255)}",  # reserved for documentation
        "product": PRODUCT,
        "version": FORMAT_VERSION,
        "site_id": f"{rng.getrandbits(512):0128x}",
    }
    for metric in metrics:
        row |= metric.example(rng)
    return row


def modules(rng: Random) -> list[dict[str, Any]]:
    """Draw rows of name, slug and version; modules earlier in the list are likelier."""
    return [
        {"name": slug.partition("-")[2], "slug": slug, "version": _version(rng, major)}
        for place, (slug, major, _) in enumerate(_POPULAR)
        if rng.random() < 0.9 - 0.8 * place / len(_POPULAR)
    ]


def classes(rng: Random, rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Draw node counts by class for the modules in ``rows``: often few, seldom many."""
    nodes = 1 + int(rng.paretovariate(0.8)) * 5
    return {
        name: rng.randint(1, min(nodes, 50_000)) for row in rows for name in _CLASSES[row["name"]]
    }


def system(rng: Random) -> tuple[str, str]:
    """Draw an operating system and its release; those earlier in the list are likelier."""
    return _SYSTEMS[min(int(rng.expovariate(0.3)), len(_SYSTEMS) - 1)]


def _version(rng: Random, newest: int) -> str:
    """Draw a release of the newest major version or of an older one."""
    major = max(1, newest - int(rng.expovariate(1)))
    return f"{major}.{rng.randrange(5)}.{rng.randrange(3)}"
