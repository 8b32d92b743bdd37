"""How well predicted chances of recall agree with what was recalled: the field's figures, as in srs-benchmark.

What counts is every answer a study day or more after the one before: `recall` is what was predicted for it, 0 to 1, and
`recalled` whether it was rated better than Again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srs.memory.model import Floats, Whole
from srs.memory.replay import Histories

Flags = NDArray[np.bool_]

CERTAIN = 1e-4
"""A prediction nearer to 0 or 1 counts as this: one wrong certainty would outweigh all the rest."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The answers that say something about memory, in the order in which answers were given.

    Attributes:
        at: which of the answers. cell: number of the bin for `rmse_of_bins`.
    """

    at: Whole
    recalled: Flags
    cell: Whole


def targets(given: Histories) -> Targets:
    """The answers to judge by. A first answer, and one on the same day, say nothing of memory."""
    elapsed, rating = given.as_given(given.elapsed), given.as_given(given.rating.astype(np.float64))
    later = (elapsed >= 1) & ~given.begins
    at = np.flatnonzero(later)
    start = np.maximum.accumulate(np.where(given.begins, np.arange(len(later)), 0))
    counted = np.cumsum(later.astype(np.int64))
    lapsed = np.cumsum((later & (rating == 1)).astype(np.int64))
    recalled = rating[at] > 1
    number: Whole = counted[at] - counted[start[at]] + 1
    lapses: Whole = lapsed[at] - lapsed[start[at]] - np.where(recalled, 0, 1)
    return Targets(at, recalled, cells(elapsed[at], number, lapses))


def cells(elapsed: Floats, number: Whole, lapses: Whole) -> Whole:
    """The bin of each answer by days elapsed, how many answers on days of their own there are with it, and lapses before it.

    Bins are powers of 3.62, 1.89 and 1.73, as in srs-benchmark.
    """
    by_days = np.floor(np.log(elapsed) / np.log(3.62))
    by_number = np.floor(np.log(number) / np.log(1.89))
    by_lapses = np.where(lapses > 0, np.floor(np.log(np.maximum(lapses, 1)) / np.log(1.73)) + 1, 0)
    code = np.array([by_days, by_number, by_lapses]).astype(np.int64)
    sizes = code.max(axis=1, initial=0) + 1
    code = (code[0] * sizes[1] + code[1]) * sizes[2] + code[2]
    used = np.bincount(code, minlength=1) > 0  # few numbers, so that they need not be sorted
    cell: Whole = np.cumsum(used)[code] - 1
    return cell


def losses(recall: Floats, recalled: Flags) -> Floats:
    """The log loss of each prediction."""
    kept = np.clip(recall, CERTAIN, 1 - CERTAIN)
    lost: Floats = -np.log(np.where(recalled, kept, 1 - kept))
    return lost


def rmse_of_bins(recall: Floats, recalled: Flags, cell: Whole, counts: Floats | None = None) -> float:
    """Root of the mean square, weighted by answers, of what the share recalled in each bin differs from its prediction.

    `counts` is how often each answer counts, once if not given.
    """
    counts = np.ones(len(recall)) if counts is None else counts
    size = np.bincount(cell, counts)
    off = np.bincount(cell, counts * (recall - recalled))
    kept = size > 0
    return float(np.sqrt((off[kept] ** 2 / size[kept]).sum() / size.sum()))


def auc(recall: Floats, recalled: Flags, counts: Floats | None = None) -> float:
    """The chance that of two answers, one recalled and one not, the first had the better prediction; a tie is half of it.

    Not a number where all or none were recalled. `counts` is how often each answer counts, once if not given.
    """
    counts = np.ones(len(recall)) if counts is None else counts
    _, level = np.unique(recall, return_inverse=True)
    right = np.bincount(level, counts * recalled)
    wrong = np.bincount(level, counts * ~recalled)
    pairs = right.sum() * wrong.sum()
    return float(right @ (np.cumsum(wrong) - wrong / 2) / pairs) if pairs else float("nan")
