"""Load metrics: built-in, by entry point, and from the user's directory.

Loading is separate from choosing; a clash of names or columns raises an error with both origins.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import dropsonde.metrics
from dropsonde.common.errors import ConfigError, PluginError
from dropsonde.common.trusted import ReplaceableError, open_trusted, read_trusted
from dropsonde.metrics import FROM_PUPPETDB, Metric
from dropsonde.report.entry_points import registered
from dropsonde.schema.model import ENVELOPE, declaration_faults

if TYPE_CHECKING:
    from dropsonde.schema.model import Column


class Found(NamedTuple):
    """A metric and its origin."""

    metric: Metric
    origin: str


def load(directory: Path | None, uid: int | None = None) -> list[Found]:
    """Load all metrics, sorted by name.

    Args:
        directory: the directory of further metrics, one file each.
        uid: the user that started this run, who besides root may own them; None for the effective
            user. Root that has become another user does not run that user's code on its terminal.

    Raises:
        PluginError: a metric cannot be loaded, has an invalid declaration, or clashes with another.
    """
    found = sorted(
        [*_built_in(), *_registered(), *(_dropped(directory, uid) if directory else ())],
        key=lambda item: item.metric.name,
    )
    _refuse_clashes(found)
    return found


def choose(
    found: Iterable[Found], enable: Sequence[str], disable: Sequence[str]
) -> tuple[Metric, ...]:
    """Choose the metrics to run: those enabled (or all), without those disabled.

    Raises:
        ConfigError: a name is unknown; a misspelt --disable must not report the metric.
    """
    metrics = [item.metric for item in found]
    known = [metric.name for metric in metrics]
    for name in (*enable, *disable):
        if name not in known:
            raise ConfigError(f"no metric is named {name!r}", f"there are {', '.join(known)}")
    return tuple(
        metric
        for metric in metrics
        if (not enable or metric.name in enable) and metric.name not in disable
    )


def dataset_columns(metrics: Iterable[Metric]) -> tuple[Column, ...]:
    """List the columns of the private dataset: the envelope's, then each metric's."""
    return (*ENVELOPE, *(column for metric in metrics for column in metric.columns))


def _built_in() -> Iterator[Found]:
    # Not by pkgutil, which imports inspect to find them.
    files = Path(dropsonde.metrics.__file__).parent.iterdir()
    for stem in sorted(file.stem for file in files if file.suffix == ".py"):
        name = f"dropsonde.metrics.{stem}"
        if stem != "__init__":
            yield from _defined_in(importlib.import_module(name), name)


def _registered() -> Iterator[Found]:
    for point in registered():
        package = point.dist.name if point.dist else "?"
        origin = f"entry point {point.name} of {package}"
        try:
            yield _made(point.load(), origin)
        except (Exception, SystemExit) as error:
            raise _unloadable(origin, error) from error


def _dropped(directory: Path, uid: int | None) -> Iterator[Found]:
    """Load the metrics in a directory; they are code, so only root or the user may own them."""
    owners = {0, os.geteuid() if uid is None else uid}
    with _refusals(directory):
        handle = open_trusted(directory, os.O_RDONLY | os.O_DIRECTORY, owners)
        try:
            found = os.listdir(handle)  # noqa: PTH208 - by its handle
        finally:
            os.close(handle)
    for file in sorted(directory / name for name in found if name.endswith(".py")):
        with _refusals(file):
            source, _ = read_trusted(file, owners=owners)
        yield from _loaded(file, source)


def _loaded(file: Path, source: bytes) -> Iterator[Found]:
    """Load the metrics in a module's bytes, without a second read or a compiled file."""
    module = ModuleType(f"dropsonde_plugin_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)  # noqa: S102 - a plug-in is code
        yield from _defined_in(module, str(file))
    except (Exception, SystemExit) as error:
        raise _unloadable(str(file), error) from error


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except ReplaceableError as error:
        raise PluginError(f"{error}, and metrics are code", error.advice) from error
    except OSError as error:
        raise PluginError(f"{path}: {error.strerror}", "check --plugins") from error


def _defined_in(module: ModuleType, origin: str) -> Iterator[Found]:
    """The metrics that a module itself defines, without those it imports."""
    for _, value in sorted(vars(module).items()):
        if (
            isinstance(value, type)
            and issubclass(value, Metric)
            and value.__module__ == module.__name__
        ):
            yield _made(value, origin)


def _made(kind: object, origin: str) -> Found:
    """Make an instance of a metric's class, after a check of its declaration."""
    if not (isinstance(kind, type) and issubclass(kind, Metric)):
        raise PluginError(f"{origin}: not a metric", "name a subclass of dropsonde.metrics.Metric")
    missing = [name for name in ("name", "description", "columns") if not getattr(kind, name, None)]
    if missing or kind.__abstractmethods__:
        what = ", ".join([*missing, *sorted(kind.__abstractmethods__)])
        raise PluginError(f"{origin}: the metric lacks {what}", "see docs/metrics.md")
    if not re.fullmatch("[a-z][a-z0-9_-]*", str(kind.name)):
        raise PluginError(f"{origin}: the metric's name is invalid", "use a-z, 0-9, - and _")
    for name in kind.asks:
        if name not in FROM_PUPPETDB:
            raise PluginError(
                f"{origin}: PuppetDB is not asked for {name!r}", "see docs/metrics.md"
            )
    metric = kind()
    for column in metric.columns:
        for fault in declaration_faults(column):
            raise PluginError(f"{origin}: column {fault}", "see docs/metrics.md")
    return Found(metric, origin)


def _unloadable(origin: str, error: BaseException) -> PluginError:
    if isinstance(error, PluginError):
        return error
    return PluginError(
        f"{origin}: cannot be loaded ({type(error).__name__}: {error})", "mend it or take it out"
    )


def _refuse_clashes(found: Iterable[Found]) -> None:
    """Raise PluginError where two metrics, or two columns, share a name."""
    owners: dict[str, str] = {column.name: "the envelope" for column in ENVELOPE}
    names: dict[str, str] = {}
    for metric, origin in found:
        if metric.name in names:
            raise PluginError(
                f"two metrics are named {metric.name}: {names[metric.name]} and {origin}",
                "take one of them out",
            )
        names[metric.name] = origin
        for column in metric.columns:
            if column.name in owners:
                raise PluginError(
                    f"two metrics have a column {column.name}: {owners[column.name]} and {origin}",
                    "take one of them out",
                )
            owners[column.name] = origin
