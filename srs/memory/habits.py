"""How a learner answers and how long it takes: counted from answers, and drawn towards what is typical where these are few."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from srs.cards import State
from srs.memory.model import Floats

_PRIOR = 50.0  # answers that the typical learner's chances count for, beside the learner's own
_PRIOR_SECONDS = 10.0  # the same for the seconds of each rating


@dataclass(frozen=True, slots=True)
class Habits:
    """How a learner answers, and how long it takes.

    Attributes:
        first: chances of the four ratings of a new card.
        recalled: chances of Hard, Good and Easy for a card that is recalled.
        learning, relearning: chances of the four ratings of a further answer on the same day, a row by the rating before:
            Again, Hard, Good.
        seconds: of one answer by rating, a row each for learning, review and relearning.
    """

    first: Floats
    recalled: Floats
    learning: Floats
    relearning: Floats
    seconds: Floats


# Of Anki's learners, as fsrs-optimizer 6.5 publishes them for its simulator.
TYPICAL = Habits(
    first=np.array([0.24, 0.094, 0.495, 0.171]),
    recalled=np.array([0.224, 0.631, 0.145]),
    learning=np.array(
        [[0.3687, 0.0628, 0.5108, 0.0577], [0.0441, 0.4553, 0.4457, 0.0549], [0.0518, 0.047, 0.8462, 0.055]]
    ),
    relearning=np.array(
        [[0.2157, 0.0643, 0.6595, 0.0605], [0.05, 0.4638, 0.4475, 0.0387], [0.1056, 0.1434, 0.7266, 0.0244]]
    ),
    seconds=np.array([[19.58, 18.79, 13.78, 10.71], [19.38, 17.59, 12.38, 8.94], [16.44, 15.25, 12.32, 8.03]]),
)


def habits_of(rows: Iterable[tuple[bool, int, int | None, int, int, float]]) -> Habits:
    """The habits that answers show, counted alike by alike: (card was new, state, rating before, rating, number, seconds).

    The rating before is that of the card's last answer on the same day, if there was one; seconds are the sum.
    """
    first, recalled = np.zeros(4), np.zeros(3)
    steps = np.zeros((2, 3, 4))
    number, seconds = np.zeros((3, 4)), np.zeros((3, 4))
    for new, state, previous, rating, count, took in rows:
        review, relearning = state == State.REVIEW and not new, state == State.RELEARNING
        kind = 1 if review else 2 if relearning else 0
        number[kind, rating - 1] += count
        seconds[kind, rating - 1] += took
        if new:
            first[rating - 1] += count
        elif review and rating > 1:
            recalled[rating - 2] += count
        elif not review and previous in {1, 2, 3}:
            steps[int(relearning), previous - 1, rating - 1] += count
    return Habits(
        first=_chances(first, TYPICAL.first),
        recalled=_chances(recalled, TYPICAL.recalled),
        learning=_chances(steps[0], TYPICAL.learning),
        relearning=_chances(steps[1], TYPICAL.relearning),
        seconds=(seconds + _PRIOR_SECONDS * TYPICAL.seconds) / (number + _PRIOR_SECONDS),
    )


def _chances(counts: Floats, typical: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    found: Floats = (counts + _PRIOR * typical / typical.sum(axis=-1, keepdims=True)) / (total + _PRIOR)
    return found
