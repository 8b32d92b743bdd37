"""FSRS-6: how stability and difficulty change with an answer, and how recall fades. One definition, for whole arrays.

The formulas are those of "The Algorithm" in the wiki of open-spaced-repetition, and of py-fsrs, which a test holds them to.
`w` is the vector of 21 parameters. Time is in study days; ratings are 1 to 4; all else is float64, elementwise.
"""

import numpy as np
from numpy.typing import NDArray

from srs.parameters import Parameters

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

STABILITY_MIN = 0.001
DIFFICULTY_MIN, DIFFICULTY_MAX = 1.0, 10.0
LONGEST_INTERVAL = 36500  # days


def vector(parameters: Parameters) -> Floats:
    """The parameters as the functions here take them."""
    return np.array(parameters.values)


def fading(decay: float) -> float:
    """The factor that makes the chance of recall 0.9 when as many days have passed as the stability says."""
    return float(0.9 ** (-1 / decay) - 1)


def retrievability(w: Floats, elapsed: Floats, stability: Floats) -> Floats:
    """Chance of recall, 0 to 1, `elapsed` days after the last review."""
    faded: Floats = (1 + fading(w[20]) * elapsed / stability) ** -w[20]
    return faded


def interval(w: Floats, stability: Floats, retention: float, longest: int = LONGEST_INTERVAL) -> Whole:
    """Whole days, 1 or more, until the chance of recall has fallen to `retention`."""
    days = stability / fading(w[20]) * (retention ** (-1 / w[20]) - 1)
    whole: Whole = np.clip(np.rint(np.minimum(days, longest)), 1, longest).astype(np.int64)
    return whole


def initial_stability(w: Floats, rating: Whole) -> Floats:
    """Days, after a first answer."""
    first: Floats = np.maximum(w[:4], STABILITY_MIN)[rating - 1]
    return first


def initial_difficulty(w: Floats, rating: Whole) -> Floats:
    """1 to 10, after a first answer."""
    return np.clip(_difficulty(w), DIFFICULTY_MIN, DIFFICULTY_MAX)[rating - 1]


def _difficulty(w: Floats) -> Floats:
    """The initial difficulty by rating, before it is kept within 1 to 10; that of Easy is what difficulty returns to."""
    by_rating: Floats = w[4] - np.exp(w[5] * np.arange(4)) + 1
    return by_rating


def next_difficulty(w: Floats, difficulty: Floats, rating: Whole) -> Floats:
    """1 to 10, after a further answer: the nearer to 10, the less it grows, and it is drawn a little towards Easy's."""
    moved = difficulty - w[6] * (rating - 3) * (10 - difficulty) / 9
    kept: Floats = np.clip(w[7] * _difficulty(w)[3] + (1 - w[7]) * moved, DIFFICULTY_MIN, DIFFICULTY_MAX)
    return kept


def after_recall(w: Floats, difficulty: Floats, stability: Floats, recall: Floats, rating: Whole) -> Floats:
    """Days, after Hard, Good or Easy a day or more later, when the chance of recall was `recall`."""
    worth = np.array([1.0, 1.0, w[15], 1.0, w[16]])[rating]
    growth = np.exp(w[8]) * (11 - difficulty) * stability ** -w[9] * np.expm1((1 - recall) * w[10]) * worth
    days: Floats = np.maximum(stability * (1 + growth), STABILITY_MIN)
    return days


def after_lapse(w: Floats, difficulty: Floats, stability: Floats, recall: Floats) -> Floats:
    """Days, after Again a day or more later, when the chance of recall was `recall`."""
    left = w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1) * np.exp((1 - recall) * w[14])
    days: Floats = np.maximum(np.minimum(left, stability / np.exp(w[17] * w[18])), STABILITY_MIN)
    return days


def after_same_day(w: Floats, stability: Floats, rating: Whole) -> Floats:
    """Days, after a further answer on the same study day; only Again lessens it."""
    growth = np.exp(w[17] * (rating - 3 + w[18])) * stability ** -w[19]
    growth = np.where(rating > 1, np.maximum(growth, 1.0), growth)
    days: Floats = np.maximum(stability * growth, STABILITY_MIN)
    return days


def next_stability(w: Floats, difficulty: Floats, stability: Floats, elapsed: Floats, rating: Whole) -> Floats:
    """Days, after any further answer `elapsed` days after the last one."""
    recall = retrievability(w, elapsed, stability)
    later = np.where(
        rating > 1,
        after_recall(w, difficulty, stability, recall, rating),
        after_lapse(w, difficulty, stability, recall),
    )
    return np.where(elapsed >= 1, later, after_same_day(w, stability, rating))
