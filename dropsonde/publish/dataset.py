"""The public dataset: each week's tables as compressed CSV and Parquet, and their history.

DuckDB makes a week's Parquet of JSON, and its CSV of that, so both hold the same values; the
history is made from the weeks' Parquet. A week's cells, which are public already, stand beside its
tables as they are. JSON of the newest week is in the static API.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from dropsonde.collector.store.parquet.duckdb import engine, translating
from dropsonde.collector.store.parquet.schema import quoted
from dropsonde.publish import dataset_log, forms, history, paths, weeks
from dropsonde.publish.datapackage import describe, of_cells, of_table
from dropsonde.publish.of_weeks import of_weeks
from dropsonde.publish.weeks import Source, Written

if TYPE_CHECKING:
    import duckdb

    from dropsonde.aggregation.release import Release, Table
    from dropsonde.publish.digests import Digests

# Of DuckDB. With several threads the bytes of a Parquet file depend on which of them was faster,
# and what they write out of order needs five times the memory.
_SETTINGS = {"threads": "1", "memory_limit": "500MB"}


def write(
    root: Path, sources: Sequence[Source], before: Path | None, scratch: Path, digests: Digests
) -> list[Release]:
    """Write ``data/`` below the public root; link the weeks that the version before has.

    Args:
        root: the public root, which exists.
        sources: of each week one, oldest first; at least one.
        before: the version before, if there is one.
        scratch: where DuckDB may spill.
        digests: gets those of the files.

    Returns:
        the releases, oldest first: all of the newest, and of each other one no rows but those of
        :data:`history.REMEMBERED`.

    Raises:
        FileError: a release or its cells are damaged.
        StoreUnavailableError: a file cannot be written.
        OSError: likewise.
    """
    known = weeks.read(before)
    newest, written = None, []
    with (
        engine(scratch, **_SETTINGS) as connection,
        translating("the dataset cannot be written"),
    ):
        for source in sources:
            week = known.get(source.week)
            if before is None or week is None or not _linked(root, before, source, week, digests):
                newest = source.load()
                week = _week(connection, root, source, newest, scratch, digests)
            written.append(week)
        heads = [each.release for each in written]
        if newest is None or newest.week != heads[-1].week:
            newest = sources[-1].load()
        history.write(connection, root, heads, newest, digests)
        weeks.write(root, written)
        _latest(root, written[-1], digests)
        (root / paths.CHANGES).write_text(dataset_log.log(), encoding="utf-8")
        return [*(history.remembering(connection, root, head) for head in heads[:-1]), newest]


def _latest(root: Path, newest: Written, digests: Digests) -> None:
    """The newest week's files, which were just written or compared, under a name that stays."""
    latest = root / "data" / paths.LATEST
    digests.update({latest / name: digest for name, digest in newest.files.items()})
    weeks.link(root / "data" / newest.release.week, latest, newest.files, digests)


def _linked(root: Path, before: Path, source: Source, week: Written, digests: Digests) -> bool:
    where = f"data/{source.week}"
    return week.source == source.digest and weeks.link(
        before / where, root / where, week.files, digests
    )


def _week(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    source: Source,
    release: Release,
    scratch: Path,
    digests: Digests,
) -> Written:
    """Write a week's directory."""
    directory = root / "data" / release.week
    directory.mkdir(parents=True)
    resources, rows = [], scratch / "rows.json"
    for table in chain(release.tables.values(), of_weeks([release])):
        files = {form: root / paths.data(release.week, table.name, form) for form in paths.FORMS}
        rows.write_bytes(_json(table))
        forms.copy(connection, _read_json(rows, table), "parquet", files["parquet"])
        forms.copy(connection, f"FROM {forms.parquet(files['parquet'])}", "csv", files["csv"])
        resources += [of_table(table, form, path) for form, path in files.items()]
    if source.cells is not None:
        path = root / paths.cells(release.week)
        shutil.copyfile(source.cells, path)
        resources.append(of_cells(path))
    describe(directory, release, resources, digests)
    made = {path.name: digests[path] for path in sorted(directory.iterdir())}
    return Written(source.digest, made, release.with_rows({}))


def _json(table: Table) -> bytes:
    """A JSON object a line."""
    names = [field.name for field in table.fields]
    return msgspec.json.Encoder().encode_lines(
        dict(zip(names, row, strict=True)) for row in table.rows
    )


def _read_json(path: Path, table: Table) -> str:
    columns = ", ".join(
        f"{quoted(field.name)}: '{forms.SQL[field.type]}'" for field in table.fields
    )
    source = f"{forms.exact(path)}, format = 'newline_delimited'"
    return f"FROM read_json({source}, columns = {{{columns}}})"
