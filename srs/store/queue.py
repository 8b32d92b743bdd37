"""The next card, and the answers to it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from srs.cards import (
    Card,
    Review,
    Schedule,
    State,
)
from srs.errors import NothingToUndo, StaleCard
from srs.store.base import Base, asked, card_query, newest_review
from srs.store.rows import as_card, as_review, schedule_row
from srs.store.tables import cards, imports, revlog


class Queue(Base):
    """Which card is asked, and what was answered."""

    def next_card(
        self,
        deck: str | None,
        *,
        now: datetime,
        ahead: datetime,
        new_left: int,
        reviews_left: int,
        skipped: Collection[int],
    ) -> Card | None:
        """The card to ask: learning cards due, then reviews, then new ones; last, learning cards due until `ahead`."""
        with self._reading() as connection:
            within = self._within(connection, deck)
            learning = cards.c.state.in_([State.LEARNING, State.RELEARNING])
            seen = cards.c.last_review.is_not(None)
            turns: list[tuple[bool, ColumnElement[bool]]] = [
                (True, and_(seen, learning, cards.c.due <= now)),
                (reviews_left > 0, and_(seen, cards.c.state == State.REVIEW, cards.c.due <= now)),
                (new_left > 0, cards.c.last_review.is_(None)),
                (True, and_(seen, learning, cards.c.due <= ahead)),
            ]
            for allowed, condition in turns:
                if not allowed:
                    continue
                query = (
                    _queue(now, condition, within)
                    .with_only_columns(cards.c.id)
                    .order_by(cards.c.due, cards.c.id)
                    .limit(1)
                )
                if skipped:
                    query = query.where(cards.c.id.not_in(list(skipped)))
                found = connection.execute(query).scalar()
                if found is not None:
                    return self._card(connection, found)
        return None

    def waiting(
        self, deck: str | None, *, now: datetime, day_end: datetime, new_left: int, reviews_left: int
    ) -> tuple[int, int, int]:
        """How many new, learning and review cards are left to ask until `day_end`, never more than the limits allow."""
        with self._reading() as connection:
            within = self._within(connection, deck)
            seen = cards.c.last_review.is_not(None)
            learning = and_(seen, cards.c.state.in_([State.LEARNING, State.RELEARNING]), cards.c.due < day_end)
            due = and_(seen, cards.c.state == State.REVIEW, cards.c.due <= now)

            def count(condition: ColumnElement[bool], limit: int | None) -> int:
                found = _queue(now, condition, within).with_only_columns(cards.c.id)
                if limit is not None:
                    found = found.limit(max(0, limit))
                return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()

            return count(cards.c.last_review.is_(None), new_left), count(learning, None), count(due, reviews_left)

    def due_from(self, deck: str | None, *, since: datetime | None, until: datetime) -> int:
        """Cards seen before that come due from `since`, or ever, until before `until`."""
        with self._reading() as connection:
            condition = and_(cards.c.last_review.is_not(None), cards.c.due < until)
            if since is not None:
                condition = and_(condition, cards.c.due >= since)
            query = select(func.count()).where(asked(), condition, *self._within(connection, deck))
            return connection.execute(query).scalar_one()

    def card(self, card_id: int) -> Card | None:
        with self._reading() as connection:
            return self._card(connection, card_id)

    def _card(self, connection: Connection, card_id: int) -> Card | None:
        row = connection.execute(card_query().where(cards.c.id == card_id)).first()
        return None if row is None else as_card(row)

    def cards(self, deck: str | None = None) -> Iterator[Card]:
        """All cards by id, streamed."""
        with self._reading() as connection:
            query = card_query().where(*self._within(connection, deck)).order_by(cards.c.id)
            for row in connection.execution_options(stream_results=True, yield_per=1000).execute(query):
                yield as_card(row)

    def record(self, review: Review, after: Schedule) -> None:
        """An answer: card row and revlog row together. Raises StaleCard when the card was answered elsewhere meanwhile."""
        before = review.before
        with self._writing() as connection:
            changed = connection.execute(
                update(cards)
                .where(cards.c.id == review.card_id, cards.c.reps == before.reps)
                .values(schedule_row(after))
            )
            if changed.rowcount != 1:
                raise StaleCard("this card was answered in another session meanwhile; that answer counts")
            connection.execute(
                insert(revlog).values(
                    card_id=review.card_id,
                    reviewed_at=review.at,
                    day=review.day,
                    rating=int(review.rating),
                    seconds=review.seconds,
                    state_before=int(before.state),
                    step_before=before.step,
                    due_before=before.due,
                    stability_before=before.stability,
                    difficulty_before=before.difficulty,
                    last_review_before=before.last_review,
                    lapses_before=before.lapses,
                    elapsed_days=review.elapsed_days,
                    scheduled_days=review.scheduled_days,
                    retrievability=review.retrievability,
                )
            )

    def undo(self) -> tuple[Card, Review]:
        """Take back the last answer of all: the card is exactly as the answer found it. Raises NothingToUndo."""
        with self._writing() as connection:
            newest = newest_review(connection)
            if not newest:
                raise NothingToUndo("there is no answer to take back")
            return self._undo_answer(connection, newest)

    def _undo_answer(self, connection: Connection, review_id: int) -> tuple[Card, Review]:
        row = connection.execute(select(revlog).where(revlog.c.id == review_id)).one()
        reps = connection.execute(select(cards.c.reps).where(cards.c.id == row.card_id)).scalar_one()
        review = as_review(row, reps - 1)
        connection.execute(update(cards).where(cards.c.id == row.card_id).values(schedule_row(review.before)))
        connection.execute(delete(revlog).where(revlog.c.id == row.id))
        # The next answer may get this one's number, and is newer than every import that there is.
        newest = newest_review(connection)
        connection.execute(update(imports).where(imports.c.last_review > newest).values(last_review=newest))
        card = self._card(connection, row.card_id)
        assert card is not None
        return card, review

    def suspend(self, card_id: int) -> None:
        with self._writing() as connection:
            connection.execute(update(cards).where(cards.c.id == card_id).values(suspended=True))

    def bury(self, card_id: int, until: datetime) -> None:
        with self._writing() as connection:
            connection.execute(update(cards).where(cards.c.id == card_id).values(buried_until=until))

    def answered(self, day: int) -> tuple[int, int]:
        """How many new cards were begun on a study day, and how many reviews of cards in review were given."""
        new = func.count().filter(revlog.c.last_review_before.is_(None))
        review = func.count().filter(revlog.c.state_before == int(State.REVIEW))
        with self._reading() as connection:
            row = connection.execute(select(new, review).where(revlog.c.day == day)).one()
        return row[0], row[1]

    def history(self, card_id: int) -> list[Review]:
        """A card's answers, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(revlog).where(revlog.c.card_id == card_id).order_by(revlog.c.id)).all()
        return [as_review(row, reps) for reps, row in enumerate(rows)]


def _queue(now: datetime, condition: ColumnElement[bool], within: Sequence[ColumnElement[bool]]) -> Select[Any]:
    buried = or_(cards.c.buried_until.is_(None), cards.c.buried_until <= now)
    return select(cards).where(asked(), condition, buried, *within)
