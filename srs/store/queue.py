"""What a sitting asks and writes: the next card, what is left, the answers; all that takes no more than the driver."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from srs.cards import Card, Deck, Fitted, Plan, Rating, Review, Schedule, State
from srs.errors import StaleCard, no_deck
from srs.store.asking import Asked, Asking, Eve, Questions, asked, shuffled
from srs.store.link import Ask, Dialect, Safeguard, link
from srs.store.rows import (
    ANSWER,
    CARD,
    LEECH,
    PLAN,
    REVIEW,
    SCHEDULE,
    answer_row,
    as_fitted,
    as_plan,
    card_of_driver,
    instant,
    loaded,
    number,
    review_of_driver,
    schedule_for_driver,
)
from srs.store.transactions import Stamp, Transactions

if TYPE_CHECKING:
    from srs.store.reviews import Reviews, Which
    from srs.store.store import Store

__all__ = ["Answered", "Asking", "Eve", "Queue", "Stamp", "open_queue", "shuffled"]


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
        return type(self)(
            self.begun + other.begun,
            self.reviews + other.reviews,
            self.recalled + other.recalled,
            self.seconds + other.seconds,
        )


class Queue(Transactions):
    """A collection, open for a sitting. Every method is one transaction; what fails changes nothing, and raises DatabaseError.

    Its statements are SQL for the driver itself: SQLAlchemy takes ten times as long as SQLite for one of them, and half of the
    time in which a program that asks a card could start.
    """

    def _begin(self, dialect: Dialect, safeguard: Safeguard | None) -> None:
        super()._begin(dialect, safeguard)
        self._questions = Questions(dialect)

    # -- decks

    def deck_names(self) -> list[str]:
        return [deck.name for deck in self.decks()]

    def decks(self) -> list[Deck]:
        """All decks that hold cards or options, by name."""
        with self._asking() as ask:
            rows = ask("SELECT id, name, options FROM decks ORDER BY name", {})
            return [Deck(row[0], row[1], loaded(row[2]) or {}) for row in rows]

    def require_deck(self, deck: str) -> list[int]:
        """Numbers of a deck and those below it. Raises DeckNotFound, with the nearest names."""
        with self._asking() as ask:
            return self._below(ask, deck)

    def _below(self, ask: Ask, deck: str) -> list[int]:
        """Numbers of a deck and those below it. Raises DeckNotFound."""
        name, decks = deck.strip("/"), ask("SELECT id, name FROM decks ORDER BY name", {}).fetchall()
        ids = [row[0] for row in decks if row[1] == name or row[1].startswith(name + "/")]
        if not ids:
            raise no_deck(deck, [row[1] for row in decks])
        return ids

    def plans(self) -> list[Plan]:
        """All plans, the nearest day first; those whose day is past too."""
        columns = ", ".join(f"plans.{name}" for name in PLAN)
        with self._asking() as ask:
            rows = ask(
                f"SELECT decks.name, {columns} FROM plans LEFT JOIN decks ON decks.id = plans.deck_id "
                "ORDER BY plans.day, plans.id",
                {},
            )
            return [as_plan(row) for row in rows]

    def fits(self) -> dict[str | None, Fitted]:
        """The parameters in force, by the deck that they were fitted for, `None` for the whole collection."""
        with self._asking() as ask:
            rows = ask(
                "SELECT decks.name, fitted_at, numbers, model, reviews, log_loss_before, log_loss_after "
                "FROM parameters LEFT JOIN decks ON decks.id = parameters.deck_id "
                "WHERE numbers IS NOT NULL AND parameters.id IN (SELECT max(id) FROM parameters GROUP BY deck_id)",
                {},
            )
            return {row[0]: as_fitted(row[1:]) for row in rows}

    @contextmanager
    def reviews(self, which: "Which") -> "Iterator[Reviews]":
        """Answers as they are when it is entered. Raises DeckNotFound."""
        from srs.store.reviews import Reviews

        with self._reading() as transaction:
            ask = self._ask(transaction)
            decks = None if which.deck is None else self._below(ask, which.deck)
            yield Reviews(ask, self._ask(transaction, many=True), self._dialect, which, decks)

    # -- cards

    def next_learning(self, asking: Asking, *, until: datetime, unlike: Card | None = None) -> Card | None:
        """The learning card that is due first, `until` at the latest; none of the phrases of `unlike`'s function."""
        return self._first("learning", asking, asking.decks, unlike, learning_until=number(until))

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
        with self._asking() as ask:
            found = ask(*self._questions.first(what, asking, within, unlike, **values)).fetchone()
            return None if found is None else self._card(ask, found[0])

    def count_new(self, asking: Asking, within: Collection[int] | None, most: int) -> int:
        """New cards of some decks; the counting ends at `most`."""
        return self._count(self._questions.count("new", asking, within, most))

    def count_reviews(self, asking: Asking, within: Collection[int] | None, most: int) -> int:
        return self._count(self._questions.count("review", asking, within, most))

    def count_learning(self, asking: Asking) -> int:
        """Learning cards that come due on this study day."""
        return self._count(self._questions.count("learning", asking, asking.decks))

    def count_any(self, asking: Asking, after: int) -> int:
        """Cards that `next_any` still has behind the place `after`."""
        return self._count(self._questions.count("any", asking, asking.decks, after=after))

    def _count(self, question: Asked) -> int:
        with self._asking() as ask:
            return int(ask(*question).fetchone()[0])

    def waiting(self, asking: Asking, new: int, reviews: int) -> dict[int, tuple[int, int, int]]:
        """By deck: new cards, learning cards of this study day, and reviews; the counting ends at `new` and `reviews`."""
        with self._asking() as ask:
            rows = ask(*self._questions.waiting(asking, new, reviews))
            return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def held(self, today: int) -> dict[int, tuple[int, int]]:
        """By deck: how many cards it holds, without those of the decks below it, and answers given today."""
        with self._asking() as ask:
            answers = dict(
                ask(
                    "SELECT cards.deck_id, count(*) FROM revlog JOIN cards ON cards.id = revlog.card_id "
                    "WHERE revlog.day = :today GROUP BY cards.deck_id",
                    {"today": today},
                ).fetchall()
            )
            rows = ask(f"SELECT deck_id, count(*) FROM cards WHERE retired {self._dialect.no} GROUP BY deck_id", {})
            found = {deck: (many, answers.pop(deck, 0)) for deck, many in rows}
        return found | {deck: (0, many) for deck, many in answers.items()}

    def load(self, since: datetime, until: datetime) -> dict[datetime, int]:
        """How many reviews of the whole collection come due at each instant, from one until before the other."""
        with self._asking() as ask:
            rows = ask(
                f"SELECT due, count(*) FROM cards WHERE {asked(self._dialect)} AND last_review IS NOT NULL "
                f"AND state = {State.REVIEW:d} AND due >= :since AND due < :until GROUP BY due",
                {"since": number(since), "until": number(until)},
            )
            return {instant(row[0]): row[1] for row in rows}

    def next_due(self, now: datetime) -> datetime | None:
        """When after `now` the next card of those seen comes due."""
        first = f"SELECT min(due) FROM cards WHERE {asked(self._dialect)} AND last_review IS NOT NULL AND due > :now AND state ="
        with self._asking() as ask:  # one jump into the index for each state
            found = [ask(f"{first} {state:d}", {"now": number(now)}).fetchone()[0] for state in State]
        return min((instant(due) for due in found if due is not None), default=None)

    def due_from(self, deck: str | None, *, since: datetime | None, until: datetime) -> int:
        """Cards seen before that come due from `since`, or ever, until before `until`."""
        with self._asking() as ask:
            statement = (
                f"SELECT count(*) FROM cards WHERE {asked(self._dialect)} AND last_review IS NOT NULL AND due < :until"
            )
            if since is not None:
                statement += " AND due >= :since"
            if deck is not None:
                statement += f" AND deck_id IN ({', '.join(map(str, self._below(ask, deck)))})"
            values = {"until": number(until), "since": None if since is None else number(since)}
            return int(ask(statement, values).fetchone()[0])

    def card(self, card_id: int) -> Card | None:
        with self._asking() as ask:
            return self._card(ask, card_id)

    def _card(self, ask: Ask, card_id: int) -> Card | None:
        row = ask(f"{_CARDS} WHERE cards.id = :card", {"card": card_id}).fetchone()
        return None if row is None else card_of_driver(row)

    def beside(self, card: Card, kinds: Sequence[str], most: int = 500) -> list[Card]:
        """Cards of some kinds from the same document; those of the other documents of its deck after them."""
        of = {f"kind_{at}": kind for at, kind in enumerate(kinds)}
        with self._asking() as ask:
            rows = ask(
                f"{_CARDS} WHERE decks.name = :deck AND cards.retired {self._dialect.no} "
                f"AND notes.kind IN ({', '.join(f':{name}' for name in of)}) "
                "ORDER BY CASE WHEN documents.path = :path THEN 0 ELSE 1 END, cards.id LIMIT :most",
                {"deck": card.deck, "path": card.path, "most": most, **of},
            )
            return [card_of_driver(row) for row in rows]

    # -- answers

    def record(self, review: Review, after: Schedule, *, suspend: bool = False) -> None:
        """An answer: card row and revlog row together. A leech is tagged, and if told so suspended, in the same breath.

        Raises StaleCard when the card was answered elsewhere meanwhile.
        """
        before = review.before
        values = {"card": review.card_id, "reps_before": before.reps, **schedule_for_driver(after)}
        values["seen_before"] = None if before.last_review is None else number(before.last_review)
        with self._answering() as ask:
            # An answer may have been taken back elsewhere and given anew: as many answers, another schedule.
            changed = ask(
                f"{_RESCHEDULE} WHERE id = :card AND reps = :reps_before AND last_review {self._dialect.same} :seen_before",
                values,
            )
            if changed.rowcount != 1:
                raise StaleCard("this card was answered in another session meanwhile; that answer counts")
            row = answer_row(review, _leech(ask, review.card_id, suspend=suspend) if after.leech else None)
            if not review.ticks:
                ask(_ANSWER, row)
                return
            [[answer]] = ask(f"{_ANSWER} RETURNING id", row).fetchall()
            for item, covered in review.ticks:
                tick = {"answer": answer, "item": item, "covered": covered}
                ask("INSERT INTO ticks (review_id, item, covered) VALUES (:answer, :item, :covered)", tick)

    def answered(self, day: int) -> dict[int, Answered]:
        """What was answered on a study day, by deck."""
        in_review = f"state_before = {State.REVIEW:d}"
        with self._asking() as ask:
            rows = ask(
                "SELECT cards.deck_id, count(CASE WHEN last_review_before IS NULL THEN 1 END), "
                f"count(CASE WHEN {in_review} THEN 1 END), "
                f"count(CASE WHEN {in_review} AND rating > {Rating.AGAIN:d} THEN 1 END), sum(seconds) "
                "FROM revlog JOIN cards ON cards.id = revlog.card_id WHERE day = :today GROUP BY cards.deck_id",
                {"today": day},
            )
            return {row[0]: Answered(*row[1:]) for row in rows}

    def missed(self, card_id: int) -> dict[str, tuple[int, int]]:
        """Items that an answer to the card left out: (times left out, times ticked off or left out)."""
        with self._asking() as ask:
            rows = ask(
                "SELECT item, sum(CASE WHEN covered THEN 0 ELSE 1 END), count(*) FROM ticks "
                "JOIN revlog ON revlog.id = ticks.review_id WHERE revlog.card_id = :card GROUP BY item",
                {"card": card_id},
            )
            return {row[0]: (row[1], row[2]) for row in rows if row[1]}

    def history(self, card_id: int) -> list[Review]:
        """A card's answers, oldest first."""
        with self._asking() as ask:
            rows = ask(f"SELECT {', '.join(REVIEW)} FROM revlog WHERE card_id = :card ORDER BY id", {"card": card_id})
            return [review_of_driver(row, reps) for reps, row in enumerate(rows)]


