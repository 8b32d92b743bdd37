"""What a session asks the queue, as statements. Each is built once: to build one anew costs more than to run it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Float,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from srs.cards import Card, State
from srs.store.base import asked
from srs.store.tables import Instant, cards, decks, documents, notes, revlog

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND
_PRIME = 2**31 - 1
_FACTOR = 48271  # of the best known linear generator with this modulus

Query = Select[*tuple[Any, ...]]
Asked = tuple[Query, Mapping[str, Any]]
"""A statement and its values."""


@dataclass(frozen=True, slots=True)
class Eve:
    """Tomorrow is the day that some decks have a plan for: what would be recalled too rarely then is asked today.

    Attributes:
        stretch: how many times its stability may have passed tomorrow since a card's last answer.
    """

    decks: frozenset[int]
    stretch: float


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
        eves: decks whose plan is for tomorrow.
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
    eves: Sequence[Eve] = ()

    @property
    def is_ahead(self) -> bool:
        return self.until > self.now

    def values(self, within: Collection[int] | None, **others: Any) -> dict[str, Any]:
        """The values of every statement here, by name; `within` are the decks that it is about."""
        return {
            "now": self.now,
            "day": self.day,
            "next_day": self.next_day,
            "until": self.until,
            "today": self.seed,
            "day_number": (self.day - _EPOCH) // _MICROSECOND,
            "next_day_number": (self.next_day - _EPOCH) // _MICROSECOND,
            "multiplier": _multiplier(self.seed),
            "within": list(within or ()),
            "together": list(self.together),
            "skipped": list(self.skipped),
            **{f"eve_decks_{at}": list(eve.decks) for at, eve in enumerate(self.eves)},
            **{f"eve_stretch_{at}": eve.stretch for at, eve in enumerate(self.eves)},
            **others,
        }


def first(what: str, asking: Asking, within: Collection[int] | None, unlike: Card | None, **others: Any) -> Asked:
    """For the id of the first card of some sort: `learning` until `learning_until`, `review`, `new`, or `any` `after` a place.

    None of the phrases that serve the same function as `unlike`.
    """
    apart = unlike if unlike is not None and unlike.kind == "phrase" and unlike.heading else None
    statement = _first(
        what,
        asking.order if what == "review" else "",
        is_within=within is not None,
        is_ahead=asking.is_ahead,
        has_together=bool(asking.together),
        has_skipped=bool(asking.skipped),
        eves=len(asking.eves),
        is_apart=apart is not None,
    )
    if apart is not None:
        others |= {"path": apart.path, "heading": apart.heading}
    return statement, asking.values(within, **others)


def count(what: str, asking: Asking, within: Collection[int] | None, most: int | None = None, **others: Any) -> Asked:
    """For how many cards there are of some sort, as in `first`, but `learning` on this study day; ends at `most`."""
    statement = _count(
        what,
        is_within=within is not None,
        is_ahead=asking.is_ahead,
        has_together=bool(asking.together),
        eves=len(asking.eves),
        has_most=most is not None,
    )
    return statement, asking.values(within, most=most, **others)


def waiting(asking: Asking, new: int, reviews: int) -> Asked:
    """For every deck: its number, new cards up to `new`, learning cards of this study day, and reviews up to `reviews`."""
    statement = _waiting(is_ahead=asking.is_ahead, has_together=bool(asking.together), eves=len(asking.eves))
    return statement, asking.values(None, most_new=new, most_review=reviews)


def shuffled(card_id: int, seed: int) -> int:
    """The card's place in the random order of a study day, above 0: the same for SQL and here."""
    return (card_id % _PRIME * _multiplier(seed) + 1) % _PRIME


def _multiplier(seed: int) -> int:
    return pow(_FACTOR, seed, _PRIME)


_NOW, _TODAY_BEGINS, _TOMORROW, _UNTIL, _LEARNING_UNTIL = (
    bindparam(name, type_=Instant) for name in ("now", "day", "next_day", "until", "learning_until")
)
_SHUFFLED = (cards.c.id % _PRIME * bindparam("multiplier", type_=BigInteger) + 1) % _PRIME
_NEW = cards.c.last_review.is_(None)
_SEEN = cards.c.last_review.is_not(None)
_LEARNING = and_(
    _SEEN, cards.c.state.in_([literal_column(str(int(state))) for state in (State.LEARNING, State.RELEARNING)])
)


@cache
def _first(
    what: str,
    order: str,
    *,
    is_within: bool,
    is_ahead: bool,
    has_together: bool,
    has_skipped: bool,
    eves: int,
    is_apart: bool,
) -> Query:
    by = {"review": _order(order), "any": _SHUFFLED} if order else {"any": _SHUFFLED}
    found = _queue(_condition(what, _LEARNING_UNTIL, is_ahead, has_together, eves), is_within)
    found = found.with_only_columns(cards.c.id).order_by(by.get(what, cards.c.due), cards.c.id).limit(1)
    if has_skipped:
        found = found.where(cards.c.id.not_in(_several("skipped")))
    if is_apart:
        same = (
            select(notes.c.id)
            .join(documents)
            .where(
                documents.c.path == bindparam("path"), notes.c.kind == "phrase", notes.c.heading == bindparam("heading")
            )
        )
        found = found.where(cards.c.note_id.not_in(same))
    return found


