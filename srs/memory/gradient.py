"""The log loss of predicted recall over whole histories, and its gradient in the 21 parameters: reverse mode, by hand.

Only the chain from each answer to the next, and back, goes step by step; all else is done for all answers at once. So the
formulas of `model` are put here so that little of them is left to a step: `Objective.loss`, by the model itself, is their twin.
"""

from dataclasses import dataclass
from math import exp, log

import numpy as np

from srs.memory.metrics import CERTAIN, losses
from srs.memory.model import (
    DIFFICULTY_MAX,
    DIFFICULTY_MIN,
    STABILITY_MIN,
    Floats,
    Whole,
    fading,
    initial_difficulty,
    initial_stability,
)
from srs.memory.replay import Histories, run

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
        """The sum of the weighted log losses: what `gradient` gives too, here by the formulas of the model itself."""
        recall, right = run(w, self.given, LONGEST).recall[self.later], self.given.rating[self.later] > 1
        return float(losses(recall, right) @ self.weight[self.later])

    def gradient(self, w: Floats) -> tuple[float, Floats]:
        """The sum of the weighted log losses, and its derivative in each parameter."""
        parts = _Parts(w, self)
        slope = np.zeros(21)
        to_stability, to_difficulty = parts.swept()
        parts.add_forgetting(slope)
        parts.add_stability(slope, to_stability)
        parts.add_difficulty(slope, to_difficulty)
        return parts.loss, slope


