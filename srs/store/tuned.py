"""The learner's parameters of the model of memory, and the answers that they are fitted to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce

from srs.cards import Fitted
from srs.notes import Imported
from srs.store.base import Base
from srs.store.imports import Journal
from srs.store.tables import cards, decks, parameters, revlog


class Tuned(Base):
    """Parameters by deck, and answers as numbers."""

    def fits_ever(self) -> list[tuple[float, ...]]:
        """All parameters that were in force at some time, in any deck, besides the defaults."""
        query = select(parameters.c.numbers).where(parameters.c.numbers.is_not(None)).order_by(parameters.c.id)
        with self._reading() as connection:
            return list(dict.fromkeys(tuple(numbers) for numbers in connection.execute(query).scalars()))

    def keep_fit(self, deck: str | None, fitted: Fitted, what: str) -> None:
        """Put parameters into force for a deck with all below it, or for the collection. `what` is for undo to say."""
        self._keep(deck, fitted.at, what, _fitted_row(fitted))

    def drop_fit(self, deck: str | None, at: datetime, what: str) -> None:
        """Leave a deck to what it inherits, and the collection to the defaults."""
        self._keep(deck, at, what, {"fitted_at": at, "model": "", "numbers": None, "reviews": 0})

    def _keep(self, deck: str | None, at: datetime, what: str, row: dict[str, Any]) -> None:
        with self._writing() as connection:
            journal = Journal(connection, Imported(at), what)
            deck_id = None
            if deck is not None:
                self._within(connection, deck)
                deck_id = connection.execute(select(decks.c.id).where(decks.c.name == deck)).scalar()
                if deck_id is None:
                    [deck_id] = journal.insert(decks, [{"name": deck}])
            journal.insert(parameters, [{"deck_id": deck_id, **row}])

    def answers(self, deck: str | None = None) -> Iterator[tuple[int, int, int, int, bool]]:
        """All answers by card, each card's in the order given, streamed: (card, when, study day, rating, card was new).

        `when` is in microseconds since 1970. Raises DeckNotFound.
        """
        with self._reading() as connection:
            query = (
                select(
                    revlog.c.card_id,
                    type_coerce(revlog.c.reviewed_at, BigInteger),
                    revlog.c.day,
                    revlog.c.rating,
                    revlog.c.last_review_before.is_(None),
                )
                .where(revlog.c.rating.between(1, 4))
                .order_by(revlog.c.card_id, revlog.c.id)
            )
            if deck is not None:
                query = query.join_from(revlog, cards).where(*self._within(connection, deck))
            rows = connection.execution_options(stream_results=True, yield_per=10_000).execute(query)
            for row in rows:  # numpy takes tuples only
                yield row[0], row[1], row[2], row[3], row[4]


def _fitted_row(fitted: Fitted) -> dict[str, Any]:
    return {
        "fitted_at": fitted.at,
        "model": fitted.model,
        "numbers": list(fitted.parameters),
        "reviews": fitted.reviews,
        "log_loss_before": fitted.log_loss_before,
        "log_loss_after": fitted.log_loss_after,
    }
