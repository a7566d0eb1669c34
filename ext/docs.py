"""Make the tables in docs/ from the program itself.

    python ext/docs.py [--check]

With --check the script writes nothing; its exit code says whether a table is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from dropsonde.aggregation import cells, release, unusual
from dropsonde.aggregation.privacy import budget, loss, weights
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.cli.collector.options import DELTA_YEAR, EPSILON_YEAR, RETAIN
from dropsonde.cli.collector.releases import plans
from dropsonde.cli.collector.sources import newest
from dropsonde.collector.web.counters import Counters
from dropsonde.common import errors
from dropsonde.delivery.outbox import SENT_BYTES, SENT_REPORTS, WAITS_AT_MOST
from dropsonde.publish.api import BADGES, DOCUMENTS
from dropsonde.report import plugins
from dropsonde.report.formats.monitoring import GAUGES
from dropsonde.schema.model import Mode
from dropsonde.settings.options import FLAG, OPTIONS, WEEK
from dropsonde_puppetserver.integration.parts import table as places

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ext.section import replaced  # noqa: E402  # found by the line above

ATTACKS = ROOT / "dropsonde/publish/attacks.json"
FIGURES = ROOT / "ext/attacks/figures.json"


def exit_codes() -> str:
    rows = [(str(code), meaning) for code, meaning in errors.exit_codes().items()]
    return _table(("code", "meaning"), rows)


def collector_exit_codes() -> str:
    rows = [(str(code), meaning) for code, meaning in errors.collector_exit_codes().items()]
    return _table(("code", "meaning"), rows)


def collector_metrics() -> str:
    rows = []
    for family in text_string_to_metric_families(Counters().text(0, 0).decode()):
        if family.name.endswith("_created"):  # the start time of each counter
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        reasons = {
            sample.labels["reason"] for sample in family.samples if "reason" in sample.labels
        }
        about = f"{family.documentation} `reason`: {', '.join(sorted(reasons))}."
        rows.append((f"`{name}`", family.type, about if reasons else family.documentation))
    return _table(("name", "type", "meaning"), rows)


def probe_metrics() -> str:
    return _table(("name", "meaning"), [(f"`{each.full_name}`", each.help) for each in GAUGES])


def settings() -> str:
    rows = []
    for option in OPTIONS:
        flag = f"--[no-]{option.name}" if option.kind == FLAG and option.default else None
        value = option.metavar or " or ".join(option.choices)
        command = flag or f"--{option.name.replace('_', '-')} {value}".strip()
        default = "" if option.default in {None, ()} else str(option.default).lower()
        rows.append((f"`:{option.name}:`", f"`{command}`", option.kind, default, option.help))
    return _table(("key", "option", "kind", "default", "meaning"), rows)


def schema() -> str:
    metrics = plugins.choose(plugins.load(None), (), ())
    columns = plugins.dataset_columns(metrics)
    return _table(("column", "type", "mode", "vocabulary", "description"), list(_rows(columns)))


def _rows(columns: Sequence[Column], above: str = "") -> Iterator[tuple[str, ...]]:
    for column in columns:
        name = f"{above}{column.name}"
        mode = "" if column.mode is Mode.NULLABLE else column.mode.value
        words = column.domain.format if column.domain else ""
        yield f"`{name}`", column.type.value, mode, words, column.description
        yield from _rows(column.fields, f"{name}.")


def numbers() -> str:
    rows = [
        ("k", str(release.K), "sites, the least number that is shown"),
        ("deviations", f"{cells.DEVIATIONS:g}", "of its noise that a number that is shown has"),
        ("weeks", str(cells.WEEKS), "whose mean is shown"),
        ("year", str(budget.YEAR), "weeks in a row that share a budget"),
        ("parts", str(weights.LATTICE), "of a site, in which counts and noise are whole numbers"),
        (
            "Z",
            str(release.Z95),
            "standard deviations to each side of a number hold 95 % of the noise",
        ),
        ("flood", f"{unusual.SHARE:.0%}", "of all sites coming to one group holds a week back"),
        *_losses(),
    ]
    return _table(("name", "number", "meaning"), rows)


def _losses() -> Iterator[tuple[str, str, str]]:
    """What a year costs at most with the default budgets, in words that a reader can check."""
    guess = "of the best guesses are right, which before were right half of the time"
    for unit in Unit:
        year = loss.Budget(EPSILON_YEAR[unit.value], DELTA_YEAR)
        rho = loss.affordable(year)
        yield f"guess, unit {unit.value}", f"{loss.right(rho):.0%}", guess
        more = f"1 in {1 / loss.beyond(rho, year.epsilon):,.0f}"
        yield f"more, unit {unit.value}", more, "the chance that odds change by more than e^ε"
    noise = budget.noise(
        every := list(plans(newest())),
        Unit.MODULE,
        budget.weekly(loss.Budget(EPSILON_YEAR["module"], DELTA_YEAR)),
    )
    site = budget.YEAR * budget.loss_of_site(every, noise, release.SITE_MODULES)
    about = f"ε of a year for a whole site of {release.SITE_MODULES} modules, with the unit module"
    yield "whole site", f"{loss.epsilon(site, DELTA_YEAR):.1f}", about


def api() -> str:
    documents = {**DOCUMENTS, **BADGES}
    return _table(("path", "what it is"), [(f"`{path}`", text) for path, text in documents.items()])


def approval() -> str:
    """The facts for those who must agree; the numbers are the program's own."""
    metrics = plugins.choose(plugins.load(None), (), ())
    what = " ".join(f"{metric.name}: {metric.description}" for metric in metrics)
    kept = f"{RETAIN} days after a week's end, unless its operator sets another number"
    here = f"the last {SENT_REPORTS} reports or {SENT_BYTES // 1_000_000} MB with their answers"
    groups = (
        "counts of sites with noise (differential privacy), of every published name; pages show "
        f"means of up to {cells.WEEKS} weeks, from {release.K} sites on"
    )
    days = timedelta(seconds=WEEK).days
    rows = [
        ("Recipient", "[*Endpoint* of the preview page]"),
        ("Operator, contact, privacy policy", "[*Run by* of the preview page]"),
        ("Purpose", "to know which public Puppet modules are really used, and to publish that"),
        ("Data", what),
        (
            "Never sent",
            "names of own modules, classes, environments, nodes, hosts, facts; paths",
        ),
        ("Identifier", "a number made with a random seed; pseudonymous data, GDPR Article 4(5)"),
        ("How often", f"every {days} days unless set otherwise, after an explicit opt-in"),
        ("Kept by the collector", f"{kept} [*Run by* of the preview page]"),
        ("Not kept", "addresses, headers, access logs"),
        ("Kept on this server", f"{here}; reports that wait, {WAITS_AT_MOST.days} days"),
        ("Made public", groups),
        ("Deletion", "`dropsonde forget`, with a proof that the seed is this site's"),
        ("Opt-out", "`dropsonde.enabled: false`; from the next check on nothing is sent"),
        ("Change of columns or operator", "nothing new is sent until `dropsonde accept`"),
        ("Transport", "TLS 1.2 (AEAD) or 1.3, certificate checked, no redirect followed"),
    ]
    return _table(("question", "answer"), rows)


