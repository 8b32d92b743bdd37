"""Schedule + rating + instant -> schedule, by FSRS. Pure: no clock, file or SQL. The only importer of fsrs.

py-fsrs counts periods of 24 hours. A learner counts days: a card answered late in the evening and again early the next
day has waited one day. So py-fsrs is handed times made from study-day numbers, and its answer is laid on true time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import ceil, inf

import fsrs

from srs.cards import Plan, Preset, Rating, Schedule, State
from srs.days import Days
from srs.parameters import DEFAULTS, stretch

BALANCED_DAYS = 90
"""Longer intervals are not balanced: what comes due so far ahead says little about that day, and costs much to count."""

_FUZZ_BANDS = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.1), (20.0, inf, 0.05))  # from day, to day, share of that part
_LONGEST = 36500  # days, as in py-fsrs
_LAST = 1 - 2**-53  # the greatest chance there is: the last of some days
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scheduler:
    """FSRS with the options of one deck, in the calendar of one learner, under the plan that the deck follows."""

    preset: Preset
    days: Days
    plan: Plan | None = None

    def review(
        self,
        schedule: Schedule,
        rating: Rating,
        now: datetime,
        *,
        card_id: int | None = None,
        load: Mapping[int, int] | None = None,
    ) -> Schedule:
        """The schedule after an answer at `now`, an aware instant. One before the last review counts as 0 days.

        The arguments are those of `preview`, and so is the outcome.
        """
        return self.preview(schedule, now, card_id=card_id, load=load)[rating]

    def preview(
        self,
        schedule: Schedule,
        now: datetime,
        *,
        card_id: int | None = None,
        load: Mapping[int, int] | None = None,
    ) -> dict[Rating, Schedule]:
        """What each rating gives at `now`, from `AGAIN` to `EASY`.

        Fuzz needs the card's id: without one there is none. `load` is how many cards come due by study day, for the balance.
        """
        plain = {rating: self._plain(schedule, rating, now) for rating in Rating}
        today = self.days.number(now)
        chance = _LAST if card_id is None else _chance(card_id, schedule.reps)
        found, least = {}, 0
        for rating, after in plain.items():
            span = self._span(after, today, fuzz=card_id is not None and self.preset.fuzz)
            if span is not None:
                low, high = span
                # The balance may move two keys towards each other, but never lets the better answer give less.
                days = self._chosen(range(max(low, min(least, high)), high + 1), today, chance, load or {})
                least = days
                after = replace(after, due=self.days.begin(today + days))
            found[rating] = after
        return found

    def later(self, after: Schedule, at: datetime, now: datetime) -> Schedule:
        """What `preview` gave at `at`, had it been asked at `now`, on the same study day: steps are counted from then."""
        due = after.due if _comes_with_a_day(after.due, self.days) else now.astimezone(UTC) + (after.due - at)
        return replace(after, due=due, last_review=now.astimezone(UTC))

    def unfuzzed(self, schedule: Schedule, rating: Rating, now: datetime) -> Schedule:
        """The schedule after an answer, due where neither fuzz nor balance has moved it."""
        return self._plain(schedule, rating, now)

    def spread(self, schedule: Schedule, now: datetime) -> tuple[int, int] | None:
        """First and last study day whose load `preview` wants to know; `None` when it makes no difference."""
        if not (self.preset.fuzz and self.preset.load_balance):
            return None
        today = self.days.number(now)
        spans = [self._span(self._plain(schedule, rating, now), today, fuzz=True) for rating in Rating]
        ranges = [(low, high) for low, high in filter(None, spans) if low < high <= BALANCED_DAYS]
        return (today + min(low for low, _ in ranges), today + max(high for _, high in ranges)) if ranges else None

    def anew(self, schedule: Schedule, *, card_id: int, load: Mapping[int, int], since: int = 0) -> Schedule:
        """A card in review, due by its stability as if it had been answered only now, as it was at its last review.

        A due day that the interval may have stays; no other day before `since` is chosen. `load` is as for `preview`.
        """
        if schedule.last_review is None or schedule.stability is None:
            return schedule
        answered = self.days.number(schedule.last_review)
        interval = interval_of(schedule.stability, self.preset)
        plain = replace(schedule, due=self.days.begin(answered + interval))
        span = self._span(plain, answered, fuzz=self.preset.fuzz)
        if span is None or span[0] <= self.days.number(schedule.due) - answered <= span[1]:
            return schedule
        low, high = (max(days, since - answered) for days in span)
        chance = _chance(card_id, schedule.reps - 1)
        return replace(
            schedule, due=self.days.begin(answered + self._chosen(range(low, high + 1), answered, chance, load))
        )

    def _plain(self, schedule: Schedule, rating: Rating, now: datetime) -> Schedule:
        """The schedule after an answer, without fuzz."""
        answered, interval = _answered(self._options, *self._counted(schedule, now), rating)
        today = self.days.number(now)
        due = self.days.begin(today + interval.days) if interval >= _DAY else now.astimezone(UTC) + interval
        lapsed = rating is Rating.AGAIN and schedule.state is State.REVIEW
        lapses = schedule.lapses + lapsed
        return replace(
            schedule,
            state=State(answered.state),
            due=due,
            step=answered.step,
            stability=answered.stability,
            difficulty=answered.difficulty,
            last_review=now.astimezone(UTC),
            reps=schedule.reps + 1,
            lapses=lapses,
            leech=lapsed and makes_a_leech(lapses, self.preset.leech_threshold),
        )

    def _span(self, after: Schedule, today: int, *, fuzz: bool) -> tuple[int, int] | None:
        """The least and the most study days of an interval of FSRS; `None` where it is a step.

        Under a plan, a card that would be asked only when its day is there, and recalled too rarely then, is asked in the
        last days from which on its chance of recall stays high enough; on the eve, if there is no earlier one.
        """
        if after.state is not State.REVIEW or after.stability is None:
            return None
        interval = self.days.number(after.due) - today
        low, high = fuzz_range(interval) if fuzz else (interval, interval)
        left = 0 if self.plan is None else self.plan.day - today
        if self.plan is None or left < 2 or high < left:
            return low, high
        lasts = stretch(_values(self.preset), self.plan.least) * after.stability
        if left <= lasts:
            return low, high
        return max(left - max(int(lasts), 1), low if low < left else 1, 1), left - 1

    def _chosen(self, interval: range, today: int, chance: float, load: Mapping[int, int]) -> int:
        """One of the days, by `chance`, which is 0 to below 1; with the balance, one of those with the least to do."""
        easy = self.preset.easy_days
        weights = [easy[date.fromordinal(today + days).weekday()] for days in interval]
        if not any(weights):
            weights = [1.0] * len(interval)
        if self.preset.load_balance and interval[-1] <= BALANCED_DAYS:
            # With a card more, a day of weight 0.5 is as full as another with twice as many.
            filled = [
                (load.get(today + days, 0) + 1) / weight if weight else inf
                for days, weight in zip(interval, weights, strict=True)
            ]
            weights = [float(full == min(filled)) for full in filled]
        at = chance * sum(weights)
        for days, weight in zip(interval, weights, strict=True):
            at -= weight
            if weight and at < 0:
                return days
        return max(days for days, weight in zip(interval, weights, strict=True) if weight)

    def retrievability(self, schedule: Schedule, at: datetime) -> float:
        """Chance, 0 to 1, that the card is recalled at `at`; 0.0 for a new card. Counts study days."""
        memory, day = self._counted(schedule, at)
        return float(_fsrs_scheduler(*self._options).get_card_retrievability(_card(memory), _midnight(day)))

    def elapsed_days(self, schedule: Schedule, at: datetime) -> int | None:
        """Study days since the last review, 0 or more; `None` for a new card."""
        if schedule.last_review is None:
            return None
        return max(0, self.days.number(at) - self.days.number(schedule.last_review))

    @property
    def _options(self) -> "_Options":
        preset = self.preset
        return preset.parameters, preset.desired_retention, preset.learning_steps, preset.relearning_steps

    def _counted(self, schedule: Schedule, at: datetime) -> tuple["_Memory", int]:
        """A schedule and `at` as py-fsrs counts; `at` is never before the last review, whatever the clock was set to."""
        day = self.days.number(at)
        last = None if schedule.last_review is None else self.days.number(schedule.last_review)
        memory = schedule.state, schedule.step, schedule.stability, schedule.difficulty, last
        return memory, day if last is None else max(day, last)


def interval_of(stability: float, preset: Preset) -> int:
    """The interval in study days that a stability gives, without fuzz."""
    days = stretch(_values(preset), preset.desired_retention) * stability
    return min(max(round(days), 1), _LONGEST)


def _values(preset: Preset) -> tuple[float, ...]:
    return preset.parameters or DEFAULTS.values


def fuzz_range(interval: int) -> tuple[int, int]:
    """The least and the most days that an interval may become: the bands of Anki and py-fsrs."""
    if interval < 2.5:
        return interval, interval
    delta = 1.0 + sum(factor * max(0.0, min(interval, end) - start) for start, end, factor in _FUZZ_BANDS)
    return max(2, round(interval - delta)), round(interval + delta)


def makes_a_leech(lapses: int, threshold: int) -> bool:
    """Whether a card's newest lapse is one at which it is called a leech: at the threshold, and every half of it again."""
    return threshold > 0 and lapses >= threshold and (lapses - threshold) % ceil(threshold / 2) == 0


