"""Counts and sums over cards and revlog, by the database."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    exists,
    func,
    or_,
    select,
)

from srs.cards import (
    Counts,
    Rating,
    State,
)
from srs.store.base import Base, asked
from srs.store.tables import Instant, cards, decks, notes, revlog


class Figures(Base):
    """Figures and records. A deck stands for all decks below it."""

    def counts(self, *, now: datetime, today: int) -> list[Counts]:
        """For each deck its own cards, without those of the decks below it, and without regard to daily limits."""
        open_ = and_(asked(), or_(cards.c.buried_until.is_(None), cards.c.buried_until <= now))
        seen = cards.c.last_review.is_not(None)
        learning = cards.c.state.in_([State.LEARNING, State.RELEARNING])
        query = (
            select(
                decks.c.name,
                func.count(cards.c.id).filter(cards.c.retired.is_(False)).label("cards"),
                func.count(cards.c.id).filter(and_(open_, cards.c.last_review.is_(None))).label("new"),
                func.count(cards.c.id).filter(and_(open_, seen, learning)).label("learning"),
                func.count(cards.c.id)
                .filter(and_(open_, seen, cards.c.state == State.REVIEW, cards.c.due <= now))
                .label("review"),
            )
            .join_from(decks, cards, isouter=True)
            .group_by(decks.c.name)
        )
        done = (
            select(decks.c.name, func.count().label("number"))
            .join_from(revlog, cards)
            .join(decks)
            .where(revlog.c.day == today)
            .group_by(decks.c.name)
        )
        with self._reading() as connection:
            answers = {row.name: row.number for row in connection.execute(done)}
            return [
                Counts(r.name, r.new, r.learning, r.review, answers.get(r.name, 0), r.cards)
                for r in connection.execute(query.order_by(decks.c.name))
            ]

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
            yield from connection.execution_options(stream_results=True, yield_per=1000).execute(query)


def _of_kind(kind: str | None) -> list[ColumnElement[bool]]:
    return [] if kind is None else [exists().where(notes.c.id == cards.c.note_id, notes.c.kind == kind)]
