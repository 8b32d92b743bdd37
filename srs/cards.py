"""The values of a learner's memory that every room speaks in: cards, schedules, answers, decks with their options.

Plain, immutable, without behaviour that needs a file, a clock or a database. What stands in documents is in `notes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Self


class Rating(IntEnum):
    """What the learner says of a recall. Only `AGAIN` is a failure."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class State(IntEnum):
    """FSRS's states. A new card is in `LEARNING` and has no `last_review`."""

    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the scheduler knows of one card.

    Attributes:
        due: from when the card is asked; for a card in review the beginning of a study day.
        step: index of the learning or relearning step, `None` in review.
        stability: days until recall falls to 90 %; `None` for a new card.
        difficulty: 1 to 10; `None` for a new card.
        last_review: `None` for a new card.
        reps: answers given so far.
        lapses: times it was forgotten while in review.
        leech: the answer that gave this schedule made the card a leech; says nothing of when it is asked.
    """

    state: State
    due: datetime
    step: int | None = 0
    stability: float | None = None
    difficulty: float | None = None
    last_review: datetime | None = None
    reps: int = 0
    lapses: int = 0
    leech: bool = field(default=False, compare=False)

    @classmethod
    def new(cls, now: datetime) -> Self:
        return cls(State.LEARNING, now)

    @property
    def state_name(self) -> str:
        """`new`, `learning`, `review` or `relearning`."""
        return "new" if self.last_review is None else self.state.name.lower()


@dataclass(frozen=True, slots=True)
class Card:
    """One question, with what the session shows and the scheduler needs.

    Attributes:
        heading: nearest heading over it in its document; of a phrase, what it is good for.
    """

    id: int
    deck: str
    kind: str
    prompt: str
    answer: str
    items: tuple[str, ...]
    tags: tuple[str, ...]
    path: str | None
    line: int
    rule: str
    schedule: Schedule
    suspended: bool = False
    retired: bool = False
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """One answer.

    Attributes:
        at: the true instant. day: its study day.
        seconds: time taken, from the question to the rating.
        before: the schedule that the answer found, so that undo is exact.
        elapsed_days: study days since the last review; `None` for a first answer.
        scheduled_days: interval the answer found in force, in days; `None` for a first answer.
        retrievability: chance of recall predicted for this moment, 0 to 1; `None` for a first answer.
        ticks: (item of the answer, whether it was covered), where the learner said so.
    """

    card_id: int
    rating: Rating
    at: datetime
    day: int
    seconds: float
    before: Schedule
    elapsed_days: int | None
    scheduled_days: float | None
    retrievability: float | None
    ticks: tuple[tuple[str, bool], ...] = ()


NEW_ORDERS = ("mixed", "first", "last")
REVIEW_ORDERS = ("retrievability-descending", "retrievability-ascending", "due", "random")
LEECH_ACTIONS = ("tag", "suspend")


@dataclass(frozen=True, slots=True)
class Preset:
    """Options of a deck; the defaults are the field's.

    Attributes:
        new_per_day, reviews_per_day: of the deck and all below it together.
        desired_retention: chance of recall, 0.70 to 0.99, at which a card comes due.
        learning_steps, relearning_steps: minutes.
        answer_cap: seconds at most that are counted for one answer.
        new_order: new cards among the reviews, before or after them; one of `NEW_ORDERS`.
        review_order: one of `REVIEW_ORDERS`.
        bury_siblings: a card is not asked on a study day on which another card of its note was.
        leech_threshold: lapses that make a leech, and every half of it again; 0 for never.
        leech_action: whether a leech is only tagged, or suspended too; one of `LEECH_ACTIONS`.
        fuzz: intervals from 2.5 days vary a little, so that cards learned together part.
        load_balance: within the fuzz, the study day with the least due is taken.
        easy_days: share of an ordinary day's reviews, 0 to 1, from Monday to Sunday; it counts within the fuzz.
        typed: answers to phrases are typed.
        speaking_time: seconds that count down while a question is answered aloud; 0 for no countdown.
        parameters: the 21 of the model of memory, fitted to the learner; `None` for the defaults. No option to be set.
    """

    new_per_day: int = 20
    reviews_per_day: int = 200
    desired_retention: float = 0.9
    learning_steps: tuple[float, ...] = (1.0, 10.0)
    relearning_steps: tuple[float, ...] = (10.0,)
    answer_cap: float = 60.0
    new_order: str = "mixed"
    review_order: str = "retrievability-descending"
    bury_siblings: bool = True
    leech_threshold: int = 8
    leech_action: str = "tag"
    fuzz: bool = True
    load_balance: bool = True
    easy_days: tuple[float, ...] = (1.0,) * 7
    typed: bool = False
    speaking_time: int = 120
    parameters: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Parameters of the model of memory, and what they were fitted to.

    Attributes:
        at: when. model: what they are parameters of. reviews: answers that they were fitted to.
        log_loss_before, log_loss_after: of answers held out, by the parameters in force then, and by a fit.
    """

    at: datetime
    parameters: tuple[float, ...]
    model: str
    reviews: int
    log_loss_before: float | None = None
    log_loss_after: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The way to a day on which the cards of a deck are to be recalled.

    Attributes:
        deck: with all below it; `None` for the whole collection.
        first_day, day: study days, as `Days.number` counts them: the one on which it was made, and the one it is for.
        recall: mean chance of recall wanted on the day.
        least: chance of recall on the day below which no card is left without a last answer in the days before.
        new_per_day: new cards to begin on a day. new_cards: new ones when it was made.
        minutes: a day, on average. predicted: mean chance of recall on the day. Both as reckoned when it was made.
    """

    deck: str | None
    first_day: int
    day: int
    recall: float
    least: float
    new_per_day: int
    new_cards: int
    minutes: float
    predicted: float


@dataclass(frozen=True, slots=True)
class Deck:
    """A deck as the collection holds it.

    Attributes:
        name: slash path. options: what was set for it, without what it inherits.
    """

    id: int
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cards wait, and how many answers were given today. A deck's counts include those of the decks below it."""

    deck: str
    new: int = 0
    learning: int = 0
    review: int = 0
    done_today: int = 0
    cards: int = field(default=0)
