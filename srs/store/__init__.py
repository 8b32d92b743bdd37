"""The collection in SQL. Nothing outside this folder imports sqlalchemy or alembic.

They are loaded when a store is asked for: to `glance` at a collection takes neither.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from srs.store.link import Safeguard
    from srs.store.store import Store, open_store

__all__ = ["Safeguard", "Store", "open_store"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from srs.store import link, store

    return getattr(link if name == "Safeguard" else store, name)
