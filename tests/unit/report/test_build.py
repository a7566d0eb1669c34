"""Building a report: what fails is named and left out, and nothing else changes its bytes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import PuppetDBError
from dropsonde.metrics import Column, Domain, Metric, Mode, Type, integer, records, text
from dropsonde.protocol.report import Snapshot
from dropsonde.report.build import Report, build_report
from tests.support.sites import NTP, Answers, context_of, put_module

if TYPE_CHECKING:
    from dropsonde.site.context import Context

SITE_ID = "0" * 128
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
CANARY = "acme_canary"
CLASS = text("name", Domain.CLASS_NAME, "A class.")
TABLE = (
    records(
        "table",
        "Rows.",
        integer("count", "A count."),
        text("name", Domain.CLASS_NAME, "A class.", Mode.NULLABLE),
        records("inner", "Rows in a row.", CLASS),
        text("versions", Domain.VERSION, "Releases.", Mode.REPEATED),
    ),
    Column("record", Type.RECORD, "A row.", fields=(integer("a", "A."), integer("b", "B."))),
)


class Given(Metric):
    """A metric that gathers what it is given, or raises it."""

    name = "given"
    description = "What it is given."
    columns: ClassVar[tuple[Column, ...]] = (integer("number", "A number."),)

    def __init__(
        self, found: Any, columns: tuple[Column, ...] | None = None, name: str = "given"
    ) -> None:
        self._found = found
        self.columns = columns or Given.columns  # type: ignore[misc]  # one class for all tests
        self.name = name  # type: ignore[misc]  # the same
        self.calls: list[str] = []

    def setup(self, context: Context) -> None:  # noqa: ARG002  # the base class's signature
        self.calls.append("setup")
        self._raise_at("setup")

    def gather(self, context: Context) -> Mapping[str, Any]:  # noqa: ARG002  # the same
        self.calls.append("gather")
        self._raise_at("gather")
        found: Mapping[str, Any] = self._found
        return found

    def example(self, rng: Random) -> Mapping[str, Any]:
        raise NotImplementedError(rng)

    def cleanup(self, context: Context) -> None:  # noqa: ARG002  # the base class's signature
        self.calls.append("cleanup")
        self._raise_at("cleanup")

    def _raise_at(self, place: str) -> None:
        if isinstance(self._found, tuple) and self._found[0] == place:
            raise self._found[1]


VERSIONS = ("1.0.0", "1.0.1", "2.0.0", "10.0.0")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Environments with ntp in several versions, and a PuppetDB in which nobody uses it."""
    for number, version in enumerate(VERSIONS):
        put_module(tmp_path / f"e{number}/modules/ntp", "puppetlabs-ntp", NTP, version=version)
    return context_of(tmp_path, Answers())


def build(metrics: Sequence[Metric], context: Context) -> Report:
    return build_report(metrics, context, SITE_ID, lambda: NOON)


def test_the_bytes_are_the_wire_format() -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30))).replace(microsecond=987654)
    report = Report(SITE_ID, {"b": Snapshot([1, None], local), "a": Snapshot("é", NOON)})
    assert report.to_bytes() == (
        b'{"product":"popularity-module","version":"1.0.0","site_id":"' + b"0" * 128 + b'",'
        b'"self-service-analytics":{"snapshots":{'
        b'"b":{"value":[1,null],"timestamp":"2026-01-01T12:00:00Z"},'
        b'"a":{"value":"\\u00e9","timestamp":"2026-01-01T12:00:00Z"}}}}\n'
    )


def test_what_is_no_json_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Report(SITE_ID, {"a": Snapshot(float("nan"), NOON)}).to_bytes()


def test_a_metrics_values_are_in_the_report(context: Context) -> None:
    metric = Given({"number": 7})
    report = build([metric], context)
    assert report == Report(SITE_ID, {"number": Snapshot(7, NOON)})
    assert metric.calls == ["setup", "gather", "cleanup"]


def test_each_column_is_stamped_when_it_was_gathered(context: Context) -> None:
    moments = iter([NOON, NOON + timedelta(minutes=1)])
    other = Given({"other": 2}, (integer("other", "A number."),))
    report = build_report([Given({"number": 1}), other], context, SITE_ID, lambda: next(moments))
    stamps = [snapshot.timestamp.minute for snapshot in report.snapshots.values()]
    assert stamps == [0, 1]


@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        RecursionError(CANARY),
        OSError(2, CANARY),
        SystemExit(CANARY),
        PuppetDBError(CANARY),
        AssertionError(CANARY),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("place", ["setup", "gather", "cleanup"])
