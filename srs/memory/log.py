"""A log of answers as arrays, and what of it says something about memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srs.memory.metrics import Targets, targets
from srs.memory.model import Whole
from srs.memory.replay import Histories, histories

_ROW = np.dtype([("card", "i8"), ("when", "i8"), ("day", "i4"), ("rating", "i1"), ("begins", "?")])


@dataclass(frozen=True, slots=True)
class Log:
    """Answers, sorted by card and then by time.

    Attributes:
        when: microseconds since 1970. day: number of the study day.
        begins: the answer found a new card; the first of each card does in any case.
        given: laid out for replay. judged: the answers on a later day than the one before, which can be predicted.
    """

    card: Whole
    when: Whole
    day: Whole
    rating: Whole
    begins: NDArray[np.bool_]
    given: Histories
    judged: Targets

    def __len__(self) -> int:
        return len(self.card)

    def until(self, when: int) -> "Log":
        """The answers before an instant, in microseconds since 1970."""
        kept = self.when < when
        return _log(self.card[kept], self.when[kept], self.day[kept], self.rating[kept], self.begins[kept])


def collect(rows: Iterable[tuple[int, int, int, int, bool]], *, ordered: bool = True) -> Log:
    """A log from rows (card, when, day, rating, begins), which may come as a stream.

    They are sorted by card and then by time, or else are when they are not `ordered`.
    """
    table = np.fromiter(rows, _ROW)
    if not ordered:
        table = table[np.lexsort((table["when"], table["card"]))]
    day, rating = table["day"].astype(np.int64), table["rating"].astype(np.int64)
    return _log(table["card"].copy(), table["when"].copy(), day, rating, table["begins"].copy())


def _log(card: Whole, when: Whole, day: Whole, rating: Whole, begins: NDArray[np.bool_]) -> Log:
    given = histories(card, day, rating, begins)
    return Log(card, when, day, rating, begins, given, targets(given))


def cut(log: Log, share: float) -> int:
    """The instant before which this share, 0 to 1, of all answers was given; in microseconds since 1970."""
    return int(np.sort(log.when)[min(int(len(log) * share), len(log) - 1)]) if len(log) else 0
