"""The command line's grammar. Imports next to nothing, so that --help shows at once."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dropsonde import __version__
from dropsonde.collector.cli import streams

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

RETAIN = 60  # days
HIGHEST_PORT = 65_535
YEAR_EPSILON, YEAR_DELTA = 10.0, 1e-5
ENGINES = ("duckdb", "spark", "bigquery")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        self.exit(2, f"{streams.NAME}: {line}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Like argparse's, but a help that cannot be written is an error."""
        if file is sys.stdout:
            streams.write_lines(message.splitlines())
        else:
            super()._print_message(message, file)


def build_parser() -> argparse.ArgumentParser:
    """The grammar."""
    shared = _Parser(add_help=False, allow_abbrev=False)
    shared.add_argument(
        "-v", "--verbose", action="store_true", help="tell more, and show tracebacks, on stderr"
    )
    on_data = _Parser(add_help=False, allow_abbrev=False, parents=[shared])
    on_data.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="the data directory (mode 0700)"
    )
    parser = _Parser(
        prog=streams.NAME,
        description="Receive dropsonde's reports, and keep them as a private dataset.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{streams.NAME} {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, text: str, parent: _Parser = on_data) -> _Parser:
        return commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            parents=[parent],
            allow_abbrev=False,
        )

    _add_serve(command("serve", "receive reports until asked to end"))
    compact = command("compact", "move finished weeks into the dataset, and drop old ones")
    _add_retain(compact)
    _add_store(compact)
    query = command("query", "run one SELECT on the table community_metrics")
    query.add_argument("sql", metavar="SELECT", help="in DuckDB's SQL")
    query.add_argument(
        "--format",
        choices=("human", "json"),
        default="human",
        help="json: one object a line, for programs (default: human)",
    )
    export = command("export", "write all rows to a file")
    export.add_argument("file", type=Path, metavar="FILE", help="is replaced when it exists")
    export.add_argument(
        "--format", choices=("parquet", "jsonl"), default="parquet", help="(default: parquet)"
    )
    backup = command("backup", "copy the data directory, also while a collector runs")
    backup.add_argument("target", type=Path, metavar="TARGET", help="a directory to make")
    command("key", "print the public key that verifies receipts")
    check = command("check", "say whether the guard lets a contributed query through", shared)
    check.add_argument("file", type=Path, metavar="QUERY.sql", help="in BigQuery's dialect")
    trying = command("try", "run a contributed query on made-up reports", shared)
    trying.add_argument("file", type=Path, metavar="QUERY.sql", help="in BigQuery's dialect")
    trying.add_argument(
        "--example", type=_sites, default=5000, metavar="N", help="sites (default: %(default)s)"
    )
    trying.add_argument(
        "--seed", type=int, default=0, metavar="N", help="another makes others (default: 0)"
    )
    aggregate = command("aggregate", "count a finished week, and write what may be public of it")
    _add_release(aggregate)
    aggregate.add_argument(
        "--correct",
        action="store_true",
        help="release the week again; refused where the difference would tell of few sites",
    )
    publish = command("publish", "make the public dataset and pages out of releases", shared)
    publish.add_argument(
        "--releases", type=Path, required=True, metavar="DIR", help="what aggregate has written"
    )
    publish.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="what a web server serves; a symbolic link to the newest version",
    )
    demo = command("demo", "show all of it: made-up sites, a collector, two weeks, pages", shared)
    demo.add_argument(
        "--sites", type=_sites, default=500, metavar="N", help="made-up ones (default: %(default)s)"
    )
    demo.add_argument(
        "--weeks", type=_weeks, default=2, metavar="N", help="of reports (default: %(default)s)"
    )
    demo.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar="N",
        help="of the pages, on loopback (default: a free one)",
    )
    weekly = command("weekly", "release the last finished week and drop old ones; for a timer")
    _add_release(weekly)
    _add_retain(weekly)
    weekly.add_argument(
        "--pages", type=Path, metavar="DIR", help="publish there, as publish --out does"
    )
    weekly.add_argument(
        "--release-anyway",
        action="store_true",
        help="a person has looked at the week that was held back",
    )
    return parser