def attacks() -> str:
    rows = [tuple(row.values()) for row in json.loads(ATTACKS.read_bytes())]
    return _table(("attack", "guards", "result", "allowed"), rows)


def shown() -> str:
    last = ("bias", "at most")
    head = ("sites", "unit", "table", "first week", "13 weeks", "error", *last)
    return _table(head, _figures("shown"))


def smoothed() -> str:
    columns = ("what changes", "shown is", "groups", "error", "lag", "within")
    return _table(columns, _figures("smoothed"))


def shares() -> str:
    tables = ("modules", "majors", "versions", "classes", "platforms")
    return _table(("shares", *tables), _figures("shares"))


def _figures(name: str) -> list[tuple[str, ...]]:
    """What ``ext/attack --write`` has kept."""
    return [tuple(row) for row in json.loads(FIGURES.read_bytes())[name]]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cells).replace("  ", " ") + " |\n" for cells in lines)


TABLES = {
    "docs/exit-codes.md": {"exit codes": exit_codes},
    "docs/settings.md": {"settings": settings},
    "docs/schema.md": {"schema": schema},
    "docs/puppetserver.md": {"places": places},
    "docs/collector.md": {"metrics": collector_metrics, "exit codes": collector_exit_codes},
    "docs/approval.md": {"facts": approval},
    "docs/monitoring.md": {"metrics": probe_metrics},
    "docs/method.md": {
        "numbers": numbers,
        "attacks": attacks,
        "shown": shown,
        "smoothed": smoothed,
        "shares": shares,
    },
    "docs/dataset.md": {"api": api},
}


def made(path: str) -> str:
    """Return the file's text with new tables."""
    text = (ROOT / path).read_text(encoding="utf-8")
    try:
        for name, table in TABLES[path].items():
            text = replaced(text, f"<!-- {name}: made by ext/docs.py -->\n", table())
    except ValueError as error:
        raise SystemExit(f"{path}: {error}") from error
    return text


def main() -> int:
    stale = [path for path in TABLES if made(path) != (ROOT / path).read_text(encoding="utf-8")]
    if "--check" not in sys.argv[1:]:
        for path in stale:
            (ROOT / path).write_text(made(path), encoding="utf-8")
        return 0
    for path in stale:
        print(f"{path} is not what the program says: run ext/docs.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
