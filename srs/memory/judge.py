"""Whether one set of parameters predicts better than another: on answers that neither was fitted to, and by more than chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from srs.memory.log import Log
from srs.memory.metrics import Flags, auc, losses, rmse_of_bins
from srs.memory.model import Floats, Whole
from srs.memory.replay import replay

RESAMPLES = 1000
"""Of the cards, with replacement: so much of a difference between figures as lies in the choice of cards is seen."""

DOUBT = 0.05
"""Share of resamples at most in which better parameters may be worse."""

FEWEST = 32
"""Answers below which nothing can be judged."""

_GROUPS = 1000  # more cards than this are resampled in so many random groups


@dataclass(frozen=True, slots=True)
class Split:
    """A log cut in time, as often as there are parts to predict: each from all that came before it.

    Attributes:
        cuts: instants at which a part begins, in microseconds since 1970.
        at: the answers to predict, in the log's order. part: which part each is in.
    """

    log: Log
    cuts: tuple[int, ...]
    at: Whole
    part: Whole

    @property
    def recalled(self) -> Flags:
        return self.log.judged.recalled[self._place]

    @property
    def cell(self) -> Whole:
        """Number of the bin of each for `rmse_of_bins`."""
        return self.log.judged.cell[self._place]

    @property
    def _place(self) -> Whole:
        return np.searchsorted(self.log.judged.at, self.at)

    def predicted(self, parameters: Sequence[Floats]) -> Floats:
        """Chances of recall predicted for the answers, by the parameters for each part, or by one for all of them."""
        found = np.empty(len(self.at))
        for number, w in enumerate(parameters):
            here = self.part == number if len(parameters) > 1 else slice(None)
            found[here] = replay(w, self.log.given).recall[self.at[here]]
        return found


def split(log: Log, *, from_share: float, parts: int, since: int | None = None) -> Split:
    """Cut off the newest answers, from a share of all on, and not before `since`, in parts with the same number of answers."""
    when = np.sort(log.when)
    begin = int(len(when) * from_share)
    if since is not None:
        begin = max(begin, int(np.searchsorted(when, since, side="right")))
    places = np.linspace(begin, len(when), parts + 1)[:-1].astype(np.int64)
    cuts = np.unique(when[places[places < len(when)]])
    judged = log.judged.at
    at = judged[log.when[judged] >= cuts[0]] if len(cuts) else judged[:0]
    part = np.searchsorted(cuts, log.when[at], side="right") - 1
    return Split(log, tuple(cuts.tolist()), at, part)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the comparison.

    Attributes:
        answers: how many were predicted. before, after: the log loss of both.
        doubt: share of resamples in which the second is no better.
    """

    answers: int
    before: float
    after: float
    doubt: float

    @property
    def better(self) -> bool:
        """Whether the second predicts better than the first by more than chance."""
        return self.answers >= FEWEST and self.after < self.before and self.doubt <= DOUBT


def compare(held: Split, before: Floats, after: Floats, seed: int) -> Verdict:
    """Compare two sets of predictions for the answers held out, by a paired bootstrap over cards."""
    if not len(held.at):
        return Verdict(0, 0.0, 0.0, 1.0)
    first, second = losses(before, held.recalled), losses(after, held.recalled)
    group, drawn = _drawn(held.log.card[held.at], seed)
    gained = np.bincount(group, second - first, minlength=drawn.shape[1])
    doubt = float(np.mean(drawn @ gained >= 0))
    return Verdict(len(held.at), float(first.mean()), float(second.mean()), doubt)


def _drawn(card: Whole, seed: int) -> tuple[Whole, Whole]:
    """Of each answer the group it is drawn with, its card or several; and by resample, how often each group is drawn."""
    random = np.random.default_rng(seed)
    cards, group = np.unique(card, return_inverse=True)
    if len(cards) > _GROUPS:
        group = random.permutation(len(cards))[group] % _GROUPS
    groups = min(len(cards), _GROUPS)
    return group, random.multinomial(groups, np.full(groups, 1 / groups), size=RESAMPLES)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with the bounds within which it lies in 95 of 100 resamples of the cards."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """Answers that were predicted alike: how many, the mean chance predicted, and the share recalled."""

    answers: int
    predicted: float
    recalled: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good predictions are. `auc` is `None` where all or none of the answers were recalled."""

    log_loss: Figure
    rmse_bins: Figure
    auc: Figure | None
    calibration: tuple[Band, ...]


def quality(held: Split, recall: Floats, seed: int) -> Quality:
    """The figures of predictions for the answers held out, of which there must be one at least."""
    recalled, cell = held.recalled, held.cell
    group, drawn = _drawn(held.log.card[held.at], seed)
    lost = losses(recall, recalled)
    drawn = drawn[:: max(1, len(held.at) * len(drawn) // 20_000_000)]  # of many answers, fewer resamples will do

    def figure(of: Callable[[Floats], float]) -> Figure:
        spread = [of(counts[group].astype(np.float64)) for counts in drawn]
        value = of(np.ones(len(recall)))
        # To draw anew adds noise of its own, which makes some figures larger: what that comes to is taken off.
        low, high = np.nanquantile(spread, (0.025, 0.975)) - np.nanmean(spread) + value
        return Figure(value, max(0.0, float(low)), float(high))

    mixed = bool(recalled.any() and not recalled.all())
    return Quality(
        figure(lambda counts: float(counts @ lost / counts.sum())),
        figure(lambda counts: rmse_of_bins(recall, recalled, cell, counts)),
        figure(lambda counts: auc(recall, recalled, counts)) if mixed else None,
        bands(recall, recalled),
    )


def bands(recall: Floats, recalled: Flags, number: int = 10) -> tuple[Band, ...]:
    """The answers in bands of about the same size, from those likeliest to be forgotten on."""
    order = np.argsort(recall, kind="stable")
    parts = [part for part in np.array_split(order, number) if len(part)]
    return tuple(Band(len(part), float(recall[part].mean()), float(recalled[part].mean())) for part in parts)
