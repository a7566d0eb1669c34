"""Make the table in docs/faults.md: have an endpoint misbehave, and record what happens.

    python ext/faults.py

Times are shortened, and the pauses between two tries are skipped; all else is real.
"""

from __future__ import annotations

import logging
import ssl
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dropsonde import http  # noqa: E402  # found by the line above
from dropsonde.delivery.endpoint import Delivery, Limits  # noqa: E402
from dropsonde.delivery.outbox import Place  # noqa: E402
from dropsonde.delivery.submission import Endpoint, Submission  # noqa: E402
from dropsonde.protocol.about import About  # noqa: E402
from ext.section import replaced  # noqa: E402
from tests.doubles.authority import Authority  # noqa: E402
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens  # noqa: E402

if TYPE_CHECKING:
    import requests

PAGE = ROOT / "docs/faults.md"
MARK = "<!-- faults: made by ext/faults.py -->\n"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
SHOWN = "https://endpoint.example"
REPORT = b'{"product": "popularity-module"}'
PATIENT = Limits()
SHORT_TRY = Limits(max_wait=0, answer=1.5)
SHORT_READ = Limits(max_wait=1, read=0.3)
FATES = {Place.OUTBOX: "waits", Place.SENT: "delivered", Place.QUARANTINE: "quarantine"}
# How the endpoint can be reached; all others speak HTTP.
REFUSING, TLS, STRANGER, EXPIRED, ELSEWHERE, CBC = range(1, 7)


@dataclass(frozen=True)
class Fault:
    """One row.

    Attributes:
        injected: what goes wrong, in words.
        script: the endpoint's replies; the last one repeats.
        way: how the endpoint is reached.
        limits: shortened if a fault lasts until a limit.
    """

    injected: str
    script: tuple[Reply, ...] = (Reply(),)
    way: int = 0
    limits: Limits = PATIENT


def _later(status: int, wait: timedelta, *, date: bool) -> Reply:
    seconds = str(int(wait.total_seconds()))
    value = format_datetime(NOW + wait, usegmt=True) if date else seconds
    return Reply(status, headers=(("Retry-After", value),))


SOON, LONG = timedelta(seconds=7), timedelta(hours=1)
GOOD = Reply()
FAULTS = (
    Fault("nothing"),
    Fault("nothing, over TLS", way=TLS),
    Fault("200 with a page in place of JSON", (Reply(body=b"<html>Welcome</html>"),)),
    Fault("200, closed in the middle of the body", (Reply(act=Act.CUT),)),
    Fault("200, reset in the middle of the body", (Reply(act=Act.RESET),)),
    Fault("200 with a body without end", (Reply(act=Act.ENDLESS),)),
    Fault("200 with a body that trickles", (Reply(act=Act.SLOW_BODY),), limits=SHORT_TRY),
    Fault("301", (Reply(301, headers=(("Location", "/moved"),)),)),
    Fault("307 to elsewhere", (Reply(307, headers=(("Location", "http://127.0.0.1:1/"),)),)),
    Fault("300 without a target", (Reply(300),)),
    Fault("400 to gzip, 200 to plain JSON", (Reply(400), GOOD)),
    Fault("400", (Reply(400),)),
    Fault("401", (Reply(401),)),
    Fault("404", (Reply(404),)),
    Fault("407", (Reply(407),)),
    Fault("408, then 200", (Reply(408), GOOD)),
    Fault("408", (Reply(408),)),
    Fault("413", (Reply(413),)),
    Fault("415 to gzip, 200 to plain JSON", (Reply(415), GOOD)),
    Fault("415", (Reply(415),)),
    Fault("429, Retry-After: 7 seconds, then 200", (_later(429, SOON, date=False), GOOD)),
    Fault("429, Retry-After: a date in 7 seconds, then 200", (_later(429, SOON, date=True), GOOD)),
    Fault("429, Retry-After: an hour", (_later(429, LONG, date=False),)),
    Fault("429, Retry-After: a date in an hour", (_later(429, LONG, date=True),)),
    Fault("500", (Reply(500),)),
    Fault("503, then 200", (Reply(503), GOOD)),
    Fault("connection refused", way=REFUSING),
    Fault("connection closed without an answer", (Reply(act=Act.DROP),)),
    Fault("closed without an answer, then 200", (Reply(act=Act.DROP), GOOD)),
    Fault("no answer", (Reply(act=Act.SILENCE),), limits=SHORT_READ),
    Fault("headers that trickle", (Reply(act=Act.SLOW_HEADERS),), limits=SHORT_TRY),
    Fault("a certificate of an unknown authority", way=STRANGER),
    Fault("a certificate that has expired", way=EXPIRED),
    Fault("a certificate for another name", way=ELSEWHERE),
    Fault("TLS 1.2 with suites of CBC alone", way=CBC),
)


