"""Make the collector's table in docs/faults.md: inject each fault, and record the outcome.

    python ext/collector_faults.py

Times are shortened, and clocks are changed; all else is the real program or its real server.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402  # as below

from dropsonde.collector.store import Store  # noqa: E402
from dropsonde.collector.store.spool.database import PAGE  # noqa: E402
from dropsonde.common.clock import utc_now  # noqa: E402  # found by the line above
from dropsonde.common.errors import ClockError  # noqa: E402
from dropsonde.common.weeks import week_of  # noqa: E402
from dropsonde.protocol import served_vocabulary  # noqa: E402
from ext.benchmark.collector.costly import costly  # noqa: E402
from ext.section import replaced  # noqa: E402
from tests.support.waiting import wait_for  # noqa: E402
from tests.unit.collector.intake.reports import (  # noqa: E402
    COLUMNS,
    INTAKE,
    NEWEST,
    report,
    to_bytes,
)
from tests.unit.collector.web.serving import (  # noqa: E402
    JSON,
    QUICK,
    REPORT,
    Program,
    served,
    vocabulary,
)

DOCUMENT = ROOT / "docs/faults.md"
MARK = "<!-- collector faults: made by ext/collector_faults.py -->\n"
SUNDAY = datetime(2026, 11, 22, 23, 59, 59, tzinfo=timezone.utc)
ENDED = signal.SIGTERM
REPORTS, IDLE = 40, 600
MANY = ("--new-sites", "0")  # for as many sites of one network
NOTHING = "nothing"
TIMES = r"\d{8}T[\d.]+Z|\d{4}-\d\d-\d\d \d\d:\d\d UTC"


def said(answer: httpx.Response) -> str:
    """Format an answer for a cell."""
    return f"{answer.status_code}: {answer.json()['message']}"


def post(url: str, number: int = 0, **headers: str) -> httpx.Response:
    """Post the report of one site of many."""
    document = report(COLUMNS)
    document["site_id"] = f"{number:0128x}"
    transport = httpx.HTTPTransport(local_address="127.0.1.1")
    with httpx.Client(transport=transport) as client:
        return client.post(url, content=to_bytes(document), headers={**JSON, **headers})


def rows(program: Program, acknowledged: int = 1) -> str:
    """Say how many rows can be read."""
    ((found,),) = program.rows("count(*)")
    return f"{found} of {acknowledged} acknowledged are there"


def aside(program: Program) -> str:
    """The same after a spool was set aside."""
    (place,) = (program.data / "damaged").iterdir()
    return f"{REPORTS} lie aside in DIR/damaged/{place.name}; {rows(program)} since"


def refused(directory: Path, *options: str) -> str:
    """The message of a start that fails."""
    try:
        with Program(directory, *options):
            raise RuntimeError("it started")
    except AssertionError as error:
        return str(error)


def killed(directory: Path) -> tuple[str, str, str]:
    with Program(directory, *MANY) as program:
        answers = {said(post(program.url, number)) for number in range(REPORTS)}
        program.ended(signal.SIGKILL)
    with Program(directory, *MANY) as program:
        found = rows(program, REPORTS)
        return "; ".join(answers), program.ended(ENDED)[1], found


def full(directory: Path) -> tuple[str, str, str]:
    with Program(directory) as program:
        post(program.url)
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (PAGE, resource.RLIM_INFINITY))
        answer = said(post(program.url, 1))
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, unlimited)
        later = said(post(program.url, 1))
        found = rows(program, 2)
        return f"{answer}; with room again, {later}", program.ended(ENDED)[1], found


def damaged(directory: Path) -> tuple[str, str, str]:
    with Program(directory, *MANY) as program:
        for number in range(REPORTS):
            post(program.url, number)
        program.ended(ENDED)
    with (directory / "data/spool.sqlite").open("r+b") as file:
        file.write(os.urandom(PAGE))
    with Program(directory, *MANY) as program:
        return said(post(program.url)), program.told, aside(program)


def second(directory: Path) -> tuple[str, str, str]:
    with Program(directory) as program:
        line = refused(directory)
        answer = said(post(program.url))
        return f"{answer}, by the first", line, rows(program)


def open_to_all(directory: Path) -> tuple[str, str, str]:
    (directory / "data").mkdir()
    (directory / "data").chmod(0o755)
    return NOTHING, refused(directory), NOTHING


def without_list(directory: Path) -> tuple[str, str, str]:
    return NOTHING, refused(directory, "--forge-list", str(directory / "none.json")), NOTHING


def list_gone(directory: Path) -> tuple[str, str, str]:
    with Program(directory) as program:
        (directory / "forge.json").unlink()
        answer, found = said(post(program.url)), rows(program)
        vocabulary(directory)  # once that is served, the list was looked at, too
        wait_for(lambda: httpx.get(program.url + served_vocabulary.PATH).is_success)
        return answer, program.ended(ENDED)[1], found


def made_up(directory: Path) -> tuple[str, str, str]:
    """Have a network add one new site more than it may; then a known one reports again."""
    limits = QUICK._replace(new_sites=2)
    with served(directory, limits, clock=lambda: SUNDAY) as collector:
        wait_for(lambda: collector.store.known.ready)
        *_, last = (said(post(collector.url, number)) for number in range(3))
        known = said(post(collector.url))
        ((found,),) = collector.rows("count(*)")
    return f"{last}; of a known site, {known}", "", f"{found} of 2 acknowledged are there"


def bomb(directory: Path) -> tuple[str, str, str]:
    with Program(directory) as program:
        data = gzip.compress(b" " * (200 << 20))
        headers = {**JSON, "content-encoding": "gzip"}
        answer = said(httpx.post(program.url, content=data, headers=headers))
        return answer, program.ended(ENDED)[1], "none is kept"


def slow(directory: Path) -> tuple[str, str, str]:
    with (
        served(directory, QUICK._replace(body=0.5)) as collector,
        collector.connect() as connection,
    ):
        head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(REPORT)}\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
        status = answer.split()[1].decode()
        message = re.findall(rb'"message":"(.*?)"', answer)[0].decode()
    return f"{status}: {message.replace('0.5', '20')}", "", "none is kept"


def unproven(directory: Path) -> tuple[str, str, str]:
    with Program(directory) as program:
        post(program.url)
        answer = said(httpx.delete(f"{program.url}/v1/sites/{0:0128x}"))
        found = rows(program)
        return answer, program.ended(ENDED)[1], found


def by_hand(directory: Path) -> tuple[str, str, str]:
    with Program(directory) as program:
        post(program.url)
        data = str(program.data)
        command = [sys.executable, "-m", "dropsonde.cli.collector", "forget", "--data", data]
        done = subprocess.run(command, input="0" * 128, capture_output=True, text=True, check=False)
        found = rows(program)
        program.ended(ENDED)
        return NOTHING, done.stderr, found


def costly_body(directory: Path) -> tuple[str, str, str]:
    """Send a costly body from one address, and then a report."""
    (lists,) = (body for what, body in costly(["empty lists"]) if what.endswith("as classes"))
    with Program(directory) as program:
        headers = {**JSON, "content-encoding": "gzip"}
        packed = gzip.compress(lists)
        answer = httpx.post(program.url, content=packed, headers=headers)
        told = f"{said(answer)}: {answer.json()['faults'][0]}"
        post(program.url)
        return told, program.ended(ENDED)[1], rows(program)


def one_address(directory: Path) -> tuple[str, str, str]:
    with Program(directory, *MANY) as program, contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(program.connect("127.0.0.9"))
        others = {said(post(program.url, number)) for number in range(REPORTS)}
        found = rows(program, REPORTS)
        return f"the others: {'; '.join(others)}", program.ended(ENDED)[1], found


def rotten(directory: Path) -> tuple[str, str, str]:
    """Damage the spool of a running collector."""
    with Program(directory, *MANY) as program:
        for number in range(REPORTS):
            post(program.url, number)
        program.ended(ENDED)
    with Program(directory, *MANY) as program, httpx.Client(base_url=program.url) as client:
        client.get("/healthz")  # so that the next request is sent at once:
        with (directory / "data/spool.sqlite").open("r+b") as file:
            file.write(os.urandom(PAGE))
        health = client.get("/healthz")  # in a second the collector mends it
        wait_for(lambda: client.get("/healthz").is_success)
        answer, found = said(post(program.url)), aside(program)
        return f"`/healthz` {said(health)}; soon, {answer}", program.ended(ENDED)[1], found


def flipped(directory: Path) -> tuple[str, str, str]:
    """Flip a bit of a finished week."""
    last = utc_now() - timedelta(weeks=1)
    with Store.open(directory / "data", NEWEST, utc_now) as store:
        store.put(INTAKE.take(REPORT, last, "id").row)
        store.compact(utc_now())
    (path,) = (directory / "data").rglob("*.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with Program(directory) as program:
        health = said(httpx.get(f"{program.url}/healthz"))
        answer = f"`/healthz` {health}; {said(post(program.url))}"
        line = f"{program.told}{program.ended(ENDED)[1]}".replace(week_of(last), "WEEK")
    return answer, line, "that week is left as it is; all others are read and written"


def turned(step: timedelta) -> Callable[[Path], tuple[str, str, str]]:
    """Make a fault: a clock that jumps between two reports of one site, and back."""

    def play(directory: Path) -> tuple[str, str, str]:
        times, line = [SUNDAY], ""
        with served(directory, clock=lambda: times[-1]) as collector:
            collector.post()
            times.append(SUNDAY + step)
            answer = said(collector.post())
            try:
                collector.store.condition.check()
            except ClockError as error:
                line = str(error)
            times.append(SUNDAY)
            later = said(collector.post())
            weeks = sorted(str(week) for (week,) in collector.rows("week"))
        return f"{answer}; once it is back, {later}", line, f"one row of {' and '.join(weeks)}"

    return play


def started_late(directory: Path) -> tuple[str, str, str]:
    """Start with a clock that is 100 days ahead of the directory's."""
    last = utc_now() - timedelta(days=100)
    with Store.open(directory / "data", NEWEST, lambda: last) as store:
        for back in range(8):
            when = last - timedelta(weeks=back)
            store.put(INTAKE.take(REPORT, when, "id").row)
        store.compact(last)
    line = refused(directory)
    with Program(directory, "--accept-clock") as program:
        program.ended(ENDED)
        found = rows(program, 8)
    return NOTHING, line, f"{found}, also once it is accepted"


