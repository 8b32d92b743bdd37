"""Schedule + rating + instant -> schedule, by FSRS. Pure: no clock, file or SQL. The only importer of fsrs.

py-fsrs counts periods of 24 hours. A learner counts days: a card answered late in the evening and again early the next
day has waited one day. So py-fsrs is handed times made from study-day numbers, and its answer is laid on true time.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import fsrs

from srs.cards import Preset, Rating, Schedule, State
from srs.days import Days

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scheduler:
    """FSRS with the options of one deck, in the calendar of one learner."""

    preset: Preset
    days: Days

    def review(self, schedule: Schedule, rating: Rating, now: datetime) -> Schedule:
        """The schedule after an answer at `now`, an aware instant. One before the last review counts as 0 days."""
        card = self._card(schedule)
        counted = self._counted(schedule, now)
        answered, _ = self._fsrs.review_card(card, fsrs.Rating(rating), counted)
        interval = answered.due - counted
        today = self.days.number(now)
        due = self.days.begin(today + interval.days) if interval >= _DAY else now.astimezone(UTC) + interval
        return replace(
            schedule,
            state=State(answered.state),
            due=due,
            step=answered.step,
            stability=answered.stability,
            difficulty=answered.difficulty,
            last_review=now.astimezone(UTC),
            reps=schedule.reps + 1,
            lapses=schedule.lapses + (rating is Rating.AGAIN and schedule.state is State.REVIEW),
        )

    def preview(self, schedule: Schedule, now: datetime) -> dict[Rating, Schedule]:
        """What each rating would give at `now`, from `AGAIN` to `EASY`."""
        return {rating: self.review(schedule, rating, now) for rating in Rating}

    def retrievability(self, schedule: Schedule, at: datetime) -> float:
        """Chance, 0 to 1, that the card is recalled at `at`; 0.0 for a new card. Counts study days."""
        return float(self._fsrs.get_card_retrievability(self._card(schedule), self._counted(schedule, at)))

    def elapsed_days(self, schedule: Schedule, at: datetime) -> int | None:
        """Study days since the last review, 0 or more; `None` for a new card."""
        if schedule.last_review is None:
            return None
        return max(0, self.days.number(at) - self.days.number(schedule.last_review))

    @property
    def _fsrs(self) -> fsrs.Scheduler:
        preset = self.preset
        return _fsrs_scheduler(preset.desired_retention, preset.learning_steps, preset.relearning_steps)

    def _card(self, schedule: Schedule) -> fsrs.Card:
        last = schedule.last_review
        return fsrs.Card(
            card_id=0,  # any id will do: without one py-fsrs reads the clock and sleeps a millisecond
            state=fsrs.State(schedule.state),
            step=schedule.step,
            stability=schedule.stability,
            difficulty=schedule.difficulty,
            due=schedule.due,
            last_review=None if last is None else _midnight(self.days.number(last)),
        )

    def _counted(self, schedule: Schedule, at: datetime) -> datetime:
        """`at` as py-fsrs counts it; never before the last review, whatever the clock was set to."""
        day = self.days.number(at)
        last = schedule.last_review
        return _midnight(day if last is None else max(day, self.days.number(last)))


def interval_label(now: datetime, due: datetime, days: Days) -> str:
    """The exact interval from `now` to `due`, as a key shows it: "5.5m", "2h", "38d". Days are study days."""
    count = days.number(due) - days.number(now)
    # What is scheduled in days comes due as a study day begins; a step that crosses that hour does not.
    if count > 0 and due == days.begin(days.number(due)):
        return f"{count}d"
    minutes = max(0.0, (due - now) / _MINUTE)
    return f"{minutes / 60:g}h" if minutes >= 60 and minutes % 30 == 0 else f"{minutes:g}m"


def _midnight(day: int) -> datetime:
    return datetime.fromordinal(day).replace(tzinfo=UTC)


@lru_cache
def _fsrs_scheduler(retention: float, learning: tuple[float, ...], relearning: tuple[float, ...]) -> fsrs.Scheduler:
    """py-fsrs with steps in minutes. Its fuzz stays off: with it a key would not do what its label says."""
    return fsrs.Scheduler(
        desired_retention=retention,
        learning_steps=[timedelta(minutes=step) for step in learning],
        relearning_steps=[timedelta(minutes=step) for step in relearning],
        enable_fuzzing=False,
    )
