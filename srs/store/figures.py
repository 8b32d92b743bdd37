"""Counts and sums over cards and revlog, by the database."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    exists,
    func,
    select,
)

from srs.cards import Rating, State
from srs.store.base import Base, streamed
from srs.store.tables import Instant, cards, decks, notes, revlog


class Figures(Base):
    """Figures and records. A deck stands for all decks below it."""

    def by_day(self, deck: str | None = None, kind: str | None = None) -> Iterator[Row[Any]]:
        """One row per study day and deck, oldest first: answers by rating, new cards, those in review and recalled, seconds."""
        in_review = revlog.c.state_before == int(State.REVIEW)
        rated = {
            rating: func.count().filter(revlog.c.rating == int(rating)).label(rating.name.lower()) for rating in Rating
        }
        with self._reading() as connection:
            query = (
                select(
                    revlog.c.day,
                    decks.c.name.label("deck"),
                    func.count().label("reviews"),
                    func.count().filter(revlog.c.last_review_before.is_(None)).label("new_cards"),
                    *rated.values(),
                    func.count().filter(in_review).label("in_review"),
                    func.count().filter(and_(in_review, revlog.c.rating > 1)).label("recalled"),
                    func.sum(revlog.c.seconds).label("seconds"),
                )
                .join_from(revlog, cards)
                .join(decks)
                .where(*self._within(connection, deck), *_of_kind(kind))
                .group_by(revlog.c.day, decks.c.name)
                .order_by(revlog.c.day, decks.c.name)
            )
            yield from connection.execute(query)

    def stretches(self, deck: str | None = None, kind: str | None = None) -> Iterator[Row[*tuple[Any, ...]]]:
        """For each answer: deck, day, and until the card's next answer (next_day, or None) its state_after and due_after."""

        def next_(column: ColumnElement[Any]) -> ColumnElement[Any]:
            return func.lead(column).over(partition_by=revlog.c.card_id, order_by=revlog.c.id)

        with self._reading() as connection:
            query = (
                select(
                    decks.c.name.label("deck"),
                    revlog.c.day,
                    next_(revlog.c.day).label("next_day"),
                    func.coalesce(next_(revlog.c.state_before), cards.c.state).label("state_after"),
                    func.coalesce(next_(revlog.c.due_before), cards.c.due, type_=Instant).label("due_after"),
                )
                .join_from(revlog, cards)
                .join(decks, decks.c.id == cards.c.deck_id)
                .where(*self._within(connection, deck), *_of_kind(kind))
            )
            yield from streamed(connection, query)


def _of_kind(kind: str | None) -> list[ColumnElement[bool]]:
    return [] if kind is None else [exists().where(notes.c.id == cards.c.note_id, notes.c.kind == kind)]
