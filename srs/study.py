"""Session: next, preview, answer, undo, progress. It holds ids and limits, and no queue: the queue is a query."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from srs.cards import Card, Preset, Rating, Review, Schedule, State
from srs.days import Days
from srs.quality import confusable
from srs.scheduling import Scheduler
from srs.store import Store

APART = 5
"""Cards at most that are passed over because they are easily confused with the one just answered."""

LEARN_AHEAD = timedelta(minutes=20)
"""When nothing else is left, a learning card is asked up to this long before it is due."""


@dataclass(slots=True)
class Tally:
    """What was answered in this sitting."""

    answers: int = 0
    seconds: float = 0.0
    reviews: int = 0
    recalled: int = 0

    @property
    def true_retention(self) -> float | None:
        """Share of the reviews of cards in review that were not rated Again; `None` without any."""
        return self.recalled / self.reviews if self.reviews else None

    def count(self, review: Review, sign: int = 1) -> None:
        self.answers += sign
        self.seconds += sign * review.seconds
        if review.before.last_review is not None and review.before.state is State.REVIEW:
            self.reviews += sign
            self.recalled += sign * (review.rating is not Rating.AGAIN)


class Session:
    """One sitting over a deck, or over all of the collection."""

    def __init__(
        self,
        store: Store,
        preset: Preset,
        days: Days,
        deck: str | None = None,
        *,
        new: int | None = None,
        limit: int | None = None,
    ) -> None:
        """`new` and `limit` bound this sitting's new cards and answers; `None` leaves the day's limits. Raises DeckNotFound."""
        self._store, self._preset, self._days, self._deck = store, preset, days, deck
        self._scheduler = Scheduler(preset, days)
        self._new, self._limit = new, limit
        self._new_begun = 0
        self._skipped: set[int] = set()
        self._last: Card | None = None
        self._mine: list[Review] = []
        self.tally = Tally()
        if deck is not None:
            store.require_deck(deck)

    def next(self, now: datetime) -> Card | None:
        """The card to ask at `now`; `None` when nothing is left, or the sitting's limit is reached."""
        if self._limit is not None and self.tally.answers >= self._limit:
            return None
        new_left, reviews_left = self._left(now)
        first = None
        apart: set[int] = set()
        while len(apart) < APART:
            card = self._store.next_card(
                self._deck,
                now=now,
                ahead=now + LEARN_AHEAD,
                new_left=new_left,
                reviews_left=reviews_left,
                skipped=self._skipped | apart,
            )
            if card is None or self._last is None or not confusable(card, self._last):
                return card or first
            first = first or card
            apart.add(card.id)
        return first

    def _left(self, now: datetime) -> tuple[int, int]:
        new_done, reviews_done = self._store.answered(self._days.number(now))
        new_left = self._preset.new_per_day - new_done if self._new is None else self._new - self._new_begun
        return new_left, self._preset.reviews_per_day - reviews_done

    def waiting(self, now: datetime) -> tuple[int, int, int]:
        """New, learning and review cards that are left to ask today."""
        new_left, reviews_left = self._left(now)
        day_end = self._days.begin(self._days.number(now) + 1)
        return self._store.waiting(self._deck, now=now, day_end=day_end, new_left=new_left, reviews_left=reviews_left)

    def preview(self, card: Card, now: datetime) -> dict[Rating, Schedule]:
        """What each rating gives; `answer` with the same `now` gives exactly that."""
        return self._scheduler.preview(card.schedule, now)

    def answer(self, card: Card, rating: Rating, now: datetime, seconds: float) -> Schedule:
        """Commit an answer, and only then return. Raises StaleCard when the card was answered elsewhere."""
        before = card.schedule
        after = self._scheduler.review(before, rating, now)
        elapsed = self._scheduler.elapsed_days(before, now)
        scheduled = (before.due - before.last_review) / timedelta(days=1) if before.last_review else None
        if scheduled is not None and before.state is State.REVIEW and before.last_review is not None:
            scheduled = self._days.number(before.due) - self._days.number(before.last_review)
        review = Review(
            card_id=card.id,
            rating=rating,
            at=now,
            day=self._days.number(now),
            seconds=round(min(max(seconds, 0.0), self._preset.answer_cap), 3),
            before=before,
            elapsed_days=elapsed,
            scheduled_days=scheduled,
            retrievability=self._scheduler.retrievability(before, now) if before.last_review else None,
        )
        self._store.record(review, after)
        self._last = card
        self._mine.append(review)
        self._new_begun += before.last_review is None
        self.tally.count(review)
        return after

    def undo(self) -> Card:
        """Take back the last answer of all, of this sitting or an earlier one. Raises NothingToUndo."""
        card, review = self._store.undo()
        if self._mine and self._mine[-1].card_id == review.card_id and self._mine[-1].at == review.at:
            self._mine.pop()
            self.tally.count(review, -1)
            self._new_begun -= review.before.last_review is None
        self._skipped.discard(card.id)
        return card

    def skip(self, card: Card) -> None:
        """Not again in this sitting."""
        self._skipped.add(card.id)

    def bury(self, card: Card, now: datetime) -> None:
        """Not again until the next study day."""
        self._store.bury(card.id, self._days.begin(self._days.number(now) + 1))

    def suspend(self, card: Card) -> None:
        """Not again until told."""
        self._store.suspend(card.id)

    def current(self, card: Card) -> Card | None:
        """The card as the collection holds it now, after an edit say; `None` when it is not to be asked any longer."""
        found = self._store.card(card.id)
        return None if found is None or found.retired or found.suspended else found

    def history(self, card: Card) -> list[Review]:
        return self._store.history(card.id)

    def retrievability(self, card: Card, now: datetime) -> float:
        return self._scheduler.retrievability(card.schedule, now)

    def due_tomorrow(self, now: datetime) -> int:
        """Cards that come due on the next study day, besides new ones."""
        day = self._days.number(now)
        return self._store.due_from(self._deck, since=self._days.begin(day + 1), until=self._days.begin(day + 2))
