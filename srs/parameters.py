"""The parameters of the model of memory: what they are, within which bounds, and the field's defaults. Plain numbers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

MODEL = "FSRS-6"
"""The model that the parameters are for. Those of another one mean something else, and need a fit of their own."""

# Bounds and defaults: the reference implementation, py-fsrs 6.3. A test compares them.
LOWEST = (
    0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001,
    0.001, 0.001, 0.001, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.1,
)  # fmt: skip
HIGHEST = (
    100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5,
    5.0, 0.25, 0.9, 4.0, 1.0, 6.0, 2.0, 2.0, 0.8, 0.8,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers that make the model one learner's.

    Attributes:
        values: 21 of them. 0 to 3 are the stability in days after a first answer Again, Hard, Good, Easy; 4 to 7 are
            about difficulty, 8 to 10 about recall, 11 to 14 about a lapse, 15 and 16 the worth of Hard and Easy,
            17 to 19 about further answers on the same day; 20 is how slowly forgetting slows down.
    """

    values: tuple[float, ...]
    model: str = MODEL

    def __post_init__(self) -> None:
        if self.model != MODEL:
            raise ValueError(f"parameters of {self.model} are of no use here: this is {MODEL}")
        if len(self.values) != len(LOWEST):
            raise ValueError(f"{MODEL} has {len(LOWEST)} parameters, not {len(self.values)}")
        for place, (low, value, high) in enumerate(zip(LOWEST, self.values, HIGHEST, strict=True)):
            if not (isfinite(value) and low <= value <= high):
                raise ValueError(f"parameter {place} is {value:g}, and must be from {low:g} to {high:g}")


DEFAULTS = Parameters(
    (
        0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
        1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
    )
)  # fmt: skip
"""What 10,000 learners have in common: good for everyone, best for no one."""


def stretch(values: Sequence[float], chance: float) -> float:
    """How many times its stability, in days, passes after a review until the chance of recall has fallen to `chance`.

    The forgetting curve of FSRS-6, turned round.
    """
    decay = float(values[20])
    return float((chance ** (-1 / decay) - 1) / (0.9 ** (-1 / decay) - 1))


def recall_after(values: Sequence[float], passed: float) -> float:
    """The chance of recall when `passed` times its stability has passed since a review: `stretch` the other way round."""
    decay = float(values[20])
    return float((1 + (0.9 ** (-1 / decay) - 1) * passed) ** -decay)


def parsed(text: str) -> Parameters:
    """Parameters from JSON: a list of numbers, or an object with such a list as `parameters`. Raises ValueError."""
    found = json.loads(text)
    model = MODEL
    if isinstance(found, dict):
        model, found = found.get("model", MODEL), found.get("parameters")
    if not isinstance(found, Sequence) or not all(type(value) in {int, float} for value in found):
        raise ValueError("there is no list of numbers")
    return Parameters(tuple(map(float, found)), str(model))


def remembered(values: Sequence[float], passed: float) -> float:
    """The chance of recall when so many times its stability, in days, have passed since a review: the inverse of `stretch`."""
    decay = float(values[20])
    return float((1 + (0.9 ** (-1 / decay) - 1) * passed) ** -decay)
