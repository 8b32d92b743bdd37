"""The next card, and the answers to it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, select, update

from srs.cards import Card, Rating, Review, Schedule, State
from srs.errors import NothingToUndo, StaleCard
from srs.store.asking import Asking, Eve, count, first, shuffled, waiting
from srs.store.base import Base, asked, card_query, newest_review, streamed
from srs.store.rows import LEECH, SCHEDULE, answer_row, as_card, as_review, before_leech, schedule_row
from srs.store.tables import Instant, cards, decks, documents, imports, notes, revlog, ticks

__all__ = ["Answered", "Asking", "Eve", "Queue", "shuffled"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered: new cards begun, reviews of cards in review and those of them not rated Again; the time taken."""

    begun: int = 0
    reviews: int = 0
    recalled: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, review: Review) -> Self:
        in_review = review.before.state is State.REVIEW
        recalled = in_review and review.rating is not Rating.AGAIN
        return cls(review.before.last_review is None, in_review, recalled, review.seconds)

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            begun=self.begun + other.begun,
            reviews=self.reviews + other.reviews,
            recalled=self.recalled + other.recalled,
            seconds=self.seconds + other.seconds,
        )


class Queue(Base):
    """Which card is asked, and what was answered."""

    def next_learning(self, asking: Asking, *, until: datetime, unlike: Card | None = None) -> Card | None:
        """The learning card that is due first, `until` at the latest; none of the phrases of `unlike`'s function."""
        return self._first("learning", asking, asking.decks, unlike, learning_until=until)

    def next_review(self, asking: Asking, *, unlike: Card | None = None) -> Card | None:
        """The first of the reviews in the order asked for."""
        return self._first("review", asking, asking.review_decks, unlike)

    def next_new(self, asking: Asking, *, unlike: Card | None = None) -> Card | None:
        """The first new card, in the order of imports and, in each, of the documents."""
        return self._first("new", asking, asking.new_decks, unlike)

    def next_any(self, asking: Asking, after: int) -> Card | None:
        """The next card of any state, due or not, in the random order of `shuffled`; it stands behind the place `after`."""
        return self._first("any", asking, asking.decks, None, after=after)

    def _first(
        self, what: str, asking: Asking, within: Collection[int] | None, unlike: Card | None, **values: object
    ) -> Card | None:
        if within is not None and not within:
            return None
        with self._reading() as connection:
            found = connection.execute(*first(what, asking, within, unlike, **values)).scalar()
            return None if found is None else self._card(connection, found)

    def count_new(self, asking: Asking, within: Collection[int] | None, most: int) -> int:
        """New cards of some decks; the counting ends at `most`."""
        return self._count("new", asking, within, most)

    def count_reviews(self, asking: Asking, within: Collection[int] | None, most: int) -> int:
        return self._count("review", asking, within, most)

    def count_learning(self, asking: Asking) -> int:
        """Learning cards that come due on this study day."""
        return self._count("learning", asking, asking.decks)

    def count_any(self, asking: Asking, after: int) -> int:
        """Cards that `next_any` still has behind the place `after`."""
        return self._count("any", asking, asking.decks, after=after)

    def _count(
        self, what: str, asking: Asking, within: Collection[int] | None, most: int | None = None, **values: object
    ) -> int:
        with self._reading() as connection:
            return int(connection.execute(*count(what, asking, within, most, **values)).scalar_one())

    def waiting(self, asking: Asking, new: int, reviews: int) -> dict[int, tuple[int, int, int]]:
        """By deck: new cards, learning cards of this study day, and reviews; the counting ends at `new` and `reviews`."""
        with self._reading() as connection:
            rows = connection.execute(*waiting(asking, new, reviews))
            return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def load(self, since: datetime, until: datetime) -> dict[datetime, int]:
        """How many reviews of the whole collection come due at each instant, from one until before the other."""
        with self._reading() as connection:
            rows = connection.execute(_LOAD, {"since": since, "until": until})
            return {row[0]: row[1] for row in rows}

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
        row = connection.execute(_CARD, {"card": card_id}).first()
        return None if row is None else as_card(row)

    def cards(self, deck: str | None = None) -> Iterator[Card]:
        """All cards by id, streamed."""
        with self._reading() as connection:
            query = card_query().where(*self._within(connection, deck)).order_by(cards.c.id)
            for row in streamed(connection, query):
                yield as_card(row)

    def record(self, review: Review, after: Schedule, *, suspend: bool = False) -> None:
        """An answer: card row and revlog row together. A leech is tagged, and if told so suspended, in the same breath.

        Raises StaleCard when the card was answered elsewhere meanwhile.
        """
        before = review.before
        with self._writing() as connection:
            found = None
            if after.leech:
                query = select(cards.c.own_tags, cards.c.suspended).where(cards.c.id == review.card_id)
                found = connection.execute(query).one()
                tags = found.own_tags if LEECH in found.own_tags else [*found.own_tags, LEECH]
            changed = connection.execute(
                _RESCHEDULE,
                {
                    "card": review.card_id,
                    "reps_before": before.reps,
                    "seen_before": before.last_review,
                    **schedule_row(after),
                },
            )
            if changed.rowcount != 1:
                raise StaleCard("this card was answered in another session meanwhile; that answer counts")
            if found is not None:
                values = {"own_tags": tags} | ({"suspended": True} if suspend else {})
                connection.execute(update(cards).where(cards.c.id == review.card_id).values(values))
            row = answer_row(review, None if found is None else before_leech(found, suspended=suspend))
            answer = connection.execute(_ANSWER, row)
            if review.ticks and answer.inserted_primary_key is not None:
                number = answer.inserted_primary_key.id
                rows = [{"review_id": number, "item": item, "covered": covered} for item, covered in review.ticks]
                connection.execute(insert(ticks), rows)

    def _undo_newest_answer(self, connection: Connection) -> tuple[Card, Review]:
        """The card of the last answer of all is exactly as the answer found it. Raises NothingToUndo."""
        newest = newest_review(connection)
        if not newest:
            raise NothingToUndo("there is nothing to take back: no answer, no import, no change")
        return self._undo_answer(connection, newest)

    def _undo_answer(self, connection: Connection, review_id: int) -> tuple[Card, Review]:
        row = connection.execute(select(revlog).where(revlog.c.id == review_id)).one()
        reps = connection.execute(select(cards.c.reps).where(cards.c.id == row.card_id)).scalar_one()
        review = as_review(row, reps - 1)
        before = schedule_row(review.before) | (row.card_before or {})
        connection.execute(update(cards).where(cards.c.id == row.card_id).values(before))
        connection.execute(delete(ticks).where(ticks.c.review_id == row.id))
        connection.execute(delete(revlog).where(revlog.c.id == row.id))
        # The next answer may get this one's number, and is newer than every import that there is.
        newest = newest_review(connection)
        connection.execute(update(imports).where(imports.c.last_review > newest).values(last_review=newest))
        card = self._card(connection, row.card_id)
        assert card is not None
        return card, review

    def missed(self, card_id: int) -> dict[str, tuple[int, int]]:
        """Items that an answer to the card left out: (times left out, times ticked off or left out)."""
        left_out = func.count().filter(ticks.c.covered.is_(False))
        query = (
            select(ticks.c.item, left_out, func.count())
            .join_from(ticks, revlog)
            .where(revlog.c.card_id == card_id)
            .group_by(ticks.c.item)
            .having(left_out > 0)
        )
        with self._reading() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

    def beside(self, card: Card, kinds: Collection[str], most: int = 500) -> list[Card]:
        """Cards of some kinds from the same document; those of the other documents of its deck after them."""
        same = case((documents.c.path == card.path, 0), else_=1)
        query = card_query().where(
            cards.c.deck_id == select(decks.c.id).where(decks.c.name == card.deck).scalar_subquery(),
            cards.c.retired.is_(False),
            notes.c.kind.in_(list(kinds)),
        )
        with self._reading() as connection:
            return [as_card(row) for row in connection.execute(query.order_by(same, cards.c.id).limit(most))]

    def answered(self, day: int) -> dict[int, Answered]:
        """What was answered on a study day, by deck."""
        with self._reading() as connection:
            return {row[0]: Answered(*row[1:]) for row in connection.execute(_ANSWERED, {"today": day})}

    def history(self, card_id: int) -> list[Review]:
        """A card's answers, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(revlog).where(revlog.c.card_id == card_id).order_by(revlog.c.id)).all()
        return [as_review(row, reps) for reps, row in enumerate(rows)]


# Built once: to build a statement anew costs more than to run it.

_CARD = card_query().where(cards.c.id == bindparam("card"))

_LOAD = (
    select(cards.c.due, func.count())
    .where(
        asked(),
        cards.c.last_review.is_not(None),
        cards.c.state == State.REVIEW,
        cards.c.due >= bindparam("since"),
        cards.c.due < bindparam("until"),
    )
    .group_by(cards.c.due)
)

_in_review = revlog.c.state_before == int(State.REVIEW)
_ANSWERED = (
    select(
        cards.c.deck_id,
        func.count().filter(revlog.c.last_review_before.is_(None)),
        func.count().filter(_in_review),
        func.count().filter(and_(_in_review, revlog.c.rating > int(Rating.AGAIN))),
        func.sum(revlog.c.seconds),
    )
    .join_from(revlog, cards)
    .where(revlog.c.day == bindparam("today"))
    .group_by(cards.c.deck_id)
)

_RESCHEDULE = (
    update(cards)
    .where(
        cards.c.id == bindparam("card"),
        cards.c.reps == bindparam("reps_before"),
        # An answer may have been taken back elsewhere and given anew: as many answers, another schedule.
        cards.c.last_review.is_not_distinct_from(bindparam("seen_before", type_=Instant)),
    )
    .values({name: bindparam(name) for name in SCHEDULE})
)

_ANSWER = insert(revlog)
