"""A look at a collection in a file, without all that it takes to open one: an import that changes nothing needs no more."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from srs.errors import DatabaseError
from srs.notes import KnownDocument
from srs.store.link import link


@dataclass(frozen=True, slots=True)
class Glance:
    """The number of the newest import, 0 when there is none; and the documents that were imported, by path."""

    last_import: int
    documents: Mapping[str, KnownDocument]


def glance(address: str) -> Glance | None:
    """What a sound and up-to-date collection in a file holds of documents; `None` for any other: open it, which says more."""
    found = link(address)
    if found is None:
        return None
    try:
        with closing(found), found.transaction() as ask:
            newest = ask("SELECT coalesce(max(id), 0) FROM imports", {}).fetchone()[0]
            rows = ask("SELECT d.id, path, digest, name FROM documents d JOIN decks ON decks.id = deck_id", {})
            return Glance(newest, {row[1]: KnownDocument(*row) for row in rows})
    except (sqlite3.Error, DatabaseError):
        return None
