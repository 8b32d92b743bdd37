"""A look at a collection in a file, without all that it takes to open one: an import that changes nothing needs no more."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from srs.cards import KnownDocument
from srs.store.version import SCHEMA, VERSION_TABLE


@dataclass(frozen=True, slots=True)
class Glance:
    """The number of the newest import, 0 when there is none; and the documents that were imported, by path."""

    last_import: int
    documents: Mapping[str, KnownDocument]


def glance(address: str) -> Glance | None:
    """What a sound and up-to-date collection in a file holds of documents; `None` for any other: open it, which says more."""
    if "://" in address or address.startswith((":", "file:")):
        return None
    path = Path(address).expanduser()
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as file:
            file.execute("PRAGMA trusted_schema = OFF")
            file.execute("BEGIN")
            (foreign,) = file.execute("SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone()
            if foreign or file.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() != (SCHEMA,):
                return None
            (newest,) = file.execute("SELECT coalesce(max(id), 0) FROM imports").fetchone()
            rows = file.execute("SELECT d.id, path, digest, name FROM documents d JOIN decks ON decks.id = deck_id")
            return Glance(newest, {row[1]: KnownDocument(*row) for row in rows})
    except sqlite3.Error:
        return None
