"""The command line's grammar. It imports little, so that --help is fast."""

from __future__ import annotations

import argparse
from collections.abc import Container

from dropsonde import __version__
from dropsonde.cli.program import Parser
from dropsonde.settings.options import FLAG, INTEGER, OPTIONS, Option

EPILOG = "Nothing is ever sent by preview: it shows what a submission would hold."


def build_parser(words: Container[str] | None = None) -> argparse.ArgumentParser:
    """Build the parser.

    The options of every command may come before or after the command's name. Options that are not
    given are absent from the result, so that it can overlay telemetry.yaml.

    Args:
        words: the command line; commands that it does not name get no options, which saves a
            third of the start. None means the whole grammar.
    """
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    _add_shared(shared)
    parser = Parser(
        prog="dropsonde",
        description="See, and if you like report, which public Puppet modules your site uses.",
        epilog=EPILOG,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dropsonde {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(group: argparse._SubParsersAction[Parser], name: str, text: str) -> Parser:
        made = group.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            parents=[shared] if words is None or name in words else [],
            allow_abbrev=False,
        )
        for option in OPTIONS:
            if name in option.commands and (words is None or name in words):
                _add_option(made, option)
        return made

    _add_preview(command(commands, "preview", "show what a report of this site would hold"))
    _add_submit(command(commands, "submit", "send a report of this site, as preview shows it"))
    diff = command(commands, "diff", "show what changed since the last report that was sent")
    _add_format(diff, "json for programs (default: human)", "human")
    history = command(commands, "history", "list the reports that were sent, newest first")
    _add_format(history, "json for programs (default: human)", "human")
    actions = history.add_subparsers(dest="action", metavar="ACTION")
    show = command(actions, "show", "print a report that was sent, and what was answered")
    # Without a default, it keeps the value given before the action.
    _add_format(show, "json: the report's very bytes (default: human)", argparse.SUPPRESS)
    show.add_argument("number", type=int, metavar="N", help="1 is the newest report")
    _add_verify(command(commands, "verify", "check the signed receipt of a report that was sent"))
    status = command(commands, "status", "say what is sent, when, and what waits or stays home")
    status.add_argument(
        "--format",
        choices=("human", "json", "nagios", "prometheus"),
        default="human",
        help="json for programs; nagios: one line, exit code 0 to 3; prometheus: for the textfile "
        "collector (default: human)",
    )
    command(
        commands,
        "accept",
        "agree to this version's columns, and to who runs the endpoint",
    )
    command(commands, "forget", "ask the endpoint to delete this site's reports, and start anew")
    command(commands, "list", "list the metrics, and what each is for")
    command(commands, "update", "refresh the list of public modules from the Forge now")
    initconfig = command(commands, "initconfig", "write telemetry.yaml from the options given")
    initconfig.add_argument("--force", action="store_true", help="replace an existing file")
    _add_integrate(command(commands, "integrate", "put dropsonde into this host's Puppet Server"))
    completion = command(commands, "completion", "print a completion script for a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    developer = command(commands, "dev", "tools for people who write metrics and queries")
    tools = developer.add_subparsers(dest="tool", metavar="TOOL", required=True)
    command(tools, "schema", "print the dataset's columns as a BigQuery schema file")
    _add_example(command(tools, "example", "print made-up rows of the dataset as JSON lines"))
    command(tools, "shell", "open a Python shell with this site's parts ready")
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


def _add_format(parser: argparse.ArgumentParser, text: str, default: str) -> None:
    parser.add_argument("--format", choices=("human", "json"), default=default, help=text)


def _add_preview(parser: argparse.ArgumentParser) -> None:
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


def _add_submit(parser: argparse.ArgumentParser) -> None:
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


def _add_verify(parser: argparse.ArgumentParser) -> None:
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


def _add_integrate(parser: argparse.ArgumentParser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--dry-run", action="store_true", help="say what would be done; do nothing")
    way.add_argument("--check", action="store_true", help="say whether all is in place; do nothing")
    way.add_argument("--remove", action="store_true", help="take everything out again")
    parser.add_argument(
        "--root", default="/", metavar="DIR", help="the system's root, to prepare an image"
    )


def _add_example(parser: argparse.ArgumentParser) -> None:
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
