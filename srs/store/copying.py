"""A collection copied row by row into another one, on whichever database; both are read again and compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Table, delete, event, func, insert, select
from sqlalchemy.exc import IntegrityError

from srs.errors import DatabaseError
from srs.store.base import Base, streamed
from srs.store.tables import metadata

CHUNK = 1000  # rows at a time: memory stays flat


@dataclass(frozen=True, slots=True)
class Copied:
    """What a table holds: the number of its rows, and 16 bytes that are equal exactly when all rows are."""

    rows: int
    digest: bytes


def copy_rows(source: Base, target: Base, *, replacing: bool = False) -> Mapping[str, Copied]:
    """Copy all rows into an empty collection, in one transaction there; they are compared before it ends.

    What the target holds goes first where it is told to be `replacing`.
    Raises DatabaseError when the target holds something, or what arrived is not what was sent; then it is as it was.
    """
    try:
        return _copy_rows(source, target, replacing)
    except IntegrityError as error:
        raise DatabaseError(
            "the collection to copy has rows that point to others that are not there: srs doctor says which"
        ) from error


def bear_rows_astray(target: Base) -> None:
    """Let a collection on SQLite take rows that point nowhere: a copy that is made before they are mended has them too."""
    target._engine.dispose()
    event.listen(target._engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = OFF"))


def _copy_rows(source: Base, target: Base, replacing: bool) -> Mapping[str, Copied]:
    with source._reading() as origin, target._writing() as copy:
        if replacing:
            for table in reversed(metadata.sorted_tables):
                copy.execute(delete(table))
        elif any(
            copy.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables
        ):
            raise DatabaseError("the collection to copy to is not empty: name another one")
        for table in metadata.sorted_tables:
            batch: list[dict[str, Any]] = []
            for row in streamed(origin, select(table).order_by(table.c.id)):
                batch.append(dict(row._mapping))
                if len(batch) == CHUNK:
                    copy.execute(insert(table), batch)
                    batch = []
            if batch:
                copy.execute(insert(table), batch)
        if copy.dialect.name == "postgresql":
            _number_on(copy)
        sent, arrived = (
            {table.name: _copied(connection, table) for table in metadata.sorted_tables}
            for connection in (origin, copy)
        )
        if sent != arrived:
            tables = ", ".join(name for name in sent if sent[name] != arrived[name])
            raise DatabaseError(f"what arrived is not what was sent ({tables}): nothing was copied; please report it")
    return sent


def _copied(connection: Connection, table: Table) -> Copied:
    found, number = blake2b(digest_size=16), 0
    for row in streamed(connection, select(table).order_by(table.c.id)):
        number += 1
        found.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return Copied(number, found.digest())


def _number_on(connection: Connection) -> None:
    """The next row gets the number after the highest one."""
    for table in metadata.sorted_tables:
        highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), highest + 1, False)))