def interval_label(now: datetime, due: datetime, days: Days) -> str:
    """The exact interval from `now` to `due`, as a key shows it: "5.5m", "2h", "38d". Days are study days."""
    count = days.number(due) - days.number(now)
    if count > 0 and _comes_with_a_day(due, days):
        return f"{count}d"
    minutes = max(0.0, (due - now) / _MINUTE)
    return f"{minutes / 60:g}h" if minutes >= 60 and minutes % 30 == 0 else f"{minutes:g}m"


def _comes_with_a_day(due: datetime, days: Days) -> bool:
    """What is scheduled in days comes due as a study day begins; a step that crosses that hour does not."""
    return due == days.begin(days.number(due))


def _chance(card_id: int, reps: int) -> float:
    """0 to below 1, the same for ever for one showing of a card: so the key can say what it gives."""
    return int.from_bytes(blake2b(f"{card_id}:{reps}".encode(), digest_size=8).digest(), "little") / 2**64


def _midnight(day: int) -> datetime:
    return datetime.fromordinal(day).replace(tzinfo=UTC)


_Options = tuple[tuple[float, ...] | None, float, tuple[float, ...], tuple[float, ...]]
"""What is told to FSRS: parameters, desired retention, learning and relearning steps in minutes."""

_Memory = tuple[State, int | None, float | None, float | None, int | None]
"""What FSRS knows of a card: state, step, stability, difficulty, and the study day of its last review."""


