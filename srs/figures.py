"""The figures of a learner's progress, as values: what `stats` counts, and every face shows.

Definitions, with their sources:

- Study day: a day that begins at 04:00 local time, or as `day_start` says (Anki manual, "Next day starts at").
- True retention: of the answers to cards in review, the share that is not Again. First answers and those in learning or
  relearning do not count (Anki manual, "True retention"). Young and mature go by the interval in force when the card was
  asked: mature from 21 days on (Anki manual, "Card counts").
- Streak: study days in a row with at least one answer, up to today, or to yesterday as long as today has none.
- Stability: days until the chance of recall has fallen to 90 %. Difficulty: 1 to 10. Retrievability: the chance of recall
  now (FSRS, open-spaced-repetition/fsrs4anki wiki, "The Algorithm").
- Known: the sum of retrievability over cards seen, which is how many of them would be recalled if all were asked now
  (Anki's statistics, "Estimated total knowledge").
- Calibration: predicted chance beside actual share of recall, over answers a study day or more after the one before, as
  FSRS is evaluated (open-spaced-repetition/srs-benchmark). Log loss is the mean of -ln(chance given to what happened);
  less is better. Bands are Wilson's intervals at 95 % (E. B. Wilson, 1927).
- Leech: a card tagged so for being forgotten again and again (Anki manual, "Leeches").
"""

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

MATURE_DAYS = 21
RATINGS = ("again", "hard", "good", "easy")
PHASES = ("new", "learning", "young", "mature")
"""What a card was when it was asked: never seen, in steps, in review at an interval below `MATURE_DAYS`, or from it on."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of some answers were not Again."""

    reviews: int = 0
    recalled: int = 0

    def __add__(self, other: "Recall") -> "Recall":
        return Recall(self.reviews + other.reviews, self.recalled + other.recalled)

    @property
    def share(self) -> float | None:
        """0 to 1; `None` without answers."""
        return self.recalled / self.reviews if self.reviews else None

    @property
    def band(self) -> tuple[float, float]:
        """Where the true share lies, at 95 %."""
        return wilson(self.recalled, self.reviews)


@dataclass(frozen=True, slots=True)
class Span:
    """The answers of the last `days` study days, today included; `days` None is all of them.

    Attributes:
        true_retention: share of reviews of cards in review not rated Again; `None` without any.
        young, mature: the two parts of these reviews.
    """

    days: int | None
    reviews: int
    minutes: float
    true_retention: float | None
    young: Recall = Recall()
    mature: Recall = Recall()

    @property
    def recall(self) -> Recall:
        return self.young + self.mature


@dataclass(frozen=True, slots=True)
class Day:
    """A study day with answers; `new` to `mature` is what the cards were, and the sum of it all answers."""

    day: str
    minutes: float
    new: int
    learning: int
    young: int
    mature: int
    again: int

    @property
    def reviews(self) -> int:
        return self.new + self.learning + self.young + self.mature


@dataclass(frozen=True, slots=True)
class Bin:
    """Cards with a figure of `low` or more and less than `high`; `high` None is without end."""

    low: float
    high: float | None
    cards: int


@dataclass(frozen=True, slots=True)
class Hour:
    """The answers given in one local hour, 0 to 23."""

    hour: int
    answers: int
    reviews: int
    recalled: int


@dataclass(frozen=True, slots=True)
class Predicted:
    """Answers for which about the same chance of recall was predicted: its mean, and what came of it, with the band."""

    predicted: float
    actual: float
    low: float
    high: float
    reviews: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Attributes:
    log_loss: of all predictions together; `None` without any.
    """

    reviews: int
    log_loss: float | None
    bins: tuple[Predicted, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A card that is hard to keep. `again` is how often it was forgotten in the last 30 study days, while in review."""

    id: int
    deck: str
    prompt: str
    difficulty: float
    lapses: int
    again: int = 0


@dataclass(frozen=True, slots=True)
class Missed:
    """An item of a list that is left out: how often, of how many times that the list was ticked off."""

    id: int
    deck: str
    prompt: str
    item: str
    missed: int
    ticked: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Attributes:
    day: today, as ISO date. period_days: study days, up to today, that `daily` to `calibration` are about.
    spans: the last day, week, month, and all.
    streak, longest_streak, days_studied: study days.
    due_today: reviews and learning cards still to come today; overdue: those of them due before today.
    forecast: (day as ISO date, cards in review or learning that come due on it), today with all that is overdue.
    by_state, by_kind, by_deck: cards that are not retired; a suspended card counts as suspended, whatever its state.
    buttons: by what the card was and by rating, how many answers.
    seen, known: cards asked so far, neither suspended nor retired; how many of them would be recalled now.
    stability, difficulty, retrievability: how these cards spread over days, 1 to 10, and 0 to 1.
    forgotten: cards forgotten most in the last 30 days; hardest: of all; leeches: those tagged so, `leech_count` in all.
    missed: items of lists that were left out most often.
    """

    deck: str | None
    day: str
    period_days: int
    desired_retention: float
    spans: tuple[Span, ...]
    streak: int
    longest_streak: int
    days_studied: int
    due_today: int
    overdue: int
    forecast: tuple[tuple[str, int], ...]
    daily: tuple[Day, ...]
    buttons: dict[str, dict[str, int]]
    hours: tuple[Hour, ...]
    calibration: Calibration
    by_state: dict[str, int]
    by_kind: dict[str, int]
    by_deck: dict[str, int]
    seen: int
    known: float
    stability: tuple[Bin, ...]
    difficulty: tuple[Bin, ...]
    retrievability: tuple[Bin, ...]
    forgotten: tuple[Trouble, ...]
    hardest: tuple[Trouble, ...]
    leeches: tuple[Trouble, ...]
    leech_count: int
    missed: tuple[Missed, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The names of the attributes are the keys."""
        return asdict(self)

    @property
    def cards(self) -> int:
        return sum(self.by_state.values())

    @property
    def month(self) -> Span:
        return next(span for span in self.spans if span.days == MONTH)


MONTH = 30
ENOUGH = 30
"""Reviews from which a share says something."""

MARGIN = 0.02
"""How far below what was asked for true retention may be; less is not worth a word."""


def verdict(figures: Stats) -> tuple[bool | None, str]:
    """Whether the learner is on track, `None` when it is too early to tell; and a sentence that says so."""
    recall, wanted = figures.month.recall, f"{figures.desired_retention:.0%}"
    if not figures.cards:
        return None, "There are no cards yet."
    if recall.reviews < ENOUGH or recall.share is None:
        reviews = counted(recall.reviews, "review")
        return None, f"Too early to tell: {reviews} in the last {MONTH} days, of {ENOUGH} that it takes."
    said = f"{recall.share:.0%} of reviews recalled in the last {MONTH} days, {wanted} asked for."
    backlog = figures.overdue > 2 * max(1.0, sum(day.reviews for day in figures.daily[-MONTH:]) / MONTH)
    if max(recall.band[1], recall.share + MARGIN) < figures.desired_retention:
        return False, f"Less stays than planned: {said}"
    if backlog:
        return False, f"{figures.overdue:,} reviews are overdue. {said}"
    return True, f"On track: {said}"


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's score interval at 95 %; 0 to 1 without trials."""
    if not trials:
        return 0.0, 1.0
    z = 1.959964
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))  # they may be off by a last digit


def counted(number: int, thing: str) -> str:
    """`1 card`, `2,000 cards`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
