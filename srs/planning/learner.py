"""The learner as a simulation knows them: the cards, the parameters of their memory, and how they answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from srs.cards import Preset, Schedule, State
from srs.errors import NothingToPlan, ToolsMissing
from srs.parameters import DEFAULTS, Parameters
from srs.settings import Settings
from srs.store import Store

if TYPE_CHECKING:
    from srs.memory.simulate import Habits, Held

RECENT = 365
"""Study days whose answers tell how the learner answers."""

_PRIOR = 50.0  # answers that the typical learner's chances count for, beside the learner's own
_PRIOR_SECONDS = 10.0  # the same for the seconds of each rating
_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Known:
    """A card that is asked: number, deck, schedule."""

    id: int
    deck: str
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Learner:
    """Attributes:
    cards: those that are asked, new ones last, in their order. preset: the options of the deck that it is about.
    answers: how many tell the `habits`; few are helped out by those of a typical learner.
    """

    cards: tuple[Known, ...]
    held: "Held"
    habits: "Habits"
    answers: int
    preset: Preset

    @property
    def steps(self) -> tuple[int, int]:
        """Learning and relearning steps within a day."""
        learning, relearning = self.preset.learning_steps, self.preset.relearning_steps
        return sum(step < _MINUTES_A_DAY for step in learning), sum(step < _MINUTES_A_DAY for step in relearning)

    @property
    def parameters(self) -> Parameters:
        return DEFAULTS if self.preset.parameters is None else Parameters(self.preset.parameters)

    @property
    def new(self) -> int:
        """New cards."""
        return int((~self.held.seen).sum())


def require_numpy() -> None:
    """Raises ToolsMissing, which says how to install it."""
    if find_spec("numpy") is None:
        raise ToolsMissing("numpy must be installed for this: pip install numpy scipy")


def learner_of(
    store: Store,
    settings: Settings,
    deck: str | None,
    now: datetime,
    *,
    only: Callable[[str], bool] = lambda _: True,
) -> Learner:
    """The learner of a deck with all below it, or of all cards; `only` says which of the decks count.

    Raises DeckNotFound, NothingToPlan, ToolsMissing.
    """
    require_numpy()
    cards = tuple(card for card in known(store, deck) if only(card.deck))
    if not cards:
        what = "in the collection" if deck is None else f"in the deck “{deck}”"
        raise NothingToPlan(
            f"there are no cards to ask {what}: srs import PATH makes some, srs unsuspend brings some back"
        )
    today = settings.days.number(now)
    rows = store.habits(deck, today - RECENT)
    preset = settings.preset_for(deck, {deck.name: deck.options for deck in store.decks()}, store.fits())
    return Learner(cards, _held(cards, settings, today), _habits(rows), sum(row.number for row in rows), preset)


def known(store: Store, deck: str | None) -> list[Known]:
    """The cards of a deck that are asked, new ones last, in their order. Raises DeckNotFound."""
    return [Known(row.id, row.deck, _schedule(row)) for row in store.schedules(deck)]


def _schedule(row: Any) -> Schedule:
    return Schedule(
        State(row.state), row.due, row.step, row.stability, row.difficulty, row.last_review, row.reps, row.lapses
    )


def _held(cards: Sequence[Known], settings: Settings, today: int) -> "Held":
    import numpy as np

    from srs.memory.simulate import Held

    number = settings.days.number
    schedules = [card.schedule for card in cards]
    return Held(
        seen=np.array([s.last_review is not None for s in schedules]),
        stability=np.array([s.stability or 1.0 for s in schedules]),
        difficulty=np.array([s.difficulty or 5.0 for s in schedules]),
        last=np.array([min(number(s.last_review) - today, 0) if s.last_review else 0 for s in schedules]),
        due=np.array([number(s.due) - today for s in schedules]),
    )


def _habits(rows: Sequence[Any]) -> "Habits":
    """The learner's own habits where there is enough, drawn towards the typical learner's as far as there is not."""
    import numpy as np

    from srs.memory.simulate import TYPICAL, Habits

    first, recalled = np.zeros(4), np.zeros(3)
    steps = np.zeros((2, 3, 4))
    number, seconds = np.zeros((3, 4)), np.zeros((3, 4))
    for row in rows:
        at, relearning = row.rating - 1, row.state_before == State.RELEARNING
        review = row.state_before == State.REVIEW and not row.new
        kind = 1 if review else 2 if relearning else 0
        number[kind, at] += row.number
        seconds[kind, at] += row.seconds
        if row.new:
            first[at] += row.number
        elif review and at:
            recalled[at - 1] += row.number
        elif not review and row.previous in {1, 2, 3}:
            steps[int(relearning), row.previous - 1, at] += row.number

    def chances(counts: Any, typical: Any) -> Any:
        total = counts.sum(axis=-1, keepdims=True)
        return (counts + _PRIOR * typical / typical.sum(axis=-1, keepdims=True)) / (total + _PRIOR)

    return Habits(
        first=chances(first, TYPICAL.first),
        recalled=chances(recalled, TYPICAL.recalled),
        learning=chances(steps[0], TYPICAL.learning),
        relearning=chances(steps[1], TYPICAL.relearning),
        seconds=(seconds + _PRIOR_SECONDS * TYPICAL.seconds) / (number + _PRIOR_SECONDS),
    )
