"""What the statistics are made of: each question one grouped query, and never a row for each answer."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)

from srs.cards import State
from srs.store.base import Base
from srs.store.rows import LEECH
from srs.store.tables import Instant, cards, decks, notes, revlog, ticks

HOUR = timedelta(hours=1) // timedelta(microseconds=1)  # the unit of `Instant`
QUARTER = HOUR // 4
DAY = 24 * HOUR

CHANCE_BINS = ((0.9, 200), (0.99, 2_000), (0.999, 20_000), (None, 200_000))
"""Bins of predicted recall to the whole, below each limit: so narrow, and narrower towards 1, that a mean stands for all."""

FINE, COARSE_FROM, COARSEST = 32, 8, 2000
"""Bins of elapsed time by stability: so many to each whole number, from this one on one each, the last without an end."""

_IN_REVIEW = revlog.c.state_before == int(State.REVIEW)
_SEEN = cards.c.last_review.is_not(None)
# Said in other words than in the queue's indexes: SQLite would read all cards in their order, one jump for each.
_IN_USE = not_(or_(cards.c.suspended, cards.c.retired))


@dataclass(frozen=True, slots=True)
class Answers:
    """Some answers of the same local hour, 0 to 23, all recalled or all not, all of cards in review or none.

    Attributes:
        bin: of the recall that was predicted; `None` for first answers, and those on the same study day as the one before.
        answers: how many. predicted: the sum of their predictions.
    """

    hour: int
    bin: int | None
    recalled: bool
    in_review: bool
    answers: int
    predicted: float


class Progress(Base):
    """Grouped figures of answers and cards. A deck stands for all decks below it; all raise DeckNotFound."""

    def answers_by_day(self, deck: str | None, mature: int, until: int) -> Sequence[Row[*tuple[Any, ...]]]:
        """By study day before `until`, in order: answers, seconds, and of the reviews, young and mature, all and recalled."""
        keys = (revlog.c.day, revlog.c.state_before, revlog.c.rating)
        groups = select(
            *keys,
            func.count().label("answers"),
            func.count().filter(revlog.c.scheduled_days >= mature).label("mature"),
            func.sum(revlog.c.seconds).label("seconds"),
        ).where(revlog.c.day < until)
        # In two steps: the first follows the index and asks little of each row, the second has few rows left.
        with self._reading() as connection:
            if deck is not None:
                groups = groups.join_from(revlog, cards).where(*self._within(connection, deck))
            group = groups.group_by(*keys).subquery().c
            reviews, recalled = group.state_before == int(State.REVIEW), group.rating > 1
            young = group.answers - group.mature
            query = select(
                group.day,
                _sum(group.answers).label("answers"),
                func.sum(group.seconds).label("seconds"),
                _sum(young, reviews).label("young"),
                _sum(young, reviews, recalled).label("young_recalled"),
                _sum(group.mature, reviews).label("mature"),
                _sum(group.mature, reviews, recalled).label("mature_recalled"),
            )
            return connection.execute(query.group_by(group.day).order_by(group.day)).all()

    def answers_by_rating(self, deck: str | None, mature: int, since: int) -> Sequence[Row[*tuple[Any, ...]]]:
        """By study day from `since`, state and rating: answers, how many were not the first, how many mature, seconds."""
        keys = (revlog.c.day, revlog.c.state_before, revlog.c.rating)
        query = select(
            *keys,
            func.count().label("answers"),
            func.count(revlog.c.scheduled_days).label("later"),
            func.count().filter(revlog.c.scheduled_days >= mature).label("mature"),
            func.sum(revlog.c.seconds).label("seconds"),
        )
        return self._of_answers(query.where(revlog.c.day >= since).group_by(*keys).order_by(*keys), deck)

    def answers_by_hour(
        self, deck: str | None, since: int, offsets: Sequence[tuple[datetime, timedelta]]
    ) -> Iterator[Answers]:
        """The answers from study day `since`, in groups of the same local hour, bin of predicted recall and outcome.

        `offsets` are the stretches of one distance from UTC, oldest first: until when, and what is added to UTC.
        """
        microsecond = timedelta(microseconds=1)
        at = type_coerce(revlog.c.reviewed_at, BigInteger)
        steps = [(revlog.c.reviewed_at < until, _whole(offset // microsecond)) for until, offset in offsets[:-1]]
        last = _whole(offsets[-1][1] // microsecond)
        hour = ((at + (case(*steps, else_=last) if steps else last)) // _whole(HOUR)) % _whole(24)
        chance = revlog.c.retrievability
        narrow = [(chance < literal(limit, Float), _whole(bins)) for limit, bins in CHANCE_BINS[:-1]]
        bin_ = cast(func.round(chance * case(*narrow, else_=_whole(CHANCE_BINS[-1][1]))), Integer)
        # One number to group by: SQLite sorts the answers for it, and takes half as long for it as for four.
        key: ColumnElement[int] = func.coalesce(case((revlog.c.elapsed_days >= 1, bin_)), _whole(-1))
        for part, values in ((_flag(revlog.c.rating > 1), 2), (_flag(_IN_REVIEW), 2), (hour, 24)):
            key = key * _whole(values) + part
        query = select(key.label("key"), func.count().label("answers"), func.sum(chance).label("predicted"))
        by = query.where(revlog.c.day >= since).group_by(literal_column("key"))
        for key_, answers, predicted in self._of_answers(by, deck):
            rest, at_hour = divmod(key_, 24)
            rest, in_review = divmod(rest, 2)
            found, recalled = divmod(rest, 2)
            yield Answers(
                at_hour, found if found >= 0 else None, bool(recalled), bool(in_review), answers, predicted or 0.0
            )

    def _of_answers(self, query: Select[*tuple[Any, ...]], deck: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
        with self._reading() as connection:
            if deck is not None:
                query = query.join_from(revlog, cards).where(*self._within(connection, deck))
            return connection.execute(query).all()

    def cards_by_place(self, deck: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
        """By deck, kind and state, of cards that are not retired: how many; suspended and new tell more than the state."""
        keys = (decks.c.name, notes.c.kind, cards.c.state, cards.c.suspended, _SEEN.label("seen"))
        query = select(*keys[:4], keys[4], func.count().label("cards")).join_from(cards, notes)
        query = query.join(decks, decks.c.id == cards.c.deck_id).where(cards.c.retired.is_(False))
        with self._reading() as connection:
            found = query.where(*self._within(connection, deck))
            return connection.execute(found.group_by(*keys[:4], literal_column("seen"))).all()

    def due_by_quarter(self, deck: str | None, until: datetime) -> Sequence[tuple[datetime, int]]:
        """By the quarter of an hour: how many cards seen before come due in it, up to `until`. Study days begin on one."""
        due = type_coerce(cards.c.due, BigInteger)
        quarter = (due // _whole(QUARTER) * _whole(QUARTER)).label("quarter")
        query = select(type_coerce(quarter, Instant).label("quarter"), func.count()).where(cards.c.due < until)
        return [(row[0], row[1]) for row in self._of_seen(query.group_by(literal_column("quarter")), deck)]

    def by_memory(
        self, deck: str | None, stability: Sequence[float], difficulty: Sequence[float]
    ) -> Sequence[tuple[int, int, int]]:
        """Cards seen, by where their stability and difficulty stand between the limits given: (place, place, cards)."""
        places = _place(cards.c.stability, stability), _place(cards.c.difficulty, difficulty)
        query = select(places[0].label("s"), places[1].label("d"), func.count())
        found = self._of_seen(query.group_by(literal_column("s"), literal_column("d")), deck)
        return [(row[0], row[1], row[2]) for row in found]

    def by_elapsed(
        self, deck: str | None, today: datetime, limits: Sequence[float]
    ) -> Sequence[tuple[int, float, int]]:
        """Cards seen, by elapsed time in units of their stability: (place between the limits, mean of the quotient, cards).

        Each row is a bin so narrow that its mean can stand for all in it. `today` is when this study day began.
        """
        microsecond, epoch = timedelta(microseconds=1), Instant().process_result_value(0, None)
        assert epoch is not None
        passed = _whole((today - epoch) // microsecond) - type_coerce(cards.c.last_review, BigInteger)
        # Study days are those of 24 hours back from when today began, as in the queue: begun ones count whole.
        elapsed = case((passed <= 0, 0), else_=(passed + _whole(DAY - 1)) // _whole(DAY))
        ratio = cast(elapsed, Float) / cards.c.stability
        fine = case(
            (ratio < COARSE_FROM, cast(func.round(ratio * FINE), Integer)),
            (ratio < COARSEST, FINE * COARSE_FROM + cast(func.round(ratio), Integer)),
            else_=FINE * COARSE_FROM + COARSEST,
        )
        query = select(_place(ratio, limits).label("place"), func.avg(ratio), func.count(), fine.label("fine"))
        found = self._of_seen(query.group_by(literal_column("place"), literal_column("fine")), deck)
        return [(row[0], row[1], row[2]) for row in found]

    def _of_seen(self, query: Select[*tuple[Any, ...]], deck: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
        with self._reading() as connection:
            within = self._within(connection, deck)
            return connection.execute(query.where(_IN_USE, _SEEN, *within)).all()

    # -- cards that are hard to keep --------------------------------------------------------------------------------------

    def hardest(self, deck: str | None, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
        """The most difficult of the cards seen, those with more lapses first."""
        order = (cards.c.difficulty.desc(), cards.c.lapses.desc(), cards.c.id)
        with self._reading() as connection:
            first = (
                select(cards.c.id).where(_IN_USE, _SEEN, *self._within(connection, deck)).order_by(*order).limit(most)
            )
            return connection.execute(_troubles().where(cards.c.id.in_(first)).order_by(*order)).all()

    def leeches(self, deck: str | None, most: int) -> tuple[int, Sequence[Row[*tuple[Any, ...]]]]:
        """How many cards are tagged as leeches by the program or by hand, suspended ones too; those with most lapses."""
        with self._reading() as connection:
            tagged = cast(cards.c.own_tags, String).contains(f'"{LEECH}"')
            condition = (cards.c.retired.is_(False), tagged, *self._within(connection, deck))
            number = connection.execute(select(func.count(cards.c.id)).where(*condition)).scalar_one()
            query = _troubles().where(*condition).order_by(cards.c.lapses.desc(), cards.c.id).limit(most)
            return number, connection.execute(query).all() if number else []

    def forgotten(self, deck: str | None, since: int, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
        """The cards that were forgotten most often while in review, from study day `since`; `again` is how often."""
        missed = and_(revlog.c.day >= since, _IN_REVIEW, revlog.c.rating == 1)
        card = revlog.c.card_id + _whole(0)  # not the column itself: SQLite would read the whole history in its order
        often = select(card.label("card"), func.count().label("again")).where(missed).group_by(card).subquery()
        with self._reading() as connection:
            query = _troubles().add_columns(often.c.again).join(often, often.c.card == cards.c.id)
            query = query.where(_IN_USE, *self._within(connection, deck))
            return connection.execute(query.order_by(often.c.again.desc(), cards.c.id).limit(most)).all()

    def missed_items(self, deck: str | None, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
        """The items of lists that were left out most often: `missed` times, of `ticked` times that they were ticked off."""
        left_out = func.count().filter(ticks.c.covered.is_(False))
        often = (
            select(revlog.c.card_id, ticks.c.item, left_out.label("missed"), func.count().label("ticked"))
            .join_from(ticks, revlog)
            .group_by(revlog.c.card_id, ticks.c.item)
            .having(left_out > 0)
            .subquery()
        )
        query = (
            _troubles()
            .add_columns(often.c["item"], often.c.missed, often.c.ticked)
            .join(often, often.c.card_id == cards.c.id)
        )
        order = (often.c.missed.desc(), often.c.ticked, cards.c.id, often.c["item"])
        with self._reading() as connection:
            query = query.where(_IN_USE, *self._within(connection, deck))
            return connection.execute(query.order_by(*order).limit(most)).all()


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, _whole(1)), else_=_whole(0))


def _sum(column: ColumnElement[int], *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """The sum of counts, 0 without any: a whole number on every database."""
    total = func.sum(column)
    return cast(func.coalesce(total.filter(*conditions) if conditions else total, _whole(0)), Integer)


def _troubles() -> Select[Any]:
    columns = (cards.c.id, decks.c.name.label("deck"), notes.c.prompt, cards.c.difficulty, cards.c.lapses)
    return select(*columns).join_from(cards, notes).join(decks, decks.c.id == cards.c.deck_id)


def _place(column: ColumnElement[Any], limits: Collection[float]) -> ColumnElement[int]:
    """How many of the limits, which rise, a figure has reached."""
    steps = [(column < literal(limit, Float), _whole(place)) for place, limit in enumerate(limits)]
    return case(*steps, else_=_whole(len(limits)))


def _whole(number: int) -> ColumnElement[int]:
    """A whole number in the text of the statement: the planner sees one expression where two parameters would be two."""
    return literal_column(str(number), BigInteger)
