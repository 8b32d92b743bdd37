"""Whole histories replayed: what the model knew before and after each answer, and the schedule that each card ends with.

All cards go through their first answers at once, then through their second, and so on. So the rows are laid out by place in
the history, and within it by what an answer does to stability; a row knows the row of the answer before it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srs.cards import State
from srs.memory.model import (
    Floats,
    Whole,
    after_lapse,
    after_recall,
    after_same_day,
    initial_difficulty,
    initial_stability,
    interval,
    next_difficulty,
    retrievability,
)

MINUTES_A_DAY = 1440
_FIRST, _RECALLED, _LAPSED, _SAME_DAY = range(4)


@dataclass(frozen=True, slots=True)
class Histories:
    """Answers laid out for replay. As given, they are sorted by card, and each card's by when they were given.

    Attributes:
        begins: of each answer as given, whether it is the first of its card, or the first since the card was reset.
        order: which answer, as given, stands in each row of the layout.
        parent: the row of the answer before, for rows that have one.
        bounds: by place in the history, the rows at which each effect on stability begins, and where the last one ends.
        elapsed: study days since the answer before, by row, 0 or more. rating: by row.
    """

    begins: NDArray[np.bool_]
    order: Whole
    parent: Whole
    bounds: Whole
    elapsed: Floats
    rating: Whole

    @property
    def later(self) -> NDArray[np.bool_]:
        """By row: whether a day or more had passed, so that the answer says something about memory."""
        return self.elapsed >= 1

    def as_given(self, rows: Floats) -> Floats:
        """Values by row, in the order in which the answers were given."""
        found = np.empty_like(rows)
        found[self.order] = rows
        return found


def histories(card: Whole, day: Whole, rating: Whole, begins: NDArray[np.bool_] | None = None) -> Histories:
    """Lay out answers, sorted by card and then by time. `day` is the study day's number.

    `begins` marks answers that found a new card, after a reset too; the first of each card is one anyway. A day before
    that of the answer before, of a clock set back, counts as the same.
    """
    number = len(card)
    first = np.ones(number, dtype=np.bool_)
    first[1:] = card[1:] != card[:-1]
    if begins is not None:
        first |= begins
    elapsed = np.zeros(number)
    elapsed[1:] = np.maximum(day[1:] - day[:-1], 0)
    elapsed[first] = 0
    at = np.arange(number)
    place = at - np.maximum.accumulate(np.where(first, at, 0))
    effect = np.where(elapsed >= 1, np.where(rating > 1, _RECALLED, _LAPSED), _SAME_DAY)
    effect[first] = _FIRST
    key = place * 4 + effect
    # Of short numbers a stable sort counts, and compares nothing.
    order = np.argsort(key.astype(np.uint16) if key.max(initial=0) < 2**16 else key, kind="stable")
    row = np.empty(number, dtype=np.int64)
    row[order] = at
    parent = row[np.maximum(order - 1, 0)]
    places = int(place.max(initial=-1)) + 1
    counts = np.bincount(key, minlength=places * 4)
    ends = np.concatenate(([0], np.cumsum(counts)))
    bounds = np.stack([ends[column : column + places * 4 : 4] for column in range(5)], axis=1) if places else ends[:0]
    return Histories(first, order, parent, bounds.reshape(places, 5), elapsed[order], rating[order])


@dataclass(frozen=True, slots=True)
class Memory:
    """What the model knew, by answer: in the layout's order from `run`, in the given order from `replay`.

    Attributes:
        recall: chance of recall that was predicted, 0 to 1; 1 for a first answer and on the same day.
        stability_before, difficulty_before: 0 for a first answer.
        stability, difficulty: after the answer.
    """

    recall: Floats
    stability_before: Floats
    difficulty_before: Floats
    stability: Floats
    difficulty: Floats


def replay(w: Floats, given: Histories) -> Memory:
    """What the model knew before and after each answer, in the order in which they were given."""
    found = run(w, given)
    return Memory(
        *(
            given.as_given(rows)
            for rows in (
                found.recall,
                found.stability_before,
                found.difficulty_before,
                found.stability,
                found.difficulty,
            )
        )
    )


def run(w: Floats, given: Histories, most: float = np.inf) -> Memory:
    """What the model knew, by row of the layout. Stability is kept at `most` days."""
    number = len(given.order)
    recall = np.ones(number)
    before, harder, after, difficulty = np.zeros(number), np.zeros(number), np.empty(number), np.empty(number)
    elapsed, rating, parent = given.elapsed, given.rating, given.parent
    for first, recalled, lapsed, same, end in given.bounds.tolist():
        if first < recalled:
            after[first:recalled] = initial_stability(w, rating[first:recalled])
            difficulty[first:recalled] = initial_difficulty(w, rating[first:recalled])
        if recalled == end:
            continue
        here = slice(recalled, end)
        before[here] = after[parent[here]]
        harder[here] = difficulty[parent[here]]
        difficulty[here] = next_difficulty(w, harder[here], rating[here])
        if recalled < same:
            recall[recalled:same] = retrievability(w, elapsed[recalled:same], before[recalled:same])
            part = slice(recalled, lapsed)
            after[part] = after_recall(w, harder[part], before[part], recall[part], rating[part])
            part = slice(lapsed, same)
            after[part] = after_lapse(w, harder[part], before[part], recall[part])
        if same < end:
            after[same:end] = after_same_day(w, before[same:end], rating[same:end])
        if most < np.inf:
            np.minimum(after[here], most, out=after[here])
    return Memory(recall, before, harder, after, difficulty)


@dataclass(frozen=True, slots=True)
class Schedules:
    """What each card's newest answer left it with, in the order of the cards given.

    Attributes:
        state: as `State`. step: of learning or relearning, -1 in review.
        lapses, reps: since the card was last new.
        days: study days until the card is due, 0 when it is due within the day.
        minutes: until it is due, exactly; 0 where `days` says it.
    """

    state: Whole
    step: Whole
    stability: Floats
    difficulty: Floats
    lapses: Whole
    reps: Whole
    days: Whole
    minutes: Floats


def schedules(
    w: Floats,
    card: Whole,
    given: Histories,
    *,
    retention: float,
    learning_steps: tuple[float, ...],
    relearning_steps: tuple[float, ...],
) -> Schedules:
    """The schedules that the histories of cards come to, without fuzz. Steps are minutes."""
    steps = _Steps.of(learning_steps, relearning_steps)
    place = np.empty(len(card), dtype=np.int64)
    lapse = np.zeros(len(card), dtype=np.int64)
    waited = np.zeros(len(card))
    for first, recalled, _lapsed, _same, end in given.bounds.tolist():
        here = slice(first, end)
        held = np.zeros(end - first, dtype=np.int64)
        held[recalled - first :] = place[given.parent[recalled:end]]
        rating = given.rating[here]
        place[here] = steps.next[held, rating]
        waited[here] = steps.minutes[held, rating]
        lapse[here] = (held == steps.review) & (rating == 1)
    memory = run(w, given)
    row = np.empty(len(card), dtype=np.int64)
    row[given.order] = np.arange(len(card))
    ends = np.ones(len(card), dtype=np.bool_)
    ends[:-1] = card[1:] != card[:-1]
    last = row[ends]
    begun = np.cumsum(given.begins)
    since = np.maximum.accumulate(np.where(given.begins, np.arange(len(card)), 0))
    lapses = np.bincount(begun, weights=given.as_given(lapse.astype(np.float64)), minlength=1)
    stability, place, minutes = memory.stability[last], place[last], waited[last]
    in_days = np.where(
        place == steps.review, interval(w, stability, retention), minutes.astype(np.int64) // MINUTES_A_DAY
    )
    return Schedules(
        state=steps.state[place],
        step=steps.step[place],
        stability=stability,
        difficulty=memory.difficulty[last],
        lapses=lapses[begun[ends]].astype(np.int64),
        reps=(np.arange(len(card)) - since + 1)[ends],
        days=in_days,
        minutes=np.where(in_days > 0, 0.0, minutes),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """Learning and relearning as a table: from a place and a rating, the next place and the minutes until then."""

    next: Whole
    minutes: Floats
    state: Whole
    step: Whole
    review: int

    @classmethod
    def of(cls, learning: tuple[float, ...], relearning: tuple[float, ...]) -> "_Steps":
        review = max(len(learning), 1)
        places = review + 1 + len(relearning)
        to = np.full((places, 5), review, dtype=np.int64)
        minutes = np.zeros((places, 5))
        for begin, steps in ((0, learning), (review + 1, relearning)):
            for step, length in enumerate(steps):
                place = begin + step
                to[place, 1], minutes[place, 1] = begin, steps[0]
                to[place, 2], minutes[place, 2] = place, length
                if step == 0:  # Hard on the first step waits between it and the next one
                    minutes[place, 2] = length * 1.5 if len(steps) == 1 else (length + steps[1]) / 2
                if step + 1 < len(steps):
                    to[place, 3], minutes[place, 3] = place + 1, steps[step + 1]
        if relearning:
            to[review, 1], minutes[review, 1] = review + 1, relearning[0]
        state = [State.LEARNING] * review + [State.REVIEW] + [State.RELEARNING] * len(relearning)
        number = [*range(review), -1, *range(len(relearning))]
        return cls(to, minutes, np.array(state, dtype=np.int64), np.array(number, dtype=np.int64), review)
