"""Which servers are compilers: our reader of bootstrap files beside Puppet Server's own."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path

import pytest

from dropsonde_puppetserver.authority import CaService, read_authority
from tests.real.trapperkeeper import started_services

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

PACKAGED = "/etc/puppet/puppetserver/services.d"
ENABLED, DISABLED = (
    f"puppetlabs.services.ca.certificate-authority-{name}/certificate-authority-{name}"
    for name in ("service", "disabled-service")
)
OTHER = "puppetlabs.trapperkeeper.services.status.status-service/status-service"
STATES = {ENABLED: CaService.ON, DISABLED: CaService.OFF}
BEFORE = ("", "#", ";", " ", "\t", "# to enable: ", "-", "\u00a0", "\x0b", "#\x0c", "#\u2028")
AFTER = ("\n", "\r\n", "\r", " # the CA\n", ";\n", " \n\n", "x\n", "\x0c\n", "\x85\n", "")


def lines() -> list[str]:
    """Single lines, and several that a seed chose."""
    rng = random.Random(8140)
    found = [
        before + service + after
        for before, service, after in itertools.product(BEFORE, (ENABLED, DISABLED), AFTER)
    ]
    for _ in range(100):
        pieces = ((BEFORE, (ENABLED, DISABLED, OTHER), AFTER) for _ in range(rng.randint(1, 3)))
        found.append("".join("".join(map(rng.choice, each)) for each in pieces))
    return found


def test_a_compiler_to_puppet_server_is_one_to_us(tmp_path: Path) -> None:
    """Where Puppet Server starts, both say the same; where it does not, ours does not matter."""
    texts = [f"{line}\n{OTHER}\n" for line in lines()]
    for number, text in enumerate(texts):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "ca.cfg").write_bytes(text.encode())
        for name in (".ca.cfg", "ca.cfg.old", "ca.CFG"):
            (directory / name).write_text(f"{DISABLED}\n{ENABLED}\n")
    theirs = started_services([str(tmp_path / str(number)) for number in range(len(texts))])
    told: dict[CaService, int] = dict.fromkeys(CaService, 0)
    for number, (text, services) in enumerate(zip(texts, theirs, strict=True)):
        if services is None:
            continue
        ours = read_authority({"BOOTSTRAP_CONFIG": str(tmp_path / str(number))})
        assert ours is not None
        named = [STATES[service] for service in services if service in STATES]
        assert ours.service is (named[0] if named else CaService.UNKNOWN), repr(text)
        told[ours.service] += 1
    assert min(told.values()) > 20


def test_several_paths_and_what_puppet_server_refuses(tmp_path: Path) -> None:
    shutil.copytree(PACKAGED, tmp_path / "packaged")
    (tmp_path / "more").mkdir()
    (tmp_path / "one.cfg").write_text(f"{OTHER}\n")
    (tmp_path / "both.cfg").write_text(f"{ENABLED}\n{DISABLED}\n")
    (tmp_path / "more/ca.cfg").write_text(f"{DISABLED}\n")
    paths = [
        f"{tmp_path}/packaged",
        f"{tmp_path}/one.cfg,{tmp_path}/more/",
        f"{tmp_path}/both.cfg",
        f"{tmp_path}/none",
    ]
    packaged, several, *refused = started_services(paths)
    assert packaged is not None
    assert several == [OTHER, DISABLED]
    assert refused == [None, None]
    ours = [read_authority({"BOOTSTRAP_CONFIG": each}) for each in paths]
    expected = [CaService.ON, CaService.OFF, CaService.OFF, CaService.UNKNOWN]
    assert [each and each.service for each in ours] == expected
    assert ENABLED in packaged
