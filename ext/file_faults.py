"""Make the table of hostile files in docs/faults.md: run the real program on each.

    python ext/file_faults.py

Another user could make these files in a directory that dropsonde reads. The program neither waits
for a file nor reads without a size limit, and trusts no file that another user could have made.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ext.section import replaced  # noqa: E402  # found by the line above
from tests.support.program import Program  # noqa: E402

DOCUMENT = ROOT / "docs/faults.md"
MARK = "<!-- file faults: made by ext/file_faults.py -->\n"
REPORT = "outbox/20261101T000000Z-0123456789abcdef.json"
STATUS, SUBMIT = ("status",), ("submit", "--dry-run", "--no-update")


def endless(name: str) -> Callable[[Program], None]:
    return lambda program: at(program, name).symlink_to("/dev/zero")


def waiting(name: str) -> Callable[[Program], None]:
    return lambda program: os.mkfifo(at(program, name))


def enormous(name: str) -> Callable[[Program], None]:
    def lay(program: Program) -> None:
        with at(program, name).open("wb") as file:
            file.truncate(1 << 40)

    return lay


def open_to_others(name: str, mode: int = 0o666) -> Callable[[Program], None]:
    def lay(program: Program) -> None:
        path = at(program, name)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_text(":ttl: 3\n")
        path.chmod(mode)

    return lay


def at(program: Program, name: str) -> Path:
    """Make room for a file in the program's home: create its directory, and remove the file."""
    path = program.home / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


# Description → the function that makes the file, and the command that meets it.
FAULTS: dict[str, tuple[Callable[[Program], None], tuple[str, ...]]] = {
    "`seed` is a link to `/dev/zero`": (endless("var/dropsonde/seed"), STATUS),
    "`seed` is a FIFO": (waiting("var/dropsonde/seed"), STATUS),
    "`forge.json` is a FIFO": (waiting("var/dropsonde/forge.json"), STATUS),
    "`consent.json` is a link to `/dev/zero`": (endless("var/dropsonde/consent.json"), STATUS),
    "a report in `outbox` has a terabyte": (enormous(f"var/dropsonde/{REPORT}"), SUBMIT),
    "`puppet.conf` is a FIFO": (waiting("conf/puppet.conf"), STATUS),
    "an `environment.conf` is a FIFO": (
        waiting("code/environments/production/environment.conf"),
        SUBMIT,
    ),
    "others may write to `telemetry.yaml`": (open_to_others("telemetry.yaml"), STATUS),
    "others may write to the directory of `--plugins`": (
        open_to_others("metrics/", 0o777),
        ("list", "--plugins", "metrics"),
    ),
}


def play(fault: str) -> tuple[str, str, str]:
    """Make a row: the file, the command, and what the user sees."""
    lay, command = FAULTS[fault]
    with tempfile.TemporaryDirectory() as directory:
        program = Program(Path(directory))
        program.list_public("puppetlabs-ntp")
        program.send_to()
        lay(program)
        result = program.run(*command)
        said = result.err.replace(f"{directory}/", "").replace("dropsonde: ", "")
        said = re.sub(r"`dropsonde: ", "`", "; ".join(said.splitlines()))
    shown = f"`dropsonde {' '.join(command)}`"
    return fault, shown, f"{said or 'nothing'} (exit code {result.code})"


def made() -> str:
    """The page with a new table."""
    rows = [("laid", "the command", "what the user sees"), ("---",) * 3, *map(play, FAULTS)]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
    return replaced(DOCUMENT.read_text(encoding="utf-8"), MARK, table)


if __name__ == "__main__":
    DOCUMENT.write_text(made(), encoding="utf-8")
