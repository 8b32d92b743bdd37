"""What a sitting asks from at one instant, what the card that is shown gives, and what is foreseen of the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from srs.cards import Card, Rating, Schedule, State
from srs.limits import Share, total
from srs.store.queue import Asking, Queue, Stamp

if TYPE_CHECKING:
    from srs.scheduling import Scheduler


class Moment:
    """What is asked from at one instant, and how much of it is left: each number is counted once, when it is asked for."""

    def __init__(
        self,
        stamp: Stamp | None,
        asking: Asking,
        new_shares: list[Share],
        review_shares: list[Share],
        store: Queue,
        queued: Callable[[frozenset[int]], frozenset[int] | None],
    ) -> None:
        self.stamp, self.asking, self.new_shares, self.review_shares = stamp, asking, new_shares, review_shares
        self._store, self._queued = store, queued

    @cached_property
    def new(self) -> int:
        return self._left(self.new_shares, self._store.count_new)

    @cached_property
    def learning(self) -> int:
        return self._store.count_learning(self.asking)

    @cached_property
    def reviews(self) -> int:
        return self._left(self.review_shares, self._store.count_reviews)

    def _left(self, shares: Sequence[Share], count: Callable[[Asking, frozenset[int] | None, int], int]) -> int:
        return total(shares, lambda share: count(self.asking, self._queued(share.decks), share.most))


class Shown:
    """A card that is shown, on one study day: what its answer gives, whatever the minute in which it comes.

    Attributes:
        day, at: the study day, and the instant of it that `outcomes` are of, by rating.
        elapsed_days: study days since the answer before, `None` for a new card.
        scheduled_days: the days for which that one had scheduled it, whole ones for a card in review.
        retrievability: chance of recall, `None` for a new card.
    """

    def __init__(
        self, card: Card, day: int, at: datetime, scheduler: "Scheduler", outcomes: dict[Rating, Schedule]
    ) -> None:
        self.day, self.at, self.scheduler, self.outcomes = day, at, scheduler, outcomes
        self._of = card.id, card.schedule.reps
        before = card.schedule
        self.elapsed_days = scheduler.elapsed_days(before, at)
        self.scheduled_days: float | None = None
        self.retrievability: float | None = None
        if before.last_review is not None:
            self.scheduled_days = (before.due - before.last_review) / timedelta(days=1)
            if before.state is State.REVIEW:
                self.scheduled_days = scheduler.days.number(before.due) - scheduler.days.number(before.last_review)
            self.retrievability = scheduler.retrievability(before, at)

    def is_of(self, card: Card, day: int) -> bool:
        return (card.id, card.schedule.reps, day) == (*self._of, self.day)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What follows an answer, found out before it was given.

    Attributes:
        card: the next one. waiting: new, learning and review cards that are left then.
        stamp: the state of the collection that this is of: what the answer makes of it, and nobody else.
        since, until: between these instants it holds; then other cards come due.
    """

    card: Card
    waiting: tuple[int, int, int]
    stamp: Stamp | None
    since: datetime
    until: datetime

    def holds(self, stamp: Stamp | None, now: datetime) -> bool:
        return self.stamp == stamp is not None and self.since <= now < self.until
