"""The tree of a query -> SQL: which cards are found. What the words mean in a row is here, how they are written in `query.py`."""

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from srs.cards import Card, State
from srs.days import Days
from srs.store.base import Base, asked, card_query, streamed
from srs.store.rows import LEECH, as_card
from srs.store.tables import Instant, cards, decks, documents, notes, revlog

if TYPE_CHECKING:
    from srs.terms import Prop, Query

FAR = 20_000
"""Days that no card is from today: it was made after 1971."""

_DAY = timedelta(days=1) // timedelta(microseconds=1)  # the unit of `Instant`
_COMPARED: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_SIGNS = {"'": "’‘", '"': "“”„", "-": "–—"}  # what a keyboard has, and how documents are set


@dataclass(frozen=True, slots=True)
class Moment:
    """What a query takes for granted.

    Attributes:
        fades: by a chance of recall, how many times its stability must have passed since the last review for it.
    """

    now: datetime
    days: Days
    fades: Callable[[float], float]

    @property
    def today(self) -> int:
        return self.days.number(self.now)


class Search(Base):
    """Cards by query. Retired ones are found when the query asks for them, or names them by number."""

    def search(self, query: "Query", at: Moment, limit: int | None = None) -> Iterator[Card]:
        """The cards that a query finds, by id, streamed. Raises DeckNotFound."""
        with self._reading() as connection:
            found = card_query().where(self._found(connection, query, at)).order_by(cards.c.id).limit(limit)
            for row in streamed(connection, found):
                yield as_card(row)

    def count(self, query: "Query", at: Moment) -> int:
        """How many cards a query finds. Raises DeckNotFound."""
        with self._reading() as connection:
            found = card_query().where(self._found(connection, query, at)).with_only_columns(func.count(cards.c.id))
            return connection.execute(found).scalar_one()

    def _found(self, connection: Connection, query: "Query", at: Moment) -> ColumnElement[bool]:
        """The condition for the cards that a query finds, where cards are joined with notes and documents."""
        from srs.terms import Id, Is, walk

        condition = _Meaning(self, connection, at).of(query)
        parts = walk(query)
        if Is("retired") in parts:
            return condition
        named = [id for part in parts if isinstance(part, Id) for id in part.ids]
        shown = cards.c.retired.is_(False)
        return and_(condition, or_(shown, _in(named)) if named else shown)


