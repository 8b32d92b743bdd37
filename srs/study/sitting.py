"""What one sitting has done so far: its tally, and in a cram how far it has come. Nothing of it is kept."""

from dataclasses import dataclass, replace

from srs.cards import Card, Rating, Review, State
from srs.store.queue import Asking, Queue, shuffled


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


class Cram:
    """How far a cram has come in its random order, and what was not known in it."""

    def __init__(self, *, counts: bool) -> None:
        self.counts, self.place, self.seed = counts, 0, 0
        self.again: list[int] = []
        self.done: list[tuple[Card, Review]] = []

    def next(self, store: Queue, asking: Asking) -> Card | None:
        self.seed = self.seed or asking.seed  # the order of the first day, also past four in the morning
        card = store.next_any(replace(asking, seed=self.seed), self.place)
        waiting = (store.card(id) for id in self.again if card is None and id not in asking.skipped)
        return card or next((found for found in waiting if found and not found.suspended and not found.retired), None)

    def answered(self, card: Card, rating: Rating) -> None:
        self.place = max(self.place, shuffled(card.id, self.seed))
        self.put_aside(card)
        if rating is Rating.AGAIN:
            self.again.append(card.id)

    def put_aside(self, card: Card) -> None:
        self.again = [id for id in self.again if id != card.id]