def _add_serve(parser: _Parser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8080,
        metavar="N",
        help="0 takes a free one (default: %(default)s)",
    )
    tls = parser.add_argument_group("TLS")
    tls.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate and chain, PEM")
    tls.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="key, PEM (default: in the same file)"
    )
    said = parser.add_argument_group("what senders are told")
    said.add_argument(
        "--public-url",
        type=_url,
        metavar="URL",
        help="names the dataset in receipts (default: where the collector listens)",
    )
    said.add_argument("--newer", type=_version, metavar="VERSION", help="there is a newer probe")
    said.add_argument("--newer-link", type=_url, metavar="URL", help="where to get that")
    parser.add_argument(
        "--forge-list",
        type=Path,
        metavar="FILE",
        help="the Forge's modules, as `dropsonde update` keeps them; read again when the file "
        "changes (default: forge.json in the data directory)",
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        type=_network,
        default=[],
        metavar="ADDRESS",
        help="believe X-Forwarded-For of this address or network; can be given again",
    )
    parser.add_argument(
        "--rate",
        type=_rate,
        default=5.0,
        metavar="N",
        help="requests a second that a network (/24, /48) may make, after a burst of a minute's; "
        "0 for any number (default: %(default)g)",
    )
    _add_retain(parser)
    _add_store(parser)


def _add_store(parser: _Parser) -> None:
    parser.add_argument(
        "--store",
        type=_store,
        metavar="bigquery://PROJECT/DATASET",
        help="where finished weeks go (default: files in the data directory)",
    )


def _add_release(parser: _Parser) -> None:
    parser.add_argument(
        "--week",
        type=_week,
        metavar="WEEK",
        help="such as 2026-W47 (default: the last that is finished)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the releases are"
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="what counts; all give the same numbers (default: duckdb, or bigquery with --store)",
    )
    _add_store(parser)
    noise = parser.add_argument_group("noise, for differential privacy (docs/method.md)")
    noise.add_argument("--epsilon", type=float, metavar="E", help="of a release")
    noise.add_argument("--delta", type=float, metavar="D", help="of a release, such as 1e-7")
    noise.add_argument(
        "--year-epsilon",
        type=float,
        default=YEAR_EPSILON,
        metavar="E",
        help="of any 52 weeks in a row (default: %(default)g)",
    )
    noise.add_argument(
        "--year-delta",
        type=float,
        default=YEAR_DELTA,
        metavar="D",
        help="of any 52 weeks in a row (default: %(default)g)",
    )


def _add_retain(parser: _Parser) -> None:
    parser.add_argument(
        "--retain",
        type=_days,
        default=RETAIN,
        metavar="DAYS",
        help="drop a week so many days after its end (default: %(default)s)",
    )


def _port(text: str) -> int:
    return _number(text, 0, HIGHEST_PORT)


def _sites(text: str) -> int:
    return _number(text, 1, 1_000_000)


def _weeks(text: str) -> int:
    return _number(text, 1, 52)


def _days(text: str) -> int:
    return _number(text, 1, 36_500)


def _number(text: str, lowest: int, highest: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise argparse.ArgumentTypeError(f"a whole number from {lowest} to {highest} is wanted")
    return number


def _week(text: str) -> str:
    from dropsonde.collector.weeks import parse

    try:
        parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("a week such as 2026-W47 is wanted") from error
    return text


def _rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not (number == 0 or 0.02 <= number <= 1e6):  # noqa: PLR2004 - said in the message
        raise argparse.ArgumentTypeError("0, or a number from 0.02 to 1000000 is wanted")
    return number


def _version(text: str) -> str:
    if _VERSION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a version such as 1.2.0 is wanted")
    return text


def _url(text: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable()
    except ValueError:
        fine = False
    if not fine or len(text) > 255:  # noqa: PLR2004 - what a receipt holds
        raise argparse.ArgumentTypeError("an http or https URL is wanted")
    return text


def _store(text: str) -> str:
    from dropsonde.collector.bigquery import address

    try:
        return str(address.parse(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _network(text: str) -> str:
    from ipaddress import ip_network

    try:
        return str(ip_network(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError("an address or a network is wanted") from error
