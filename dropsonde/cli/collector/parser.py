"""The command line's grammar. It imports little, so that --help is fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Container
from pathlib import Path

from dropsonde import __version__
from dropsonde.cli.collector import NAME, argument_types, options
from dropsonde.cli.program import Parser


def build_parser(_: Container[str] | None = None) -> argparse.ArgumentParser:
    """Build the parser."""
    shared = Parser(add_help=False, allow_abbrev=False)
    shared.add_argument(
        "-v", "--verbose", action="store_true", help="tell more, and show tracebacks, on stderr"
    )
    on_data = Parser(add_help=False, allow_abbrev=False, parents=[shared])
    on_data.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="the data directory (mode 0700)"
    )
    parser = Parser(
        prog=NAME,
        description="Receive dropsonde's reports, keep them as a private dataset, and make public "
        "numbers of it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{NAME} {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, text: str, *, data: bool = True) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            parents=[on_data if data else shared],
            allow_abbrev=False,
        )

    _add_keeping(command)
    _add_contributing(command)
    _add_publishing(command)
    return parser


def _add_keeping(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands of the private dataset."""
    options.add_serve(command("serve", "receive reports until asked to end"))
    compact = command("compact", "move finished weeks into the dataset, and drop old ones")
    options.add_retain(compact)
    options.add_clock(compact)
    options.add_store(compact)
    forget = command("forget", "delete the site whose id is read from standard input")
    options.add_clock(forget)
    options.add_store(forget)
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
    options.add_vocabulary(
        command("vocabulary", "read from the Forge which releases define which classes")
    )
    command("key", "print the public key that verifies receipts")


def _add_contributing(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands for authors of queries, which need no private data."""
    check = command("check", "say whether the guard lets a contributed query through", data=False)
    check.add_argument("file", type=Path, metavar="QUERY.sql", help="in BigQuery's dialect")
    trying = command("try", "run a contributed query on made-up reports", data=False)
    trying.add_argument("file", type=Path, metavar="QUERY.sql", help="in BigQuery's dialect")
    trying.add_argument(
        "--example",
        type=argument_types.sites,
        default=5000,
        metavar="N",
        help="sites (default: %(default)s)",
    )
    trying.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the made-up reports (default: 0)"
    )


def _add_publishing(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that make public data of the private dataset."""
    aggregate = command("aggregate", "count a finished week, and write what may be public of it")
    options.add_release(aggregate)
    publish = command("publish", "make the public dataset and pages out of releases", data=False)
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
    options.add_site_url(publish)
    publish.add_argument(
        "--vocabulary",
        type=Path,
        metavar="FILE",
        help="what was published of each module; with it, a search tells modules that too few "
        "sites have from those that the Forge does not have, and with deprecated.json beside it "
        "pages tell which modules are deprecated",
    )
    weekly = command("weekly", "release the last finished week and drop old ones; for a timer")
    options.add_release(weekly)
    options.add_retain(weekly)
    weekly.add_argument(
        "--pages", type=Path, metavar="DIR", help="publish there, as publish --out does"
    )
    options.add_site_url(weekly)
    weekly.add_argument(
        "--release-anyway",
        action="store_true",
        help="a person has looked at the week that was held back",
    )
    options.add_demo(
        command("demo", "show all of it with made-up sites, on loopback alone", data=False)
    )
