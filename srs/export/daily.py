"""The figures of each study day, by deck."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from srs.cards import State
from srs.days import Days
from srs.store.reviews import BLOCK, Which

if TYPE_CHECKING:
    from srs.store import Store


def daily(store: "Store", days: Days, which: Which) -> Iterator[Sequence[Sequence[Any]]]:
    rows = _day_rows(store, days, which)
    while batch := list(islice(rows, BLOCK)):
        yield batch


def _day_rows(store: "Store", days: Days, which: Which) -> Iterator[Sequence[Any]]:
    in_review, due_next = _levels(store, days, which)
    for row in store.by_day(which.deck, which.kind):
        levels = in_review[row.deck].up_to(row.day), due_next[row.deck].up_to(row.day)
        if (which.since is None or row.day >= which.since) and (which.until is None or row.day <= which.until):
            yield (
                date.fromordinal(row.day).isoformat(), row.deck, row.reviews, row.new_cards, row.again, row.hard, row.good,
                row.easy, row.recalled / row.in_review if row.in_review else None, round(row.seconds / 60, 2), *levels,
            )  # fmt: skip


class _Level:
    """A number that rises and falls on certain days; asked for days in order."""

    def __init__(self) -> None:
        self.change: dict[int, int] = defaultdict(int)
        self._level = 0

    def up_to(self, day: int) -> int:
        for past in [d for d in self.change if d <= day]:
            self._level += self.change.pop(past)
        return self._level


def _levels(store: "Store", days: Days, which: Which) -> tuple[dict[str, _Level], dict[str, _Level]]:
    """By deck, at the end of each day: how many cards are in review, and how many come due by the end of the next day."""
    in_review: dict[str, _Level] = defaultdict(_Level)
    due_next: dict[str, _Level] = defaultdict(_Level)
    for row in store.stretches(which.deck, which.kind):
        # One row is the stretch from an answer to the card's next: in it state and due date stand still.
        if row.state_after == State.REVIEW:
            in_review[row.deck].change[row.day] += 1
            if row.next_day is not None:
                in_review[row.deck].change[row.next_day] -= 1
        from_day = max(row.day, days.number(row.due_after) - 1)
        if row.next_day is None or from_day < row.next_day:
            due_next[row.deck].change[from_day] += 1
            if row.next_day is not None:
                due_next[row.deck].change[row.next_day] -= 1
    return in_review, due_next
