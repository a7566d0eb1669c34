"""The command line's grammar. It imports little, so that --help is fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from dropsonde import __version__
from dropsonde.cli.program import Parser
from dropsonde.settings.options import FLAG, INTEGER, OPTIONS, Option

if TYPE_CHECKING:
    _Group = argparse._SubParsersAction["_Command"]  # noqa: SLF001
    _Add = Callable[["_Command"], None]

EPILOG = "Nothing is ever sent by preview: it shows what a submission would hold."


class _Command(Parser):
    """The parser of one command; left empty where the command line does not name the command."""

    def __init__(self, *, named: bool, **options: Any) -> None:
        if named:
            super().__init__(**options)


def build_parser(words: Container[str] | None = None) -> argparse.ArgumentParser:
    """Build the parser.

    The options of every command may come before or after the command's name. Options that are not
    given are absent from the result, so that it can overlay telemetry.yaml.

    Args:
        words: the command line; a command that it does not name gets its line in the help alone,
            which saves most of the parser's time. None means the whole grammar.
    """
    suppress = argparse.SUPPRESS
    shared = _Command(named=True, add_help=False, argument_default=suppress, allow_abbrev=False)
    _add_shared(shared)
    parser = Parser(
        prog="dropsonde",
        description="See, and if you like report, which public Puppet modules your site uses.",
        epilog=EPILOG,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dropsonde {__version__}")

    def add_command(group: _Group, name: str, text: str, add: _Add | None = None) -> None:
        named = words is None or name in words
        made = group.add_parser(
            name,
            named=named,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            parents=[shared],
            allow_abbrev=False,
        )
        if not named:
            return
        for option in OPTIONS:
            if name in option.commands:
                _add_option(made, option)
        if add is not None:
            add(made)

    def add_actions(history: _Command) -> None:
        _add_format(history)
        group = history.add_subparsers(dest="action", metavar="ACTION")
        add_command(group, "show", "print a report that was sent, and what was answered", _add_show)

    def add_tools(developer: _Command) -> None:
        group = developer.add_subparsers(dest="tool", metavar="TOOL", required=True)
        add_command(group, "schema", "print the dataset's columns as a BigQuery schema file")
        about = "print made-up rows of the dataset as JSON lines"
        add_command(group, "example", about, _add_example)
        add_command(group, "shell", "open a Python shell with this site's parts ready")

    group = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Command
    )
    for name, text, add in (
        ("preview", "show what a report of this site would hold", _add_preview),
        ("submit", "send a report of this site, as preview shows it", _add_submit),
        ("diff", "show what changed since the last report that was sent", _add_format),
        ("history", "list the reports that were sent, newest first", add_actions),
        ("verify", "check the signed receipt of a report that was sent", _add_verify),
        ("status", "say what is sent, when, and what waits or stays home", _add_status),
        ("accept", "agree to this version's columns, and to who runs the endpoint", None),
        ("forget", "ask the endpoint to delete this site's reports, and start anew", None),
        ("list", "list the metrics, and what each is for", None),
        ("update", "refresh the list of public modules from the Forge now", None),
        ("initconfig", "write telemetry.yaml from the options given", _add_force),
        ("integrate", "put dropsonde into this host's Puppet Server", _add_integrate),
        ("completion", "print a completion script for a shell", _add_shell),
        ("dev", "tools for people who write metrics and queries", add_tools),
    ):
        add_command(group, name, text, add)
    return parser


def _add_shared(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("options of every command")
    group.add_argument(
        "--config",
        metavar="FILE",
        help="settings (default: telemetry.yaml in the directory above Puppet's confdir)",
    )
    for option in OPTIONS:
        if not option.commands:
            _add_option(group, option)


def _add_option(group: argparse._ActionsContainer, option: Option) -> None:
    names = [option.short] if option.short else []
    names.append(f"--{option.name.replace('_', '-')}")
    default = argparse.SUPPRESS  # absent unless given
    if option.kind == FLAG and option.default:
        action = argparse.BooleanOptionalAction
        group.add_argument(*names, action=action, default=default, help=option.help)
    elif option.kind == FLAG:
        group.add_argument(*names, action="store_true", default=default, help=option.help)
    else:
        group.add_argument(
            *names,
            type=int if option.kind == INTEGER else option.today,
            default=default,
            metavar=option.metavar or None,
            choices=option.choices or None,
            help=_help(option.help, option.default),
        )


def _help(text: str, default: object) -> str:
    return f"{text} (default: {default})" if default else text


def _add_format(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=("human", "json"),
        default="human",
        help="json for programs (default: human)",
    )


def _add_show(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=("human", "json"),
        default=argparse.SUPPRESS,  # it keeps the value given before the action
        help="json: the report's very bytes (default: human)",
    )
    parser.add_argument("number", type=int, metavar="N", help="1 is the newest report")


def _add_status(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=("human", "json", "nagios", "prometheus"),
        default="human",
        help="json for programs; nagios: one line, exit code 0 to 3; prometheus: for the textfile "
        "collector (default: human)",
    )


def _add_force(parser: Parser) -> None:
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def _add_shell(parser: Parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _add_preview(parser: Parser) -> None:
    parser.add_argument(
        "--format",
        choices=("human", "json", "html"),
        default="human",
        help="json: the very bytes that would be sent; html: a page to show (default: human)",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="COLUMN",
        help="show this column alone; can be given again",
    )
    parser.add_argument(
        "--diff", action="store_true", help="mark what changed since the last report that was sent"
    )
    parser.add_argument(
        "--ask",
        action="store_true",
        help="ask the endpoint who runs it; the request holds nothing of this site",
    )
    parser.add_argument(
        "--demo", action="store_true", help="show a small made-up site; needs no Puppet, no network"
    )


def _add_submit(parser: Parser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--dry-run", action="store_true", help="do everything but the sending")
    way.add_argument(
        "--output",
        metavar="FILE",
        help="write the report to carry it elsewhere (-: standard output); nothing is sent",
    )
    way.add_argument(
        "--input",
        metavar="FILE",
        help="send a report that --output wrote (-: from standard input)",
    )
    way.add_argument(
        "--scheduled",
        action="store_true",
        help="send only when it is due, and only columns that were accepted",
    )
    way.add_argument(
        "--demo",
        action="store_true",
        help="send the report of a small made-up site, to try the collector that --endpoint names",
    )
    parser.add_argument(
        "--no-slot",
        dest="slot",
        action="store_false",
        help="with --scheduled: due a whole interval after the last delivery, not at this site's "
        "slot; for what starts dropsonde only once an interval",
    )
    parser.add_argument(
        "--partial", action="store_true", help="also send a report that lacks some columns"
    )


def _add_verify(parser: Parser) -> None:
    parser.add_argument(
        "number",
        type=int,
        nargs="?",
        default=1,
        metavar="N",
        help="1 is the newest report (default: 1)",
    )
    parser.add_argument(
        "--key", metavar="FILE", help="the endpoint's public key (PEM); no network is needed"
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="keep the key that the endpoint gives now, once it has held, for the next time",
    )


def _add_integrate(parser: Parser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--dry-run", action="store_true", help="say what would be done; do nothing")
    way.add_argument("--check", action="store_true", help="say whether all is in place; do nothing")
    way.add_argument("--remove", action="store_true", help="take everything out again")
    parser.add_argument(
        "--root", default="/", metavar="DIR", help="the system's root, to prepare an image"
    )


def _add_example(parser: Parser) -> None:
    parser.add_argument("--size", type=int, default=100, metavar="N", help="rows (default: 100)")
    parser.add_argument(
        "--filename", default="-", metavar="FILE", help="where to write (default: standard output)"
    )
    parser.add_argument(
        "--random-seed",
        type=int,
        metavar="S",
        help="the same rows again for the same number, but for their time",
    )
