"""Made-up sites: what each reports in a week.

A site keeps its modules and installs newer releases from week to week; few modules are in use at
many sites and many at few. The authors' names show that nothing is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from dropsonde.collector.vocabulary_file import Published
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema.model import FORMAT_VERSION, PRODUCT

_AUTHORS = ("example", "sample", "demo")
_NAMES = """
    stdlib concat apt firewall ntp systemd inifile archive apache ssh mysql sudo timezone
    postgresql nginx docker java accounts cron logrotate motd haproxy rsyslog chrony vcsrepo php
    redis selinux prometheus grafana letsencrypt openssl users lvm nfs python nodejs rabbitmq
    jenkins zabbix telegraf elasticsearch postfix bind samba dnsmasq keepalived mongodb icinga
    kafka unbound gitlab dovecot tomcat memcached squid collectd nagios zookeeper varnish
"""
_PARTS = ("", "::config", "::service", "::install", "::params")
_PLATFORMS = ("RedHat", "Debian", "windows", "Suse")
_OFTEN = (6, 5, 2, 1)  # weights of the platforms
# Systems and their releases, oldest first; sites move on from week to week.
_SYSTEMS = {
    "RedHat": (("CentOS", "7"), ("RedHat", "8"), ("Rocky", "9")),
    "Debian": (("Debian", "11"), ("Ubuntu", "22.04"), ("Debian", "12")),
    "windows": (("windows", "2016"), ("windows", "2019"), ("windows", "2022")),
    "Suse": (("SLES", "12"), ("SLES", "15"), ("SLES", "15")),
}
_VERSIONS = ("7.17", "8.6", "8.11")  # of Puppet Server
_AGENTS = ("7.34", "8.10", "8.23")
_METHODS = (("puts", 6), ("each", 5), ("key?", 3), ("join", 2), ("warn", 1))
# Of all sites or their modules, about:
_REPORTING = 0.95  # in any week
_UPGRADING = 0.15  # a week
_UNUSED = 0.1


@dataclass(frozen=True)
class Module:
    """A made-up module.

    Attributes:
        slug: as the Forge's are.
        name: without the author.
        releases: oldest first.
    """

    slug: str
    name: str
    releases: tuple[str, ...]


def _modules() -> tuple[Module, ...]:
    return tuple(
        Module(
            f"{_AUTHORS[place % len(_AUTHORS)]}-{name}",
            name,
            tuple(f"{1 + place % 7 + major}.{place % 4}.0" for major in range(4)),
        )
        for place, name in enumerate(_NAMES.split())
    )


MODULES = _modules()
SLUGS = tuple(module.slug for module in MODULES)


def published() -> dict[str, Published]:
    """What was published of each module."""
    return {
        module.slug: Published(
            frozenset(module.releases), frozenset(f"{module.name}{part}" for part in _PARTS)
        )
        for module in MODULES
    }


class Site:
    """One site.

    Args:
        number: decides everything about the site.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        rng = Random(number)  # made up, and reproducible
        self.site_id = rng.randbytes(64).hex()
        weights = list(accumulate(1 / (place + 3) for place in range(len(MODULES))))
        some = rng.choices(MODULES, cum_weights=weights, k=rng.randint(12, 70))
        self._modules = tuple(dict.fromkeys(some))
        self._at_first = max(1, len(self._modules) - rng.randrange(6))
        self._platforms = sorted({*rng.choices(_PLATFORMS, _OFTEN, k=rng.randint(1, 3))})
        self._server_family = next((at for at in self._platforms if at != "windows"), "Debian")
        self._openvox = number % 3 > 0
        self._environments = 1 + int(rng.expovariate(0.4))

    def report(self, week: int, taken: str) -> dict[str, Any] | None:
        """The report that it sends; None in a week without one.

        Args:
            week: counted from the first.
            taken: when the values were taken, in ISO 8601.
        """
        rng = Random(self._number * 1_000 + week)
        if rng.random() > _REPORTING:
            return None
        has = sorted(self._modules[: self._at_first + week], key=lambda module: module.slug)
        snapshots = self._columns([self._row(module, week) for module in has], rng)
        snapshots |= self._of_nodes(week, rng)
        return {
            "product": PRODUCT,
            "version": FORMAT_VERSION,
            "site_id": self.site_id,
            ANALYTICS: {
                SNAPSHOTS: {
                    name: {"value": value, "timestamp": taken} for name, value in snapshots.items()
                }
            },
        }

    def _row(self, module: Module, week: int) -> dict[str, Any]:
        rng = Random(f"{self._number} {module.slug}")
        behind = rng.choices(range(4), (4, 3, 2, 1))[0]
        upgraded = sum(rng.random() < _UPGRADING for _ in range(week))
        version = module.releases[3 - max(0, behind - upgraded)]
        return {"name": module.name, "slug": module.slug, "version": version}

    def _moved(self, what: str, week: int) -> int:
        """How far the site has come with a system or version: 0 is the oldest, 2 the newest."""
        rng = Random(f"{self._number} {what}")
        first = rng.choices(range(3), (2, 4, 3))[0]
        return min(2, first + sum(rng.random() < _UPGRADING / 3 for _ in range(week)))

    def _of_nodes(self, week: int, rng: Random) -> dict[str, Any]:
        """What the site says of its server and its nodes."""
        server = self._moved("server", week)
        agents = sorted({self._moved("agent", week), server})
        name, release = _SYSTEMS[self._server_family][self._moved("server system", week)]
        systems = {_SYSTEMS[each][self._moved(each, week)] for each in self._platforms}
        systems |= {_SYSTEMS[each][-1] for each in self._platforms[:1]}
        whose = "openvox" if self._openvox and server else "puppet"
        return {
            "servers": [
                {
                    "implementation": whose,
                    "version": _VERSIONS[server],
                    "os": name,
                    "release": release,
                }
            ],
            "agents": [
                {
                    "implementation": "openvox" if whose == "openvox" and each else "puppet",
                    "version": _AGENTS[each],
                    "count": 1 + int(rng.expovariate(0.02)),
                }
                for each in agents
            ],
            "operating_systems": [
                {"name": name, "release": release, "count": 1 + int(rng.expovariate(0.03))}
                for name, release in sorted(systems)
            ],
        }

    def _columns(self, rows: list[dict[str, Any]], rng: Random) -> dict[str, Any]:
        unused = [row for row in rows if Random(f"{self._number}-{row['slug']}").random() < _UNUSED]
        used = [row for row in rows if row not in unused]
        on = {
            (f"{row['name']}{part}", platform): 1 + int(rng.expovariate(0.05))
            for row in used
            for part in _PARTS[: 1 + Random(row["slug"]).randrange(len(_PARTS))]
            for platform in self._platforms
        }
        classes: dict[str, int] = {}
        for (name, _), count in on.items():
            classes[name] = classes.get(name, 0) + count
        return {
            "dependencies": [
                {"name": row["slug"], "version_requirement": f">= {row['version']}"}
                for row in used[:: 1 + self._number % 9]
            ],
            "environment_count": self._environments,
            "modules": rows,
            "classes": [{"name": name, "count": count} for name, count in sorted(classes.items())],
            "unused_modules": unused,
            "unused_classes": [{"name": f"{row['name']}{_PARTS[-1]}"} for row in unused],
            "class_platforms": [
                {"name": name, "platform": platform, "count": count}
                for (name, platform), count in sorted(on.items())
            ],
            "puppetfile_ruby_methods": [
                {"name": name, "count": 1 + rng.randrange(4)}
                for name, often in _METHODS
                if rng.randrange(10) < often
            ],
        }
