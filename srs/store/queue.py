"""The next card, and the answers to it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from srs.cards import (
    Card,
    Rating,
    Review,
    Schedule,
    State,
)
from srs.errors import NothingToUndo, StaleCard
from srs.store.base import Base, asked, card_query, newest_review, streamed
from srs.store.rows import LEECH, as_card, as_review, before_leech, schedule_row
from srs.store.tables import cards, decks, documents, imports, notes, revlog, ticks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND
_PRIME = 2**31 - 1
_FACTOR = 48271  # of the best known linear generator with this modulus


@dataclass(frozen=True, slots=True)
class Asking:
    """What a session asks from, at one moment.

    Attributes:
        now: buried cards are back, and learning cards are due, up to here.
        day, next_day: when this study day begins, and the next one.
        until: reviews due before it are asked, or due at `now`.
        order: one of `REVIEW_ORDERS`. seed: of a random order; the study day's number.
        decks: numbers of the decks; `None` for the whole collection.
        new_decks, review_decks: those of them whose limits leave something; `None` for all.
        together: decks in which several cards of a note may be asked on one day.
        skipped: cards not to ask.
    """

    now: datetime
    day: datetime
    next_day: datetime
    until: datetime
    order: str
    seed: int
    decks: Collection[int] | None = None
    new_decks: Collection[int] | None = None
    review_decks: Collection[int] | None = None
    together: Collection[int] = ()
    skipped: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered: new cards begun, reviews of cards in review and those of them not rated Again; the time taken."""

    begun: int = 0
    reviews: int = 0
    recalled: int = 0
    seconds: float = 0.0

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
        """The learning card that is due first, `until` at the latest. `unlike` is for all three: see `_first`."""
        condition = and_(_SEEN, _LEARNING, cards.c.due <= until)
        return self._first(asking, asking.decks, condition, [cards.c.due], unlike)

    def next_review(self, asking: Asking, *, unlike: Card | None = None) -> Card | None:
        """The first of the reviews in the order asked for."""
        return self._first(asking, asking.review_decks, _reviews(asking), _order(asking), unlike)

    def next_new(self, asking: Asking, *, unlike: Card | None = None) -> Card | None:
        """The first new card, in the order of imports and, in each, of the documents."""
        return self._first(asking, asking.new_decks, _unbegun(asking), [cards.c.due], unlike)

    def next_any(self, asking: Asking, after: int) -> Card | None:
        """The next card of any state, due or not, in the random order of `shuffled`; it stands behind the place `after`."""
        place = _shuffled(asking.seed)
        return self._first(asking, asking.decks, place > after, [place], None)

    def _first(
        self,
        asking: Asking,
        within: Collection[int] | None,
        condition: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]],
        unlike: Card | None,
    ) -> Card | None:
        """The first card that fulfils the condition; none of the phrases that serve the same function as `unlike`."""
        query = _queue(asking, within, condition).with_only_columns(cards.c.id).order_by(*order, cards.c.id).limit(1)
        if within is not None and not within:
            return None
        if asking.skipped:
            query = query.where(cards.c.id.not_in(list(asking.skipped)))
        if unlike is not None and unlike.kind == "phrase" and unlike.heading:
            same = (
                select(notes.c.id)
                .join(documents)
                .where(documents.c.path == unlike.path, notes.c.kind == "phrase", notes.c.heading == unlike.heading)
            )
            query = query.where(cards.c.note_id.not_in(same))
        with self._reading() as connection:
            found = connection.execute(query).scalar()
            return None if found is None else self._card(connection, found)

    def count_new(self, asking: Asking, within: Collection[int] | None, most: int) -> int:
        """New cards of some decks; the counting ends at `most`."""
        return self._count(_queue(asking, within, _unbegun(asking)), within, most)

    def count_reviews(self, asking: Asking, within: Collection[int] | None, most: int) -> int:
        return self._count(_queue(asking, within, _reviews(asking)), within, most)

    def count_learning(self, asking: Asking) -> int:
        """Learning cards that come due on this study day."""
        return self._count(_queue(asking, asking.decks, and_(_SEEN, _LEARNING, cards.c.due < asking.next_day)))

    def count_any(self, asking: Asking, after: int) -> int:
        """Cards that `next_any` still has behind the place `after`."""
        return self._count(_queue(asking, asking.decks, _shuffled(asking.seed) > after))

    def waiting(self, asking: Asking) -> dict[int, tuple[int, int, int]]:
        """By deck: new cards, learning cards that come due on this study day, and reviews, without regard to limits."""
        kinds = (_NEW, and_(_SEEN, _LEARNING, cards.c.due < asking.next_day), _to_review(asking))
        counts = [func.count().filter(kind) for kind in kinds]
        query = _queue(asking, None, or_(*kinds)).with_only_columns(cards.c.deck_id, *counts).group_by(cards.c.deck_id)
        # Few cards have a sibling that was answered today: they are counted apart, and taken off.
        answered = cards.alias("answered")
        today = (
            select(answered.c.note_id).join_from(revlog, answered).where(revlog.c.day == asking.seed).scalar_subquery()
        )
        waits = and_(cards.c.note_id.in_(today), or_(_NEW, _to_review(asking)), ~_alone(asking))
        siblings = _queue(asking, None, waits).with_only_columns(cards.c.deck_id, *counts).group_by(cards.c.deck_id)
        with self._reading() as connection:
            found = {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}
            for deck, new, _, review in connection.execute(siblings):
                found[deck] = (found[deck][0] - new, found[deck][1], found[deck][2] - review)
        return found

    def _count(self, query: Select[Any], within: Collection[int] | None = None, most: int | None = None) -> int:
        found = query.with_only_columns(cards.c.id)
        if most is not None:  # the order of the queue's indexes, or another one is taken, with cards that are not asked
            of_index = [cards.c.due, cards.c.id] if within is None else [cards.c.deck_id, cards.c.due, cards.c.id]
            found = found.order_by(*of_index).limit(most)
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()

    def load(self, since: datetime, until: datetime, *, besides: int) -> dict[datetime, int]:
        """How many reviews of the whole collection come due at each instant between the two, without one card's."""
        due = and_(_SEEN, cards.c.state == State.REVIEW, cards.c.due >= since, cards.c.due < until)
        query = select(cards.c.due, func.count()).where(asked(), due, cards.c.id != besides).group_by(cards.c.due)
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

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
                update(cards)
                .where(
                    cards.c.id == review.card_id,
                    cards.c.reps == before.reps,
                    # An answer may have been taken back elsewhere and given anew: as many answers, another schedule.
                    cards.c.last_review.is_not_distinct_from(before.last_review),
                )
                .values(schedule_row(after))
            )
            if changed.rowcount != 1:
                raise StaleCard("this card was answered in another session meanwhile; that answer counts")
            if found is not None:
                values = {"own_tags": tags} | ({"suspended": True} if suspend else {})
                connection.execute(update(cards).where(cards.c.id == review.card_id).values(values))
            answer = connection.execute(
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
                    card_before=None if found is None else before_leech(found, suspended=suspend),
                )
            )
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
        in_review = revlog.c.state_before == int(State.REVIEW)
        query = select(
            cards.c.deck_id,
            func.count().filter(revlog.c.last_review_before.is_(None)),
            func.count().filter(in_review),
            func.count().filter(and_(in_review, revlog.c.rating > int(Rating.AGAIN))),
            func.sum(revlog.c.seconds),
        ).join_from(revlog, cards)
        with self._reading() as connection:
            rows = connection.execute(query.where(revlog.c.day == day).group_by(cards.c.deck_id))
            return {row[0]: Answered(*row[1:]) for row in rows}

    def history(self, card_id: int) -> list[Review]:
        """A card's answers, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(revlog).where(revlog.c.card_id == card_id).order_by(revlog.c.id)).all()
        return [as_review(row, reps) for reps, row in enumerate(rows)]


def shuffled(card_id: int, seed: int) -> int:
    """The card's place in the random order of a study day, above 0: the same for SQL and here."""
    return (card_id % _PRIME * _multiplier(seed) + 1) % _PRIME


