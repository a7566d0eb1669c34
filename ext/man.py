"""Make the man pages in man/ from the program itself and the hand-written parts in ext/man/.

    python ext/man.py [--check]

With --check the script writes nothing; its exit code says whether a page is stale.

A part is a file for argparse-manpage to include: ``[SECTION]``, then its text in man(7). The page
has the sections of its part, in their order; generated text follows a section's own text. In a
part ``-`` is written plain, blank lines are ignored, and no line of text begins with ``[``, ``/``
or ``.``.

By itself, argparse-manpage would repeat the options of every command below each command, and print
usages that differ between terminals and Pythons. So this script gives it a few arguments at a time,
and makes the synopses itself.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from argparse_manpage.manpage import (  # type: ignore[import-untyped]  # it brings no types
    Manpage,
    bold,
    underline,
)

from dropsonde import __version__
from dropsonde.cli.collector.parser import build_parser as build_collector_parser
from dropsonde.cli.probe.parser import build_parser
from dropsonde.common import errors
from dropsonde.settings.options import FLAG, INTEGER, NAMES, OPTIONS, PATH, TEXT, URL, Option

ROOT = Path(__file__).resolve().parent.parent
# The pages' date until CHANGELOG.md has a release.
FIRST_WRITTEN = "2026-11-23"
LINE = 80
# Options that only some commands take; described once, and not below each command.
OF_SOME = {option.name: option.commands for option in OPTIONS if option.commands}
KINDS = {
    FLAG: "True or false",
    INTEGER: "A whole number",
    NAMES: "A list of names, or one text with commas between them",
    PATH: "A path; ~ is the home directory",
    TEXT: "Text",
    URL: "An http or https URL",
}


@dataclass(frozen=True)
class Page:
    """One page; as a string, its man(7) source.

    Attributes:
        file: its name in ext/man/ and in man/.
        manual: the middle of its header.
        about: what whatis(1) prints after its name.
        made: section → the function that makes the rest of it.
    """

    file: str
    manual: str
    about: str
    made: Mapping[str, Callable[[], str]]

    def __str__(self) -> str:
        name, _, section = self.file.rpartition(".")
        page = Manpage(argparse.ArgumentParser(prog=name))
        page.section, page.manual, page.description = section, self.manual, self.about
        page.source, page.date = f"dropsonde {__version__}", _date()
        page.parse_include(str(ROOT / "ext/man" / self.file))
        for heading, make in self.made.items():
            page.add_section(heading, ">", f"\n{make()}")
        head, *lines = (line for line in str(page).splitlines() if line)
        origin = rf".\" Made by ext/man.py from the program and ext/man/{self.file}: edit these."
        # Broken names and stretched lines read badly on a terminal; HY is for groff's .EE.
        start = [origin, head.replace(r"\-", "-"), ".nr HY 0", ".nh", ".ad l"]
        return "\n".join([*start, *(piece for line in lines for piece in _tidied(line)), ""])


def _tidied(line: str) -> list[str]:
    """Wrap and escape a line of man(7) as mandoc's lint wants it."""
    # A plain - would be printed as a hyphen, which a shell does not take for a minus.
    line = re.sub(r"(?<!\\)-", r"\\-", line)
    if line.startswith(".") or len(line) <= LINE:
        return [line]
    return textwrap.wrap(line, LINE, break_long_words=False, break_on_hyphens=False)


def _date() -> str:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.search(r"^## \[.*\] - (\d{4}-\d\d-\d\d)$", changes, re.MULTILINE)
    return released[1] if released else FIRST_WRITTEN