class _Meaning:
    """Each condition is true or false for every card, never unknown: else `not` of it would find too few."""

    def __init__(self, store: Search, connection: Connection, at: Moment) -> None:
        self._store, self._connection, self._at = store, connection, at

    def of(self, query: "Query") -> ColumnElement[bool]:
        from srs.terms import Added, And, Deck, Id, Is, Kind, Not, Or, Path, Rated, Tag, Text

        match query:
            case And(parts):
                return and_(true(), *map(self.of, parts))
            case Or(parts):
                return or_(false(), *map(self.of, parts))
            case Not(inner):
                return not_(self.of(inner))
            case Text(text):
                return or_(_holds(notes.c.prompt, text), _holds(notes.c.answer, text))
            case Deck(name):
                return self._deck(name)
            case Kind(name):
                return notes.c.kind == name
            case Tag(name):
                return or_(*(self._tagged(column, name) for column in (notes.c.tags, cards.c.own_tags)))
            case Path(text):
                return and_(documents.c.path.is_not(None), _like(documents.c.path, f"*{text}*"))
            case Is(state):
                return self._is(state)
            case Rated(days, rating):
                rated = (revlog.c.card_id == cards.c.id) & (revlog.c.day > self._at.today - days)
                return exists().where(rated if rating is None else rated & (revlog.c.rating == rating))
            case Added(days):
                return self._made() >= self._begins(1 - days)
            case Id(ids):
                return _in(ids)
        return self._compared(query)

    def _deck(self, name: str) -> ColumnElement[bool]:
        if "*" not in name:
            [condition] = self._store._within(self._connection, name)
            return condition
        wanted = re.compile(".*".join(map(re.escape, name.strip("/").split("*"))) + "(/.*)?", re.DOTALL | re.IGNORECASE)
        rows = self._connection.execute(select(decks.c.id, decks.c.name))
        return _in([row.id for row in rows if wanted.fullmatch(row.name)], cards.c.deck_id)

    def _tagged(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        elements = func.json_each if self._connection.dialect.name == "sqlite" else func.json_array_elements_text
        each = elements(column).table_valued("value")
        return exists(select(1).select_from(each).where(_like(each.c.value, name)))

    def _is(self, state: str) -> ColumnElement[bool]:
        from srs.terms import Tag

        seen = cards.c.last_review.is_not(None)
        buried = and_(cards.c.buried_until.is_not(None), cards.c.buried_until > self._at.now)
        match state:
            case "new":
                return cards.c.last_review.is_(None)
            case "learning":
                return and_(seen, cards.c.state.in_([State.LEARNING, State.RELEARNING]))
            case "relearning":
                return and_(seen, cards.c.state == State.RELEARNING)
            case "review":
                return and_(seen, cards.c.state == State.REVIEW)
            case "due":
                return and_(asked(), seen, cards.c.due <= self._at.now, not_(buried))
            case "suspended":
                return cards.c.suspended.is_(True)
            case "buried":
                return buried
            case "leech":
                return self.of(Tag(LEECH))
        return cards.c.retired.is_(True)

    def _made(self) -> ColumnElement[datetime]:
        """When a card was made: a new card is due from then on, and its first answer has kept that."""
        answers = select(revlog.c.due_before).where(revlog.c.card_id == cards.c.id).order_by(revlog.c.id)
        kept = answers.limit(1).correlate(cards).scalar_subquery()
        return func.coalesce(kept, cards.c.due, type_=Instant)

    def _compared(self, prop: "Prop") -> ColumnElement[bool]:
        seen = cards.c.last_review.is_not(None)
        compare, value = _COMPARED[prop.comparison], literal(prop.value, Float)
        match prop.name:
            case "reps" | "lapses":
                return compare(cards.c[prop.name], value)
            case "stability" | "difficulty":
                return and_(cards.c[prop.name].is_not(None), compare(cards.c[prop.name], value))
            case "due":
                # Instants of a day do not lie beside each other in numbers, but the days' beginnings do.
                return and_(seen, self._due(prop.comparison, prop.value))
            case "interval":
                interval = _periods(_number(cards.c.last_review), _number(cards.c.due))
                return and_(seen, cards.c.state == State.REVIEW, compare(interval, value))
        passed = _periods(_number(cards.c.last_review), _microseconds(self._at.days.begin(self._at.today)))
        passed = case((passed > 0, passed), else_=0)
        longer = _COMPARED[_MIRRORED[prop.comparison]]  # the less chance, the more time has passed
        return and_(
            seen, cards.c.stability.is_not(None), longer(passed, self._at.fades(prop.value) * cards.c.stability)
        )

    def _due(self, comparison: str, value: float) -> ColumnElement[bool]:
        """Study days from today on which a card comes due, compared: 0 is today, -1 yesterday."""
        whole = int(value) if value == int(value) else None
        below = self._begins(-int(-value // 1))  # the first day that is not before `value`
        up_to = self._begins(int(value // 1) + 1)
        match comparison:
            case "<":
                return cards.c.due < below
            case "<=":
                return cards.c.due < up_to
            case ">":
                return cards.c.due >= up_to
            case ">=":
                return cards.c.due >= below
        on = false() if whole is None else and_(cards.c.due >= below, cards.c.due < up_to)
        return on if comparison == "=" else not_(on)

    def _begins(self, days: int) -> datetime:
        """The beginning of the study day so many days from today; far ones are as good as the farthest."""
        return self._at.days.begin(self._at.today + max(-FAR, min(days, FAR)))


def _in(ids: Any, column: ColumnElement[Any] = cards.c.id) -> ColumnElement[bool]:
    """One of many numbers: they are written out, for there is no limit to those of the statement's text."""
    return column.in_(bindparam(None, list(ids), expanding=True, literal_execute=True, type_=BigInteger))


def _number(instant: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(instant, BigInteger)


def _microseconds(instant: datetime) -> ColumnElement[int]:
    return type_coerce(bindparam(None, Instant().process_bind_param(instant, None), type_=BigInteger), BigInteger)


def _periods(since: ColumnElement[int], until: ColumnElement[int]) -> ColumnElement[int]:
    """Periods of 24 hours, begun ones counted whole, up to an instant at which a study day begins: study days.

    Where the clocks change in between, an answer within an hour of the turn of a study day may count for the next one.
    """
    return cast((until - since + (_DAY - 1)) // _DAY, Integer)


def _holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Contains the text, whatever its case, and however quotes and dashes are set."""
    for plain, set_ in _SIGNS.items():
        for sign in set_ if plain in text or any(s in text for s in set_) else ():
            text, column = text.replace(sign, plain), func.replace(column, sign, plain)
    return or_(*(column.icontains(form, autoescape=True) for form in _forms(text)))


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Equal but for case, where `*` stands for any letters."""
    column = cast(column, String)
    escaped = [re.sub(r"([/%_])", r"/\1", form).replace("*", "%") for form in _forms(pattern)]
    return or_(*(func.lower(column).like(func.lower(form), escape="/") for form in escaped))


def _forms(text: str) -> list[str]:
    """The text as it may stand: SQLite knows of A to Z only which letters are the same."""
    forms = (text,) if text.isascii() else (text, text.lower(), text.upper(), text.capitalize(), text.title())
    return list(dict.fromkeys(forms))
