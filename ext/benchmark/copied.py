"""A PuppetDB of many nodes: it takes some itself, and PostgreSQL copies these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.real.fill import fill, packaged_classes

if TYPE_CHECKING:
    from tests.real.puppetdb import RealPuppetDB

# PuppetDB takes some ten nodes a second on two processors; 20,000 would take it half an hour.
TAKEN = 2_000

# The tables that the queries read, as PuppetDB 7 has them. A copy has its original's
# values, and a digest of its own, as it must be unique.
_COPY = """
CREATE TEMPORARY TABLE copies AS
    SELECT original.id AS original, original.certname AS original_name,
        nextval('certname_id_seq') AS id, 'copy' || number || '.' || original.certname AS certname
    FROM certnames AS original, generate_series(2, {times}) AS number;
INSERT INTO certnames (id, certname, deactivated)
    SELECT copies.id, copies.certname, deactivated
    FROM copies JOIN certnames ON certnames.id = copies.original;
INSERT INTO factsets (certname, timestamp, environment_id, hash, producer_timestamp, producer_id,
        paths_hash, stable, stable_hash, volatile)
    SELECT copies.certname, timestamp, environment_id, decode(md5(copies.certname), 'hex'),
        producer_timestamp, producer_id, paths_hash, stable, stable_hash, volatile
    FROM copies JOIN factsets ON factsets.certname = copies.original_name;
INSERT INTO catalogs (hash, transaction_uuid, certname, producer_timestamp, api_version, timestamp,
        catalog_version, environment_id, code_id, catalog_uuid, producer_id, job_id)
    SELECT decode(md5(copies.certname), 'hex'), transaction_uuid, copies.certname,
        producer_timestamp, api_version, timestamp, catalog_version, environment_id, code_id,
        catalog_uuid, producer_id, job_id
    FROM copies JOIN catalogs ON catalogs.certname = copies.original_name;
INSERT INTO catalog_resources (resource, tags, type, title, exported, file, line, certname_id)
    SELECT resource, tags, type, title, exported, file, line, copies.id
    FROM copies JOIN catalog_resources ON catalog_resources.certname_id = copies.original;
"""


def fill_many(server: RealPuppetDB, nodes: int) -> None:
    """Fill an empty PuppetDB with nodes of 100 classes.

    Args:
        server: an empty one.
        nodes: how many; more than ``TAKEN`` only in multiples of it.
    """
    taken = min(nodes, TAKEN)
    times, rest = divmod(nodes, taken)
    if rest:
        raise ValueError(f"{nodes} nodes are no multiple of {taken}")
    fill(server, public=packaged_classes(), nodes=taken)
    if times > 1:
        server.database.sql(_COPY.format(times=times))
    server.database.sql("VACUUM ANALYZE")
