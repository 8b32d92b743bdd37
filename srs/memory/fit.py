"""The parameters under which a log of answers is likeliest, drawn towards the defaults as far as little is known.

What is made smallest is the log loss of the predictions plus half the square of each parameter's distance from its default,
in units of how much learners differ in it: the more answers, the less the second part weighs (maximum a posteriori).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from srs.memory.gradient import Objective
from srs.memory.log import Log
from srs.memory.model import Floats, vector
from srs.parameters import DEFAULTS, HIGHEST, LOWEST, Parameters

LEAST = 64
"""Answers below which nothing is fitted."""

LEAST_FOR_ALL = 64
"""Answers on a later day below which only the initial stabilities are fitted."""

Step = Callable[[float], object]
"""Is told the log loss after each trial of parameters. What it raises ends the fit."""

# How much fitted parameters, 4 to 20, differ among learners: the standard deviations that fsrs-optimizer publishes. Half
# of that is taken for how much the learners themselves do: the rest is what a fit of few answers misses them by.
_PUBLISHED = (0.57, 0.28, 0.6, 0.12, 0.39, 0.18, 0.33, 0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32, 0.14, 0.27)
_SPREAD = np.array(_PUBLISHED) / 2
# Initial stabilities differ by factors, and a learner's four are alike: a factor for all, and one for each, as logarithms.
_COMMON, _OWN = 0.8, 0.6

_OLDEST = 0.25  # weight of the oldest answer of a long log, where the newest has 1: as in fsrs-optimizer
_LONG = 2000  # answers at which a log counts as fairly long
_OUTLIERS = 0.05  # share of first repetitions that may be put aside as too rare to be typical
_LATE = (100, 100, 100, 365)  # days from which a first repetition is not typical, by first rating
_TOLERANCE = 1e-6  # of the loss: a smaller gain is not worth another trial
_TRIALS = 200


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted.

    Attributes:
        fitted: "nothing", "initial stabilities" or "all parameters", as the log bears.
        answers, judged: how many there were, and how many of them on a later day than the card's answer before.
    """

    parameters: Parameters
    fitted: str
    answers: int
    judged: int


def fit(log: Log, *, start: Parameters = DEFAULTS, step: Step = lambda _: None) -> Fit:
    """Fit what the log bears. `start` only saves time: the outcome is the same to within the tolerance."""
    number = len(log.judged.at)
    if len(log) < LEAST or not number:
        return Fit(DEFAULTS, "nothing", len(log), number)
    _keep_memory()
    objective = Objective.of(log.given, weights(log))
    everything = number >= LEAST_FOR_ALL
    found = _fitted(objective, _Scale(), vector(start) if everything else vector(DEFAULTS), everything, step)
    parameters = Parameters(tuple(float(round(value, 6)) for value in found))
    return Fit(parameters, "all parameters" if everything else "initial stabilities", len(log), number)


def _keep_memory() -> None:
    """Have glibc keep what is freed, for the next trial of parameters; elsewhere it changes nothing.

    Else each array of each trial waits for fresh pages of the system, a third of the time. From which size on memory is given
    back rises with the largest array that ever was: this one, of which no page is touched.
    """
    np.empty(2**22 - 2**10)


class _Scale:
    """Parameters as the search sees them: initial stabilities by their logarithms, all in units of their spread."""

    def __init__(self) -> None:
        self.centre = self._logarithms(vector(DEFAULTS))
        self.unit = np.concatenate((np.full(4, np.hypot(_COMMON, _OWN)), _SPREAD))
        self.precision = np.diag(1 / self.unit**2)
        self.precision[:4, :4] = np.linalg.inv(np.full((4, 4), _COMMON**2) + np.eye(4) * _OWN**2)

    @staticmethod
    def _logarithms(w: Floats) -> Floats:
        return np.concatenate((np.log(w[:4]), w[4:]))

    def seen(self, w: Floats) -> Floats:
        """The parameters as the search sees them."""
        found: Floats = (self._logarithms(w) - self.centre) / self.unit
        return found

    def meant(self, seen: Floats) -> Floats:
        """The parameters themselves, within their bounds."""
        at = self.centre + seen * self.unit
        w: Floats = np.clip(np.concatenate((np.exp(at[:4]), at[4:])), LOWEST, HIGHEST)
        return w


def _fitted(objective: Objective, scale: _Scale, start: Floats, everything: bool, step: Step) -> Floats:
    number = max(float(objective.weight.sum()), 1.0)
    free = slice(0, 21 if everything else 4)
    whole = scale.seen(start)
    low, high = scale.seen(np.array(LOWEST)), scale.seen(np.array(HIGHEST))

    def value(part: Floats) -> tuple[float, Floats]:
        seen = whole.copy()
        seen[free] = part
        w = scale.meant(seen)
        loss, slope = objective.gradient(w)
        slope[:4] *= w[:4]
        away = seen * scale.unit
        pulled = scale.precision @ away
        step(loss / number)
        return (loss + away @ pulled / 2) / number, ((slope + pulled) * scale.unit)[free] / number

    found = minimize(
        value,
        whole[free],
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack((low[free], high[free]), axis=1),
        options={"ftol": _TOLERANCE, "maxfun": _TRIALS, "maxcor": 21},
    )
    whole[free] = found.x
    return scale.meant(whole)


def weights(log: Log) -> Floats:
    """What each answer counts in the fit: newer ones more, as far as there are many; outliers, and what came after, nothing."""
    at = log.judged.at
    oldest = _OLDEST + (1 - _OLDEST) * np.exp(-len(at) / _LONG)
    rank = np.empty(len(at))
    rank[np.argsort(log.when[at], kind="stable")] = np.linspace(0, 1, len(at))
    found = np.zeros(len(log))
    found[at] = oldest + (1 - oldest) * rank**3
    found[_put_aside(log)] = 0
    return found


def _put_aside(log: Log) -> NDArray[np.bool_]:
    """First repetitions after rare or very long waits, and whatever followed them: they are not typical of the card.

    fsrs-optimizer's rule, but for its least number of answers: of a short log it would leave hardly any.
    """
    begins, at = log.given.begins, log.judged.at
    history = np.cumsum(begins) - 1
    start = np.flatnonzero(begins)
    repeats = at[np.append(True, history[at[1:]] != history[at[:-1]])] if len(at) else at
    rating = log.rating[start[history[repeats]]]
    waited = log.day[repeats] - log.day[repeats - 1]
    ends = np.full(len(start), len(log))
    for rated, late in enumerate(_LATE, 1):
        rows = repeats[rating == rated]
        days, cell, count = np.unique(waited[rating == rated], return_inverse=True, return_counts=True)
        dropped, left = np.zeros(len(days), dtype=np.bool_), len(rows) * _OUTLIERS
        for place in np.lexsort((-days, count)):  # the rarest first, and of these the longest
            left -= count[place]
            dropped[place] = left > 0 or days[place] > late
            left += 0 if dropped[place] else count[place]
        gone = rows[dropped[cell]]
        ends[history[gone]] = gone
    outside: NDArray[np.bool_] = np.arange(len(log)) >= ends[history]
    return outside
