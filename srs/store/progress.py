"""What the statistics are made of: questions that are answered in one pass over answers or cards, never by a row for each.

SQLite groups by sorting, unless an index has the groups in order. So what has none is listed, all values of one pass as one
text, and counted here: half the time.
"""

from collections import Counter
from collections.abc import Collection, Sequence
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

CHANCE_BINS = ((0.9, 20_000), (0.99, 200_000), (0.999, 2_000_000), (1.0, 20_000_000))
"""Bins of predicted recall to the whole, up to each limit: so narrow, and narrower towards 1, that one chance stands for all."""

FINE, COARSE_FROM, COARSEST = 1000, 8, 2000
"""Bins of elapsed time by stability: so many to each whole number, from this one on one each, the last without an end."""

_PLACES = 16  # more than there are limits of anything
_AT_ONCE = 2**20  # characters of a list that are taken apart at once

_IN_REVIEW = revlog.c.state_before == int(State.REVIEW)
_SEEN = cards.c.last_review.is_not(None)
# Said in other words than in the queue's indexes: SQLite would read all cards in their order, one jump for each.
_IN_USE = not_(or_(cards.c.suspended, cards.c.retired))


@dataclass(frozen=True, slots=True)
class Earlier:
    """Answers of a long time: on which study days, in order, how many, the seconds they took, and what came of reviews."""

    days: list[int]
    answers: int
    seconds: float
    young: int
    young_recalled: int
    mature: int
    mature_recalled: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How many answers there were.

    Attributes:
        by_hour: by local hour, 0 to 23, rating, and state before.
        by_chance: by the recall that was predicted, to within its bin, and rating; without first answers, and those on the
            same study day as the one before.
    """

    by_hour: dict[tuple[int, int, int], int]
    by_chance: dict[tuple[float, int], int]


@dataclass(frozen=True, slots=True)
class Seen:
    """How many cards there are that were seen.

    Attributes:
        by_stability, by_difficulty: by their place between the limits.
        by_elapsed: by place between the limits, and elapsed time in units of stability, to within its bin.
        by_due: by the quarter of an hour in which they come due.
    """

    by_stability: Counter[int]
    by_difficulty: Counter[int]
    by_elapsed: dict[tuple[int, float], int]
    by_due: dict[datetime, int]


class Progress(Base):
    """Grouped figures of answers and cards. A deck stands for all decks below it; all raise DeckNotFound."""

    def answers_before(self, deck: str | None, mature: int, until: int) -> Earlier:
        """The answers on study days before `until`, together."""
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
                _listed(group.day),
                _sum(group.answers),
                func.coalesce(func.sum(group.seconds), 0.0),
                _sum(young, reviews),
                _sum(young, reviews, recalled),
                _sum(group.mature, reviews),
                _sum(group.mature, reviews, recalled),
            )
            listed, *sums = connection.execute(query).one()
        return Earlier(sorted(_counted(listed)), *sums)

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

    def answers_counted(self, deck: str | None, since: int, offsets: Sequence[tuple[datetime, timedelta]]) -> Answered:
        """The answers from study day `since`.

        `offsets` are the stretches of one distance from UTC, oldest first: until when, and what is added to UTC.
        """
        microsecond = timedelta(microseconds=1)
        at = type_coerce(revlog.c.reviewed_at, BigInteger)
        steps = [(revlog.c.reviewed_at < until, _whole(offset // microsecond)) for until, offset in offsets[:-1]]
        last = _whole(offsets[-1][1] // microsecond)
        hour = ((at + (case(*steps, else_=last) if steps else last)) // _whole(HOUR)) % _whole(24)
        hour = (hour * _whole(8) + revlog.c.rating) * _whole(8) + revlog.c.state_before
        chance = revlog.c.retrievability
        narrow = [(chance < literal(limit, Float), _whole(bins)) for limit, bins in CHANCE_BINS[:-1]]
        bin_ = cast(func.round(chance * case(*narrow, else_=_whole(CHANCE_BINS[-1][1]))), Integer)
        # Not the column itself: SQLite would follow its index, one jump for each answer.
        later = case((revlog.c.elapsed_days >= 1, bin_ * _whole(8) + revlog.c.rating))
        query = select(_listed(hour), _listed(later)).where(revlog.c.day + _whole(0) >= since)
        [listed] = self._of_answers(query, deck)
        hours, bins = map(_counted, listed)
        by_chance = Counter[tuple[float, int]]()
        for key, number in bins.items():  # where the width changes, a chance has two bins
            by_chance[_chance(key // 8), key % 8] += number
        by_hour = {(key // 64, key // 8 % 8, key % 8): number for key, number in hours.items()}
        return Answered(by_hour, by_chance)

    def _of_answers(self, query: Select[*tuple[Any, ...]], deck: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
        with self._reading() as connection:
            if deck is not None:
                query = query.join_from(revlog, cards).where(*self._within(connection, deck))
            return connection.execute(query).all()

    def cards_by_place(
        self, deck: str | None
    ) -> tuple[dict[tuple[int, bool, bool], int], Counter[str], dict[str, int]]:
        """How many cards that are not retired there are by state, suspended and seen; by kind; and by deck."""
        place = ((cards.c.deck_id * _whole(8) + cards.c.state) * _whole(2) + _flag(cards.c.suspended)) * _whole(2)
        query = select(_listed(place + _flag(_SEEN)), func.aggregate_strings(notes.c.kind, ",")).join_from(cards, notes)
        with self._reading() as connection:
            query = query.where(cards.c.retired.is_(False), *self._within(connection, deck))
            places, kinds = connection.execute(query).one()
            names = {row.id: row.name for row in connection.execute(select(decks.c.id, decks.c.name))}
        states, by_deck = Counter[tuple[int, bool, bool]](), Counter[str]()
        for key, number in _counted(places).items():
            states[key // 4 % 8, bool(key // 2 % 2), bool(key % 2)] += number
            by_deck[names[key // 32]] += number
        return states, _parted(kinds), by_deck

    def cards_seen(
        self,
        deck: str | None,
        today: datetime,
        until: datetime,
        *,
        stability: Sequence[float],
        difficulty: Sequence[float],
        elapsed: Sequence[float],
    ) -> Seen:
        """The cards seen, by where they stand between limits, and, up to `until`, by when they come due.

        `today` is when this study day began; limits of elapsed time are in units of stability.
        """
        microsecond, epoch = timedelta(microseconds=1), Instant().process_result_value(0, None)
        assert epoch is not None
        passed = _whole((today - epoch) // microsecond) - type_coerce(cards.c.last_review, BigInteger)
        # Study days are those of 24 hours back from when today began, as in the queue: begun ones count whole.
        days = case((passed <= 0, 0), else_=(passed + _whole(DAY - 1)) // _whole(DAY))
        ratio = cast(days, Float) / cards.c.stability
        fine = case(
            (ratio < COARSE_FROM, cast(func.round(ratio * FINE), Integer)),
            (ratio < COARSEST, cast(func.round(ratio), Integer) * FINE),
            else_=COARSEST * FINE,
        )
        quarter = type_coerce(cards.c.due, BigInteger) // _whole(QUARTER)
        query = select(
            _listed(_place(cards.c.stability, stability)),
            _listed(_place(cards.c.difficulty, difficulty)),
            _listed(fine * _whole(_PLACES) + _place(ratio, elapsed)),
            _listed(case((cards.c.due < until, quarter))),
        )
        with self._reading() as connection:
            listed = connection.execute(query.where(_IN_USE, _SEEN, *self._within(connection, deck))).one()
        stabilities, difficulties, bins, quarters = map(_counted, listed)
        return Seen(
            stabilities,
            difficulties,
            {(key % _PLACES, key // _PLACES / FINE): number for key, number in bins.items()},
            {epoch + key * QUARTER * microsecond: number for key, number in quarters.items()},
        )

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
            # Chosen before their text is read: many cards were forgotten once.
            worst = (
                select(often).join(cards, cards.c.id == often.c.card).where(_IN_USE, *self._within(connection, deck))
            )
            chosen = worst.order_by(often.c.again.desc(), often.c.card).limit(most).subquery().c
            query = _troubles().add_columns(chosen.again).join(chosen.again.table, chosen.card == cards.c.id)
            return connection.execute(query.order_by(chosen.again.desc(), cards.c.id)).all()

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


def _listed(number: ColumnElement[int]) -> ColumnElement[str]:
    """All values of one pass, but for NULL, as one text; none without any."""
    return func.aggregate_strings(cast(number, String), ",")


def _parted(listed: str | None) -> Counter[str]:
    """How often each value is listed. A long list is taken apart piece by piece: it needs five times its room."""
    found, at = Counter[str](), 0
    while listed and at >= 0:
        end = listed.find(",", at + _AT_ONCE)
        found.update(listed[at : end if end >= 0 else None].split(","))
        at = end + 1 or -1
    return found


def _counted(listed: str | None) -> Counter[int]:
    """How often each number is listed."""
    return Counter({int(key): number for key, number in _parted(listed).items()})


def _chance(bin_: int) -> float:
    """What stands for the predictions in a bin."""
    return next(bin_ / bins for limit, bins in CHANCE_BINS if bin_ <= limit * bins)


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
