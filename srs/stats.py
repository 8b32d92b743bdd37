"""Figures from revlog and cards, each of them counted by the database. What they mean is in `figures.py`."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import fsum, log, log1p
from operator import add, mul, neg, sub
from typing import Any, NamedTuple

from srs.cards import Preset, State
from srs.days import Days
from srs.figures import (
    MATURE_DAYS,
    MONTH,
    PHASES,
    RATINGS,
    Bin,
    Calibration,
    Day,
    Hour,
    Missed,
    Predicted,
    Recall,
    Span,
    Stats,
    Trouble,
    wilson,
)
from srs.parameters import DEFAULTS, remembered, stretch
from srs.store.progress import Answered, Progress, Seen, Sums, gathered
from srs.store.queue import Queue

YEAR = 365
LISTED = 10
"""Cards in a list of those that are hard to keep."""

POINTS = 20
"""Points of the calibration at most: each of at least so many parts of all answers, but for the last."""

SURE = 1e-6
"""A chance nearer to 0 or 1 counts as this one: what was held for certain and did not happen would be endlessly wrong."""

STABILITY_LIMITS = (1.0, 3.0, 7.0, 14.0, 21.0, 30.0, 60.0, 90.0, 180.0, 365.0, 730.0)
DIFFICULTY_LIMITS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
CHANCES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
STATES = ("new", "learning", "review", "relearning", "suspended")


def stats(
    store: Queue,
    deck: str | None,
    days: Days,
    now: datetime,
    *,
    preset: Preset | None = None,
    period_days: int = YEAR,
    forecast_days: int = MONTH,
) -> Stats:
    """The figures of a deck with those below it, or of all. Raises DeckNotFound.

    Those of the past are about the last `period_days` study days, but for the spans and streaks, which go back for ever.
    """
    preset, today = preset or Preset(), days.number(now)
    values = preset.parameters or DEFAULTS.values
    period_days = min(period_days, today - 1)
    since = today - period_days + 1
    found = _found(store, deck, days, now, since, forecast_days, values)
    answers = _Answers(*found.before, found.by_day, since)
    by_state, by_kind, by_deck = _places(*found.by_place)
    overdue, forecast = _forecast(found.seen.by_due, days, today, forecast_days)
    return Stats(
        deck=deck,
        day=_iso(today),
        period_days=period_days,
        desired_retention=preset.desired_retention,
        spans=tuple(answers.span(today, length) for length in (1, 7, MONTH, None)),
        streak=_streak(answers.studied, today),
        longest_streak=_longest(answers.studied),
        days_studied=len(answers.studied),
        due_today=forecast[0][1],
        overdue=overdue,
        forecast=tuple(forecast),
        daily=tuple(answers.daily()),
        buttons=answers.buttons,
        hours=found.answered[0],
        calibration=found.answered[1],
        by_state=by_state,
        by_kind=by_kind,
        by_deck=by_deck,
        seen=found.seen.by_stability.total(),
        known=round(
            fsum(cards * remembered(values, passed) for (_, passed), cards in found.seen.by_elapsed.items()), 1
        ),
        stability=_bins(found.seen.by_stability, (0.0, *STABILITY_LIMITS), None),
        difficulty=_bins(found.seen.by_difficulty, (1.0, *DIFFICULTY_LIMITS), 10.0),
        retrievability=_chances(found.seen.by_elapsed),
        forgotten=found.forgotten,
        hardest=found.hardest,
        leeches=found.leeches[1],
        leech_count=found.leeches[0],
        missed=found.missed,
    )


class _Found(NamedTuple):
    """What the store says, and what is made of its longest answer while others are found; the longest question is first."""

    answered: tuple[tuple[Hour, ...], Calibration]
    before: tuple[list[int], Sums]
    by_day: dict[int, Sums]
    seen: Seen
    by_place: tuple[Counter[tuple[int, bool, bool]], Counter[str], Counter[str]]
    forgotten: tuple[Trouble, ...]
    leeches: tuple[int, tuple[Trouble, ...]]
    hardest: tuple[Trouble, ...]
    missed: tuple[Missed, ...]


def _found(
    store: Queue,
    deck: str | None,
    days: Days,
    now: datetime,
    since: int,
    forecast_days: int,
    values: Sequence[float],
) -> _Found:
    today = days.number(now)
    recent = min(since, today - MONTH + 1)
    questions: tuple[Callable[[Progress], Any], ...] = (
        lambda of: _in_period(of.answers_counted(since, _offsets(days, days.begin(since), now))),
        lambda of: of.answers_before(MATURE_DAYS, recent),
        lambda of: of.answers_by_day(MATURE_DAYS, recent),
        lambda of: of.cards_seen(
            days.begin(today),
            days.begin(today + forecast_days),
            stability=STABILITY_LIMITS,
            difficulty=DIFFICULTY_LIMITS,
            elapsed=[stretch(values, chance) for chance in CHANCES],
        ),
        lambda of: of.cards_by_place(),
        lambda of: of.forgotten(today - MONTH + 1, LISTED),
        lambda of: of.leeches(LISTED),
        lambda of: of.hardest(LISTED),
        lambda of: of.missed_items(LISTED),
    )
    return _Found(*gathered(store, deck, *questions))


class _Answers:
    """The answers by day: those of the period, and of the last month; and older ones together.

    Attributes:
        studied: days with an answer, in order.
        buttons: answers of the period by phase and rating.
    """

    def __init__(self, earlier_days: Sequence[int], earlier: Sums, by_day: Mapping[int, Sums], since: int) -> None:
        self._earlier, self._by_day, self._since = earlier, by_day, since
        self.studied = [*earlier_days, *by_day]
        counted = iter(_total(sums for day, sums in by_day.items() if day >= since).answers)
        self.buttons = {phase: dict(zip(RATINGS, counted, strict=False)) for phase in PHASES}

    def daily(self) -> Iterable[Day]:
        for day, sums in self._by_day.items():
            if day >= self._since:
                new, learning, young, mature = (sum(rated) for rated in _phases(sums))
                again = sum(sums.answers[:: len(RATINGS)])
                yield Day(_iso(day), _minutes(sums.seconds, 2), new, learning, young, mature, again)

    def span(self, today: int, length: int | None) -> Span:
        chosen = [sums for day, sums in self._by_day.items() if length is None or today - length < day <= today]
        total = _total([*chosen, self._earlier] if length is None else chosen)
        young, mature = (Recall(sum(rated), sum(rated[1:])) for rated in _phases(total)[2:])
        minutes = _minutes(total.seconds, 1)
        return Span(length, sum(total.answers), minutes, (young + mature).share, young, mature)


def _total(of: Iterable[Sums]) -> Sums:
    several = [Sums([0] * (len(PHASES) * len(RATINGS)), 0.0), *of]
    numbers = [sum(each) for each in zip(*(sums.answers for sums in several), strict=True)]
    return Sums(numbers, sum(sums.seconds for sums in several))


def _phases(sums: Sums) -> list[Sequence[int]]:
    """How many answers of each rating there are, by phase."""
    return [sums.answers[at : at + len(RATINGS)] for at in range(0, len(sums.answers), len(RATINGS))]


def _minutes(seconds: float, places: int) -> float:
    """Rounded; in which order seconds were added is not to be seen in it."""
    return round(round(seconds, 3) / 60, places)


def _streak(studied: Sequence[int], today: int) -> int:
    days = set(studied)
    day = today if today in days else today - 1
    length = 0
    while day - length in days:
        length += 1
    return length


def _longest(studied: Sequence[int]) -> int:
    longest = length = 0
    before = None
    for day in studied:
        length = length + 1 if before == day - 1 else 1
        longest, before = max(longest, length), day
    return longest


def _places(
    by_state: Mapping[tuple[int, bool, bool], int], by_kind: Mapping[str, int], by_deck: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Cards by state, by kind with the most frequent first, and by deck in the order of names."""
    states = Counter[str]()
    for (state, suspended, seen), cards in by_state.items():
        states["suspended" if suspended else State(state).name.lower() if seen else "new"] += cards
    kinds = dict(sorted(by_kind.items(), key=lambda pair: (-pair[1], pair[0])))
    return {state: states[state] for state in STATES}, kinds, dict(sorted(by_deck.items()))


