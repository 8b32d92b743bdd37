"""What every part of the store stands on: transactions, and the condition for a deck."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

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

from srs.cards import Deck
from srs.errors import DeckNotFound
from srs.store.database import Safeguard, translated, writing
from srs.store.tables import cards, decks, documents, notes, revlog


@dataclass(frozen=True, slots=True)
class Stamp:
    """A state of the collection, as one `Store` saw it: equal stamps mean that nothing was written in between.

    Attributes:
        others: changes when somebody else writes. own: changes of this `Store` so far.
    """

    others: Hashable
    own: int

    def after_own(self) -> "Stamp":
        """The stamp after one more change by this `Store`, if nobody else writes."""
        return replace(self, own=self.own + 1)


class Base:
    """A collection, open. Every method is one transaction; what fails changes nothing, and raises DatabaseError."""

    def __init__(self, engine: Engine, safeguard: Safeguard | None = None) -> None:
        self._engine = engine
        self._safeguard = safeguard
        self._writer = writing(engine)
        self._shared: Connection | None = None
        self._stamp: Stamp | None = None  # of what is asked at once
        self._own_changes = 0

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Whatever is asked inside is one transaction: of one state of the collection, and quicker than each alone.

        Nothing may be changed inside.
        """
        if self._shared is not None:
            yield
            return
        with self._reading() as self._shared:
            try:
                yield
            finally:
                self._shared = self._stamp = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._shared is not None:
            yield self._shared
            return
        with translated(self._engine), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        assert self._shared is None, "a change inside at_once"
        if self._safeguard is not None:
            self._safeguard("change")
        self._own_changes += 1
        with translated(self._engine), self._writer.begin() as connection:
            yield connection

    def side_by_side(self, *questions: Callable[[], Any]) -> list[Any]:
        """The answers to questions to this store, asked at the same time on two connections, where that makes it quicker.

        Each is a transaction of its own. The longest first is best.
        """
        if not isinstance(self._engine.pool, QueuePool):  # a collection in memory is there for one connection only
            return [question() for question in questions]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(2) as two:
            return list(two.map(lambda question: question(), questions))

    def stamp(self) -> Stamp:
        """What tells whether something was written since. On a server nobody can say: no two stamps are equal there."""
        if self._stamp is not None:
            return self._stamp
        with self._reading() as connection:
            others: Hashable = object()
            if (
                connection.dialect.name == "sqlite"
            ):  # its number means something only beside others of the same connection
                version = connection.exec_driver_sql("PRAGMA data_version").scalar()
                others = id(connection.connection.dbapi_connection), version
            found = Stamp(others, self._own_changes)
            self._stamp = found if self._shared is not None else None
            return found

    def deck_names(self) -> list[str]:
        with self._reading() as connection:
            return list(connection.execute(select(decks.c.name).order_by(decks.c.name)).scalars())

    def decks(self) -> list[Deck]:
        """All decks that hold cards or options, by name."""
        with self._reading() as connection:
            rows = connection.execute(_DECKS)
            return [Deck(row.id, row.name, row.options or {}) for row in rows]

    def require_deck(self, deck: str) -> None:
        """Raises DeckNotFound, with the nearest names."""
        with self._reading() as connection:
            self._within(connection, deck)

    def _within(self, connection: Connection, deck: str | None) -> list[ColumnElement[bool]]:
        """The condition for cards of a deck and those below it; none for the whole collection."""
        if deck is None:
            return []
        name = deck.strip("/")
        rows = connection.execute(select(decks).order_by(decks.c.name)).all()
        ids = [row.id for row in rows if row.name == name or row.name.startswith(name + "/")]
        if not ids:
            raise DeckNotFound(_no_deck(deck, [row.name for row in rows]))
        return [cards.c.deck_id.in_(ids)]


_DECKS = select(decks).order_by(decks.c.name)


def _no_deck(deck: str, names: Sequence[str]) -> str:
    if not names:
        return f"there is no deck “{deck}”, nor any other yet: srs import PATH makes some"
    from difflib import get_close_matches

    parents = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 2)}
    by_end = {name.rpartition("/")[2]: name for name in sorted(parents)}
    near = get_close_matches(deck, sorted(parents), 1) or [
        by_end[end] for end in get_close_matches(deck, list(by_end), 1)
    ]
    return f"there is no deck “{deck}”: " + (f"did you mean “{near[0]}”? " if near else "") + "srs due lists them"


def asked() -> ColumnElement[bool]:
    return and_(cards.c.suspended.is_(False), cards.c.retired.is_(False))


def card_query() -> Select[Any]:
    content = [c for c in notes.c if c.name not in {"id", "document_id"}]
    return (
        select(cards, *content, documents.c.path, decks.c.name.label("deck"))
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
