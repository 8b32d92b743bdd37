"""What a sitting asks from at one instant, and what it foresees of the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from srs.cards import Card
from srs.limits import Share, total
from srs.store.queue import Asking, Queue, Stamp


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
