"""The learner as a simulation knows them: the cards, the parameters of their memory, and how they answer."""

from collections.abc import Callable
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
    from srs.memory.habits import Habits
    from srs.memory.simulate import Held

RECENT = 365
"""Study days whose answers tell how the learner answers."""

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
        return sum(card.schedule.last_review is None for card in self.cards)


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
    from srs.memory.habits import habits_of
    from srs.memory.simulate import Held

    held = Held.of(_row(card.schedule, settings, today) for card in cards)
    names = ("new", "state_before", "previous", "rating", "number", "seconds")
    habits = habits_of(tuple(getattr(row, name) for name in names) for row in rows)
    return Learner(cards, held, habits, sum(row.number for row in rows), preset)


def known(store: Store, deck: str | None) -> list[Known]:
    """The cards of a deck that are asked, new ones last, in their order. Raises DeckNotFound."""
    return [Known(row.id, row.deck, _schedule(row)) for row in store.schedules(deck)]


def _schedule(row: Any) -> Schedule:
    return Schedule(
        State(row.state), row.due, row.step, row.stability, row.difficulty, row.last_review, row.reps, row.lapses
    )


def _row(schedule: Schedule, settings: Settings, today: int) -> tuple[bool, float, float, int, int]:
    number, last = settings.days.number, schedule.last_review
    return (
        last is not None,
        schedule.stability or 1.0,
        schedule.difficulty or 5.0,
        0 if last is None else min(number(last) - today, 0),
        number(schedule.due) - today,
    )
