"""What every part of the store stands on: transactions, and the condition for a deck."""

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    func,
    select,
)
from sqlalchemy.pool import QueuePool

from srs.store.database import translated, writing
from srs.store.link import POSTGRESQL, SQLITE, Ask, Safeguard
from srs.store.queue import Queue
from srs.store.reviews import BLOCK
from srs.store.rows import CARD
from srs.store.tables import cards, decks, documents, metadata, notes, revlog

if TYPE_CHECKING:
    from srs.store.store import Store


class Base(Queue):
    """A collection, open. Every method is one transaction; what fails changes nothing, and raises DatabaseError."""

    has_trials = False  # on a server nobody can say if somebody else wrote since

    def __init__(self, engine: Engine, safeguard: Safeguard | None = None) -> None:
        self._engine = engine
        self._writer = writing(engine)
        self._begin(SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL, safeguard)

    def close(self) -> None:
        self._engine.dispose()

    @property
    def whole(self) -> "Store":
        return cast("Store", self)

    if TYPE_CHECKING:  # in a Store, a transaction is SQLAlchemy's

        def _reading(self) -> AbstractContextManager[Connection]: ...

        def _writing(self) -> AbstractContextManager[Connection]: ...

    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        with translated(self._engine), (self._writer if writes else self._engine).begin() as connection:
            yield connection

    def _ask(self, transaction: Connection, *, many: bool = False) -> Ask:
        if self._dialect is SQLITE:
            return transaction.exec_driver_sql
        options = {"stream_results": True, "max_row_buffer": BLOCK} if many else None
        return lambda statement, values: transaction.exec_driver_sql(
            _for_postgresql(statement), values, execution_options=options
        )

    def _others(self) -> Hashable:
        with self._reading() as connection:
            if self._dialect is not SQLITE:
                return object()
            version = connection.exec_driver_sql("PRAGMA data_version").scalar()
            return id(
                connection.connection.dbapi_connection
            ), version  # it means something only beside others of the same

    @contextmanager
    def _beside(self) -> Iterator[Callable[[], AbstractContextManager[Ask]] | None]:
        yield (
            self._asking if isinstance(self._engine.pool, QueuePool) else None
        )  # one in memory has one connection only

    def _within(self, connection: Connection, deck: str | None) -> list[ColumnElement[bool]]:
        """The condition for cards of a deck and those below it; none for the whole collection."""
        return [] if deck is None else [cards.c.deck_id.in_(self._below(self._ask(connection), deck))]


@lru_cache(500)  # lists of numbers stand in them
def _for_postgresql(statement: str) -> str:
    return re.sub(r":(\w+)", r"%(\1)s", statement.replace("%", "%%"))


def asked() -> ColumnElement[bool]:
    return and_(cards.c.suspended.is_(False), cards.c.retired.is_(False))


def card_query() -> Select[Any]:
    """All that there is of cards: what `as_card` takes, and the other columns of cards and notes."""
    first = [metadata.tables[table].c[column] for table, column in (name.split(".") for name in CARD)]
    others = [c for c in (*cards.c, *notes.c) if c not in {*first, notes.c.id, notes.c.document_id}]
    columns = [c.label("deck") if c is decks.c.name else c for c in (*first, *others)]
    return (
        select(*columns)
        .join_from(cards, notes)
        .join(decks, decks.c.id == cards.c.deck_id)
        .join(documents, documents.c.id == notes.c.document_id, isouter=True)
    )


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows of a query, a thousand at a time. What the database holds open for it is closed also when no more is asked."""
    with connection.execution_options(stream_results=True, yield_per=1000).execute(query) as rows:
        yield from rows


def newest_review(connection: Connection) -> int:
    """Number of the newest answer, 0 when there is none."""
    return connection.execute(select(func.max(revlog.c.id))).scalar() or 0
