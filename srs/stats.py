"""Figures from revlog and cards, each of them counted by the database. What they mean is in `figures.py`."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from operator import add
from typing import Any

from srs.cards import Preset, Schedule, State
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
from srs.store import Store
from srs.store.progress import Answers

YEAR = 365
LISTED = 10
"""Cards in a list of those that are hard to keep."""

POINTS = 20
"""Points of the calibration at most: each of at least so many parts of all answers, but for the last."""

STABILITY_LIMITS = (1.0, 3.0, 7.0, 14.0, 21.0, 30.0, 60.0, 90.0, 180.0, 365.0, 730.0)
DIFFICULTY_LIMITS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
CHANCES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
STATES = ("new", "learning", "review", "relearning", "suspended")


def stats(
    store: Store,
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
    period_days = min(period_days, today - 1)
    since = today - period_days + 1
    curve = _forgetting(preset, days, now)
    by_hour, by_day, by_rating, by_place, forgotten, by_elapsed, by_memory, due, leeches, hardest, missed = (
        store.side_by_side(
            lambda: [*store.answers_by_hour(deck, since, _offsets(days, days.begin(since), now))],
            lambda: store.answers_by_day(deck, MATURE_DAYS, since),
            lambda: store.answers_by_rating(deck, MATURE_DAYS, since),
            lambda: store.cards_by_place(deck),
            lambda: store.forgotten(deck, today - MONTH + 1, LISTED),
            lambda: store.by_elapsed(deck, days.begin(today), [_ratio(curve, chance) for chance in CHANCES]),
            lambda: store.by_memory(deck, STABILITY_LIMITS, DIFFICULTY_LIMITS),
            lambda: store.due_by_quarter(deck, days.begin(today + forecast_days)),
            lambda: store.leeches(deck, LISTED),
            lambda: store.hardest(deck, LISTED),
            lambda: store.missed_items(deck, LISTED),
        )
    )
    answers = _Answers(by_day, by_rating, since)
    by_state, by_kind, by_deck = _places(by_place)
    stability, difficulty = _memory(by_memory)
    overdue, forecast = _forecast(due, days, today, forecast_days)
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
        hours=_hours(by_hour),
        calibration=_calibration(by_hour),
        by_state=by_state,
        by_kind=by_kind,
        by_deck=by_deck,
        seen=sum(cards for _, _, cards in by_elapsed),
        known=round(sum(cards * curve(ratio) for _, ratio, cards in by_elapsed), 1),
        stability=stability,
        difficulty=difficulty,
        retrievability=_chances(by_elapsed),
        forgotten=_troubles(forgotten),
        hardest=_troubles(hardest),
        leeches=_troubles(leeches[1]),
        leech_count=leeches[0],
        missed=_missed(missed),
    )


_NO_PHASES = (0, 0, 0, 0)


@dataclass(slots=True)
class _Sums:
    """The answers of one study day: by phase, those of Again, seconds, and the recalled of young and mature cards."""

    phases: tuple[int, int, int, int] = _NO_PHASES
    answers: int = 0
    again: int = 0
    seconds: float = 0.0
    young: int = 0
    young_recalled: int = 0
    mature: int = 0
    mature_recalled: int = 0

    def add(self, row: Any, phases: tuple[int, int, int, int]) -> None:
        passed = row.rating > 1
        new, learning, young, mature = map(add, self.phases, phases)
        self.phases = new, learning, young, mature
        self.answers += row.answers
        self.again += 0 if passed else row.answers
        self.seconds += row.seconds
        self.young += phases[2]
        self.young_recalled += phases[2] * passed
        self.mature += phases[3]
        self.mature_recalled += phases[3] * passed


class _Answers:
    """The answers by day: those of the period in full, older ones as far as spans and streaks need.

    Attributes:
        studied: days with an answer, in order.
        buttons: answers of the period by phase and rating.
    """

    def __init__(self, by_day: Iterable[Any], by_rating: Iterable[Any], since: int) -> None:
        self._since = since
        self._days: dict[int, _Sums] = {}
        self.buttons = {phase: dict.fromkeys(RATINGS, 0) for phase in PHASES}
        for row in by_day:
            day, answers, seconds, *recall = row
            self._days[day] = _Sums(_NO_PHASES, answers, 0, seconds, *recall)
        for row in by_rating:
            phases = _phases(row)
            self._days.setdefault(row.day, _Sums()).add(row, phases)
            for phase, number in zip(PHASES, phases, strict=True):
                self.buttons[phase][RATINGS[row.rating - 1]] += number

    @property
    def studied(self) -> list[int]:
        return list(self._days)

    def daily(self) -> Iterable[Day]:
        for day, sums in self._days.items():
            if day >= self._since:
                yield Day(_iso(day), round(sums.seconds / 60, 2), *sums.phases, sums.again)

    def span(self, today: int, length: int | None) -> Span:
        chosen = [sums for day, sums in self._days.items() if length is None or today - length < day <= today]
        young = Recall(sum(sums.young for sums in chosen), sum(sums.young_recalled for sums in chosen))
        mature = Recall(sum(sums.mature for sums in chosen), sum(sums.mature_recalled for sums in chosen))
        minutes = round(sum(sums.seconds for sums in chosen) / 60, 1)
        return Span(length, sum(sums.answers for sums in chosen), minutes, (young + mature).share, young, mature)


def _phases(row: Any) -> tuple[int, int, int, int]:
    """The answers of one group, all of one state, by what the cards were."""
    first = row.answers - row.later
    if row.state_before == State.REVIEW:
        return first, 0, row.later - row.mature, row.mature
    return first, row.later, 0, 0


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


def _places(rows: Iterable[Any]) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Cards by state, by kind with the most frequent first, and by deck in the order of names."""
    states, kinds, decks = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        state = "suspended" if row.suspended else State(row.state).name.lower() if row.seen else "new"
        states[state] += row.cards
        kinds[row.kind] += row.cards
        decks[row.name] += row.cards
    by_kind = dict(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])))
    return {state: states[state] for state in STATES}, by_kind, dict(sorted(decks.items()))