@cache
def _count(what: str, *, is_within: bool, is_ahead: bool, has_together: bool, eves: int, has_most: bool) -> Query:
    condition = _condition(what, None, is_ahead, has_together, eves)
    found = _queue(condition, is_within).with_only_columns(cards.c.id)
    if has_most:  # the order of the queue's indexes, or another one is taken, with cards that are not asked
        of_index = [cards.c.deck_id, cards.c.due, cards.c.id] if is_within else [cards.c.due, cards.c.id]
        found = found.order_by(*of_index).limit(bindparam("most", type_=Integer))
    return select(func.count()).select_from(found.subquery())


@cache
def _waiting(*, is_ahead: bool, has_together: bool, eves: int) -> Query:
    # Each number is a search of its own in the index by deck: cards that are not asked are not even counted.
    numbers = []
    for what in ("new", "learning", "review"):
        waits = _queue(_condition(what, None, is_ahead, has_together, eves), False).with_only_columns(cards.c.id)
        waits = waits.where(cards.c.deck_id == decks.c.id).correlate(decks)
        if what != "learning":
            waits = waits.order_by(cards.c.due, cards.c.id).limit(bindparam(f"most_{what}", type_=Integer))
        numbers.append(select(func.count()).select_from(waits.subquery()).scalar_subquery())
    return select(decks.c.id, *numbers)


def _condition(
    what: str, until: BindParameter[datetime] | None, is_ahead: bool, has_together: bool, eves: int
) -> ColumnElement[bool]:
    """Which cards are of a sort; learning ones until an instant, or else those of the study day."""
    match what:
        case "learning":
            return and_(_LEARNING, cards.c.due < _TOMORROW if until is None else cards.c.due <= until)
        case "review":
            return and_(_to_review(is_ahead, eves), _alone(has_together))
        case "new":
            return and_(_NEW, _alone(has_together))
        case "any":
            return bindparam("after", type_=BigInteger) < _SHUFFLED
    raise ValueError(what)


def _queue(condition: ColumnElement[bool], is_within: bool) -> Query:
    buried = or_(cards.c.buried_until.is_(None), cards.c.buried_until <= _NOW)
    query = select(cards).where(asked(), condition, buried)
    return query.where(cards.c.deck_id.in_(_several("within"))) if is_within else query


def _several(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True, type_=BigInteger)


def _to_review(is_ahead: bool, eves: int) -> ColumnElement[bool]:
    due = cards.c.due <= _NOW
    if is_ahead:  # ahead of time only once a day: its new due may be as near again
        due = and_(cards.c.due < _UNTIL, or_(due, cards.c.last_review < _TODAY_BEGINS))
    return and_(_SEEN, cards.c.state == State.REVIEW, or_(due, *map(_weak, range(eves))))


def _weak(eve: int) -> ColumnElement[bool]:
    """Cards that would be recalled too rarely tomorrow, and were not answered today."""
    stretched = bindparam(f"eve_stretch_{eve}", type_=Float) * cards.c.stability
    late = and_(cards.c.last_review < _TODAY_BEGINS, _elapsed("next_day_number") > stretched)
    return and_(cards.c.deck_id.in_(_several(f"eve_decks_{eve}")), late)


def _elapsed(day: str) -> ColumnElement[int]:
    """Study days from a card's last answer to the one that begins then: those of 24 hours back from its beginning.

    After a change of the clocks an answer given in the hour at which a study day turns counts a day too many or too few, in
    the queue only.
    """
    since = bindparam(day, type_=BigInteger) - type_coerce(cards.c.last_review, BigInteger)
    return case((since <= 0, 0), else_=(since + _DAY - 1) // _DAY)


def _alone(has_together: bool) -> ColumnElement[bool]:
    """No other card of the note was answered on this study day: so burying needs no mark, and undo takes it back.

    The notes answered today are few, and are found once for the whole query; only a card that was answered today itself
    has to look for another one.
    """
    answered, sibling = cards.alias("answered"), cards.alias("sibling")
    today = and_(revlog.c.day == bindparam("today", type_=Integer), answered.c.last_review >= _TODAY_BEGINS)
    notes_today = select(answered.c.note_id).join_from(revlog, answered).where(today)
    other = exists().where(
        sibling.c.note_id == cards.c.note_id,
        sibling.c.id != cards.c.id,
        sibling.c.last_review >= _TODAY_BEGINS,
        sibling.c.last_review < _TOMORROW,
    )
    alone = or_(cards.c.note_id.not_in(notes_today), and_(cards.c.last_review >= _TODAY_BEGINS, ~other))
    return or_(alone, cards.c.deck_id.in_(_several("together"))) if has_together else alone


def _order(order: str) -> ColumnElement[Any]:
    """The order of reviews. Retrievability by FSRS is (1 + factor * elapsed / stability) ** decay, with decay below 0.

    It falls as elapsed / stability grows, whatever the decay: that quotient gives the same order, and needs no power
    function, which not every SQLite has. Were decks to have parameters of their own, the order would hold within each.
    """
    overdue = _elapsed("day_number") / cards.c.stability
    orders: dict[str, ColumnElement[Any]] = {
        "retrievability-descending": overdue,
        "retrievability-ascending": overdue.desc(),
        "due": cards.c.due,
        "random": _SHUFFLED,
    }
    return orders[order]
