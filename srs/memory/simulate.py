"""A learner and their cards, day by day: what some weeks or a year of study cost and give, under several rules at once.

Every answer is drawn: whether a card is recalled by the model of memory, the rating by the learner's habits. A card has the
same luck under all rules, from answer to answer, so that curves over them are smooth. A day is the smallest unit: learning
steps of a day or more are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srs.memory.habits import Habits
from srs.memory.model import (
    LONGEST_INTERVAL,
    Floats,
    Whole,
    after_same_day,
    initial_difficulty,
    initial_stability,
    next_difficulty,
    next_stability,
    retrievability,
)
from srs.parameters import stretch

_ROW = np.dtype([("seen", "?"), ("stability", "f8"), ("difficulty", "f8"), ("last", "i8"), ("due", "i8")])
_NEVER = 2**30
_MOST_STEPS = 10  # answers to one card on one day, after the first: then it counts as learnt
_FUZZ_BANDS = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.1), (20.0, np.inf, 0.05))  # as in scheduling.py; a test compares them
_AT_ONCE = 2_000_000  # cards, of all rules and copies, that are followed at once
_DRAWS = (
    2_000_000  # numbers drawn in advance, if so many are needed: each card has its own, and uses them again in the end
)
_LENGTHS = (32, 256)  # how many a card has, at least and at most
_POINTS = 53  # days at most on which knowledge is reckoned


@dataclass(frozen=True, slots=True)
class Held:
    """The cards on the first day, one value each; new ones in the order in which they are begun.

    Attributes:
        seen: not new. stability, difficulty: any number for new cards.
        last, due: study days of the last answer and of the next, counted from the first day, which is 0.
    """

    seen: NDArray[np.bool_]
    stability: Floats
    difficulty: Floats
    last: Whole
    due: Whole

    @classmethod
    def of(cls, rows: Iterable[tuple[bool, float, float, int, int]]) -> "Held":
        """From a row for each card: seen, stability, difficulty, last, due."""
        table = np.fromiter(rows, _ROW)
        return cls(table["seen"], table["stability"], table["difficulty"], table["last"], table["due"])

    def __len__(self) -> int:
        return len(self.seen)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a deck is studied by.

    Attributes:
        least: chance of recall, on the morning after the last day, below which no card is left without a last answer
            shortly before; `None` where no day is planned for.
    """

    retention: float
    new_per_day: int
    reviews_per_day: int
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What came of each of the rules, a row each; means over the copies.

    Attributes:
        answers, reviews, new, seconds: by day. Reviews are first answers of a day to cards seen before.
        marks: days after which knowledge was reckoned. knowledge: the sum of the chances of recall then.
        recall: chance of recall of each card on the morning after the last day, 0 for a new one.
        unseen: cards that are new still.
    """

    answers: Floats
    reviews: Floats
    new: Floats
    seconds: Floats
    marks: Whole
    knowledge: Floats
    recall: Floats
    unseen: Floats


def simulate(
    w: Floats,
    held: Held,
    habits: Habits,
    rules: Sequence[Rules],
    days: int,
    *,
    steps: tuple[int, int] = (2, 1),
    fuzz: bool = True,
    copies: int = 1,
    seed: int = 0,
) -> Course:
    """Study for some days, from the first on. `steps` are numbers of learning and relearning steps within a day.

    With `copies` every rule is followed so many times, each with draws of its own.
    """
    most = max(1, _AT_ONCE // max(1, len(held) * copies))
    parts = [rules[at : at + most] for at in range(0, len(rules), most)]
    found = [_followed(_Run(w, held, habits, part, days, steps, fuzz, copies, seed), days) for part in parts]
    return Course(*(_joined([getattr(part, name) for part in found], name) for name in Course.__slots__))


def _joined(parts: list[Any], name: str) -> Any:
    return parts[0] if name == "marks" else np.concatenate(parts)


def _followed(run: "_Run", days: int) -> Course:
    marks = np.unique(np.linspace(0, days - 1, min(days, _POINTS)).astype(np.int64))
    knowledge = np.zeros((run.rules, len(marks)))
    for day in range(days):
        run.study(day)
        if day in marks:
            knowledge[:, np.searchsorted(marks, day)] = run.known(day)
    answers, reviews, new, seconds = (run.mean(tally) for tally in run.tallies)
    unseen = run.mean((len(run.fresh) - run.begun)[:, np.newaxis].astype(np.float64))[:, 0]
    return Course(answers, reviews, new, seconds, marks, knowledge, run.by_card(days), unseen)


class _Run:
    """The cards of all rules and copies, as rows of one flat array each."""

    def __init__(
        self,
        w: Floats,
        held: Held,
        habits: Habits,
        rules: Sequence[Rules],
        days: int,
        steps: tuple[int, int],
        fuzz: bool,
        copies: int,
        seed: int,
    ) -> None:
        self._w, self._habits, self._days, self._steps, self._fuzz, self._copies = w, habits, days, steps, fuzz, copies
        self._cards, self.rules = len(held), len(rules)
        self._each = self._cards * copies
        length = int(np.clip(_DRAWS // max(self._each, 1), *_LENGTHS))
        random = np.random.default_rng(seed)
        self._draws, self._spread = random.random((self._each, length)), random.random(self._each)
        self._used = np.zeros(len(rules) * self._each, dtype=np.int64)
        rows = len(rules) * copies
        self._stability = np.tile(np.where(held.seen, held.stability, 1.0), rows)
        self._difficulty = np.tile(np.where(held.seen, held.difficulty, 5.0), rows)
        self._last = np.tile(held.last, rows)
        self._due = np.tile(np.where(held.seen, held.due, _NEVER), rows)
        self._seen = np.tile(held.seen, rows)
        self.fresh = np.flatnonzero(~held.seen)
        self.begun = np.zeros(rows, dtype=np.int64)
        self._new_per_day = np.repeat([rule.new_per_day for rule in rules], copies)
        self._reviews_per_day = np.repeat([rule.reviews_per_day for rule in rules], copies)
        self._interval = np.repeat([stretch(w.tolist(), rule.retention) for rule in rules], copies)
        self._planned = np.repeat([rule.least is not None for rule in rules], copies)
        self._late = np.repeat([stretch(w.tolist(), rule.least or 0.5) for rule in rules], copies)
        self.tallies = tuple(np.zeros((rows, days)) for _ in range(4))
        self._hold_to_plan()

    def mean(self, by_row: Floats) -> Floats:
        """The mean over the copies of each rule."""
        found: Floats = by_row.reshape(self.rules, self._copies, -1).mean(axis=1)
        return found

    def known(self, day: int) -> Floats:
        """The sum of the chances of recall on a day, by rule."""
        total: Floats = self.by_card(day).sum(axis=1)
        return total

    def by_card(self, day: int) -> Floats:
        """The chance of recall of each card on a day, a row by rule; the mean over the copies."""
        chance = retrievability(self._w, np.maximum(day - self._last, 0).astype(np.float64), self._stability)
        return self.mean((chance * self._seen).reshape(-1, self._cards))

    def study(self, day: int) -> None:
        """The reviews of a day, then its new cards."""
        self._day = day
        due = self._due <= day
        if day == self._days - 1:
            due |= self._weak() & (self._last < day)
        at = self._within_limit(np.flatnonzero(due))
        if len(at):
            self._review(at)
        at = self._next_new()
        if len(at):
            self._begin(at)

    def _weak(self) -> NDArray[np.bool_]:
        """Cards under a plan that will be below the least chance of recall on its day unless they are answered."""
        rows = (-1, self._cards)
        away = (self._days - self._last).reshape(rows) > self._late[:, np.newaxis] * self._stability.reshape(rows)
        found: NDArray[np.bool_] = (away & self._planned[:, np.newaxis]).reshape(-1) & self._seen
        return found

    def _within_limit(self, at: Whole) -> Whole:
        """Of the cards that are due, those that the day's limit allows, likeliest to be recalled first."""
        row = at // self._cards
        counts = np.bincount(row, minlength=len(self.begun))
        over = np.flatnonzero(counts > self._reviews_per_day)
        if not len(over):
            return at
        ends, kept = np.cumsum(counts), np.ones(len(at), dtype=np.bool_)
        for full in over:
            here = slice(ends[full] - counts[full], ends[full])
            most = self._reviews_per_day[full]
            overdue = (self._day - self._last[at[here]]) / self._stability[at[here]]
            kept[here][np.argpartition(overdue, most)[most:]] = False
        return at[kept]

    def _review(self, at: Whole) -> None:
        elapsed = (self._day - self._last[at]).astype(np.float64)
        chance = retrievability(self._w, elapsed, self._stability[at])
        recalled = self._drawn(at) < chance
        rating = np.where(recalled, 2 + _picked(self._habits.recalled, self._drawn(at)), 1)
        self._stability[at] = next_stability(
            self._w, self._difficulty[at], np.minimum(self._stability[at], LONGEST_INTERVAL), elapsed, rating
        )
        self._difficulty[at] = next_difficulty(self._w, self._difficulty[at], rating)
        self._count(at, self._habits.seconds[1][rating - 1], reviews=True)
        lapsed = rating == 1
        left = np.full(np.count_nonzero(lapsed), self._steps[1])
        self._step(at[lapsed], rating[lapsed], left, self._steps[1], self._habits.relearning, self._habits.seconds[2])
        self._schedule(at)

    def _begin(self, at: Whole) -> None:
        rating = 1 + _picked(self._habits.first, self._drawn(at))
        self._stability[at] = initial_stability(self._w, rating)
        self._difficulty[at] = initial_difficulty(self._w, rating)
        self._seen[at] = True
        self._count(at, self._habits.seconds[0][rating - 1], new=True)
        left = np.where(rating == 4, 0, np.maximum(self._steps[0] - (rating == 3), 0))
        self._step(at, rating, left, self._steps[0], self._habits.learning, self._habits.seconds[0])
        self._schedule(at)

    def _next_new(self) -> Whole:
        """The new cards that today's limit allows, in their order, of every row."""
        today = np.minimum(self._new_per_day, len(self.fresh) - self.begun)
        row = np.repeat(np.arange(len(today)), today)
        place = np.arange(len(row)) - np.repeat(np.cumsum(today) - today, today) + self.begun[row]
        self.begun += today
        found: Whole = row * self._cards + self.fresh[place]
        return found

    def _step(self, at: Whole, rating: Whole, left: Whole, whole: int, habit: Floats, seconds: Floats) -> None:
        """Further answers on the same day, until no learning step is left. `rating` is the last one so far."""
        for _ in range(_MOST_STEPS):
            going = left > 0
            at, rating, left = at[going], rating[going], left[going]
            if not len(at):
                return
            bounds = np.cumsum(habit, axis=1)[rating - 1, :3]
            rating = 1 + (self._drawn(at)[:, np.newaxis] >= bounds).sum(axis=1)
            self._stability[at] = after_same_day(self._w, self._stability[at], rating)
            self._difficulty[at] = next_difficulty(self._w, self._difficulty[at], rating)
            self._count(at, seconds[rating - 1])
            left = np.select([rating == 1, rating == 2, rating == 3], [np.full_like(left, whole), left, left - 1], 0)

    def _schedule(self, at: Whole) -> None:
        """Put off cards that were answered today, by the interval that their stability gives."""
        row = at // self._cards
        plain = self._interval[row] * self._stability[at]
        interval = np.clip(np.rint(plain), 1, LONGEST_INTERVAL).astype(np.int64)
        low, high = _fuzzed(interval) if self._fuzz else (interval, interval)
        self._last[at] = self._day
        left = self._days - self._day
        late = self._planned[row] & (high >= left) & (left > self._late[row] * self._stability[at]) & (left > 1)
        first = left - np.maximum((self._late[row] * self._stability[at]).astype(np.int64), 1)
        first = np.maximum(np.maximum(first, 1), np.where(low < left, low, 1))
        low, high = np.where(late, first, low), np.where(late, left - 1, high)
        self._due[at] = self._day + low + (self._drawn(at) * (high - low + 1)).astype(np.int64)

    def _hold_to_plan(self) -> None:
        """Cards that come due too late for a plan are answered once more in the last days before its day."""
        at = np.flatnonzero(self._weak() & (self._due >= self._days))
        reach = np.maximum((self._late[at // self._cards] * self._stability[at]).astype(np.int64), 1)
        first = np.maximum(self._days - reach, 0)
        self._due[at] = first + (self._spread[at % self._each] * (self._days - first)).astype(np.int64)

    def _count(self, at: Whole, seconds: Floats, *, reviews: bool = False, new: bool = False) -> None:
        row = at // self._cards
        number = np.bincount(row, minlength=len(self.begun))
        took = np.bincount(row, seconds, minlength=len(self.begun))
        for tally, value in zip(self.tallies, (number, number * reviews, number * new, took), strict=True):
            tally[:, self._day] += value

    def _drawn(self, at: Whole) -> Floats:
        """A number from 0 to below 1 for each of the cards: its next one, which is the same under all rules."""
        used = self._used[at]
        self._used[at] = used + 1
        found: Floats = self._draws[at % self._each, used % self._draws.shape[1]]
        return found


def _picked(chances: Floats, drawn: Floats) -> Whole:
    """Which of several things happens, by their chances."""
    found: Whole = np.searchsorted(np.cumsum(chances)[:-1], drawn, side="right")
    return found


def _fuzzed(interval: Whole) -> tuple[Whole, Whole]:
    """The least and the most days that intervals may become: `scheduling.fuzz_range` for arrays."""
    delta = 1.0 + sum(factor * np.maximum(0.0, np.minimum(interval, end) - start) for start, end, factor in _FUZZ_BANDS)
    low = np.maximum(2, np.rint(interval - delta)).astype(np.int64)
    high = np.rint(interval + delta).astype(np.int64)
    short = interval < 2.5
    return np.where(short, interval, low), np.where(short, interval, high)
