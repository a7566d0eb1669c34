"""``dropsonde integrate``: put dropsonde into this host's Puppet Server, or take it out again."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import FileError, IntegrationError
from dropsonde.common.trusted import ReplaceableError, open_trusted

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde_puppetserver.integration.decide import Step
    from dropsonde_puppetserver.integration.part import Part

log = logging.getLogger(__name__)

# `ProtectHome` and `PrivateTmp` of dropsonde.service.
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - not to be used

AGAIN = "run `dropsonde integrate` as root"


def run(this: Run) -> int:
    """Plan the steps, then print, check or do them."""
    from dropsonde_puppetserver.integration.parts import nothing
    from dropsonde_puppetserver.integration.steps import plan

    arguments = this.arguments
    root = _root(arguments.root)
    changes = not (arguments.dry_run or arguments.check)
    if changes and root == Path("/") and os.geteuid() != 0:
        raise FileError("Puppet Server's directories: only root may write there", AGAIN)
    parts = nothing(root) if arguments.remove else _parts(root)
    steps = _with_program(plan(parts, root), root, remove=arguments.remove)
    unscheduled = None if arguments.remove else _unscheduled(parts)
    if arguments.check:
        _check(steps, unscheduled)
        this.write_lines([f"all {sum(part.want is not None for part in parts)} parts are in place"])
    elif arguments.dry_run:
        this.write_lines(_told([step.line(dry_run=True) for step in steps]))
    else:
        _do(this, steps, parts, root)
    if unscheduled:
        log.warning("%s", unscheduled)
    return 0


def _root(named: str) -> Path:
    try:
        return Path(named).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise FileError(f"{named}: cannot be read", "--root takes an existing directory") from error


def _with_program(steps: Sequence[Step], root: Path, *, remove: bool) -> Sequence[Step]:
    """Add the steps for a single file: its program comes before what starts it, and goes after."""
    from dropsonde_puppetserver.integration import single_file

    program = tuple(single_file.steps(root, remove=remove))
    first = single_file.running() is not None and not remove
    return (*program, *steps) if first else (*steps, *program)


def _parts(root: Path) -> tuple[Part, ...]:
    from dropsonde_puppetserver.enterprise import refuse_enterprise
    from dropsonde_puppetserver.integration import single_file
    from dropsonde_puppetserver.integration.parts import look_at_host, parts
    from dropsonde_puppetserver.packaging import find

    refuse_enterprise(root)
    packaging = find(root)
    if packaging is None:
        raise IntegrationError(
            "there is no Puppet Server here", "install it first: upstream's package or Debian's"
        )
    _require_trusted(sys.executable)
    python = Path(sys.executable)
    if single_file.running():
        python = Path(single_file.PYTHON)
    else:
        _require_importable(sys.executable)
    if python.is_relative_to(root):  # in an image: its path when the image runs
        python = Path("/") / python.relative_to(root)
        _require_reachable(python)
    return parts(packaging, look_at_host(root), str(python), analytics=packaging.analytics)


def _require_trusted(python: str) -> None:
    """Refuse files that others can replace: root runs them through `puppetserver dropsonde`."""
    import dropsonde_puppetserver

    modules = (os.__file__, sysconfig.get_path("purelib"), str(dropsonde_puppetserver.__file__))
    try:
        for path in (python, *modules):
            os.close(open_trusted(Path(path), os.O_PATH))
    except ReplaceableError as error:
        raise IntegrationError(
            f"{error}, and root would run them", "install dropsonde where only root can write"
        ) from error


def _require_reachable(python: Path) -> None:
    """Refuse directories that Puppet Server's user, or the hardened service, does not see."""
    for hidden in _HIDDEN:
        if python.is_relative_to(hidden):
            raise IntegrationError(
                f"{python}: the service cannot see {hidden}",
                "move dropsonde where every user may read it, for instance to /opt",
            )


def _require_importable(python: str) -> None:
    """Refuse a copy that this Python cannot import when the installed files start it later."""
    code = "import dropsonde, dropsonde_puppetserver"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, check=False)
    if done.returncode != 0:
        raise IntegrationError(
            "this copy of dropsonde cannot be found again by Puppet Server",
            "install a package, or into a virtual environment",
        )


def _check(steps: Sequence[Step], unscheduled: IntegrationError | None) -> None:
    faults = [f"{step.path}: {step.fault}" for step in steps if step.fault]
    if faults:
        raise IntegrationError("; ".join(faults), AGAIN)
    if unscheduled:
        raise unscheduled


def _unscheduled(parts: Sequence[Part]) -> IntegrationError | None:
    if any(part.schedules and part.want is not None for part in parts):
        return None
    return IntegrationError(
        "nothing runs dropsonde by itself: this host has neither systemd nor cron",
        "run `python -m dropsonde_puppetserver.scheduled` every hour as the server's user",
    )


def _told(lines: Sequence[str]) -> Sequence[str]:
    return lines or ["nothing to do"]


def _do(this: Run, steps: Sequence[Step], parts: Sequence[Part], root: Path) -> None:
    from dropsonde_puppetserver.integration import systemd
    from dropsonde_puppetserver.integration.steps import carry_out

    running = root == Path("/") and Path("/run/systemd/system").is_dir()
    for words in systemd.before(steps) if running else []:
        systemd.tell(words)
    done: list[str] = []
    try:
        done.extend(step.line() for step in carry_out(steps))
    finally:
        for words in systemd.after(steps, parts) if running else []:
            systemd.tell(words)
        this.write_lines(_told(done))