def open_queue(address: str, safeguard: Safeguard | None = None) -> Queue:
    """The collection at a path or URL for a sitting: as `open_store` gives it, but sooner where it is an up-to-date file."""

    def whole() -> "Store":
        from srs.store.store import open_store

        return open_store(address, safeguard=safeguard)

    to = link(address)
    return whole() if to is None else Queue(to, whole, safeguard)


_CARDS = (
    f"SELECT {', '.join(CARD)} FROM cards JOIN notes ON notes.id = cards.note_id JOIN decks ON decks.id = cards.deck_id "
    "LEFT JOIN documents ON documents.id = notes.document_id"
)
_RESCHEDULE = f"UPDATE cards SET {', '.join(f'{name} = :{name}' for name in SCHEDULE)}"
_ANSWER = f"INSERT INTO revlog ({', '.join(ANSWER)}) VALUES ({', '.join(f':{name}' for name in ANSWER)})"


def _leech(ask: Ask, card_id: int, *, suspend: bool) -> dict[str, Any]:
    """Tag a card as a leech, or suspend it too; returns what is changed by it, as it was."""
    text, suspended = ask("SELECT own_tags, suspended FROM cards WHERE id = :card", {"card": card_id}).fetchone()
    tags = loaded(text)
    marked = {"card": card_id, "tags": json.dumps(tags if LEECH in tags else [*tags, LEECH])}
    ask("UPDATE cards SET own_tags = :tags WHERE id = :card", marked)
    if not suspend:
        return {"own_tags": tags}
    ask("UPDATE cards SET suspended = :yes WHERE id = :card", {"card": card_id, "yes": True})
    return {"own_tags": tags, "suspended": bool(suspended)}
