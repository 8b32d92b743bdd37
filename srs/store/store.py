"""class Store: one method for each question or change, one transaction each."""

from srs.store.content import Content
from srs.store.curated import Curated
from srs.store.database import open_engine
from srs.store.figures import Figures
from srs.store.health import Health
from srs.store.imports import Imports
from srs.store.link import Safeguard
from srs.store.planned import Planned
from srs.store.records import Records
from srs.store.tuned import Tuned


class Store(Content, Curated, Imports, Figures, Planned, Records, Tuned, Health):
    """A collection, open. Every method is one transaction; what fails changes nothing, and raises DatabaseError."""


def open_store(address: str, *, look: bool = False, safeguard: Safeguard | None = None) -> "Store":
    """The collection at a path or URL, made or upgraded if need be, but not to `look`. Raises DatabaseError.

    `safeguard` is called before each change, and before an upgrade: what it raises stops that.
    """
    return Store(open_engine(address, look=look, safeguard=safeguard), safeguard)
