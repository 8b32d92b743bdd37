"""What study costs and gives at each desired retention, reckoned with the learner's own cards and habits."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from srs.errors import NothingToPlan
from srs.planning.learner import learner_of
from srs.settings import Settings
from srs.store import Store

RETENTIONS = tuple(hundredths / 100 for hundredths in range(70, 98))
"""The desired retentions that are compared."""

LONGEST = 3650
"""Days at most that are simulated."""


@dataclass(frozen=True, slots=True)
class At:
    """What a desired retention comes to.

    Attributes:
        reviews, minutes: a day, on average; reviews are of cards seen before, and minutes of all answers.
        known: cards that would be recalled after the last day. begun: new cards that were begun.
        knowledge: (day, cards that would be recalled after it); the first day is 1.
    """

    retention: float
    reviews: float
    minutes: float
    begun: float
    known: float
    knowledge: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Attributes:
    retention: the learner's own. at: by desired retention, the learner's own among them.
    new_per_day, reviews_per_day: the limits reckoned with. answers: how many of the learner's own tell the habits.
    """

    deck: str | None
    days: int
    cards: int
    new: int
    new_per_day: int
    reviews_per_day: int
    answers: int
    fitted: bool
    retention: float
    at: tuple[At, ...]

    @property
    def own(self) -> At:
        return next(at for at in self.at if at.retention == self.retention)

    def as_json(self) -> dict[str, Any]:
        names = ("deck", "days", "cards", "new", "new_per_day", "reviews_per_day", "answers", "fitted", "retention")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found["outlook"] = [
            {
                "desired_retention": at.retention,
                "reviews_per_day": round(at.reviews, 2),
                "minutes_per_day": round(at.minutes, 2),
                "begun": round(at.begun, 1),
                "known": round(at.known, 1),
                "knowledge": [{"day": day, "known": round(known, 1)} for day, known in at.knowledge],
            }
            for at in self.at
        ]
        return found


def simulate(
    store: Store,
    settings: Settings,
    deck: str | None,
    now: datetime,
    *,
    days: int = 365,
    new: int | None = None,
    seed: int = 0,
) -> Outlook:
    """Study a deck with all below it, or all cards, for some days. `new` cards a day go before the deck's limit.

    Raises NothingToPlan, DeckNotFound, ToolsMissing.
    """
    if not 1 <= days <= LONGEST:
        raise NothingToPlan(f"{days} days cannot be simulated: write a number from 1 to {LONGEST}")
    learner = learner_of(store, settings, deck, now)
    from srs.memory.model import vector
    from srs.memory.simulate import Rules
    from srs.memory.simulate import simulate as simulated

    preset = learner.preset if new is None else replace(learner.preset, new_per_day=new)
    retentions = sorted({*RETENTIONS, preset.desired_retention})
    course = simulated(
        vector(learner.parameters),
        learner.held,
        learner.habits,
        [Rules(retention, preset.new_per_day, preset.reviews_per_day) for retention in retentions],
        days,
        steps=learner.steps,
        fuzz=preset.fuzz,
        copies=max(1, min(20, 2000 // len(learner.cards))),
        seed=seed,
    )
    marks = (course.marks + 1).tolist()
    return Outlook(
        deck=deck,
        days=days,
        cards=len(learner.cards),
        new=learner.new,
        new_per_day=preset.new_per_day,
        reviews_per_day=preset.reviews_per_day,
        answers=learner.answers,
        fitted=preset.parameters is not None,
        retention=preset.desired_retention,
        at=tuple(
            At(
                retention,
                float(course.reviews[row].mean()),
                float(course.seconds[row].mean() / 60),
                float(course.new[row].sum()),
                float(course.knowledge[row, -1]),
                tuple(zip(marks, course.knowledge[row].tolist(), strict=True)),
            )
            for row, retention in enumerate(retentions)
        ),
    )