def _forecast(
    quarters: Iterable[tuple[datetime, int]], days: Days, today: int, length: int
) -> tuple[int, list[tuple[str, int]]]:
    """How many cards are overdue, and by day how many come due."""
    due: Counter[int] = Counter()
    for quarter, cards in quarters:
        due[days.number(quarter)] += cards
    overdue = sum(cards for day, cards in due.items() if day < today)
    due[today] += overdue
    return overdue, [(_iso(day), due[day]) for day in range(today, today + length)]


def _hours(rows: Iterable[Answers]) -> tuple[Hour, ...]:
    found = [[0, 0, 0] for _ in range(24)]
    for row in rows:
        reviews = row.answers * row.in_review
        for place, number in enumerate((row.answers, reviews, reviews * row.recalled)):
            found[row.hour][place] += number
    return tuple(Hour(hour, *numbers) for hour, numbers in enumerate(found))


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


def _calibration(rows: Iterable[Answers]) -> Calibration:
    """Points of a part of all answers each, so that each has its weight; log loss from much finer bins, by outcome."""
    fine: dict[int, list[float]] = {}
    for row in rows:
        if row.bin is not None:
            sums = (row.answers, row.answers * row.recalled, row.predicted, row.predicted * row.recalled)
            fine[row.bin] = list(map(add, fine.get(row.bin, [0, 0, 0.0, 0.0]), sums))
    total, loss = int(sum(sums[0] for sums in fine.values())), 0.0
    points: list[Predicted] = []
    so_far: list[float] = [0, 0, 0.0]
    for bin_ in sorted(fine):
        answers, recalled, predicted, of_recalled = fine[bin_]
        loss += _loss(recalled, of_recalled) + _loss(answers - recalled, answers - recalled - (predicted - of_recalled))
        so_far = list(map(add, so_far, fine[bin_]))
        if so_far[0] >= total / POINTS or bin_ == max(fine):
            low, high = wilson(int(so_far[1]), int(so_far[0]))
            points.append(Predicted(so_far[2] / so_far[0], so_far[1] / so_far[0], low, high, int(so_far[0])))
            so_far = [0, 0, 0.0]
    return Calibration(total, loss / total if total else None, tuple(points))


def _loss(times: float, chances: float) -> float:
    """Of outcomes that were given these chances, which differ little: -ln of their mean for each."""
    return -times * log(min(max(chances / times, 1e-6), 1.0)) if times else 0.0


def _memory(rows: Iterable[tuple[int, int, int]]) -> tuple[tuple[Bin, ...], tuple[Bin, ...]]:
    stability, difficulty = Counter[int](), Counter[int]()
    for days, hard, cards in rows:
        stability[days] += cards
        difficulty[hard] += cards
    return _bins(stability, (0.0, *STABILITY_LIMITS), None), _bins(difficulty, (1.0, *DIFFICULTY_LIMITS), 10.0)


def _bins(cards: Counter[int], limits: Sequence[float], end: float | None) -> tuple[Bin, ...]:
    ends = (*limits[1:], end)
    return tuple(Bin(low, high, cards[place]) for place, (low, high) in enumerate(zip(limits, ends, strict=True)))


def _chances(elapsed: Sequence[tuple[int, float, int]]) -> tuple[Bin, ...]:
    """Cards by retrievability in tenths, the least first."""
    cards: Counter[int] = Counter()
    for place, _, number in elapsed:
        cards[place] += number
    limits = (1.0, *CHANCES, 0.0)
    return tuple(Bin(limits[place + 1], limits[place], cards[place]) for place in reversed(range(len(CHANCES) + 1)))


def _forgetting(preset: Preset, days: Days, now: datetime) -> Callable[[float], float]:
    """The curve of forgetting: elapsed time, in units of stability -> chance of recall. Only the scheduler knows it."""
    from srs.scheduling import Scheduler

    scheduler, yesterday = Scheduler(preset, days), now - timedelta(days=1)

    def curve(ratio: float) -> float:
        if ratio <= 0:
            return 1.0
        return scheduler.retrievability(Schedule(State.REVIEW, now, None, 1 / ratio, 5.0, yesterday, 1), now)

    return curve


def _ratio(curve: Callable[[float], float], chance: float) -> float:
    """Where the curve, which falls, has come down to a chance; by halving. What never falls so far is without an end."""
    low, high = 0.0, 1.0
    while curve(high) > chance:
        low, high = high, high * 2
        if high > 1e12:
            return high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) > chance else (low, middle)
    return high


def _troubles(rows: Iterable[Any]) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(row.id, row.deck, row.prompt, round(row.difficulty or 0.0, 1), row.lapses, getattr(row, "again", 0))
        for row in rows
    )


def _missed(rows: Iterable[Any]) -> tuple[Missed, ...]:
    return tuple(Missed(row.id, row.deck, row.prompt, row.item, row.missed, row.ticked) for row in rows)


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
