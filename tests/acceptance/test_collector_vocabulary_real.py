"""The installed collector behind nginx serves its vocabulary, and holds every report to it."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.doubles.authority import Authority
from tests.real.built import probe_environment
from tests.real.collector import RealCollector, collecting, command, place
from tests.real.nginx import DOCUMENTED, fronted
from tests.real.processes import free_port, run

pytestmark = pytest.mark.real

DEMO = Path(__file__).resolve().parents[2] / "dropsonde/demo/site"
VOCABULARY = DEMO / "vocabulary.txt"
SNAPSHOTS = ("self-service-analytics", "snapshots")


@dataclass(frozen=True)
class Front:
    """nginx, and the collector behind it."""

    url: str
    authority: str
    collector: RealCollector

    @property
    def client(self) -> httpx.Client:
        trusting = ssl.create_default_context(cafile=self.authority)
        return httpx.Client(base_url=self.url, verify=trusting)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    authority = Authority.make(tmp_path)
    certificate, key = authority.issue("collector")
    slugs = json.loads((DEMO / "forge.json").read_text())["modules"]
    with place() as home:
        port = free_port()
        url = f"https://127.0.0.1:{port}"
        options = ("--vocabulary", home / "brought.txt", "--rate", "0", "--public-url", url)
        (home / "brought.txt").write_bytes(VOCABULARY.read_bytes())
        with (
            collecting(home, slugs, *options, "--trusted-proxy", "127.0.0.1") as collector,
            fronted(home, port, collector.url, certificate, key),
        ):
            yield Front(url, authority.file, replace(collector, url=url))


def demo() -> dict[str, Any]:
    """The report of the made-up site, of which this vocabulary knows every release."""
    said = run([probe_environment() / "bin/dropsonde", "preview", "--demo", "--format", "json"])
    document: dict[str, Any] = json.loads(said)
    return document


def test_what_was_never_published_is_dropped_and_counted(front: Front) -> None:
    document = demo()
    columns = document[SNAPSHOTS[0]][SNAPSHOTS[1]]
    with front.client as client:
        whole = client.post("/v1/reports", json=document)
        assert (whole.status_code, whole.json()["message"]) == (200, "Thank you.")
        kept = front.collector.rows("modules, classes")

        (first, *_) = columns["modules"]["value"]
        columns["modules"]["value"].append({**first, "version": "99.0.0"})
        name = f"{first['name']}::acme_clock"
        ruby = "::".join(map(str.capitalize, name.split("::")))
        columns["classes"]["value"].append({"name": ruby, "count": 7})
        spoilt = client.post("/v1/reports", json=document)
        assert (spoilt.status_code, spoilt.json()["message"]) == (
            200,
            "Thank you. Some rows were not kept (unpublished_class: 1, unpublished_version: 1).",
        )
    assert kept[0]["modules"]
    assert kept[0]["classes"]
    assert front.collector.rows("modules, classes") == kept
    assert "acme" not in front.collector.log.read_text()


def test_the_manuals_check_of_a_served_file_finds_a_changed_one(
    front: Front, tmp_path: Path
) -> None:
    (block,) = re.findall(
        r"``` sh\n(curl [^`]*/v1/vocabulary\n[^`]*)```", DOCUMENTED.read_text(), re.DOTALL
    )
    script = block.replace("https://telemetry.example.com", front.url)
    script = script.replace("curl ", f"curl --cacert {front.authority} ")
    (tmp_path / "key.pem").write_text(command("key", "--data", front.collector.data))
    said = run(["sh", "-euc", f"cd {tmp_path}\n{script}"])
    assert said.splitlines() == ["vocabulary.txt: OK", "Signature Verified Successfully"]
    assert (tmp_path / "vocabulary.txt").read_bytes() == VOCABULARY.read_bytes()
    statement = json.loads((tmp_path / "statement.json").read_text())
    assert (statement["kind"], statement["dataset"]) == ("vocabulary", front.url)


def test_a_second_request_gets_nothing_again(front: Front) -> None:
    with front.client as client:
        first = client.get("/v1/vocabulary")
        assert first.headers["Content-Encoding"] == "gzip"
        assert first.content == VOCABULARY.read_bytes()
        for tag in (first.headers["ETag"], f"W/{first.headers['ETag']}"):
            again = client.get("/v1/vocabulary", headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")
        plain = client.get("/v1/vocabulary", headers={"Accept-Encoding": "identity"})
        assert plain.content == first.content