def _card(memory: _Memory) -> fsrs.Card:
    state, step, stability, difficulty, last = memory
    return fsrs.Card(
        card_id=0,  # any id will do: without one py-fsrs reads the clock and sleeps a millisecond
        state=fsrs.State(state),
        step=step,
        stability=stability,
        difficulty=difficulty,
        due=_midnight(1),  # it asks only for the last review
        last_review=None if last is None else _midnight(last),
    )


# A card's four answers are asked for as it is shown, as its keys are labelled, and as it is answered.
@lru_cache(maxsize=16)
def _answered(options: _Options, memory: _Memory, day: int, rating: Rating) -> tuple[fsrs.Card, timedelta]:
    """The card after an answer on a study day, and its interval."""
    answered, _ = _fsrs_scheduler(*options).review_card(_card(memory), fsrs.Rating(rating), _midnight(day))
    return answered, answered.due - _midnight(day)


@lru_cache
def _fsrs_scheduler(
    parameters: tuple[float, ...] | None,
    retention: float,
    learning: tuple[float, ...],
    relearning: tuple[float, ...],
) -> fsrs.Scheduler:
    """py-fsrs with steps in minutes. Its fuzz stays off: with it a key would not do what its label says."""
    return fsrs.Scheduler(
        parameters or fsrs.Scheduler().parameters,
        desired_retention=retention,
        learning_steps=[timedelta(minutes=step) for step in learning],
        relearning_steps=[timedelta(minutes=step) for step in relearning],
        enable_fuzzing=False,
    )
