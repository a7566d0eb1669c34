"""Define every setting; the parser, telemetry.yaml's check and the documentation derive from it.

This file imports almost nothing, so that ``dropsonde --version`` starts fast.
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
        default: the value when it is not set; None when it depends on the installation.
        help: one sentence.
        short: a one-letter form on the command line.
        metavar: the placeholder of the value in the help.
        choices: the permitted values, when they are few.
        former: values of earlier versions, each with today's.
        highest: the highest permitted number.
        commands: the commands that take it on the command line; empty means all.
    """

    name: str
    kind: str
    default: object
    help: str
    short: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    former: tuple[tuple[str, str], ...] = ()
    highest: int = 0
    commands: tuple[str, ...] = ()

    def today(self, text: str) -> str:
        """The value's word of today."""
        return dict(self.former).get(text, text)


PUBLISHED = "published"
INSTALLED = "installed"
ALWAYS, PUPPETFILE, NEVER = "always", "puppetfile", "never"
ACCEPT_ALL = "all"
WEEK = 604_800  # seconds
_TO_ENDPOINT = (
    *("preview", "submit", "status", "accept", "update", "forget", "verify"),
    "initconfig",
)

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
    Option(
        "ttl",
        INTEGER,
        7,
        "days after which the module list is refreshed",
        metavar="DAYS",
        highest=3650,
    ),
    Option("enable", NAMES, (), "run these metrics only, comma-separated", "-e", "METRIC"),
    Option("disable", NAMES, (), "leave these metrics out, comma-separated", "-d", "METRIC"),
    Option("seed", TEXT, None, "secret that goes into the site id", metavar="SEED"),
    Option(
        "seed_file",
        PATH,
        None,
        "file of the seed, 32 bytes or more, that a site's servers share; --seed wins over it",
        metavar="FILE",
    ),
    Option("siteid", TEXT, None, "use this site id: 128 hexadecimal digits", metavar="ID"),
    Option("forge", URL, None, "the Forge that lists the public modules", metavar="URL"),
    Option(
        "forge_token_file",
        PATH,
        None,
        "file with a token for that Forge, not readable by others (default: Puppet's "
        "forge_authorization, for Puppet's module_repository)",
        metavar="FILE",
    ),
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
        PUBLISHED,
        "what makes a class public: a release that the Forge published defines it (published), or "
        "it stands on disk in a public module (installed)",
        choices=(PUBLISHED, INSTALLED),
        former=(("strict", PUBLISHED),),
    ),
    Option(
        "vocabulary",
        PATH,
        None,
        "file of the published releases and their classes (default: vocabulary.txt in --cachepath, "
        "which `dropsonde update` fetches from the endpoint)",
        metavar="FILE",
    ),
    Option(
        "releases",
        TEXT,
        PUPPETFILE,
        "whose releases to read from the Forge, which learns that they are used here: those that "
        "a Puppetfile fetches from it anyway (puppetfile), all public modules' (always), or none "
        "(never)",
        choices=(ALWAYS, PUPPETFILE, NEVER),
    ),
    Option(
        "endpoint",
        URL,
        None,
        "where reports are sent (default: Puppet's own endpoint where Puppet's own server sends "
        "there itself; else none, and nothing is sent)",
        metavar="URL",
        commands=_TO_ENDPOINT,
    ),
    Option(
        "port",
        INTEGER,
        None,
        "port of the endpoint, instead of the one in its URL",
        metavar="N",
        highest=65535,
        commands=_TO_ENDPOINT,
    ),
    Option(
        "cacert",
        PATH,
        None,
        "file of the authorities to trust for the endpoint (default: the system's)",
        metavar="FILE",
        commands=_TO_ENDPOINT,
    ),
    Option(
        "max_wait",
        INTEGER,
        60,
        "seconds, at most, that one run waits between its tries",
        metavar="SECONDS",
        highest=86_400,
        commands=("submit", "initconfig"),
    ),
    Option(
        "interval",
        INTEGER,
        WEEK,
        "seconds between two scheduled submissions",
        metavar="SECONDS",
        highest=52 * WEEK,
        commands=("submit", "status", "initconfig"),
    ),
    Option(
        "splay",
        INTEGER,
        900,
        "seconds, at most, that a scheduled submission sleeps first",
        metavar="SECONDS",
        highest=86_400,
        commands=("submit", "initconfig"),
    ),
    Option(
        "accept",
        TEXT,
        None,
        "all: new columns of later versions are sent on schedule without being asked about",
        choices=(ACCEPT_ALL,),
        commands=("submit", "status", "initconfig"),
    ),
)
