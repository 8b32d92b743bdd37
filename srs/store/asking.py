"""What a session asks the queue, as SQL that both databases understand.

Lists of numbers stand in the text of a statement: a database sees best what to do with those it can read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from srs.cards import Card, State
from srs.store.link import Dialect
from srs.store.rows import number

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_PRIME = 2**31 - 1
_FACTOR = 48271  # of the best known linear generator with this modulus

Asked = tuple[str, Mapping[str, Any]]
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

    def values(self, **others: Any) -> dict[str, Any]:
        """The values of every statement here, by name."""
        return {
            "now": number(self.now),
            "day": number(self.day),
            "next_day": number(self.next_day),
            "until": number(self.until),
            "today": self.seed,
            "multiplier": _multiplier(self.seed),
            **{f"eve_stretch_{at}": eve.stretch for at, eve in enumerate(self.eves)},
            **others,
        }


class Questions:
    """The statements, in the words of a database."""

    def __init__(self, dialect: Dialect) -> None:
        self.asked = asked(dialect)

    def first(
        self, what: str, asking: Asking, within: Collection[int] | None, unlike: Card | None, **others: Any
    ) -> Asked:
        """For the id of the first card of some sort: `learning` until `learning_until`, `review`, `new`, or `any` `after` a
        place; but none of those to skip, and of the phrases that serve the same function as `unlike`.
        """
        statement = self._queue(what, asking, within, " AND cards.due <= :learning_until")
        if asking.skipped:
            statement += f" AND cards.id NOT IN ({_several(asking.skipped)})"
        if unlike is not None and unlike.kind == "phrase" and unlike.heading:
            statement += f" AND cards.note_id NOT IN ({_SAME_FUNCTION})"
            others |= {"path": unlike.path, "heading": unlike.heading}
        by = {"review": _ORDERS[asking.order], "any": _SHUFFLED}.get(what, "cards.due")
        return f"{statement} ORDER BY {by}, cards.id LIMIT 1", asking.values(**others)

    def count(
        self, what: str, asking: Asking, within: Collection[int] | None, most: int | None = None, **others: Any
    ) -> Asked:
        """For how many cards there are of some sort, as in `first`, but `learning` on this study day; ends at `most`."""
        statement = self._queue(what, asking, within, " AND cards.due < :next_day")
        if most is not None:  # the order of the queue's indexes, or another one is taken, with cards that are not asked
            by_deck = "" if within is None else "cards.deck_id, "
            statement += f" ORDER BY {by_deck}cards.due, cards.id LIMIT :most"
        return f"SELECT count(*) FROM ({statement}) AS found", asking.values(most=most, **others)

    def waiting(self, asking: Asking, new: int, reviews: int) -> Asked:
        """For every deck: its number, new cards up to `new`, learning cards of this study day, and reviews up to `reviews`."""
        # Each number is a search of its own in the index by deck: cards that are not asked are not even counted.
        numbers = []
        for what in ("new", "learning", "review"):
            statement = self._queue(what, asking, None, " AND cards.due < :next_day") + " AND cards.deck_id = decks.id"
            if what != "learning":
                statement += f" ORDER BY cards.due, cards.id LIMIT :most_{what}"
            numbers.append(f"(SELECT count(*) FROM ({statement}) AS of_{what})")
        return f"SELECT decks.id, {', '.join(numbers)} FROM decks", asking.values(most_new=new, most_review=reviews)

    def _queue(self, what: str, asking: Asking, within: Collection[int] | None, learning: str) -> str:
        """The cards of a sort that may be asked; `learning` is until when those count."""
        match what:
            case "learning":
                condition = f"{_LEARNING}{learning}"
            case "review":
                condition = f"{_to_review(asking)} AND {_alone(asking)}"
            case "new":
                condition = f"cards.last_review IS NULL AND {_alone(asking)}"
            case "any":
                condition = f":after < {_SHUFFLED}"
            case _:
                raise ValueError(what)
        inside = "" if within is None else f" AND cards.deck_id IN ({_several(within)})"
        return f"SELECT cards.id FROM cards WHERE {self.asked} AND {condition} AND {_UNBURIED}{inside}"


def asked(dialect: Dialect) -> str:
    """The condition for cards that may be asked at all."""
    return f"cards.suspended {dialect.no} AND cards.retired {dialect.no}"


def shuffled(card_id: int, seed: int) -> int:
    """The card's place in the random order of a study day, above 0: the same for SQL and here."""
    return (card_id % _PRIME * _multiplier(seed) + 1) % _PRIME


