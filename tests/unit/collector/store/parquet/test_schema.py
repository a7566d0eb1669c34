"""The table is the schema's: types, new columns, and what is refused."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.collector.store import Format, Reader
from dropsonde.collector.store.parquet.schema import load, table_of
from dropsonde.common.errors import SchemaError
from dropsonde.schema.model import ENVELOPE, Column, Domain, Mode, Type, integer, records, text
from dropsonde.schema.validate import Validator
from tests.unit.collector.store.making import COLUMNS, NOW, WEEK, opened, row

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def test_ddl() -> None:
    columns = [
        Column(kind.value.lower(), kind, "A value.", Mode.REPEATED if kind is Type.FLOAT else mode)
        for kind, mode in zip(Type, [Mode.NULLABLE, Mode.REQUIRED] * 3, strict=False)
    ]
    table = table_of([*columns, records("list", "Rows.", integer("order", "A number."))])
    assert table.ddl() == (
        'CREATE TABLE community_metrics ("message_id" VARCHAR, "site_id" BLOB, '
        '"product" VARCHAR, "version" VARCHAR, "timestamp" TIMESTAMPTZ, "ip" VARCHAR, '
        '"string" VARCHAR, "integer" BIGINT, "float" DOUBLE[], "boolean" BOOLEAN, '
        '"bytes" BLOB, "list" STRUCT("order" BIGINT)[], week VARCHAR)'
    )


def test_a_schema_survives_being_written() -> None:
    table = table_of(COLUMNS)
    assert table_of(load(table.dump())).ddl() == table.ddl()
    assert table_of(load(table.dump())).dump() == table.dump()


MODULES = next(column for column in COLUMNS if column.name == "modules")
RETYPED = {
    "number: the dataset holds INTEGER, and the schema says FLOAT": Column(
        "number", Type.FLOAT, "A number."
    ),
    "number: the dataset holds INTEGER, and the schema says REPEATED INTEGER": Column(
        "number", Type.INTEGER, "A number.", Mode.REPEATED
    ),
    "modules: the dataset holds REPEATED RECORD, and the schema says RECORD": MODULES._replace(
        mode=Mode.NULLABLE
    ),
    "modules.count: the dataset holds INTEGER, and the schema says STRING": records(
        "modules", "Modules.", text("count", Domain.VERSION, "No count.")
    ),
    "site_id: the dataset holds BYTES, and the schema says STRING": text(
        "site_id", Domain.UUID, "An id."
    ),
}


@pytest.mark.parametrize("where", ["spool", "dataset"])
@pytest.mark.parametrize("said", RETYPED)
def test_a_retyped_column_is_refused(tmp_path: Path, said: str, where: str) -> None:
    root = tmp_path / "data"
    with opened(root) as store:
        store.put(row(1))
        store.put(row(2, NOW - WEEK))
        store.compact(NOW)
    if where == "dataset":
        (root / "spool.sqlite").unlink()
    retyped = RETYPED[said]
    columns = [retyped if each.name == retyped.name else each for each in COLUMNS]
    with pytest.raises(SchemaError, match=f"^column {said}: give the changed column a new name"):
        opened(root, columns)
    with pytest.raises(SchemaError), Reader(root, columns).query("SELECT 1"):
        pass
    with opened(root) as store:  # nothing was changed
        assert store.put(row(3))


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ([integer("a", "One."), integer("A", "Other.")], "A"),
        ([integer("week", "The dataset's own.")], "week"),
        ([records("r", "Rows.", integer("x", "One."), integer("X", "Other."))], "r.X"),
    ],
)
def test_names_are_unique_without_case(columns: Sequence[Column], name: str) -> None:
    with pytest.raises(SchemaError, match=rf"^column {name}: the name is taken"):
        table_of((*ENVELOPE, *columns))


def test_new_columns_are_null_in_older_rows(tmp_path: Path) -> None:
    """In a file, in the spool, and within a record; and a dropped column stays."""
    newer = (
        *(each for each in COLUMNS if each.name != "note"),
        integer("fresh", "Fresh."),
        Column("moment", Type.TIMESTAMP, "Fresh as well."),
    )
    newer = tuple(
        each._replace(fields=(*each.fields, integer("fresh", "Fresh.")))
        if each is MODULES
        else each
        for each in newer
    )
    with opened(tmp_path / "data") as store:
        store.put(row(1, NOW - WEEK, 1, note="a"))
        store.compact(NOW)
        store.put(row(2, NOW, 2, note="b"))
    sql = "SELECT number, note, fresh, moment, modules FROM community_metrics ORDER BY number"
    expected: list[tuple[Any, ...]] = [
        (value, note, None, None, [{"name": "ntp", "count": value, "fresh": None}])
        for value, note in ((1, "a"), (2, "b"))
    ]
    # A newer program may read what an older collector holds.
    assert list(Reader(tmp_path / "data", newer).query(sql)) == expected
    with opened(tmp_path / "data", newer) as store:
        modules = [{"name": "apt", "count": 3, "fresh": 4}]
        store.put(row(3, NOW - WEEK, 3, modules=modules, fresh=5, moment="2026-01-02T03:04:05Z"))
        expected.append((3, None, 5, NOW.replace(2026, 1, 2, 3, 4, 5), modules))
        for now in (NOW, NOW, NOW + WEEK):
            assert list(store.query(sql)) == expected
            store.compact(now)
        assert store.depth() == 0
    with opened(tmp_path / "data") as store:  # and back to the older schema
        assert list(store.query(sql)) == expected


# Every value comes out as it went in


LEAVES: dict[Type, SearchStrategy[Any]] = {
    Type.STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    Type.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Type.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Type.BOOLEAN: st.booleans(),
    Type.TIMESTAMP: st.datetimes().map(lambda moment: f"{moment.isoformat('T', 'microseconds')}Z"),
    Type.BYTES: st.binary(max_size=8).map(bytes.hex),
}


@st.composite
def columns_of(draw: st.DrawFn, depth: int = 2) -> Column:
    kind = draw(st.sampled_from([*LEAVES, *([Type.RECORD] * 3 if depth else [])]))
    mode = draw(st.sampled_from(Mode))
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True))
    fields: tuple[Column, ...] = ()
    if kind is Type.RECORD:
        fields = tuple(draw(columns_of(depth - 1))._replace(name=name) for name in names)
    return Column(names[0], kind, "A value.", mode, fields=fields)


def values_of(column: Column) -> SearchStrategy[Any]:
    if column.mode is Mode.REPEATED:
        return st.lists(values_of(column._replace(mode=Mode.REQUIRED)), max_size=3)
    if column.fields:
        value: SearchStrategy[Any] = st.fixed_dictionaries(
            {field.name: values_of(field) for field in column.fields}
        )
    else:
        value = LEAVES[column.type]
    return value if column.mode is Mode.REQUIRED else value | st.none()


def exported(value: Any) -> Any:
    """A value as JSON lines have it: moments alike, and a record of nothing is one of nulls."""
    if isinstance(value, dict):
        return {name: exported(each) for name, each in value.items()}
    if isinstance(value, list):
        return [exported(each) for each in value]
    if isinstance(value, str) and value[4:5] == "-" and value[-1:] == "Z":
        return f"{value[:-1]}+00:00"
    return value


@settings(max_examples=60)
@given(data=st.data(), column=columns_of())
def test_values_pass_through_spool_and_file(data: st.DataObject, column: Column) -> None:
    column = column._replace(name="tested")
    given_values = data.draw(st.lists(values_of(column), min_size=1, max_size=4))
    assert Validator([column], {}).faults({"tested": given_values[0]}) == []
    columns = (*ENVELOPE, column)
    with tempfile.TemporaryDirectory() as directory:
        root, lines = Path(directory, "data"), Path(directory, "lines")
        with opened(root, columns) as store:
            for number, value in enumerate(given_values):
                report = replace(row(number, NOW - WEEK), columns={"tested": value})
                store.put(report)
            found = []
            for _ in range(2):
                store.export(lines, Format.JSON_LINES)
                rows = map(json.loads, lines.read_bytes().splitlines())
                found.append(sorted(rows, key=lambda each: str(each["message_id"])))
                store.compact(NOW)
            assert store.depth() == 0
    assert found[0] == found[1]
    assert [each["tested"] for each in found[0]] == [exported(value) for value in given_values]
