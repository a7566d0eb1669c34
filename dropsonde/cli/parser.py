"""The command line's grammar. Imports next to nothing, so that --help shows at once."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from dropsonde import __version__
from dropsonde.cli import streams
from dropsonde.options import FLAG, INTEGER, OPTIONS

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

EPILOG = "Nothing is ever sent by preview: it shows what a submission would hold."


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        self.exit(2, f"dropsonde: {line}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Like argparse's, but a help that cannot be written is an error."""
        if file is sys.stdout:
            streams.write([message.encode()])
        else:
            super()._print_message(message, file)


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar.

    The options of every command may stand before or after the command's name. Absent ones are
    absent from the result, so that it can overlay telemetry.yaml.
    """
    shared = _Parser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    _add_shared(shared)
    parser = _Parser(
        prog="dropsonde",
        description="See, and if you like report, which public Puppet modules your site uses.",
        epilog=EPILOG,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dropsonde {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(group: argparse._SubParsersAction[_Parser], name: str, text: str) -> _Parser:
        return group.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            parents=[shared],
            allow_abbrev=False,
        )

    _add_preview(command(commands, "preview", "show what a report of this site would hold"))
    command(commands, "list", "list the metrics, and what each is for")
    command(commands, "update", "refresh the list of public modules from the Forge now")
    initconfig = command(commands, "initconfig", "write telemetry.yaml from the options given")
    initconfig.add_argument("--force", action="store_true", help="replace an existing file")
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
        names = [option.short] if option.short else []
        names.append(f"--{option.name}")
        if option.kind == FLAG and option.default:
            group.add_argument(*names, action=argparse.BooleanOptionalAction, help=option.help)
        elif option.kind == FLAG:
            group.add_argument(*names, action="store_true", help=option.help)
        else:
            group.add_argument(
                *names,
                type=int if option.kind == INTEGER else str,
                metavar=option.metavar or None,
                choices=option.choices or None,
                help=_help(option.help, option.default),
            )


def _help(text: str, default: object) -> str:
    return f"{text} (default: {default})" if default else text


def _add_preview(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("human", "json"),
        default="human",
        help="json: the very bytes that would be sent (default: human)",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="COLUMN",
        help="show this column alone; can be given again",
    )
    parser.add_argument(
        "--demo", action="store_true", help="show a small made-up site; needs no Puppet, no network"
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