class _Parts:
    """What one answer's stability, difficulty and loss are sensitive to, by row; names are those of calculus: d_y_x."""

    def __init__(self, w: Floats, objective: Objective) -> None:
        self._w, self._of = w, objective
        self._follow_difficulty()
        self._follow_stability()
        rows = len(self._after)
        self._free = (self._after > STABILITY_MIN) & (self._after < LONGEST)
        self._direct = np.zeros(rows)  # loss by the stability before, through this answer's own prediction
        self._s_s, self._s_d = np.zeros(rows), np.zeros(rows)
        self._recall()
        self._recalled()
        self._lapsed()
        self._same_day()
        self._s_s *= self._free
        self._s_d *= self._free

    def _follow_difficulty(self) -> None:
        """Difficulty before and after each answer: the next is a straight line in the last, kept within its bounds."""
        w, given = self._w, self._of.given
        moved = w[6] * (np.arange(5) - 3) / 9
        goal = w[4] - exp(3 * w[5]) + 1
        rise = ((1 - w[7]) * (1 + moved)).take(given.rating)
        base = (w[7] * goal - (1 - w[7]) * 10 * moved).take(given.rating)
        before, after = np.full(len(rise), DIFFICULTY_MIN), np.empty(len(rise))
        after[self._of.first] = initial_difficulty(w, given.rating[self._of.first])
        for _first, begin, _lapse, _same, end in given.bounds.tolist():
            here = slice(begin, end)
            before[here] = after.take(given.parent[here])
            after[here] = np.minimum(np.maximum(rise[here] * before[here] + base[here], DIFFICULTY_MIN), DIFFICULTY_MAX)
        self._harder = before
        self._d_free = (after > DIFFICULTY_MIN) & (after < DIFFICULTY_MAX)
        self._d_d = rise * self._d_free

    def _follow_stability(self) -> None:
        """Stability before and after each answer, with what its derivatives are made of too.

        `_log` is the logarithm of the stability before, plus 1 where the card was forgotten. `_scale` and `_power` are what
        the formula multiplies: by how much stability grows, or to what it falls.
        """
        w, of, rating = self._w, self._of, self._of.given.rating
        parent, rows = of.given.parent, len(rating)
        faded = fading(w[20]) * of.given.elapsed
        room, kept = exp(w[8]) * (11 - self._harder), w[11] * np.exp(-w[12] * np.log(self._harder))
        self._worth = np.array([1.0, 1.0, w[15], 1.0, w[16]]).take(rating)
        grown, least, ceiling = w[17] * (rating - 3 + w[18]), np.where(rating > 1, 1.0, 0.0), exp(-w[17] * w[18])
        before, after, recall = np.ones(rows), np.empty(rows), np.ones(rows)
        log_faded, log_before, scale, power = (np.zeros(rows) for _ in range(4))
        after[of.first] = initial_stability(w, rating[of.first])
        for _first, begin, lapse, same, end in of.given.bounds.tolist():
            here, later = slice(begin, end), slice(begin, same)
            before[here] = after.take(parent[here])
            log_faded[later] = np.log1p(faded[later] / before[later])
            recall[later] = np.exp(-w[20] * log_faded[later])
            if begin < lapse:
                part = slice(begin, lapse)
                log_before[part] = np.log(before[part])
                scale[part] = room[part] * np.exp((1 - w[9]) * log_before[part])
                power[part] = np.expm1(w[10] * (1 - recall[part]))
                after[part] = before[part] + scale[part] * power[part] * self._worth[part]
            if lapse < same:
                part = slice(lapse, same)
                log_before[part] = np.log1p(before[part])
                scale[part] = kept[part] * np.exp(w[14] * (1 - recall[part]))
                power[part] = np.expm1(w[13] * log_before[part])
                after[part] = np.minimum(scale[part] * power[part], before[part] * ceiling)
            if same < end:
                part = slice(same, end)
                log_before[part] = np.log(before[part])
                scale[part] = np.exp(grown[part] - w[19] * log_before[part])
                after[part] = before[part] * np.maximum(scale[part], least[part])
            after[here] = np.minimum(np.maximum(after[here], STABILITY_MIN), LONGEST)
        self._before, self._after, self._recalls, self._log_faded = before, after, recall, log_faded
        self._log, self._scale, self._power, self._ceiling = log_before, scale, power, ceiling

    def _recall(self) -> None:
        w, later, rate = self._w, self._of.later, fading(self._w[20])
        before, recall, log_faded = (rows.take(later) for rows in (self._before, self._recalls, self._log_faded))
        weight, right = self._of.weight.take(later), self._of.given.rating.take(later) > 1
        self.loss = float(losses(recall, right) @ weight)
        counts = weight * ((recall > CERTAIN) & (recall < 1 - CERTAIN))
        self._l_r = counts * np.where(right, -1 / recall, 1 / (1 - recall))
        passed = self._of.given.elapsed.take(later) / before
        faded = 1 + rate * passed
        r_s = recall * w[20] * rate * passed / (faded * before)
        d_fading = 0.9 ** (-1 / w[20]) * log(0.9) / w[20] ** 2
        self._r_decay = -recall * (log_faded + w[20] * d_fading * passed / faded)
        self._direct[later] = self._l_r * r_s
        self._r_s, self._recall_decay = np.zeros(len(self._s_s)), np.zeros(len(self._s_s))
        self._r_s[later], self._recall_decay[later] = r_s, self._r_decay

    def _recalled(self) -> None:
        w, rows = self._w, self._of.recalled
        before, harder, scale = self._before.take(rows), self._harder.take(rows), self._scale.take(rows)
        power, worth = self._power.take(rows), self._worth.take(rows)
        self._growth_plain = scale * power
        self._growth = self._growth_plain * worth
        self._growth_r = scale * worth * (power + 1)
        self._s_s[rows] = 1 + (1 - w[9]) * self._growth / before - w[10] * self._growth_r * self._r_s.take(rows)
        self._s_d[rows] = -self._growth / (11 - harder)

    def _lapsed(self) -> None:
        w, rows = self._w, self._of.lapsed
        before, harder, scale = self._before.take(rows), self._harder.take(rows), self._scale.take(rows)
        self._left = scale * self._power.take(rows)
        self._left_power = self._left + scale
        self._log_harder = np.log(harder)
        self._by_formula = self._left < before * self._ceiling
        by_s = self._left_power * w[13] / (before + 1) - w[14] * self._left * self._r_s.take(rows)
        self._s_s[rows] = np.where(self._by_formula, by_s, self._ceiling)
        self._s_d[rows] = np.where(self._by_formula, -w[12] * self._left / harder, 0.0)

    def _same_day(self) -> None:
        w, rows = self._w, self._of.same
        growth = self._scale.take(rows)
        grows = (self._of.given.rating.take(rows) == 1) | (growth > 1)
        self._s_s[rows] = np.where(grows, (1 - w[19]) * growth, 1.0)
        self._same_after = np.where(grows, growth * self._before.take(rows), 0.0)

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
        at, recall = to_s[of.recalled], self._recalls[of.recalled]
        rating = of.given.rating[of.recalled]
        slope[8] += at @ self._growth
        slope[9] -= at @ (self._growth * self._log[of.recalled])
        slope[10] += at @ (self._growth_r * (1 - recall))
        slope[15] += at @ np.where(rating == 2, self._growth_plain, 0.0)
        slope[16] += at @ np.where(rating == 4, self._growth_plain, 0.0)
        slope[20] -= w[10] * (at @ (self._growth_r * self._recall_decay[of.recalled]))
        at, recall = to_s[of.lapsed], self._recalls[of.lapsed]
        after = self._after[of.lapsed]
        by_formula = np.where(self._by_formula, at, 0.0)
        slope[11] += by_formula @ self._left / w[11]
        slope[12] -= by_formula @ (self._left * self._log_harder)
        slope[13] += by_formula @ (self._left_power * self._log[of.lapsed])
        slope[14] += by_formula @ (self._left * (1 - recall))
        slope[20] -= w[14] * (by_formula @ (self._left * self._recall_decay[of.lapsed]))
        by_ceiling = (at - by_formula) @ after
        slope[17] -= by_ceiling * w[18]
        slope[18] -= by_ceiling * w[17]
        at = to_s[of.same] * self._same_after
        slope[17] += at @ (of.given.rating[of.same] - 3 + w[18])
        slope[18] += at.sum() * w[17]
        slope[19] -= at @ self._log[of.same]

    def add_difficulty(self, slope: Floats, to_d: Floats) -> None:
        """All parameters that the difficulty after an answer depends on."""
        w, of = self._w, self._of
        steps = of.given.rating[of.first] - 1
        at = to_d[of.first]
        slope[4] += at.sum()
        slope[5] -= at @ (steps * np.exp(w[5] * steps))
        further = np.concatenate((of.later, of.same))
        at, rating = to_d[further], of.given.rating[further]
        harder = self._harder[further]
        room = (rating - 3) * (10 - harder) / 9
        goal = w[4] - np.exp(3 * w[5]) + 1
        slope[4] += at.sum() * w[7]
        slope[5] -= at.sum() * w[7] * 3 * np.exp(3 * w[5])
        slope[6] -= (1 - w[7]) * (at @ room)
        slope[7] += at @ (goal - harder + w[6] * room)