def _multiplier(seed: int) -> int:
    return pow(_FACTOR, seed, _PRIME)


def _several(numbers: Iterable[int]) -> str:
    return ", ".join(str(int(number)) for number in sorted(numbers)) or "NULL"


_SHUFFLED = f"(cards.id % {_PRIME} * :multiplier + 1) % {_PRIME}"
_UNBURIED = "(cards.buried_until IS NULL OR cards.buried_until <= :now)"
_LEARNING = f"cards.last_review IS NOT NULL AND cards.state IN ({State.LEARNING:d}, {State.RELEARNING:d})"
_SAME_FUNCTION = (
    "SELECT notes.id FROM notes JOIN documents ON documents.id = notes.document_id "
    "WHERE documents.path = :path AND notes.kind = 'phrase' AND notes.heading = :heading"
)


def _elapsed(day: str) -> str:
    """Study days from a card's last answer to the one that begins then: those of 24 hours back from its beginning.

    After a change of the clocks an answer given in the hour at which a study day turns counts a day too many or too few, in
    the queue only.
    """
    since = f"({day} - cards.last_review)"
    return f"CASE WHEN {since} <= 0 THEN 0 ELSE ({since} + {_DAY - 1}) / {_DAY} END"


# The order of reviews. Retrievability by FSRS is (1 + factor * elapsed / stability) ** decay, with decay below 0. It falls as
# elapsed / stability grows, whatever the decay: that quotient gives the same order, and needs no power function, which not
# every SQLite has. Were decks to have parameters of their own, the order would hold within each.
_OVERDUE = f"({_elapsed(':day')}) / cards.stability"
_ORDERS = {
    "retrievability-descending": _OVERDUE,
    "retrievability-ascending": f"{_OVERDUE} DESC",
    "due": "cards.due",
    "random": _SHUFFLED,
}


def _to_review(asking: Asking) -> str:
    due = "cards.due <= :now"
    if asking.is_ahead:  # ahead of time only once a day: its new due may be as near again
        due = f"cards.due < :until AND ({due} OR cards.last_review < :day)"
    weak = [
        # They would be recalled too rarely tomorrow, and were not answered today.
        f"cards.deck_id IN ({_several(eve.decks)}) AND cards.last_review < :day "
        f"AND {_elapsed(':next_day')} > :eve_stretch_{at} * cards.stability"
        for at, eve in enumerate(asking.eves)
    ]
    either = " OR ".join(f"({one})" for one in (due, *weak))
    return f"cards.last_review IS NOT NULL AND cards.state = {State.REVIEW:d} AND ({either})"


# No other card of the note was answered on this study day: so burying needs no mark, and undo takes it back. The notes answered
# today are few, and are found once for the whole query; only a card that was answered today itself has to look for another one.
_ALONE = (
    "cards.note_id NOT IN (SELECT answered.note_id FROM revlog JOIN cards AS answered ON answered.id = revlog.card_id "
    "WHERE revlog.day = :today AND answered.last_review >= :day) "
    "OR cards.last_review >= :day AND NOT EXISTS (SELECT * FROM cards AS sibling WHERE sibling.note_id = cards.note_id "
    "AND sibling.id <> cards.id AND sibling.last_review >= :day AND sibling.last_review < :next_day)"
)


def _alone(asking: Asking) -> str:
    return f"({_ALONE} OR cards.deck_id IN ({_several(asking.together)}))" if asking.together else f"({_ALONE})"
