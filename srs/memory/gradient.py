"""The log loss of predicted recall over whole histories, and its gradient in the 21 parameters: reverse mode, by hand.

How an answer changes stability and difficulty is differentiated for all answers at once; only the chain from each answer
back to the one before goes step by step.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from srs.memory.metrics import CERTAIN
from srs.memory.model import DIFFICULTY_MAX, DIFFICULTY_MIN, STABILITY_MIN, Floats, Whole, fading
from srs.memory.replay import Histories, Memory, run

LONGEST = 36500.0
"""Days at which stability is kept while fitting, so that no trial of parameters runs away."""


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss of histories, with what of it does not depend on the parameters, computed once.

    Attributes:
        weight: of each row's prediction in the loss, 0 where it does not count.
        first, recalled, lapsed, same, later: numbers of the rows by what the answer does.
    """

    given: Histories
    weight: Floats
    first: Whole
    recalled: Whole
    lapsed: Whole
    same: Whole
    later: Whole

    @classmethod
    def of(cls, given: Histories, weight: Floats) -> "Objective":
        """`weight` is by answer as given; those of answers that say nothing of memory do not matter."""
        later = given.later
        begins = given.begins[given.order]
        return cls(
            given,
            np.where(later, weight[given.order], 0.0),
            np.flatnonzero(begins),
            np.flatnonzero(later & (given.rating > 1)),
            np.flatnonzero(later & (given.rating == 1)),
            np.flatnonzero(~later & ~begins),
            np.flatnonzero(later),
        )

    def loss(self, w: Floats) -> float:
        """The sum of the weighted log losses."""
        return self._loss(run(w, self.given, LONGEST))

    def _loss(self, memory: Memory) -> float:
        recall = np.clip(memory.recall[self.later], CERTAIN, 1 - CERTAIN)
        right = self.given.rating[self.later] > 1
        return float(-np.log(np.where(right, recall, 1 - recall)) @ self.weight[self.later])

    def gradient(self, w: Floats) -> tuple[float, Floats]:
        """The sum of the weighted log losses, and its derivative in each parameter."""
        memory = run(w, self.given, LONGEST)
        slope = np.zeros(21)
        parts = _Parts(w, self, memory)
        to_stability, to_difficulty = parts.swept()
        parts.add_forgetting(slope)
        parts.add_stability(slope, to_stability)
        parts.add_difficulty(slope, to_difficulty)
        return self._loss(memory), slope


