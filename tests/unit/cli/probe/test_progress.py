"""The progress bar: on a terminal alone."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

from tests.doubles.forge import Fault, LoopbackForge
from tests.support.patience import PATIENCE
from tests.support.sites import put, put_module
from tests.support.tarballs import pack

if TYPE_CHECKING:
    from tests.support.program import Program


def on_terminal(program: Program, *arguments: str, stdout_too: bool = False) -> str:
    """Run the program, and give what it wrote to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*program.command, *arguments],
        cwd=program.home,
        env={**program.environ, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout_too else subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError:  # how a terminal on Linux says that its last program has ended
        pass
    finally:
        os.close(ours)
    assert process.wait(PATIENCE) == 0
    return seen.decode()


def test_a_bar_with_a_count(program: Program) -> None:
    seen = on_terminal(program, "dev", "example", "--size", "5000", "--filename", "rows")
    assert re.search(r"\b[1-9][0-9]*/5000\b.* rows", seen)


def test_no_bar_for_a_few_rows(program: Program) -> None:
    assert on_terminal(program, "dev", "example", "--size", "5", "--filename", "rows") == ""


def test_no_bar_among_the_rows(program: Program) -> None:
    # Short rows: a terminal is slow.
    words = ("dev", "example", "--size", "5000", "--enable", "environments")
    seen = on_terminal(program, *words, stdout_too=True)
    assert len(re.findall(r"^\{.*\}\r$", seen, re.MULTILINE)) == 5000
    assert "rows/s" not in seen


def test_no_bar_without_a_terminal(program: Program) -> None:
    result = program.run("dev", "example", "--size", "5000", "--filename", "rows")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_bold_on_a_terminal_alone(program: Program) -> None:
    assert "\x1b[1mMODULES\x1b[0m" in on_terminal(program, "preview", "--demo", stdout_too=True)
    program.environ["NO_COLOR"] = ""
    assert "\x1b[" not in on_terminal(program, "preview", "--demo", stdout_too=True)
    assert "\x1b[" not in program.run("preview", "--demo").out


def test_a_bar_while_a_preview_waits_for_releases(program: Program) -> None:
    """It appears after a second; most previews read none."""
    slugs = ("puppetlabs-ntp", "saz-memcached")
    with LoopbackForge() as forge:
        for slug in slugs:
            module = slug.partition("-")[2]
            forge.upload(slug, "1.0.0", pack(slug, "1.0.0", {"init.pp": f"class {module} {{}}"}))
            directory = program.home / f"code/environments/production/modules/{module}"
            put_module(directory, slug, {}, checksums=False)
        puppetfile = "\n".join(f"mod '{slug}', '1.0.0'" for slug in slugs)
        put(program.home / "code/environments/production/Puppetfile", puppetfile)
        forge.faults[1] = Fault(before=lambda: time.sleep(1.5))
        shown = on_terminal(program, "preview", "--forge", forge.url)
    assert re.search(r"1/2 .*modules", shown)
