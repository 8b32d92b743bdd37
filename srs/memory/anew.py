"""What the whole histories of some cards come to, by other parameters than those that they were scheduled with."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from srs.cards import State
from srs.memory.log import Log
from srs.memory.model import Floats
from srs.memory.replay import histories, schedules


@dataclass(frozen=True, slots=True)
class Ending:
    """What the history of a card in review ends with. `reps` is the number of its answers since it was last new."""

    stability: float
    difficulty: float
    reps: int


def endings(
    w: Floats, log: Log, cards: Collection[int], *, learning: tuple[float, ...], relearning: tuple[float, ...]
) -> dict[int, Ending]:
    """By card, where its history ends in review. `learning` and `relearning` are steps, in minutes."""
    part = np.isin(log.card, list(cards))
    card = log.card[part]
    given = histories(card, log.day[part], log.rating[part], log.begins[part])
    ends = schedules(w, card, given, retention=0.9, learning_steps=learning, relearning_steps=relearning)
    last = card[np.append(card[1:] != card[:-1], True)] if len(card) else card
    columns = (last, ends.state, ends.stability, ends.difficulty, ends.reps)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {id: Ending(*rest) for id, state, *rest in rows if state == State.REVIEW}