def arguments(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    known = parser._actions  # noqa: SLF001  # argparse has no public list of them
    return [action for action in known if action.help != argparse.SUPPRESS]


def commands(
    parser: argparse.ArgumentParser, above: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command that can be run, by its name (``dev schema``)."""
    for argument in arguments(parser):
        if argument.nargs == argparse.PARSER and isinstance(argument.choices, dict):
            for name, command in argument.choices.items():
                below = [own for own in arguments(command) if own.nargs == argparse.PARSER]
                if not any(own.required for own in below):
                    yield above + name, command
                yield from commands(command, f"{above}{name} ")


def shared_options() -> str:
    return _entries(arguments(build_parser()))


def some_options() -> str:
    """Describe the options that only some commands take, with these commands."""
    found = {own.dest: own for _, command in commands(build_parser()) for own in arguments(command)}
    return _entries((found[name] for name in OF_SOME), lambda own: f"; for {_taken_by(own.dest)}")


def _taken_by(name: str) -> str:
    *most, last = OF_SOME[name]
    return f"{', '.join(most)} and {last}"


def command_sections() -> str:
    parser = build_parser()
    return _sections("dropsonde", parser, {own.dest for own in arguments(parser)}, OF_SOME)


def collector_commands() -> str:
    shared = {own.dest for own in _of_every_collector_command()}
    return _sections("dropsonde-collector", build_collector_parser(), shared, ())


def collector_options() -> str:
    return _entries(_of_every_collector_command())


def _of_every_collector_command() -> Sequence[argparse.Action]:
    """The options that every collector command takes after its name."""
    (_, first), *others = commands(build_collector_parser())
    known = [{own.dest for own in arguments(command)} for _, command in others]
    return [own for own in arguments(first) if all(own.dest in names for names in known)]


def _sections(
    program: str, parser: argparse.ArgumentParser, shared: Container[str], elsewhere: Container[str]
) -> str:
    """Describe each command and its own options; options described elsewhere are in its usage."""
    lines = []
    for name, command in commands(parser):
        own = [one for one in arguments(command) if one.dest not in shared]
        lines += [f".SS {name}", f'.SY "{program} {name}"', *_synopsis(command, own), ".YS", ".PP"]
        lines += [command.description or ""]
        lines += [_entries(one for one in own if one.dest not in elsewhere)]
    return "\n".join(lines)


def _synopsis(command: argparse.ArgumentParser, own: Iterable[argparse.Action]) -> Iterator[str]:
    """Yield each argument; mutually exclusive ones together, in place of the first."""
    groups = command._mutually_exclusive_groups  # noqa: SLF001  # argparse has no public list
    rivals = [group._group_actions for group in groups]  # noqa: SLF001  # as above
    for argument in own:
        together = next((group for group in rivals if argument in group), [argument])
        if argument is together[0] and argument.nargs != argparse.PARSER:
            words = " | ".join(_usage(one) for one in together)
            yield f"[{words}]" if argument.option_strings and not argument.required else words


def _usage(argument: argparse.Action) -> str:
    option = bold(argument.option_strings[-1]) if argument.option_strings else ""
    value = "" if argument.nargs == 0 else underline(_value(argument))
    return r"\~".join(filter(None, (option, value)))


def _value(argument: argparse.Action) -> str:
    choices = "|".join(argument.choices or ())
    return str(argument.metavar or choices or argument.dest)


def _entries(
    described: Iterable[argparse.Action], note: Callable[[argparse.Action], str] = lambda _: ""
) -> str:
    """Describe arguments as argparse-manpage does."""
    # Not wrapped: argparse breaks at hyphens, and takes its width from the terminal.
    parser = argparse.ArgumentParser(
        prog="dropsonde",
        add_help=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=10_000),
    )
    group = parser.add_argument_group()
    for one in described:
        names, text = one.option_strings or [one.dest], f"{one.help}{note(one)}"
        if one.help and one.nargs == 0:
            group.add_argument(*names, action="store_true", help=text)
        elif one.help and one.nargs != argparse.PARSER:
            group.add_argument(*names, default=one.default, metavar=_value(one), help=text)
    return "\n".join(Manpage(parser).mf.format_parser(parser))


def exit_codes() -> str:
    return _codes(errors.exit_codes())


def collector_exit_codes() -> str:
    return _codes(errors.collector_exit_codes())


def _codes(known: Mapping[int, str]) -> str:
    return "\n".join(f".TP\n.B {code}\n{_marked_up(meaning)}" for code, meaning in known.items())


def _marked_up(text: str) -> str:
    return re.sub("`([^`]*)`", lambda code: str(bold(code[1])), text)


def keys() -> str:
    """Describe every key of telemetry.yaml."""
    parsers = (command for _, command in commands(build_parser()))
    given = {own.dest: own for parser in parsers for own in arguments(parser)}
    return "\n".join(_key(option, given[option.name]) for option in OPTIONS)


def _key(option: Option, argument: argparse.Action) -> str:
    # `all: ...` explains a value, which keeps its case.
    of_value = option.help.partition(" ")[0].endswith(":")
    text = option.help if of_value else option.help[0].upper() + option.help[1:]
    kind = KINDS[option.kind]
    if option.choices:
        kind += f": {' or '.join(option.choices)}"
    if option.highest:
        kind += f" from 0 to {option.highest}"
    if option.default not in {None, ()}:
        kind += f"; default: {str(option.default).lower()}"
    flags = " or ".join(map(bold, argument.option_strings))
    value = "" if argument.nargs == 0 else f" {underline(_value(argument))}"
    takers = _taken_by(option.name) if option.name in OF_SOME else "every command"
    line = f"On the command line: {flags}{value} ({takers})."
    return f".TP\n.B :{option.name}:\n{text}.\n.br\n{kind}.\n.br\n{line}"


PAGES = (
    Page(
        "dropsonde.1",
        "User Commands",
        "show, and report if you like, which public Puppet modules a site uses",
        {
            "commands": command_sections,
            "options": shared_options,
            "options of some commands": some_options,
            "exit status": exit_codes,
        },
    ),
    Page("telemetry.yaml.5", "File Formats", "settings of dropsonde", {"keys": keys}),
    Page(
        "puppetserver-dropsonde.8",
        "System Administration",
        "dropsonde as a part of Puppet Server: opt-in, schedule, installation",
        {},
    ),
    Page(
        "dropsonde-collector.1",
        "User Commands",
        "receive dropsonde's reports, and keep them as a private dataset",
        {
            "commands": collector_commands,
            "options": collector_options,
            "exit status": collector_exit_codes,
        },
    ),
)


def main() -> int:
    made = {ROOT / "man" / page.file: str(page) for page in PAGES}
    stale = [
        (file, text)
        for file, text in made.items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    for file, text in stale:
        if "--check" in sys.argv[1:]:
            print(f"man/{file.name} is not what the program says: run ext/man.py", file=sys.stderr)
        else:
            file.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