def _multiplier(seed: int) -> int:
    return pow(_FACTOR, seed, _PRIME)


def _shuffled(seed: int) -> ColumnElement[int]:
    return (cards.c.id % _PRIME * _multiplier(seed) + 1) % _PRIME


_NEW = cards.c.last_review.is_(None)
_SEEN = cards.c.last_review.is_not(None)
_LEARNING = cards.c.state.in_([State.LEARNING, State.RELEARNING])


def _queue(asking: Asking, within: Collection[int] | None, condition: ColumnElement[bool]) -> Select[Any]:
    buried = or_(cards.c.buried_until.is_(None), cards.c.buried_until <= asking.now)
    query = select(cards).where(asked(), condition, buried)
    return query if within is None else query.where(cards.c.deck_id.in_(list(within)))


def _reviews(asking: Asking) -> ColumnElement[bool]:
    return and_(_to_review(asking), _alone(asking))


def _to_review(asking: Asking) -> ColumnElement[bool]:
    due = cards.c.due <= asking.now
    if asking.until > asking.now:  # ahead of time only once a day: its new due may be as near again
        due = and_(cards.c.due < asking.until, or_(due, cards.c.last_review < asking.day))
    return and_(_SEEN, cards.c.state == State.REVIEW, due)


def _unbegun(asking: Asking) -> ColumnElement[bool]:
    return and_(_NEW, _alone(asking))


def _alone(asking: Asking) -> ColumnElement[bool]:
    """No other card of the note was answered on this study day: so burying needs no mark, and undo takes it back."""
    sibling = cards.alias("sibling")
    answered = exists().where(
        sibling.c.note_id == cards.c.note_id,
        sibling.c.id != cards.c.id,
        sibling.c.last_review >= asking.day,
        sibling.c.last_review < asking.next_day,
    )
    return or_(~answered, cards.c.deck_id.in_(list(asking.together))) if asking.together else ~answered


def _order(asking: Asking) -> list[ColumnElement[Any]]:
    """The order of reviews. Retrievability by FSRS is (1 + factor * elapsed / stability) ** decay, with decay below 0.

    It falls as elapsed / stability grows, whatever the decay: that quotient gives the same order, and needs no power
    function, which not every SQLite has. Were decks to have parameters of their own, the order would hold within each.
    """
    # Elapsed study days: those of 24 hours back from when today began. After a change of the clocks an answer given in the
    # hour at which a study day turns counts a day too many or too few, in this order only.
    since = literal((asking.day - _EPOCH) // _MICROSECOND, BigInteger) - type_coerce(cards.c.last_review, BigInteger)
    elapsed = case((since <= 0, 0), else_=(since + _DAY - 1) // _DAY)
    overdue = elapsed / cards.c.stability
    orders: dict[str, ColumnElement[Any]] = {
        "retrievability-descending": overdue,
        "retrievability-ascending": overdue.desc(),
        "due": cards.c.due,
        "random": _shuffled(asking.seed),
    }
    return [orders[asking.order]]
