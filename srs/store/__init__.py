"""The collection in SQL. Nothing outside this folder imports sqlalchemy or alembic."""

from srs.store.database import Safeguard
from srs.store.store import Store, open_store

__all__ = ["Safeguard", "Store", "open_store"]
