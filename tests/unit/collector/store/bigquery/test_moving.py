"""Finished weeks in BigQuery: the same rows as in files, once, under the schema's columns."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.collector.record import record_of
from dropsonde.collector.store import Reader, Store
from dropsonde.collector.store.bigquery import archive
from dropsonde.collector.store.bigquery.lines import row_of
from dropsonde.common.errors import DataDirectoryError, SchemaError
from dropsonde.schema.model import Column, Mode, Type, integer, records
from tests.unit.collector.intake.reports import COLUMNS as REPORTED
from tests.unit.collector.intake.reports import NEWEST
from tests.unit.collector.store.bigquery.moving import (
    TABLE,
    everywhere,
    in_bigquery,
    opened,
    standing_in,
)
from tests.unit.collector.store.making import COLUMNS, NOW, WEEK, clock, contents, row, site

if TYPE_CHECKING:
    from tests.doubles.bigquery import LoopbackBigQuery

LAST = NOW - WEEK
MONDAY = datetime(2026, 11, 23, tzinfo=timezone.utc)


@pytest.fixture
def bigquery() -> Iterator[LoopbackBigQuery]:
    with standing_in() as found:
        yield found


def fields(bigquery: LoopbackBigQuery) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in bigquery.tables.resources[TABLE]["schema"]["fields"]}


def test_the_rows_are_those_that_files_would_hold(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    """Of real reports; a metric that a site disabled is null in files, and empty here."""
    first = row(1, LAST, 0)
    rows = [
        replace(first, columns=REPORTED, site_id=site(1)),
        replace(first, columns={"environment_count": 1, "modules": []}, site_id=site(2)),
        replace(first, columns={}, site_id=site(3), timestamp=LAST + timedelta(microseconds=1)),
    ]
    local = Store.open(tmp_path / "local", NEWEST, clock)
    remote = opened(tmp_path / "remote", bigquery.url, NEWEST)
    for store in (local, remote):
        with store:
            for each in rows:
                store.put(each)
            assert store.compact(NOW) == ("2026-W47",)
            assert store.depth() == 0
    names = [column.name for column in NEWEST]
    lists = {column.name for column in NEWEST if column.mode is Mode.REPEATED}
    wanted = ", ".join(f"coalesce({name}, [])" if name in lists else name for name in names)
    select = f"{wanted}, week"
    with Reader(tmp_path / "local", NEWEST).query(
        f"SELECT {select} FROM community_metrics ORDER BY site_id"  # noqa: S608 - the schema's names
    ) as found:
        expected = list(found)
    assert len(expected) == 3
    at = names.index("timestamp")  # the stand-in's are of UTC, and do not say so
    expected = [(*each[:at], each[at].replace(tzinfo=None), *each[at + 1 :]) for each in expected]
    assert sorted(bigquery.tables.rows(TABLE, select), key=lambda each: each[1]) == expected
    assert [found["name"] for found in fields(bigquery).values()] == [*names, "week", "week_start"]


def test_only_finished_weeks_move(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    with opened(tmp_path / "data", bigquery.url) as store:
        for number, when in enumerate((MONDAY - WEEK, MONDAY - second, MONDAY)):
            store.put(row(number, when, number))
        assert store.compact(MONDAY + hour - second) == ()
        assert store.compact(MONDAY + hour) == ("2026-W47",)
        assert in_bigquery(bigquery) == {("2026-W47", site(0)): 0, ("2026-W47", site(1)): 1}
        assert contents(store) == {("2026-W48", site(2)): 2}
        assert store.compact(MONDAY + hour) == ()
    assert not list(tmp_path.rglob("*.parquet"))


def test_late_rows_take_the_place_of_earlier_ones_of_their_week_alone(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    with opened(tmp_path / "data", bigquery.url) as store:
        for number in range(3):
            store.put(row(number, LAST, number))
            store.put(row(number, LAST - WEEK, number))
        assert store.compact(NOW) == ("2026-W46", "2026-W47")
        store.put(row(1, LAST, 10))
        store.put(row(5, LAST, 50))
        assert store.compact(NOW) == ("2026-W47",)
    expected = {("2026-W46", site(number)): number for number in range(3)}
    expected |= {("2026-W47", site(number)): number for number in (0, 2)}
    expected |= {("2026-W47", site(1)): 10, ("2026-W47", site(5)): 50}
    assert in_bigquery(bigquery) == expected


def test_pieces_each_leave_the_spool_when_they_are_there(
    tmp_path: Path, bigquery: LoopbackBigQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second piece fails: the first is in BigQuery, and no longer here."""
    monkeypatch.setattr(archive, "MOST_BYTES", 1)
    monkeypatch.setattr("dropsonde.collector.store.spool.reader.MOST_ROWS", 2)
    with opened(tmp_path / "data", bigquery.url) as store:
        for number in range(5):
            store.put(row(number, LAST, number))
        pieces = store._upkeep.archives[-1].take("2026-W47")
        assert len(next(pieces)) == 2
        assert len(in_bigquery(bigquery)) == 2
        pieces.close()  # type: ignore[attr-defined]
        assert store.depth() == 5
        assert store.compact(NOW) == ("2026-W47",)
        assert store.depth() == 0
    assert in_bigquery(bigquery) == {("2026-W47", site(number)): number for number in range(5)}
    loads = [each for each in bigquery.jobs.known.values() if each.kind == "load"]
    assert len(loads) == 1 + 3


