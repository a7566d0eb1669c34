"""The bare work: the same requests by curl, and the same files by cat."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from ext.benchmark.measure import run


def curl(urls: Sequence[str], config: Path, *, options: Sequence[str] = ()) -> str:
    """Make a shell command that fetches all URLs over one connection, compressed as by requests.

    Args:
        urls: what to fetch.
        config: the configuration file to write for curl.
        options: lines for that file, such as its certificate.
    """
    ours = ["silent", "show-error", "fail", 'write-out = "%{size_download}\\n"', *options]
    config.write_text("\n".join([*ours, *(f'url = "{url}"\noutput = /dev/null' for url in urls)]))
    return f"curl --disable --compressed --config {shlex.quote(str(config))}"


def cat(listing: Path) -> str:
    """Make a shell command that reads all files of a listing of NUL-terminated paths."""
    return f"xargs --null --arg-file={shlex.quote(str(listing))} cat >/dev/null"


def shell(*commands: str) -> tuple[str, ...]:
    """Make a command that runs the commands one after the other."""
    return ("/bin/sh", "-ec", "\n".join(commands))


def sizes(curl_command: str, scratch: Path) -> tuple[int, int]:
    """The number of bytes that curl receives: compressed, and plain."""
    packed, plain = (
        sum(map(int, run(shell(command), {}, scratch).split()))
        for command in (curl_command, curl_command.replace(" --compressed", ""))
    )
    return packed, plain
