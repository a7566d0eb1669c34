"""The commands beside `serve`, as programs on a data directory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from dropsonde import __version__
from dropsonde.collector.store import Store
from dropsonde.collector.web.signing_key import Key
from dropsonde.common.clock import utc_now
from tests.support.patience import PATIENCE
from tests.support.program import Result
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, NEWEST, SITE_ID, report, to_bytes

COMMAND = (sys.executable, "-m", "dropsonde.cli.collector")
EVERYTHING = "SELECT site_id FROM community_metrics"
LONG_AGO = datetime.now(timezone.utc) - timedelta(weeks=3)


def run(*arguments: str, **environ: str) -> Result:
    done = subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, "COLUMNS": "80", **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def complaint(result: Result) -> str:
    (line,) = result.err.splitlines()
    assert line.startswith("dropsonde-collector: ")
    return line.removeprefix("dropsonde-collector: ")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with a report of three weeks ago and a key."""
    path = tmp_path / "data"
    with Store.open(path, NEWEST, utc_now) as store:
        store.put(INTAKE.take(to_bytes(report(COLUMNS)), LONG_AGO, "id").row)
    Key.load_or_make(path)
    return path


def forget(data: Path, typed: bytes) -> Result:
    """Run `forget` with this on its standard input."""
    done = subprocess.run(
        [*COMMAND, "forget", "--data", data],
        input=typed,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_an_operator_deletes_a_site_by_its_id_which_is_nowhere_said(data: Path) -> None:
    known = forget(data, f"{SITE_ID}\n".encode())
    assert known == Result(0, "nothing is kept of that site\n", "")
    assert run("query", "--data", str(data), "--format", "json", EVERYTHING).out == ""
    assert list(data.glob("dataset/week=*")) == []
    assert forget(data, b"0" * 128) == known


@pytest.mark.parametrize("typed", [b"", b"\n", b"x" * 128, b"0" * 127, b"\xff" * 128, b"0" * 9999])
def test_what_is_no_site_id_is_refused_and_not_said(data: Path, typed: bytes) -> None:
    result = forget(data, typed)
    assert (result.code, result.out) == (2, "")
    assert complaint(result).startswith("standard input holds no site id: ")
    assert run("query", "--data", str(data), "--format", "json", EVERYTHING).out


def test_an_operator_stops_the_collector_before_a_deletion_by_hand(data: Path) -> None:
    with Store.open(data, NEWEST, utc_now):
        result = forget(data, SITE_ID.encode())
    assert result.code == 21
    assert "another collector is running here: stop it, run this, and start it" in complaint(result)
    assert forget(data, SITE_ID.encode()).code == 0


def test_help_and_version_are_there_without_the_extra() -> None:
    assert run("--version").out == f"dropsonde-collector {__version__}\n"
    code = (
        "import sys; from dropsonde.cli.collector import main\n"
        "try: main(['serve', '--help'])\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("usage: dropsonde-collector serve")
    heavy = {"starlette", "uvicorn", "duckdb", "msgspec", "cryptography", "asyncio", "logging"}
    assert not heavy & set(done.stderr.split())


@pytest.mark.parametrize("missing", ["duckdb", "starlette", "uvicorn", "prometheus_client"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, missing: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(  # which Python imports at its start
        "from importlib.machinery import PathFinder\n"
        "finds = PathFinder.find_spec\n"
        f"PathFinder.find_spec = lambda name, *more: None if name == '{missing}' else "
        "finds(name, *more)\n"
    )
    result = run("serve", "--data", str(tmp_path / "data"), PYTHONPATH=str(tmp_path))
    assert result.code == 1
    assert complaint(result) == f"{missing} is missing: run `pip install '.[collector]'` in a clone"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nothing",),
        ("key",),
        ("serve", "--data", "x", "--port", "65536"),
        ("serve", "--data", "x", "--port", "x"),
        ("serve", "--data", "x", "--retain", "13"),
        ("compact", "--data", "x", "--retain", "13"),
        ("weekly", "--data", "x", "--out", "y", "--retain", "13"),
        ("serve", "--data", "x", "--rate", "-1"),
        ("serve", "--data", "x", "--rate", "nan"),
        ("serve", "--data", "x", "--public-url", "example.test"),
        ("serve", "--data", "x", "--public-url", "http://[::1"),
        ("serve", "--data", "x", "--public-url", "https://" + "x" * 300),
        ("publish", "--releases", "x", "--out", "y", "--site-url", "numbers.example.org"),
        ("publish", "--releases", "x", "--out", "y", "--site-url", "https://a.example/?b"),
        ("publish", "--releases", "x", "--out", "y", "--site-url", "https://a.example/#"),
        ("weekly", "--data", "x", "--out", "y", "--site-url", "https://a@b.example/"),
        ("serve", "--data", "x", "--newer", "one"),
        ("serve", "--data", "x", "--operator", ""),
        ("serve", "--data", "x", "--operator", "two\nlines"),
        ("serve", "--data", "x", "--operator", "right\u202eleft"),
        ("serve", "--data", "x", "--operator", "x" * 201),
        ("serve", "--data", "x", "--contact", "mail@example.test"),
        ("serve", "--data", "x", "--operator", "Acme", "--privacy-url", "example.test"),
        ("serve", "--data", "x", "--operator", "Acme", "--privacy-url", "https://a@example.test"),
        ("serve", "--data", "x", "--newer", "1.0"),
        ("serve", "--data", "x", "--trusted-proxy", "localhost"),
        ("serve", "--data", "x", "--trusted-proxy", "192.0.2.1/24"),
        ("serve", "--data", "x", "--metrics-listen", "9464"),
        ("serve", "--data", "x", "--metrics-listen", "127.0.0.1:x"),
        ("query", "--data", "x"),
    ],
)
def test_what_cannot_be_understood_is_one_line_and_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert complaint(result)


def test_serve_refuses_what_it_cannot_use_and_says_why(tmp_path: Path) -> None:
    data = tmp_path / "data"
    serve = ("serve", "--data", str(data), "--port", "0")
    none = run(*serve)
    assert (none.code, "there is no list of the Forge's modules" in complaint(none)) == (3, True)
    assert not data.exists()
    away = run(*serve, "--host", "192.0.2.1")
    assert (away.code, "cannot listen on 192.0.2.1" in complaint(away)) == (3, True)
    data.mkdir()
    data.chmod(0o755)
    listed = tmp_path / "forge.json"
    listed.write_text(json.dumps({"modules": ["puppetlabs-ntp"]}))
    open_to_all = run(*serve, "--forge-list", str(listed))
    assert (open_to_all.code, "others may enter it" in complaint(open_to_all)) == (20, True)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        taken = run("serve", "--data", str(tmp_path / "data"), "--port", port, LC_ALL="C")
    assert taken.code == 3
    assert complaint(taken) == (
        f"cannot listen on 127.0.0.1, port {port}: Address already in use: "
        "choose another --host or --port"
    )


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_tls_is_nginxs(option: str) -> None:
    result = run("serve", "--data", "x", option, "x")
    assert result.code == 2
    assert "put nginx in front of it, as docs/collector.md says" in complaint(result)


def test_plain_http_for_others_is_a_choice(tmp_path: Path) -> None:
    serve = ("serve", "--data", str(tmp_path / "data"), "--port", "0", "--host", "0.0.0.0")  # noqa: S104 - refused
    result = run(*serve)
    assert (result.code, (tmp_path / "data").exists()) == (2, False)
    assert "give --plain-http" in complaint(result)
    for chosen in (("--plain-http",), ("--trusted-proxy", "192.0.2.1")):
        assert "there is no list of the Forge's modules" in complaint(run(*serve, *chosen))


def test_a_query_is_a_table_or_an_object_a_line(data: Path) -> None:
    sql = (
        "SELECT environment_count AS n, site_id, timestamp, classes, NULL AS none, "
        "'a\nb' AS text, 1.5::DECIMAL(3,1) AS fee, 'nan'::DOUBLE AS nan FROM community_metrics"
    )
    table = run("query", sql, "--data", str(data))
    assert (table.code, table.err) == (0, "")
    head, rule, row, count = table.out.splitlines()
    assert head.split() == ["n", "site_id", "timestamp", "classes", "none", "text", "fee", "nan"]
    assert set(rule) == {"-", " "}
    assert row.startswith("3  0123456789abcdef")
    assert "a?b" in row
    assert count == "1 row"
    objects = run("query", sql, "--format", "json", "--data", str(data))
    found = json.loads(objects.out)
    assert found["timestamp"] == LONG_AGO.isoformat().replace("+00:00", "Z")
    del found["timestamp"], found["site_id"]
    assert found == {
        "n": 3,
        "classes": COLUMNS["classes"],
        "none": None,
        "text": "a\nb",
        "fee": "1.5",
        "nan": None,
    }


def test_a_query_without_rows_and_one_that_cannot_be_run(data: Path) -> None:
    none = run("query", "SELECT week FROM community_metrics WHERE false", "--data", str(data))
    assert none.out == "week\n----\n0 rows\n"
    wrong = run("query", "SELECT nothing FROM community_metrics", "--data", str(data))
    assert wrong.code == 22
    assert complaint(wrong)


def test_rows_are_exported(data: Path, tmp_path: Path) -> None:
    lines = tmp_path / "rows.jsonl"
    assert run("export", str(lines), "--format", "jsonl", "--data", str(data)).code == 0
    assert json.loads(lines.read_text())["modules"] == COLUMNS["modules"]
    assert run("export", str(tmp_path / "rows"), "--data", str(data)).code == 0
    select = "SELECT environment_count FROM read_parquet(?)"
    assert duckdb.execute(select, [str(tmp_path / "rows")]).fetchall() == [(3,)]


def test_finished_weeks_are_moved_and_old_ones_dropped(data: Path) -> None:
    week = f"{LONG_AGO.isocalendar().year}-W{LONG_AGO.isocalendar().week:02}"
    moved = run("compact", "--data", str(data))
    assert (moved.code, moved.out) == (0, f"moved {week} into the dataset\n")
    assert run("compact", "--data", str(data)).out == "nothing to do\n"
    assert run("compact", "--retain", "14", "--data", str(data)).out == "nothing to do\n"
    with Store.open(data, NEWEST, utc_now) as store:  # now it is no longer the newest week
        store.put(INTAKE.take(to_bytes(report(COLUMNS)), utc_now(), "id").row)
    dropped = run("compact", "--retain", "14", "--data", str(data))
    assert (dropped.code, dropped.out) == (0, f"dropped {week}\n")


def test_a_backup_has_all_that_a_collector_starts_with(data: Path, tmp_path: Path) -> None:
    (data / "forge.json").write_text('{"modules": ["puppetlabs-ntp"]}')
    (data / "vocabulary.txt").write_bytes(bytes(5 << 20))
    copy = tmp_path / "copy"
    assert run("backup", str(copy), "--data", str(data)).code == 0
    for name in ("key.pem", "forge.json", "vocabulary.txt"):
        assert (copy / name).read_bytes() == (data / name).read_bytes()
        assert (copy / name).stat().st_mode & 0o077 == 0
    count = ("query", "SELECT count(*) AS n FROM community_metrics", "--format", "json")
    assert run(*count, "--data", str(copy)).out == '{"n": 1}\n'
    assert run("backup", str(copy), "--data", str(data)).code == 27


def test_the_key_is_printed(data: Path) -> None:
    assert run("key", "--data", str(data)).out.encode() == Key.load(data).public
    (data / "key.pem").unlink()
    missing = run("key", "--data", str(data))
    assert (missing.code, "when the collector first starts" in complaint(missing)) == (20, True)


@pytest.mark.parametrize(
    "arguments", [("compact",), ("key",), ("query", "SELECT 1"), ("export", "x"), ("backup", "x")]
)
def test_a_directory_that_is_none_is_not_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--data", str(tmp_path / "none"))
    assert result.code == 20
    assert "it does not exist" in complaint(result)
    assert not (tmp_path / "none").exists()


def test_a_reader_that_goes_away_is_no_error(data: Path) -> None:
    script = '"$@" | true; echo ${PIPESTATUS[0]}'
    rows = "SELECT * FROM range(1000000)"
    done = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND, "query", rows, "--format", "json", "--data", data],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.stdout, done.stderr) == ("141\n", "")
