"""The collector behind Debian's nginx and as systemd's service, as docs/collector.md says."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shlex
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.doubles.authority import Authority
from tests.real.built import collector_environment, probe_environment
from tests.real.collector import USER, RealCollector, collecting, command, place
from tests.real.nginx import fronted, nginx_lines
from tests.real.processes import free_port, run
from tests.support.waiting import wait_for

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = (ROOT / "docs/collector.md").read_text(encoding="utf-8")
UNIT = ROOT / "ext/collector/dropsonde-collector.service"
UNITS = (UNIT, *(UNIT.with_name(f"dropsonde-{name}.service") for name in ("weekly", "vocabulary")))
EXPOSURE_AT_MOST = 1.2  # of 10, by `systemd-analyze security`; less is better
DEMO = ("preview", "--demo", "--format", "json")


@dataclass(frozen=True)
class Front:
    """An nginx and the collector behind it.

    Attributes:
        url: nginx's.
        trusting: knows the authority of its certificate.
        log: its access log.
        collector: behind it.
        cacert: the authority's file.
        counters: the port of the collector's counters.
    """

    url: str
    trusting: ssl.SSLContext
    log: Path
    collector: RealCollector
    cacert: str
    counters: int

    def ask(
        self, method: str, path: str, *, of: str, content: bytes = b"", **headers: str
    ) -> httpx.Response:
        """A request from an address of loopback; each third number is a network of its own."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.HTTPTransport(local_address=of, verify=self.trusting)
        with httpx.Client(transport=transport) as client:
            return client.request(method, self.url + path, content=content, headers=named)

    def report(self, content: bytes, *, of: str, **headers: str) -> httpx.Response:
        """A report from there."""
        kind = {"content_type": "application/json"}
        return self.ask("POST", "/v1/reports", of=of, content=content, **kind, **headers)


def test_the_configuration_that_is_shown_is_the_file() -> None:
    assert nginx_lines() == (ROOT / "ext/collector/dropsonde-collector.conf").read_text()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def front(tmp_path: Path, authority: Authority) -> Iterator[Front]:
    """A collector that takes one request of a network in 50 seconds."""
    certificate, key = authority.issue(tmp_path.name)
    slugs = json.loads((ROOT / "dropsonde/demo/site/forge.json").read_text())["modules"]
    with place() as home:
        port, counters = free_port(), free_port()
        options = ("--trusted-proxy", "127.0.0.1", "--rate", "0.02")
        metrics = ("--metrics-listen", f"127.0.0.1:{counters}")
        with (
            collecting(home, slugs, *options, *metrics) as collector,
            fronted(home, port, collector.url, certificate, key) as log,
        ):
            url = f"https://127.0.0.1:{port}"
            trusting = ssl.create_default_context(cafile=authority.file)
            yield Front(url, trusting, log, collector, authority.file, counters)
        assert (home / "nginx-access.log").read_text() == ""


def test_nginx_in_front_lets_the_collector_know_whose_turn_it_is(front: Front) -> None:
    key = secrets.token_bytes(64)
    document = json.loads(run([probe_environment() / "bin/dropsonde", *DEMO]))
    document["site_id"] = hashlib.sha512(key).hexdigest()
    report = json.dumps(document).encode()
    taken = front.report(report, of="127.0.6.1")
    assert taken.status_code == 200
    assert taken.headers["strict-transport-security"]
    # A request that takes one token: what a report takes depends on the machine.
    assert front.ask("GET", "/v1/key", of="127.0.0.1").status_code == 200
    # The same network again, also with an address that it makes up, and then another one.
    again = front.report(report, of="127.0.0.77")
    forged = front.report(report, of="127.0.0.77", x_forwarded_for="192.0.2.1")
    for later in (again, forged):
        assert later.status_code == 429
        assert 1 <= int(later.headers["retry-after"]) <= 50
    assert front.report(report, of="127.0.1.1").status_code == 200
    (row,) = front.collector.rows("site_id, ip")
    assert row["ip"] is None

    path = f"/v1/sites/{row['site_id']}"
    assert front.ask("DELETE", path, of="127.0.5.1").status_code == 403
    gone = front.ask("DELETE", path, of="127.0.2.1", dropsonde_deletion_key=key.hex())
    assert gone.status_code == 204
    assert front.collector.rows() == []

    assert front.report(b" " * (1100 << 10), of="127.0.3.1").status_code == 413  # by nginx
    full = report + b" " * ((1 << 20) - len(report))
    assert front.report(full, of="127.0.4.1").status_code == 200

    # nginx writes a line when its client has the answer already.
    wait_for(
        lambda: (
            [front.log.read_text().count(each) for each in (" POST 200 ", " DELETE 204 ")] == [3, 1]
        )
    )
    since = front.collector.log.read_text().partition("ready on ")[2].partition("\n")[2]
    logged = front.log.read_text() + since
    assert "127." not in logged
    assert row["site_id"][:16] not in logged
    assert key.hex()[:16] not in logged


