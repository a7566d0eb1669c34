"""Every setting, once: the parser, telemetry.yaml's check and the documentation are made from it.

This file imports next to nothing, so that ``dropsonde --version`` starts at once.
"""

from __future__ import annotations

from typing import NamedTuple

FLAG = "flag"
TEXT = "text"
INTEGER = "integer"
NAMES = "names"
PATH = "path"
URL = "url"


class Option(NamedTuple):
    """One setting.

    Attributes:
        name: the key in telemetry.yaml and in the settings.
        kind: FLAG, TEXT, INTEGER, NAMES (a list), PATH or URL.
        default: the value when nobody says anything; None when it depends on the installation.
        help: one sentence.
        short: a one-letter form on the command line.
        metavar: what stands for the value in the help.
        choices: the permitted values, when they are few.
    """

    name: str
    kind: str
    default: object
    help: str
    short: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()


STRICT = "strict"
INSTALLED = "installed"

OPTIONS = (
    Option("verbose", FLAG, False, "show tracebacks and timings on stderr", "-v"),
    Option("update", FLAG, True, "refresh the list of public modules when it is older than --ttl"),
    Option(
        "cachepath",
        PATH,
        None,
        "where the module list and the seed are kept (default: dropsonde in Puppet's vardir)",
        metavar="DIR",
    ),
    Option("ttl", INTEGER, 7, "days after which the module list is refreshed", metavar="DAYS"),
    Option("enable", NAMES, (), "run these metrics only, comma-separated", "-e", "METRIC"),
    Option("disable", NAMES, (), "leave these metrics out, comma-separated", "-d", "METRIC"),
    Option("seed", TEXT, None, "secret that goes into the site id", metavar="SEED"),
    Option("siteid", TEXT, None, "use this site id: 128 hexadecimal digits", metavar="ID"),
    Option("forge", URL, None, "the Forge that lists the public modules", metavar="URL"),
    Option(
        "puppetdb",
        URL,
        None,
        "PuppetDB, instead of the servers that puppetdb.conf names",
        metavar="URL",
    ),
    Option("plugins", PATH, None, "directory with further metrics (*.py)", metavar="DIR"),
    Option(
        "evidence",
        TEXT,
        STRICT,
        "what makes a class public: its manifest is as published (strict), or it stands on disk "
        "in a public module (installed)",
        choices=(STRICT, INSTALLED),
    ),
)