def test_a_metric_that_fails_takes_no_other_down(
    context: Context, place: str, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Given((place, error), (integer("lost", "A number."),), "failing")
    report = build([failing, Given({"number": 7})], context)
    fault = (
        f"metric failing failed with {type(error).__name__}: its columns are left out; -v says more"
    )
    assert report.faults == (fault,)
    assert report.missing == {"lost": fault}
    assert list(report.snapshots) == ["number"]
    assert failing.calls[-1] == "cleanup"
    assert caplog.text == ""


def test_a_pressed_ctrl_c_is_no_fault_of_a_metric(context: Context) -> None:
    metric = Given(("gather", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        build([metric], context)
    assert metric.calls == ["setup", "gather", "cleanup"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "the data: expected object"),
        ([CANARY], "the data: expected object"),
        ({"number": 7, CANARY: 1}, "the data: 1 unknown key"),
        ({"number": CANARY}, "number: expected integer"),
        ({}, "the data: missing number"),
    ],
)
def test_a_metric_that_breaks_its_schema_loses_its_columns(
    context: Context, found: Any, said: str
) -> None:
    other = Given({"other": 7}, (integer("other", "A number."),))
    report = build([Given(found), other], context)
    fault = f"metric given breaks its schema, its columns are left out: {said}"
    assert report.faults == (fault,)
    assert report.missing == {"number": fault}
    assert list(report.snapshots) == ["other"]


def test_one_bad_row_takes_all_columns_of_its_metric(context: Context) -> None:
    counts: tuple[Any, ...] = ("x", 1, None, "y", {}, [])
    rows = [{"count": count, "inner": [], "versions": []} for count in counts]
    report = build([Given({"table": rows, "record": {"a": 1, "b": 2}}, TABLE)], context)
    fault = (
        "metric given breaks its schema, its columns are left out: "
        "table[0].count: expected integer; table[2].count: expected integer; "
        "table[3].count: expected integer and 2 more"
    )
    assert report.faults == (fault,)
    assert report.missing == {"table": fault, "record": fault}
    assert report.snapshots == {}


def test_a_private_class_is_refused_whoever_reports_it(context: Context) -> None:
    rows = [{"name": "ntp::config"}, {"name": f"ntp::{CANARY}"}]
    report = build([Given({"classes": rows}, (records("classes", "Classes.", CLASS),))], context)
    fault = (
        "metric given breaks its schema, its columns are left out: "
        "classes[1].name: not one of the public values (puppet-class)"
    )
    assert report.faults == (fault,)
    assert CANARY.encode() not in report.to_bytes()


def test_a_number_that_cannot_be_written_is_the_metrics_fault(context: Context) -> None:
    report = build(
        [Given({"number": 10**5000}), Given({"other": 1}, (integer("other", "O."),))],
        context,
    )
    assert list(report.snapshots) == ["other"]
    assert len(report.faults) == 1
    assert report.to_bytes()


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.just(CANARY), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([CANARY, "count", "name", "inner", "number", "table"]), inner
        ),
    ),
    max_leaves=10,
)


@given(found=values)
def test_whatever_a_metric_gathers_no_private_value_gets_out(context: Context, found: Any) -> None:
    report = build([Given(found, (*Given.columns, *TABLE))], context)
    assert CANARY.encode() not in report.to_bytes()
    assert CANARY not in str(report.faults) + str(report.missing)


inner_rows = st.lists(st.sampled_from([{"name": "ntp"}, {"name": "ntp::config"}]), max_size=4)
rows = st.lists(
    st.fixed_dictionaries(
        {"count": st.integers(0, 99), "inner": inner_rows},
        optional={
            "name": st.sampled_from([None, "ntp", "ntp::config"]),
            "versions": st.lists(st.sampled_from(VERSIONS), max_size=4),
        },
    ),
    max_size=6,
)


@given(rows=rows, data=st.data())
def test_the_order_of_rows_and_keys_says_nothing(
    context: Context, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(item) for item in data.draw(st.permutations(value))]
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in data.draw(st.permutations(list(value)))}
        return value

    found = {"table": rows, "record": {"a": 1, "b": 2}}
    reports = [build([Given(each, TABLE)], context) for each in (found, shuffled(found))]
    assert reports[0].faults == ()
    assert reports[0].to_bytes() == reports[1].to_bytes()


def test_rows_are_sorted_and_keys_stand_as_declared(context: Context) -> None:
    first = {"versions": ["2.0.0", "1.0.0"], "name": None, "count": 1}
    second = {"inner": [{"name": "ntp::config"}, {"name": "ntp"}], "count": 0}
    found = {"table": [first, second], "record": {"b": 2, "a": 1}}
    report = build([Given(found, TABLE)], context)
    shown = {name: snapshot.value for name, snapshot in report.snapshots.items()}
    assert json.dumps(shown) == json.dumps(
        {
            "table": [
                {"count": 0, "inner": [{"name": "ntp"}, {"name": "ntp::config"}]},
                {"count": 1, "name": None, "versions": ["1.0.0", "2.0.0"]},
            ],
            "record": {"a": 1, "b": 2},
        }
    )


@pytest.mark.parametrize(
    ("answers", "reason", "faults"),
    [
        (None, "no PuppetDB is configured", ()),
        (
            Answers(fault=PuppetDBError("https://a:8081: refused", "start it")),
            "PuppetDB did not answer",
            ("https://a:8081: refused: start it",),
        ),
        (Answers(), "the metric gave none", ()),
    ],
)
def test_the_reason_why_a_column_is_missing(
    tmp_path: Path, answers: Answers | None, reason: str, faults: tuple[str, ...]
) -> None:
    class Asking(Given):
        def gather(self, context: Context) -> Mapping[str, Any]:
            return {} if not context.declared else {"number": len(context.declared)}

    (tmp_path / "production").mkdir()
    column = Column("number", Type.INTEGER, "A number.")
    report = build([Asking({}, (column,))], context_of(tmp_path, answers))
    assert report.missing == {"number": reason}
    assert report.faults == faults
    assert report.snapshots == {}


def test_what_was_withheld_is_counted_and_not_sent(tmp_path: Path) -> None:
    put_module(tmp_path / f"production/modules/{CANARY}", f"acme-{CANARY}", {})

    class Modules(Given):
        def gather(self, context: Context) -> Mapping[str, Any]:
            return {"number": len(context.modules)}

    report = build([Modules({})], context_of(tmp_path))
    assert report.withheld == {"private modules": 1}
    assert report.snapshots["number"].value == 0
    assert b"withheld" not in report.to_bytes()


def test_why_a_metric_failed_is_told_with_verbose_only(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    build([Given(("gather", ValueError("the reason")))], context)
    assert "ValueError: the reason" in caplog.text
