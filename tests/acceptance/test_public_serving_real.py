"""The public pages behind Debian's nginx, with the file that ext/collector has for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dropsonde.publish import paths
from dropsonde.publish.root import publish
from tests.real.public_nginx import served
from tests.support.patience import PATIENCE
from tests.unit.publish.releases import SLUGS, WEEKS, releases, save

pytestmark = pytest.mark.real

SITE = "https://numbers.example.org/"
LATEST = "data/latest/module_usage.parquet"
KEPT = {
    "index.html": "public, max-age=300",
    "data/latest/sites.csv.gz": "public, max-age=300",
    "data/history/sites.csv.gz": "public, max-age=300",
    f"data/{WEEKS[0]}/sites.csv.gz": "public, max-age=86400",
    f"badges/{SLUGS[0]}.svg": "public, max-age=3600",
    f"embed/{SLUGS[0]}.svg": "public, max-age=3600",
    f"v1/badges/{SLUGS[0]}.json": "public, max-age=3600",
    "v1/index.json": "public, max-age=300",
}


class Server:
    """Asks nginx."""

    def __init__(self, address: tuple[str, str, Path], root: Path) -> None:
        self.plain, self.secure, self._certificate = address
        self.root = root

    def ask(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method,
            f"{self.secure}/{path}",
            headers={"Accept-Encoding": "identity", **given},
            verify=str(self._certificate),
            timeout=PATIENCE,
            allow_redirects=False,
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("nginx")
    released = save(home / "released", releases())
    publish(home / "pages", released, SITE)
    with served(home, home / "pages") as address:
        yield Server(address, home / "pages")


def test_every_file_is_served_as_it_is_and_by_its_type(server: Server) -> None:
    text = "; charset=utf-8"
    types = {
        ".html": f"text/html{text}",
        ".css": f"text/css{text}",
        ".js": f"application/javascript{text}",
        ".json": f"application/json{text}",
        ".gz": "application/gzip",
        ".md": f"text/markdown{text}",
        ".txt": f"text/plain{text}",
        ".svg": "image/svg+xml",
        ".png": "image/png",
        ".parquet": "application/vnd.apache.parquet",
    }
    top = server.root.resolve()
    files = [path for path in sorted(top.rglob("*")) if path.is_file()]
    seen = set()
    for file in files:
        path = str(file.relative_to(top))
        if path in {paths.NOT_FOUND, "assets/uplot/LICENSE"}:
            continue
        answer = server.ask(path)
        assert (answer.status_code, answer.content) == (200, file.read_bytes()), path
        kind = answer.headers["Content-Type"]
        if path.startswith("feeds/"):
            assert kind == f"application/atom+xml{text}"
        elif file.suffix == ".xml":
            assert kind.startswith("text/xml")
        else:
            assert kind == types[file.suffix], path
            seen.add(file.suffix)
    assert seen == types.keys()


@pytest.mark.parametrize(("path", "wanted"), KEPT.items())
def test_how_long_a_file_is_kept(server: Server, path: str, wanted: str) -> None:
    answer = server.ask(path)
    assert answer.headers["Cache-Control"] == wanted
    again = server.ask(path, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == wanted


def test_a_file_that_is_asked_for_by_its_digest_is_kept_for_good(server: Server) -> None:
    package = json.loads(server.ask("data/latest/datapackage.json").content)
    for each in package["resources"]:
        digest = each["hash"].removeprefix("sha256:")
        answer = server.ask(f"data/latest/{each['path']}?sha256={digest}")
        assert hashlib.sha256(answer.content).hexdigest() == digest
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in server.ask("v1/index.json?sha256=1").headers["Cache-Control"]
    missing = server.ask(f"v1/nothing.json?sha256={'0' * 64}")
    assert missing.status_code == 404
    assert "Cache-Control" not in missing.headers


def test_text_is_compressed_and_what_is_compressed_is_not(server: Server) -> None:
    for path in ("index.html", "v1/modules.json", "assets/compare.js", paths.CHANGES,
                 "assets/site.css", paths.WEEKS_FEED):  # fmt: skip
        answer = server.ask(path, Accept_Encoding="gzip", TE="identity")
        assert answer.headers["Content-Encoding"] == "gzip", path
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.content == (server.root / path).read_bytes()
    for path in (LATEST, "data/latest/sites.csv.gz"):
        answer = server.ask(path, Accept_Encoding="gzip")
        assert "Content-Encoding" not in answer.headers
        assert answer.content == (server.root / path).read_bytes()


def test_parts_of_files_are_given(server: Server) -> None:
    whole = (server.root / LATEST).read_bytes()
    answer = server.ask(LATEST, Range="bytes=4-99", Origin="https://other.example")
    assert (answer.status_code, answer.content) == (206, whole[4:100])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("path", "open_to_all"),
    [
        (LATEST, True),
        ("v1/index.json", True),
        ("v1/modules/no-such.json", True),
        (paths.WEEKS_FEED, True),
        (f"badges/{SLUGS[0]}.svg", True),
        ("index.html", False),
        ("no/such", False),
    ],
)
def test_others_pages_may_read_data_and_no_pages(
    server: Server, path: str, open_to_all: bool
) -> None:
    answer = server.ask(path, Origin="https://other.example")
    assert answer.headers.get("Access-Control-Allow-Origin") == ("*" if open_to_all else None)
    asked = server.ask(
        path, "OPTIONS", Origin="https://other.example", Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="range",
    )  # fmt: skip
    assert asked.status_code == 204
    assert asked.headers.get("Access-Control-Allow-Origin") == ("*" if open_to_all else None)
    assert "Range" in asked.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        ("badges/no-such.svg", paths.NO_BADGE),
        ("badges/share/no-such.svg", paths.NO_BADGE),
        ("embed/no-such.svg", paths.NO_BADGE),
        ("v1/badges/no-such.json", paths.NO_ENDPOINT),
        ("v1/badges/share/no-such.json", paths.NO_ENDPOINT),
    ],
)
def test_a_module_that_is_not_shown_has_a_badge(server: Server, path: str, instead: str) -> None:
    answer = server.ask(path)
    assert (answer.status_code, answer.content) == (200, (server.root / instead).read_bytes())
    assert answer.headers["Content-Type"] == server.ask(instead).headers["Content-Type"]
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("path", ["no/such", "modules/no-such.html", "modules/", "data"])
def test_what_is_not_found_says_so(server: Server, path: str) -> None:
    answer = server.ask(path)
    assert answer.status_code == 404
    assert answer.content == (server.root / paths.NOT_FOUND).read_bytes()


def test_the_root_is_the_first_page(server: Server) -> None:
    assert server.ask("").content == (server.root / "index.html").read_bytes()
    assert server.ask("index.html/").status_code == 404


def test_nothing_goes_without_tls_or_into_a_log(server: Server) -> None:
    answer = requests.get(f"{server.plain}/data.html?a=b", timeout=PATIENCE, allow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://127.0.0.1/data.html?a=b"
    secure = server.ask("data.html")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert secure.headers["X-Content-Type-Options"] == "nosniff"
    assert secure.headers["Referrer-Policy"] == "no-referrer"
    assert secure.headers["Server"] == "nginx"
    assert (server.root.parent / "nginx-access.log").read_text() == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_taken(server: Server, method: str) -> None:
    assert server.ask("v1/index.json", method).status_code == 405