def test_a_large_piece_goes_up_in_parts(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    """More than five megabytes once compressed, which Google's client sends in another way."""
    rng = random.Random(1)
    with opened(tmp_path / "data", bigquery.url) as store:
        for number in range(8):
            names = [f"{rng.getrandbits(4000):x}" for _ in range(1500)]
            store.put(row(number, LAST, number, note="x" * number + "".join(names)))
        store.compact(NOW)
    lengths = bigquery.tables.rows(
        TABLE, "number, length(note) - number BETWEEN 1490000 AND 1500000"
    )
    assert sorted(lengths) == [(number, True) for number in range(8)]
    assert [each.name for each in bigquery.asked].count("upload") > 1


def test_new_columns_are_added_also_within_records(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    with opened(tmp_path / "data", bigquery.url) as store:
        store.put(row(1, LAST, 1))
        store.compact(NOW)
    modules = COLUMNS[7]._replace(fields=(*COLUMNS[7].fields, integer("deep", "Deep.")))
    newer = (*COLUMNS[:7], modules, *COLUMNS[8:], integer("fresh", "Fresh."))
    with opened(tmp_path / "data", bigquery.url, newer) as store:
        deep = [{"name": "ntp", "count": 2, "deep": 3}]
        store.put(row(2, LAST, 2, fresh=7, modules=deep))
        store.compact(NOW)
    with opened(tmp_path / "data", bigquery.url) as store:  # an older one again
        store.put(row(3, LAST, 3))
        store.compact(NOW)
    rows = sorted(bigquery.tables.rows(TABLE, "number, fresh, modules[1].deep"))
    assert rows == [(1, None, None), (2, 7, 3), (3, None, None)]
    assert [each.name for each in bigquery.asked].count("tables.patch") == 1


def test_what_others_added_to_the_table_stays(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    with opened(tmp_path / "data", bigquery.url) as store:
        store.put(row(1, LAST, 1))
        store.compact(NOW)
        others = {"name": "theirs", "type": "DATE", "mode": "NULLABLE", "description": "Theirs."}
        old = bigquery.tables.resources[TABLE]["schema"]["fields"]
        bigquery.tables.patch(TABLE, {"schema": {"fields": [*old, others]}})
        bigquery.tables.connection.execute(f"UPDATE \"{TABLE}\" SET theirs = '2026-01-01'")  # noqa: S608 - ours
        store.put(row(2, LAST, 2))
        store.compact(NOW)
    newer = (*COLUMNS, integer("fresh", "Fresh."))
    with opened(tmp_path / "data", bigquery.url, newer) as store:
        store.retain(60, NOW)
    assert fields(bigquery)["theirs"] == others
    rows = bigquery.tables.rows(TABLE, "number, theirs IS NOT NULL")
    assert sorted(rows) == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (Column("number", Type.FLOAT, "A number."), "column number: .* INTEGER, .* says FLOAT"),
        (
            records("modules", "Modules.", COLUMNS[7].fields[1]._replace(name="name")),
            "column modules.name: .* STRING, .* says INTEGER",
        ),
        (COLUMNS[6]._replace(mode=Mode.REPEATED), "column number: .* REPEATED INTEGER"),
    ],
)
def test_a_retyped_column_is_refused(
    tmp_path: Path, bigquery: LoopbackBigQuery, changed: Column, said: str
) -> None:
    """By a collector on another directory, which knows nothing of the older type."""
    with opened(tmp_path / "old", bigquery.url) as store:
        store.retain(60, NOW)
    before = bigquery.tables.resources[TABLE].copy()
    others = [column for column in COLUMNS if column.name != changed.name]
    with opened(tmp_path / "new", bigquery.url, (*others, changed)) as store:
        store.put(replace(row(1, LAST), columns={changed.name: None}))
        with pytest.raises(SchemaError, match=said):
            store.compact(NOW)
        assert store.depth() == 1
    assert bigquery.tables.resources[TABLE] == before


def test_a_table_that_is_not_ours_is_left_alone(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    reference = dict(zip(("projectId", "datasetId", "tableId"), TABLE.split("."), strict=True))
    theirs = {"tableReference": reference, "schema": {"fields": [{"name": "a", "type": "STRING"}]}}
    bigquery.tables.create(TABLE, theirs)
    with (
        opened(tmp_path / "data", bigquery.url) as store,
        pytest.raises(SchemaError, match="not partitioned by week_start"),
    ):
        store.retain(60, NOW)
    assert bigquery.tables.resources[TABLE] == theirs


def test_old_weeks_go_by_themselves_and_from_the_spool(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    """A day after the last one that they may stay, counted from the week's end."""
    with opened(tmp_path / "data", bigquery.url) as store:
        assert store.retain(60, NOW) == ()
        for weeks in range(12):
            store.put(row(weeks, NOW - weeks * WEEK, weeks))
        store.compact(NOW)
        end = MONDAY - 2 * WEEK + timedelta(days=60)  # of 2026-W46
        bigquery.tables.expire(end - timedelta(days=1))
        kept = {week for week, _ in in_bigquery(bigquery)}
        assert min(kept) == "2026-W45"
        bigquery.tables.expire(end)
        assert min(week for week, _ in in_bigquery(bigquery)) == "2026-W46"
        store.retain(1, NOW)
        bigquery.tables.expire(NOW + timedelta(days=1))
        assert in_bigquery(bigquery) == {}
        store.put(row(1, LAST, 1))
        assert store.retain(1, NOW) == ("2026-W47",)
        assert store.depth() == 1  # of this week


def test_a_directory_with_files_keeps_them_until_they_are_old(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    root = tmp_path / "data"
    with Store.open(root, COLUMNS, clock) as store:
        for number in range(3):
            store.put(row(number, LAST, number))
        store.compact(NOW)
    with opened(root, bigquery.url) as store:
        store.put(row(4, LAST, 4))
        store.compact(NOW)
        assert in_bigquery(bigquery) == {("2026-W47", site(4)): 4}
        assert len(everywhere(bigquery, store)) == 4
        store.delete(site(1))
        store.delete(site(4))
        assert everywhere(bigquery, store).keys() == {("2026-W47", site(0)), ("2026-W47", site(2))}
        store.put(row(5, NOW + 20 * WEEK, 5))
        assert store.retain(60, NOW + 20 * WEEK) == ("2026-W47",)
        assert everywhere(bigquery, store) == {("2027-W15", site(5)): 5}


def test_a_directory_is_used_with_its_own_store_alone(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    """Else a site that is forgotten here would stay there."""
    root = tmp_path / "data"
    with opened(root, bigquery.url):
        pass
    with pytest.raises(DataDirectoryError, match="are in bigquery://some-project/reports"):
        Store.open(root, COLUMNS, clock)
    (root / "remote.json").write_text("{")
    with pytest.raises(DataDirectoryError, match=r"remote\.json cannot be read"):
        opened(root, bigquery.url)
    (root / "remote.json").unlink()
    with Store.open(root, COLUMNS, clock):
        pass


def test_bytes_are_written_as_bigquery_reads_them_however_deep() -> None:
    key = Column("key", Type.BYTES, "A key.")
    keys = Column("keys", Type.BYTES, "Keys.", Mode.REPEATED)
    nested = records("nested", "Nested.", key, integer("count", "How many."))
    report = {
        "key": "00ff",
        "keys": ["01", "02"],
        "nested": [{"key": "10", "count": 3}, {"key": None, "count": 4}],
        "other": "00ff",
    }
    made = row_of(record_of(replace(row(1, LAST), columns=report)), (key, keys, nested))
    assert {name: made[name] for name in report} == {
        "key": "AP8=",
        "keys": ["AQ==", "Ag=="],
        "nested": [{"key": "EA==", "count": 3}, {"key": None, "count": 4}],
        "other": "00ff",
    }


def test_the_addresses_column_stays_null(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    with opened(tmp_path / "data", bigquery.url) as store:
        store.put(row(1, LAST))
        store.compact(NOW)
    assert bigquery.tables.rows(TABLE, "ip") == [(None,)]
