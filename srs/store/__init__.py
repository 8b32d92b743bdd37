"""The collection in SQL. Nothing outside this folder imports sqlalchemy or alembic."""

from srs.store.store import Store, open_store

__all__ = ["Store", "open_store"]
