"""class Store: one method for each question or change, one transaction each."""

from srs.store.content import Content
from srs.store.database import open_engine
from srs.store.figures import Figures
from srs.store.queue import Queue


class Store(Content, Queue, Figures):
    """A collection, open. Every method is one transaction; what fails changes nothing, and raises DatabaseError."""


def open_store(address: str) -> "Store":
    """The collection at a path or URL, made or upgraded if need be. Raises DatabaseError."""
    return Store(open_engine(address))
