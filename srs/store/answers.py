"""Answers taken back, and the cards one after another."""

from collections.abc import Iterator

from sqlalchemy import Connection, delete, select, update

from srs.cards import Card, Review
from srs.errors import NothingToUndo
from srs.store.base import Base, card_query, newest_review, streamed
from srs.store.rows import REVIEW, as_card, as_review, schedule_row
from srs.store.tables import cards, imports, revlog, ticks


class Answers(Base):
    """What the newest answer did, undone."""

    def cards(self, deck: str | None = None) -> Iterator[Card]:
        """All cards by id, streamed."""
        with self._reading() as connection:
            query = card_query().where(*self._within(connection, deck)).order_by(cards.c.id)
            for row in streamed(connection, query):
                yield as_card(row)

    def _undo_newest_answer(self, connection: Connection) -> tuple[Card, Review]:
        """The card of the last answer of all is exactly as the answer found it. Raises NothingToUndo."""
        newest = newest_review(connection)
        if not newest:
            raise NothingToUndo("there is nothing to take back: no answer, no import, no change")
        return self._undo_answer(connection, newest)

    def _undo_answer(self, connection: Connection, review_id: int) -> tuple[Card, Review]:
        row = connection.execute(select(revlog).where(revlog.c.id == review_id)).one()
        reps = connection.execute(select(cards.c.reps).where(cards.c.id == row.card_id)).scalar_one()
        review = as_review([getattr(row, name) for name in REVIEW], reps - 1)
        before = schedule_row(review.before) | (row.card_before or {})
        connection.execute(update(cards).where(cards.c.id == row.card_id).values(before))
        connection.execute(delete(ticks).where(ticks.c.review_id == row.id))
        connection.execute(delete(revlog).where(revlog.c.id == row.id))
        # The next answer may get this one's number, and is newer than every import that there is.
        newest = newest_review(connection)
        connection.execute(update(imports).where(imports.c.last_review > newest).values(last_review=newest))
        card = self._card(self._ask(connection), row.card_id)
        assert card is not None
        return card, review