FAULTS = {
    "killed (SIGKILL) after 40 reports": killed,
    "no file may grow (ulimit), and then it may again": full,
    "the first page of the spool is noise": damaged,
    "another collector on the directory": second,
    "others may enter the directory": open_to_all,
    "there is no Forge list at the start": without_list,
    "the Forge list vanishes while it runs": list_gone,
    "a new site more than a network may add in a week": made_up,
    "200 MiB in 200 kB of gzip": bomb,
    "a report that does not come": slow,
    "a deletion without the site's key": unproven,
    "`dropsonde-collector forget` while it runs": by_hand,
    "350,000 empty lists in 1.2 kB of gzip, and then a report": costly_body,
    "600 connections of an address that say nothing, and 40 reports of another": one_address,
    "the first page of the spool becomes noise while it runs": rotten,
    "a bit of a finished week flips": flipped,
    "the clock is 100 days ahead at the start": started_late,
    "the clock jumps a week forward": turned(timedelta(weeks=1)),
    "the clock jumps a week back": turned(timedelta(weeks=-1)),
}


def played(fault: Callable[[Path], tuple[str, str, str]]) -> tuple[str, str, str]:
    """The outcome of one fault, without what differs from run to run."""
    with tempfile.TemporaryDirectory() as name:
        found = fault(Path(name))
    cells = (cell.replace(f"{name}/data", "DIR").replace(f"{name}/", "") for cell in found)
    sender, administrator, kept = (
        " ".join(re.sub(TIMES, "TIME", cell).split()).replace("|", r"\|") for cell in cells
    )
    return sender, administrator.replace("dropsonde-collector: ", "") or NOTHING, kept


def made(lines: Sequence[tuple[str, ...]]) -> str:
    """The page with a new table."""
    head = ("trouble", "what the sender sees", "what standard error says", "the reports")
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ("---",) * 4, *lines))
    return replaced(DOCUMENT.read_text(encoding="utf-8"), MARK, table)


def main() -> None:
    lines = [(name, *played(fault)) for name, fault in FAULTS.items()]
    DOCUMENT.write_text(made(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
