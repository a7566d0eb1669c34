"""``dropsonde dev``: tools for people who write metrics and queries."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.common.errors import FileError, UsageError
from dropsonde.report import plugins

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.metrics import Metric

LONG = 5_000  # rows; from this number on, a progress bar is shown


def run(this: Run) -> int:
    """Run the tool that was named."""
    {"schema": _schema, "example": _example, "shell": _shell}[this.arguments.tool](this)
    return 0


def _metrics(this: Run) -> tuple[Metric, ...]:
    found = plugins.load(this.settings.plugins)
    return plugins.choose(found, this.settings.enable, this.settings.disable)


def _schema(this: Run) -> None:
    from dropsonde.schema.model import to_bigquery

    schema = to_bigquery(plugins.dataset_columns(_metrics(this)))
    this.write_lines([json.dumps(schema, indent=2)])


def _example(this: Run) -> None:
    from dropsonde.cli.progress import progress_bar

    size, filename = this.arguments.size, this.arguments.filename
    if size < 0:
        raise UsageError("--size: a number of rows cannot be negative", "give 0 or more")
    metrics = _metrics(this)
    rng = random.Random(this.arguments.random_seed)  # noqa: S311  # examples are no secrets
    # A bar among the rows on one terminal would not help.
    wanted = size >= LONG and not (filename == "-" and sys.stdout.isatty())
    with progress_bar("rows", wanted=wanted) as progress:
        rows = _rows(metrics, rng, size, progress)
        if filename == "-":
            this.write(rows)
        else:
            _to_file(Path(filename), rows)


def _rows(
    metrics: tuple[Metric, ...], rng: random.Random, size: int, progress: Callable[[int, int], None]
) -> Iterator[bytes]:
    from dropsonde.common.clock import utc_now
    from dropsonde.metrics.examples import build_example

    now = utc_now()
    for number in range(size):
        yield json.dumps(build_example(metrics, rng, now)).encode() + b"\n"
        progress(number + 1, size)


def _to_file(path: Path, rows: Iterator[bytes]) -> None:
    """Replace a file once its rows are complete; write directly into a device or a FIFO."""
    from dropsonde.common.files import replacing
    from dropsonde.common.privileges import become_owner

    become_owner(path.parent)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as opened:
                opened.writelines(rows)
            return
        target = path.resolve() if path.is_file() else path  # a link stays, as /dev/stdout must
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}", "choose another --filename") from error
    with replacing(target, mode=0o644) as file:
        file.writelines(rows)


def _shell(this: Run) -> None:

    if sys.stdin is None:
        raise UsageError("dev shell: standard input is closed", "run it on a terminal")
    probe = this.probe
    names: dict[str, Any] = {
        "settings": probe.settings,
        "puppet": probe.puppet,
        "forge": probe.public.forge,
        "puppetdb": probe.puppetdb,
        "metrics": probe.metrics,
        "report": probe.report,
    }
    banner = "dropsonde: " + ", ".join([*list(names)[:-1], "report()"]) + " are ready"
    try:
        from IPython import start_ipython
    except ImportError:
        import code

        code.interact(banner, local=names, exitmsg="")
        return
    print(banner, file=sys.stderr)
    start_ipython(argv=["--no-banner", "--no-confirm-exit"], user_ns=names)
