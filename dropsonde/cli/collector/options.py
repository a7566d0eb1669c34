"""Options that several commands share, and those of the server."""

from __future__ import annotations

import argparse
from pathlib import Path

from dropsonde.cli.collector import argument_types

RETAIN = 60  # days
EPSILON_YEAR = {"module": 2.0, "site": 4.0}
DELTA_YEAR = 1e-6
ENGINES = ("duckdb", "spark", "bigquery")
_BY_THE_YEAR = "every release has noise; --epsilon-year and --delta-year set a year's budget"
_RENAMED = "it is --{} now, and its default another; see docs/method.md before you give one"
_REMOVED = {
    "--epsilon": _BY_THE_YEAR,
    "--delta": _BY_THE_YEAR,
    "--year-epsilon": _RENAMED.format("epsilon-year"),
    "--year-delta": _RENAMED.format("delta-year"),
    "--correct": "a week is released once, and what comes later counts in no release",
}


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Add the server's options."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=argument_types.port,
        default=8080,
        metavar="N",
        help="0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--plain-http",
        action="store_true",
        help="listen on an address of --host that others reach, with no proxy that does TLS",
    )
    for gone in ("--tls-cert", "--tls-key"):
        parser.add_argument(gone, type=argument_types.tls, help=argparse.SUPPRESS)
    parser.add_argument(
        "--metrics-listen",
        type=argument_types.address,
        metavar="HOST:PORT",
        help="answer /metrics there, for Prometheus (default: nowhere)",
    )
    said = parser.add_argument_group("what senders are told")
    said.add_argument(
        "--public-url",
        type=argument_types.url,
        metavar="URL",
        help="names the dataset in receipts (default: where the collector listens)",
    )
    said.add_argument(
        "--newer", type=argument_types.version, metavar="VERSION", help="there is a newer probe"
    )
    said.add_argument(
        "--newer-link", type=argument_types.url, metavar="URL", help="where to get that"
    )
    said.add_argument(
        "--operator",
        type=argument_types.line,
        metavar="NAME",
        help="the person or organisation that runs the collector; sites accept it by this name",
    )
    said.add_argument(
        "--contact", type=argument_types.line, metavar="TEXT", help="how to reach the operator"
    )
    said.add_argument(
        "--privacy-url",
        type=argument_types.page,
        metavar="URL",
        help="a page that says what the operator does with reports",
    )
    parser.add_argument(
        "--forge-list",
        type=Path,
        metavar="FILE",
        help="the Forge's modules, as `dropsonde update` keeps them; read again when the file "
        "changes (default: forge.json in the data directory)",
    )
    parser.add_argument(
        "--vocabulary",
        type=Path,
        metavar="FILE",
        help="the releases that the Forge published and their classes, to serve to probes and to "
        "check reports against; read again when the file changes (default: vocabulary.txt in the "
        "data directory, if it is there)",
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        type=argument_types.network,
        default=[],
        metavar="ADDRESS",
        help="believe X-Forwarded-For of this address or network; can be given again",
    )
    parser.add_argument(
        "--rate",
        type=argument_types.rate,
        default=5.0,
        metavar="N",
        help="requests a second that a network (/24, /48) may make, after a burst of a minute's; "
        "0 for any number (default: %(default)g)",
    )
    parser.add_argument(
        "--new-sites",
        type=argument_types.new_sites,
        default=20,
        metavar="N",
        help="new sites that a network (/24, /48) may add in a week; known sites are not limited; "
        "0 for any number (default: %(default)s)",
    )
    parser.add_argument(
        "--workers",
        type=argument_types.workers,
        default=1,
        metavar="N",
        help="processes that check reports, at most one for each core (default: %(default)s)",
    )
    parser.add_argument(
        "--deletion-by-id",
        action="store_true",
        help="delete a site on its id alone; without it, a deletion needs the site's key, which an "
        "id that was set with siteid lacks",
    )
    add_retain(parser)
    add_clock(parser)
    add_store(parser)


