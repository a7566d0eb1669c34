"""The state of a site's submissions for monitoring: a Nagios plugin's line, Prometheus's text.

Neither holds a name of the site's: labels are words of this file, and a line names at most files of
Puppet Server's and dropsonde's own configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dropsonde import __version__
from dropsonde.common.untrusted import one_line
from dropsonde.report.attention import Level

_LONGEST = 1000  # characters of a plugin's text
_PLACES = ("outbox", "quarantine", "sent")

State = Mapping[str, Any]
Sample = tuple[str, float]  # labels as written, and the value


class Gauge(NamedTuple):
    """One metric; all are gauges.

    Attributes:
        name: without the prefix.
        help: one sentence.
        samples: makes its samples; none where there is no value.
    """

    name: str
    help: str
    samples: Callable[[State], Iterator[Sample]]

    @property
    def full_name(self) -> str:
        """The name as written; a collector's metrics have another prefix."""
        return f"dropsonde_probe_{self.name}"


def level_of(state: State) -> Level:
    """How bad a state is; its number is the exit code of a plugin."""
    return Level[state["level"].upper()]


def nagios(state: State, now: datetime) -> str:
    """One line, by the guidelines for monitoring plugins: the text, then performance data.

    Args:
        state: as :func:`dropsonde.report.status.state` makes it.
        now: the time (aware).
    """
    text = "; ".join(state["attention"]) or _calm(state)
    return plugin_line(level_of(state), text, state, now)


def plugin_line(
    level: Level, text: str, state: State | None = None, now: datetime | None = None
) -> str:
    """The line of a level and a text; with performance data where the state is known."""
    data = " ".join(_performance(state, now)) if state and now else ""
    text = one_line(text, _LONGEST).replace("|", "/")  # what follows one is performance data
    line = f"DROPSONDE {level.name} - {text}"
    return f"{line} | {data}" if data else line


def prometheus(state: State) -> str:
    """Prometheus's text format, each metric with its help and its type."""
    lines = []
    for gauge in GAUGES:
        samples = [
            f"{gauge.full_name}{labels} {value:.17g}" for labels, value in gauge.samples(state)
        ]
        if samples:
            lines += [
                f"# HELP {gauge.full_name} {gauge.help}",
                f"# TYPE {gauge.full_name} gauge",
                *samples,
            ]
    return "\n".join(lines)


def _calm(state: State) -> str:
    """What there is to say where nothing needs attention."""
    if state["switched_off"]:
        return f"switched off: {state['switched_off']}"
    if state["enabled"] is False:
        return f"disabled, by {state['enabled_by']}: {state['enabled_why']}"
    if state["enabled"] is None and state["next_due"] is None:
        return "disabled: there is no Puppet Server here, and nothing was submitted on schedule"
    last = state["last_delivery"]
    waiting = state["outbox"]["reports"]
    parts = [
        f"last delivery {_minute(last)}" if last else "nothing was delivered yet",
        f"next due {_minute(state['next_due'])}",
        *([f"{waiting} waiting"] if waiting else []),
    ]
    return ", ".join(parts)


def _minute(moment: str) -> str:
    """An ISO time without its seconds; another text as it is."""
    try:
        return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return moment


def _performance(state: State, now: datetime) -> Iterator[str]:
    if state["last_delivery"]:
        age = now - datetime.fromisoformat(state["last_delivery"])
        yield f"last_delivery_age={max(0, int(age.total_seconds()))}s;;;0"
    for place in _PLACES:
        yield f"{place}={state[place]['reports']};;;0"
        yield f"{place}_size={state[place]['bytes']}B;;;0"
    yield f"public_modules={state['forge_list']['modules']};;;0"


def _bit(key: str) -> Callable[[State], Iterator[Sample]]:
    """Whether a value is set; none where it is unknown whether it can be."""

    def samples(state: State) -> Iterator[Sample]:
        if key != "enabled" or state[key] is not None:
            yield "", float(bool(state[key]))

    return samples


def _time(*keys: str) -> Callable[[State], Iterator[Sample]]:
    """A time in seconds since 1970; none where there is no such time."""

    def samples(state: State) -> Iterator[Sample]:
        value: Any = state
        for key in keys:
            value = value[key]
        if value not in {None, "at once"}:
            yield "", datetime.fromisoformat(value).timestamp()

    return samples


def _by_place(key: str) -> Callable[[State], Iterator[Sample]]:
    return lambda state: ((f'{{place="{place}"}}', state[place][key]) for place in _PLACES)


def _oldest(state: State) -> Iterator[Sample]:
    for place in _PLACES:
        if state[place]["oldest"]:
            moment = datetime.fromisoformat(state[place]["oldest"])
            yield f'{{place="{place}"}}', moment.timestamp()


GAUGES = (
    Gauge(
        "info",
        "The version of dropsonde.",
        lambda _: iter([(f'{{version="{__version__}"}}', 1.0)]),
    ),
    Gauge(
        "status",
        "0 where all is well, 1 for a warning, 2 where nothing is sent though it should be, "
        "3 where that is unknown.",
        lambda state: iter([("", float(level_of(state)))]),
    ),
    Gauge(
        "enabled",
        "1 if Puppet Server's configuration enables submissions, 0 if not; missing without one.",
        _bit("enabled"),
    ),
    Gauge(
        "switched_off",
        "1 if DO_NOT_TRACK or dropsonde.disabled switches everything off.",
        _bit("switched_off"),
    ),
    Gauge(
        "last_delivery_timestamp_seconds",
        "When the last report was delivered; missing before the first.",
        _time("last_delivery"),
    ),
    Gauge(
        "next_due_timestamp_seconds",
        "When the next report is due on schedule; missing where that is never, or at once.",
        _time("next_due"),
    ),
    Gauge(
        "interval_seconds",
        "Time between two scheduled submissions.",
        lambda state: iter([("", float(state["interval"]))]),
    ),
    Gauge(
        "reports",
        "Reports by place: outbox (they wait), quarantine (they were refused), sent.",
        _by_place("reports"),
    ),
    Gauge("reports_size_bytes", "Size of these reports.", _by_place("bytes")),
    Gauge(
        "oldest_report_timestamp_seconds",
        "When the oldest of these reports was made; missing without one.",
        _oldest,
    ),
    Gauge(
        "public_modules",
        "Modules on the list of public modules.",
        lambda state: iter([("", float(state["forge_list"]["modules"]))]),
    ),
    Gauge(
        "public_modules_timestamp_seconds",
        "When that list was refreshed; missing where that is not known.",
        _time("forge_list", "updated"),
    ),
)
