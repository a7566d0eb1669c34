"""The dataset behind Debian's nginx, read as docs/dataset.md says: pandas, and DuckDB over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde.aggregation.release import Role
from dropsonde.publish.root import publish
from tests.real.processes import free_port, run, running
from tests.support.waiting import wait_for
from tests.unit.publish.releases import releases, save

pytestmark = pytest.mark.real

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENTED = (DOCS / "dataset.md").read_text(encoding="utf-8")
NOTEBOOK = (DOCS / "questions.ipynb").read_text(encoding="utf-8")
BLOCKS = re.findall(r"``` python\n(.*?)```", DOCUMENTED, re.DOTALL)
# DuckDB's extension for HTTP, which it fetches by itself elsewhere, comes as a package here. There
# is none for the newest DuckDB yet, so a reader's environment has a version of its own.
VERSION = "1.5.5"
READERS = (
    f"duckdb=={VERSION}", f"duckdb-extension-httpfs=={VERSION}", "pandas", "requests",
    "ipykernel", "nbclient",
)  # fmt: skip
NGINX = """
daemon off;
user root;
pid {home}/nginx.pid;
error_log {home}/nginx-error.log;
events {{}}
http {{
    access_log {home}/access.log;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {home}/public;
    }}
}}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a published dataset, and where nginx logs requests."""
    home = tmp_path_factory.mktemp("nginx")
    released = save(home / "released", releases())
    publish(home / "public", released)
    port = free_port()
    (home / "nginx.conf").write_text(NGINX.format(home=home, port=port))
    url = f"http://127.0.0.1:{port}"
    with running(
        ["nginx", "-c", home / "nginx.conf"],
        user="root",
        log=home / "nginx.log",
        ready=(home / "nginx.pid").exists,
    ):
        yield url, home / "access.log"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's Python, and a home with the extension."""
    home = tmp_path_factory.mktemp("reader")
    run([sys.executable, "-m", "venv", home / "venv"])
    python = home / "venv/bin/python"
    run([python, "-m", "pip", "install", "-q", *READERS])
    (packed,) = (home / "venv").rglob("httpfs.duckdb_extension")
    (platform,) = {
        run([python, "-c", "import duckdb; print(duckdb.sql('PRAGMA platform').fetchone()[0])"])
    }
    place = home / f".duckdb/extensions/v{VERSION}/{platform.strip()}"
    place.mkdir(parents=True)
    (place / packed.name).write_bytes(packed.read_bytes())
    return python


def test_what_the_page_shows_runs_as_it_stands(served: tuple[str, Path], reader: Path) -> None:
    url, log = served
    assert len(BLOCKS) == 4
    code = "\n".join(BLOCKS).replace("https://numbers.example.org", url)
    assert url in code
    home = reader.parents[2]
    done = subprocess.run(
        [reader, "-W", "error", "-c", code],
        env={**os.environ, "HOME": str(home)},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    newest = releases()[-1].tables["module_usage"]
    most = max(newest.rows, key=lambda row: row[newest.place(Role.SITES)])
    assert re.search(
        rf"^\d+ +{releases()[-1].week} +{most[0]} +{most[1]} ", done.stdout, re.MULTILINE
    )
    assert "'week_error': " in done.stdout
    means = re.findall(r'^[0-9] +\["author.*"\] +[0-9.]+ +[0-9.]+$', done.stdout, re.MULTILINE)
    assert len(means) == 10
    # Of the Parquet file, parts alone were asked for.
    asked = r'"GET /data/history/module_usage.parquet HTTP/1.1" (\d+)'
    wait_for(lambda: re.search(asked, log.read_text()))
    answers = re.findall(asked, log.read_text())
    assert set(answers) == {"206"}


def test_the_notebook_runs_from_its_first_cell_to_its_last(
    served: tuple[str, Path], reader: Path
) -> None:
    """As Jupyter does it: each answer has rows, and its numbers are those of the releases."""
    url, _ = served
    home = reader.parents[2]
    notebook = home / "questions.ipynb"
    notebook.write_text(NOTEBOOK.replace("https://numbers.example.org", url), encoding="utf-8")
    done = subprocess.run(
        [reader.with_name("jupyter-execute"), "--inplace", notebook],
        env={**os.environ, "HOME": str(home), "PYTHONWARNINGS": "error::FutureWarning"},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    questions = [each for each in cells if each.get("outputs")]
    sites, shares, majors, changes, lifts = (
        "".join(each["outputs"][0]["data"]["text/plain"]) for each in questions
    )
    newest = releases()[-1]
    assert re.search(
        rf"^0 +{newest.week} +{newest.sites} +{newest.sites_error} ", sites, re.MULTILINE
    )
    usage = newest.tables["module_usage"]
    most = max(usage.rows, key=lambda row: row[usage.place(Role.SITES)])
    share = most[usage.place(Role.SITES)] / newest.sites
    assert re.search(rf"^0 +{newest.week} +{most[0]} +{share:.6f} ", shares, re.MULTILINE)
    ours = {row[1] for row in newest.tables["module_majors"].rows if row[0] == most[0]}
    assert len(majors.splitlines()) == 1 + len(ours)
    assert "change_error" in changes
    pairs = newest.tables["module_pairs"].rows
    public = {row[0] for row in usage.rows}
    assert len(lifts.splitlines()) == 1 + min(20, sum(public >= {*row[:2]} for row in pairs)) > 10