def add_clock(parser: argparse.ArgumentParser) -> None:
    """Add the option to accept the clock."""
    parser.add_argument(
        "--accept-clock",
        action="store_true",
        help="the clock is right, although it is more than a day from when the data directory was "
        "last used",
    )


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the option for the store of finished weeks."""
    parser.add_argument(
        "--store",
        type=argument_types.store,
        metavar="bigquery://PROJECT/DATASET",
        help="where finished weeks go (default: files in the data directory)",
    )


def add_release(parser: argparse.ArgumentParser) -> None:
    """Add the options of a release: its week, directory, engine and noise."""
    parser.add_argument(
        "--week",
        type=argument_types.week,
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
    parser.add_argument(
        "--spark-master",
        type=argument_types.spark_master,
        metavar="MASTER",
        help="where Spark runs: local[N] for N cores of this machine, or spark://HOST:PORT for a "
        "standalone cluster, whose secret is in DROPSONDE_SPARK_SECRET (default: local[*])",
    )
    add_store(parser)
    add_clock(parser)
    parser.add_argument(
        "--vocabulary",
        type=Path,
        metavar="FILE",
        help="what was published of each module: the groups that are counted (default: "
        "vocabulary.txt in the data directory)",
    )
    _add_noise(parser)
    for option, advice in _REMOVED.items():
        parser.add_argument(option, action=argument_types.Removed, advice=advice)


def _add_noise(parser: argparse.ArgumentParser) -> None:
    """Add the options of the noise."""
    noise = parser.add_argument_group("noise (docs/method.md)")
    noise.add_argument(
        "--unit",
        choices=("module", "site"),
        default="module",
        help="what the noise hides: module, one module of one site with all that hangs on it, or "
        "what the site says of itself, but not a whole site; site, one site with all that it "
        "reports, which needs about six times the sites. Choose it before the first release: from "
        "module to site takes 52 weeks without one (default: %(default)s)",
    )
    noise.add_argument(
        "--epsilon-year",
        type=argument_types.epsilon,
        metavar="E",
        help="the budget of any 52 weeks in a row, of which each may cost the same (default: "
        f"{EPSILON_YEAR['module']:g} for module, {EPSILON_YEAR['site']:g} for site)",
    )
    noise.add_argument(
        "--delta-year",
        type=argument_types.delta,
        default=DELTA_YEAR,
        metavar="D",
        help="its δ (default: %(default)g)",
    )


def add_retain(parser: argparse.ArgumentParser) -> None:
    """Add the option for how long weeks are kept."""
    parser.add_argument(
        "--retain",
        type=argument_types.retained,
        default=RETAIN,
        metavar="DAYS",
        help="drop a week so many days after its end, at least "
        f"{argument_types.LEAST_RETAIN}: a site counts from its second week (default: %(default)s)",
    )


def add_site_url(parser: argparse.ArgumentParser) -> None:
    """Add the option for what has to name the pages' address."""
    parser.add_argument(
        "--site-url",
        type=argument_types.site_url,
        metavar="URL",
        help="where readers have the pages; adds feeds, a sitemap and previews of links",
    )


def add_vocabulary(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is asked of the Forge."""
    parser.add_argument(
        "--since",
        type=argument_types.day,
        metavar="DAY",
        help="read each module's newest release, and all since this day (default: a year before "
        "the newest of all)",
    )
    parser.add_argument(
        "--rate",
        type=argument_types.rate,
        default=5.0,
        metavar="N",
        help="requests a second, at most; 0 for any number (default: %(default)g)",
    )
    parser.add_argument(
        "--forge",
        type=argument_types.url,
        default="https://forgeapi.puppet.com",
        metavar="URL",
        help="the Forge (default: %(default)s)",
    )


def add_demo(parser: argparse.ArgumentParser) -> None:
    """Add the demo's options."""
    parser.add_argument(
        "--sites",
        type=argument_types.sites,
        default=500,
        metavar="N",
        help="how many (default: %(default)s)",
    )
    parser.add_argument(
        "--weeks",
        type=argument_types.weeks,
        default=12,
        metavar="N",
        help="that are released (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=argument_types.port,
        default=0,
        metavar="N",
        help="of the pages (default: a free one)",
    )