class _Parts:
    """What one answer's stability, difficulty and loss are sensitive to, by row; names are those of calculus: d_y_x."""

    def __init__(self, w: Floats, objective: Objective, memory: Memory) -> None:
        self._w, self._of, self._memory = w, objective, memory
        rows = len(memory.stability)
        self._free = (memory.stability > STABILITY_MIN) & (memory.stability < LONGEST)
        self._direct = np.zeros(rows)  # loss by the stability before, through this answer's own prediction
        self._s_s, self._s_d = np.zeros(rows), np.zeros(rows)
        self._recall()
        self._recalled()
        self._lapsed()
        self._same_day()
        self._difficulty()

    def _recall(self) -> None:
        w, later = self._w, self._of.later
        elapsed, before = self._of.given.elapsed[later], self._memory.stability_before[later]
        recall, weight = self._memory.recall[later], self._of.weight[later]
        passed = elapsed / before
        faded = 1 + fading(w[20]) * passed
        counts = weight * ((recall > CERTAIN) & (recall < 1 - CERTAIN))
        right = self._of.given.rating[later] > 1
        self._l_r = counts * np.where(right, -1 / recall, 1 / (1 - recall))
        r_s = recall * w[20] * (faded - 1) / (faded * before)
        d_fading = 0.9 ** (-1 / w[20]) * log(0.9) / w[20] ** 2
        self._r_decay = recall * (-np.log(faded) - w[20] / faded * passed * d_fading)
        self._direct[later] = self._l_r * r_s
        self._r_s, self._recall_decay = np.zeros(len(self._s_s)), np.zeros(len(self._s_s))
        self._r_s[later], self._recall_decay[later] = r_s, self._r_decay

    def _recalled(self) -> None:
        w, rows, memory = self._w, self._of.recalled, self._memory
        before, harder, recall = memory.stability_before[rows], memory.difficulty_before[rows], memory.recall[rows]
        rating = self._of.given.rating[rows]
        self._log_before = np.log(before)
        worth = np.array([1.0, 1.0, w[15], 1.0, w[16]])[rating]
        # Growth as in `after_recall`, with and without its factor of surprise.
        self._growth_rate = np.exp(w[8] - w[9] * self._log_before) * (11 - harder) * before
        surprise = np.exp((1 - recall) * w[10])
        self._growth_plain = self._growth_rate * (surprise - 1)
        self._growth = self._growth_plain * worth
        self._growth_r = self._growth_rate * worth * surprise
        self._s_s[rows] = 1 + (1 - w[9]) * self._growth / before - w[10] * self._growth_r * self._r_s[rows]
        self._s_d[rows] = -self._growth / (11 - harder)

    def _lapsed(self) -> None:
        w, rows, memory = self._w, self._of.lapsed, self._memory
        before, harder, recall = memory.stability_before[rows], memory.difficulty_before[rows], memory.recall[rows]
        self._log_next, self._log_harder = np.log1p(before), np.log(harder)
        raised = np.exp(w[13] * self._log_next)
        scale = w[11] * np.exp(-w[12] * self._log_harder + (1 - recall) * w[14])
        self._left = scale * (raised - 1)
        self._left_power = scale * raised
        ceiling = np.exp(-w[17] * w[18])
        self._by_formula = self._left < before * ceiling
        by_s = self._left_power * w[13] / (before + 1) - w[14] * self._left * self._r_s[rows]
        self._s_s[rows] = np.where(self._by_formula, by_s, ceiling)
        self._s_d[rows] = np.where(self._by_formula, -w[12] * self._left / harder, 0.0)

    def _same_day(self) -> None:
        w, rows = self._w, self._of.same
        before, rating = self._memory.stability_before[rows], self._of.given.rating[rows]
        self._log_same = np.log(before)
        growth = np.exp(w[17] * (rating - 3 + w[18]) - w[19] * self._log_same)
        self._grows = (rating == 1) | (growth > 1)
        self._s_s[rows] = np.where(self._grows, (1 - w[19]) * growth, 1.0)
        self._same_after = np.where(self._grows, growth * before, 0.0)

    def _difficulty(self) -> None:
        w, memory = self._w, self._memory
        self._d_free = (memory.difficulty > DIFFICULTY_MIN) & (memory.difficulty < DIFFICULTY_MAX)
        factor = (1 - w[7]) * (1 + w[6] * (self._of.given.rating - 3) / 9)
        self._d_d = np.where(self._d_free, factor, 0.0)
        self._s_s *= self._free
        self._s_d *= self._free

    def swept(self) -> tuple[Floats, Floats]:
        """The derivative of the whole loss by each row's stability and difficulty after its answer."""
        parent = self._of.given.parent
        to_s, to_d = np.zeros(len(parent)), np.zeros(len(parent))
        for _first, begin, _lapsed, _same, end in self._of.given.bounds[::-1].tolist():
            here = slice(begin, end)
            before = parent[here]
            to_s[before] = to_s[here] * self._s_s[here] + self._direct[here]
            to_d[before] = to_s[here] * self._s_d[here] + to_d[here] * self._d_d[here]
        return to_s * self._free, to_d * self._d_free

    def add_forgetting(self, slope: Floats) -> None:
        """The decay, as far as it makes the predictions."""
        slope[20] += self._l_r @ self._r_decay

    def add_stability(self, slope: Floats, to_s: Floats) -> None:
        """All parameters that the stability after an answer depends on."""
        w, of = self._w, self._of
        slope[:4] += np.bincount(of.given.rating[of.first] - 1, to_s[of.first], minlength=4)
        at, recall = to_s[of.recalled], self._memory.recall[of.recalled]
        rating = of.given.rating[of.recalled]
        slope[8] += at @ self._growth
        slope[9] -= at @ (self._growth * self._log_before)
        slope[10] += at @ (self._growth_r * (1 - recall))
        slope[15] += at @ np.where(rating == 2, self._growth_plain, 0.0)
        slope[16] += at @ np.where(rating == 4, self._growth_plain, 0.0)
        slope[20] -= w[10] * (at @ (self._growth_r * self._recall_decay[of.recalled]))
        at, recall = to_s[of.lapsed], self._memory.recall[of.lapsed]
        after = self._memory.stability[of.lapsed]
        by_formula = np.where(self._by_formula, at, 0.0)
        slope[11] += by_formula @ self._left / w[11]
        slope[12] -= by_formula @ (self._left * self._log_harder)
        slope[13] += by_formula @ (self._left_power * self._log_next)
        slope[14] += by_formula @ (self._left * (1 - recall))
        slope[20] -= w[14] * (by_formula @ (self._left * self._recall_decay[of.lapsed]))
        by_ceiling = (at - by_formula) @ after
        slope[17] -= by_ceiling * w[18]
        slope[18] -= by_ceiling * w[17]
        at = to_s[of.same] * self._same_after
        slope[17] += at @ (of.given.rating[of.same] - 3 + w[18])
        slope[18] += at.sum() * w[17]
        slope[19] -= at @ self._log_same

    def add_difficulty(self, slope: Floats, to_d: Floats) -> None:
        """All parameters that the difficulty after an answer depends on."""
        w, of = self._w, self._of
        steps = of.given.rating[of.first] - 1
        at = to_d[of.first]
        slope[4] += at.sum()
        slope[5] -= at @ (steps * np.exp(w[5] * steps))
        further = np.concatenate((of.later, of.same))
        at, rating = to_d[further], of.given.rating[further]
        harder = self._memory.difficulty_before[further]
        room = (rating - 3) * (10 - harder) / 9
        goal = w[4] - np.exp(3 * w[5]) + 1
        slope[4] += at.sum() * w[7]
        slope[5] -= at.sum() * w[7] * 3 * np.exp(3 * w[5])
        slope[6] -= (1 - w[7]) * (at @ room)
        slope[7] += at @ (goal - harder + w[6] * room)