class Stage:
    """Runs faults; makes the certificate authorities once."""

    def __init__(self, directory: Path) -> None:
        for name in ("ours", "theirs"):
            (directory / name).mkdir()
        ours, theirs = (Authority.make(directory / name) for name in ("ours", "theirs"))
        self._authority = ours.file
        self._directory = directory
        self._tls = {
            TLS: ours.server("good"),
            STRANGER: theirs.server("stranger"),
            EXPIRED: ours.server("old", days=-1),
            ELSEWHERE: ours.server("elsewhere", address="127.0.0.2"),
            CBC: ours.server("cbc"),
        }
        self._tls[CBC].maximum_version = ssl.TLSVersion.TLSv1_2
        self._tls[CBC].set_ciphers("ECDHE-ECDSA-AES128-SHA256")

    @contextmanager
    def endpoint(self, fault: Fault) -> Iterator[str]:
        """Run an endpoint with a fault; give its URL."""
        if fault.way == REFUSING:
            with nobody_listens() as url:
                yield url
            return
        with LoopbackEndpoint(*fault.script, tls=self._tls.get(fault.way)) as endpoint:
            yield endpoint.url

    def play(self, fault: Fault) -> tuple[str, str, str]:
        """Make one row of the table."""
        tries: list[None] = []
        pauses: list[float] = []

        def session() -> requests.Session:
            tries.append(None)
            return http.session(verify=self._authority, retries=0)

        place = Path(tempfile.mkdtemp(dir=self._directory))
        with self.endpoint(fault) as url, _warnings() as warned:
            delivery = Delivery(
                session,
                url,
                clock=lambda: NOW,
                sleep=pauses.append,
                jitter=lambda: 1.0,
                limits=fault.limits,
            )
            submission = Submission(place, lambda: NOW, Endpoint(url, lambda _: delivery, About))
            sent = submission.send(submission.add(REPORT))
        fault_seen = sent.refused or sent.undelivered
        if fault_seen is not None:
            seen = f"{fault_seen} (exit code {fault_seen.exit_code})"
        else:
            ((_, answer),) = sent.delivered
            seen = "; ".join((*warned, answer.message)).removesuffix("; ")
        # Exactly one directory has it, with unchanged bytes.
        outbox = submission.outbox
        ((kept, entry),) = ((kept, entry) for kept in Place for entry in outbox.entries(kept))
        if outbox.read(kept, entry) != REPORT:
            raise RuntimeError(f"{fault.injected}: the report has changed")
        plain = " as plain JSON" if any(answer.plain for _, answer in sent.delivered) else ""
        effort = f"{len(tries)} {'try' if len(tries) == 1 else 'tries'}"
        waited = f", {sum(pauses):.0f} s of pauses" if pauses else ""
        fate = f"{FATES[kept]}{plain} ({effort}{waited})"
        return fault.injected, seen.replace(url, SHOWN), fate


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect the program's warnings."""
    seen: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]  # the least there is
    log = logging.getLogger("dropsonde")
    log.addHandler(handler)
    try:
        yield seen
    finally:
        log.removeHandler(handler)


def made(rows: Sequence[tuple[str, ...]]) -> str:
    """The page with a new table."""
    head = ("injected", "what the user sees", "the report")
    lines = (head, tuple("---" for _ in head), *rows)
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return replaced(PAGE.read_text(encoding="utf-8"), MARK, table)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        stage = Stage(Path(directory))
        PAGE.write_text(made([stage.play(fault) for fault in FAULTS]), encoding="utf-8")


if __name__ == "__main__":
    main()