def test_the_probe_packs_its_report_and_the_counts_are_prometheus(front: Front) -> None:
    probe = probe_environment() / "bin/dropsonde"
    size = len(run([probe, *DEMO]))
    run([probe, "submit", "--demo", "--endpoint", front.url, "--cacert", front.cacert])
    wait_for(lambda: " POST " in front.log.read_text())
    (sent,) = [line.split() for line in front.log.read_text().splitlines() if " POST " in line]
    assert sent[2] == "200"
    assert int(sent[3]) < size
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.50.1")) as client:
        text = client.get(f"http://127.0.0.1:{front.counters}/metrics").text
    counts = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert counts["dropsonde_reports_received_total",] == 1
    assert counts["dropsonde_spool_rows",] == 1
    assert counts["dropsonde_report_seconds_count",] == 1
    assert counts["dropsonde_reports_refused_total", "invalid"] == 0


@pytest.mark.parametrize(
    ("options", "suite"),
    [
        (("-tls1_3",), "TLS_"),
        (("-tls1_2",), "ECDHE-"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"), "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA"), None),
        (("-tls1_2", "-cipher", "AES256-GCM-SHA384"), None),
        (("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"), None),
    ],
)
def test_nginx_speaks_tls_without_cbc(
    front: Front, options: tuple[str, ...], suite: str | None
) -> None:
    server = front.url.removeprefix("https://")
    done = subprocess.run(
        ["openssl", "s_client", "-connect", server, "-CAfile", front.cacert, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    (found,) = re.findall(r"Cipher is (\S+)", done.stdout)
    assert found.startswith("(NONE)" if suite is None else suite)
    assert (done.returncode == 0) == (suite is not None)
    assert "CBC" not in found


def test_nginx_limits_what_an_address_asks_for(front: Front) -> None:
    with httpx.Client(
        transport=httpx.HTTPTransport(local_address="127.0.60.1", verify=front.trusting)
    ) as client:
        answers = [client.get(f"{front.url}/v1/key") for _ in range(450)]
    last = answers[-1]
    assert [answer.status_code for answer in answers[:2]] == [200, 429]  # 429 by the collector
    assert (last.status_code, last.headers["retry-after"]) == (429, "60")  # by nginx
    assert "message" not in last.text
    assert front.ask("GET", "/v1/key", of="127.0.61.1").status_code == 200


# systemd


def with_environment(original: Path, place: Path) -> Path:
    """A unit, with the environment that was built in place of /opt/dropsonde-collector."""
    (place / "environment").symlink_to(collector_environment())
    text = original.read_text().replace("/opt/dropsonde-collector/bin", f"{place}/environment/bin")
    unit = place / original.name
    unit.write_text(text)
    return unit


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    return with_environment(UNIT, tmp_path)


def systemd_analyze(*words: str | Path) -> str:
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


@pytest.mark.parametrize("original", UNITS, ids=lambda found: found.stem)
def test_the_units_are_sound_and_confined(original: Path, tmp_path: Path) -> None:
    unit = with_environment(original, tmp_path)
    systemd_analyze("verify", "--man=no", unit)
    said = systemd_analyze("security", "--offline=true", "--no-pager", unit)
    (score,) = re.findall(r"exposure level for dropsonde-\w+\.service: ([0-9.]+)", said)
    assert float(score) <= EXPOSURE_AT_MOST


def test_what_the_unit_starts_serves(unit: Path) -> None:
    """Its command, as a user that is not root, in a place of ours."""
    settings = dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE))
    options = settings["Environment"].removeprefix("OPTIONS=")
    words = shlex.split(settings["ExecStart"].replace("$OPTIONS", options))
    assert words[words.index("--data") + 1] == f"/var/lib/{settings['StateDirectory']}"
    with place() as home:
        slugs = ["puppetlabs-ntp"]
        with collecting(home, slugs, *words[words.index("--data") + 2 :]) as collector:
            assert httpx.get(f"{collector.url}/healthz").status_code == 200
        mode = f"{collector.data.stat().st_mode & 0o7777:04o}"
        assert mode == settings["StateDirectoryMode"]
        assert collector.data.owner() == USER


# What the manual has its readers type


def test_the_examples_of_queries_and_exports_work() -> None:
    blocks = re.findall(r"``` sh\n(.*?)```", DOCUMENTED, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    examples = [
        line for line in lines if re.match("dropsonde-collector (query|export|backup) ", line)
    ]
    assert len(examples) == 5
    probe = probe_environment() / "bin/dropsonde"
    slugs = json.loads((ROOT / "dropsonde/demo/site/forge.json").read_text())["modules"]
    with place() as home, collecting(home, slugs) as collector:
        run([probe, "submit", "--demo", "--endpoint", collector.url])
        outputs = []
        for example in examples:
            here = {
                "DIR": str(collector.data),
                "TARGET": str(home / "target"),
                "rows.parquet": str(home / "rows.parquet"),
                "rows.jsonl": str(home / "rows.jsonl"),
            }
            words = [here.get(word, word) for word in shlex.split(example)]
            outputs.append(command(*words[1:]))
        weeks, classes, *silent = outputs
        assert weeks.splitlines()[-1] == "1 row"
        counted = [json.loads(line) for line in classes.splitlines()]
        assert {row["sites"] for row in counted} == {1}
        assert "apache" in {row["name"] for row in counted}
        assert silent == ["", "", ""]
        (row,) = [json.loads(line) for line in (home / "rows.jsonl").read_text().splitlines()]
        assert (
            row["environment_count"] == collector.rows("environment_count")[0]["environment_count"]
        )
        assert (home / "target/key.pem").exists()