def _forecast(
    quarters: Mapping[datetime, int], days: Days, today: int, length: int
) -> tuple[int, list[tuple[str, int]]]:
    """How many cards are overdue, and by day how many come due."""
    due: Counter[int] = Counter()
    for quarter, cards in quarters.items():
        due[days.number(quarter)] += cards
    overdue = sum(cards for day, cards in due.items() if day < today)
    due[today] += overdue
    return overdue, [(_iso(day), due[day]) for day in range(today, today + length)]


def _offsets(days: Days, since: datetime, until: datetime) -> list[tuple[datetime, timedelta]]:
    """The stretches of one distance from UTC between two instants: until when, and the distance."""

    def offset(at: datetime) -> timedelta:
        return at.astimezone(days.zone).utcoffset() or timedelta()

    found, at, week = [], since, timedelta(days=7)
    while at < until:
        after = min(at + week, until)
        if offset(at) != offset(after):
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            found.append((high.replace(microsecond=0), offset(at)))
        at = after
    return [*found, (until, offset(until))]


def _in_period(answered: Answered) -> tuple[tuple[Hour, ...], Calibration]:
    hours = tuple(Hour(hour, sum(these), sum(these[1:]), these[2]) for hour, these in enumerate(answered.by_hour))
    return hours, _calibration(answered)


def _calibration(answered: Answered) -> Calibration:
    """Points of a part of all answers each, so that each has its weight; and the log loss."""
    chances, forgotten, recalled = answered.chances, answered.forgotten, answered.recalled
    low, high = bisect_left(chances, SURE), bisect_right(chances, 1 - SURE)
    likely = [SURE] * low + list(chances[low:high]) + [1 - SURE] * (len(chances) - high)
    loss = -fsum(map(mul, recalled, map(log, likely))) - fsum(map(mul, forgotten, map(log1p, map(neg, likely))))
    up_to = list(accumulate(map(add, forgotten, recalled), initial=0))
    total, points, first = up_to[-1], [], 0
    least = -(-total // POINTS)
    while first < len(chances):
        after = min(bisect_left(up_to, up_to[first] + least), len(chances))
        number, kept = up_to[after] - up_to[first], sum(recalled[first:after])
        predicted = fsum(map(mul, chances[first:after], map(sub, up_to[first + 1 :], up_to[first:after])))
        points.append(Predicted(predicted / number, kept / number, *wilson(kept, number), number))
        first = after
    return Calibration(total, loss / total if total else None, tuple(points))


def _bins(cards: Counter[int], limits: Sequence[float], end: float | None) -> tuple[Bin, ...]:
    ends = (*limits[1:], end)
    return tuple(Bin(low, high, cards[place]) for place, (low, high) in enumerate(zip(limits, ends, strict=True)))


def _chances(elapsed: Mapping[tuple[int, float], int]) -> tuple[Bin, ...]:
    """Cards by retrievability in tenths, the least first."""
    cards: Counter[int] = Counter()
    for (place, _), number in elapsed.items():
        cards[place] += number
    limits = (1.0, *CHANCES, 0.0)
    return tuple(Bin(limits[place + 1], limits[place], cards[place]) for place in reversed(range(len(CHANCES) + 1)))


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
