"""Figures from revlog and cards, each of them counted by the database. What they mean is in `figures.py`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import fsum, log
from typing import Any

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
from srs.store import Store
from srs.store.progress import Earlier

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
    values = preset.parameters or DEFAULTS.values
    period_days = min(period_days, today - 1)
    since = today - period_days + 1
    recent = min(since, today - MONTH + 1)
    answered, earlier, by_rating, seen, by_place, forgotten, leeches, hardest, missed = store.side_by_side(
        lambda: store.answers_counted(deck, since, _offsets(days, days.begin(since), now)),
        lambda: store.answers_before(deck, MATURE_DAYS, recent),
        lambda: store.answers_by_rating(deck, MATURE_DAYS, recent),
        lambda: store.cards_seen(
            deck,
            days.begin(today),
            days.begin(today + forecast_days),
            stability=STABILITY_LIMITS,
            difficulty=DIFFICULTY_LIMITS,
            elapsed=[stretch(values, chance) for chance in CHANCES],
        ),
        lambda: store.cards_by_place(deck),
        lambda: store.forgotten(deck, today - MONTH + 1, LISTED),
        lambda: store.leeches(deck, LISTED),
        lambda: store.hardest(deck, LISTED),
        lambda: store.missed_items(deck, LISTED),
    )
    answers = _Answers(earlier, by_rating, since)
    by_state, by_kind, by_deck = _places(*by_place)
    overdue, forecast = _forecast(seen.by_due, days, today, forecast_days)
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
        hours=_hours(answered.by_hour),
        calibration=_calibration(answered.by_chance),
        by_state=by_state,
        by_kind=by_kind,
        by_deck=by_deck,
        seen=seen.by_stability.total(),
        known=round(fsum(cards * remembered(values, passed) for (_, passed), cards in seen.by_elapsed.items()), 1),
        stability=_bins(seen.by_stability, (0.0, *STABILITY_LIMITS), None),
        difficulty=_bins(seen.by_difficulty, (1.0, *DIFFICULTY_LIMITS), 10.0),
        retrievability=_chances(seen.by_elapsed),
        forgotten=_troubles(forgotten),
        hardest=_troubles(hardest),
        leeches=_troubles(leeches[1]),
        leech_count=leeches[0],
        missed=_missed(missed),
    )


@dataclass(slots=True)
class _Sums:
    """The answers of one study day: how many by phase, of Again, recalled of young and mature cards; and seconds."""

    new: int = 0
    learning: int = 0
    young: int = 0
    mature: int = 0
    again: int = 0
    young_recalled: int = 0
    mature_recalled: int = 0
    seconds: float = 0.0


class _Answers:
    """The answers by day: those of the period, and of the last month; and older ones together.

    Attributes:
        studied: days with an answer, in order.
        buttons: answers of the period by phase and rating.
    """

    def __init__(self, earlier: Earlier, by_rating: Iterable[Any], since: int) -> None:
        self._since, self._earlier = since, earlier
        self._days: dict[int, _Sums] = {}
        counted = [[0] * len(RATINGS) for _ in PHASES]
        for day, state, rating, answers, later, mature, seconds in by_rating:
            sums = self._days.setdefault(day, _Sums())
            in_review = state == State.REVIEW
            phases = answers - later, 0 if in_review else later, later - mature if in_review else 0, mature * in_review
            sums.new += phases[0]
            sums.learning += phases[1]
            sums.young += phases[2]
            sums.mature += phases[3]
            sums.seconds += seconds
            if rating == 1:
                sums.again += answers
            else:
                sums.young_recalled += phases[2]
                sums.mature_recalled += phases[3]
            if day >= since:
                for place, number in enumerate(phases):
                    counted[place][rating - 1] += number
        self.studied = [*earlier.days, *self._days]
        self.buttons = {
            phase: dict(zip(RATINGS, numbers, strict=True)) for phase, numbers in zip(PHASES, counted, strict=True)
        }

    def daily(self) -> Iterable[Day]:
        for day, sums in self._days.items():
            if day >= self._since:
                minutes = round(sums.seconds / 60, 2)
                yield Day(_iso(day), minutes, sums.new, sums.learning, sums.young, sums.mature, sums.again)

    def span(self, today: int, length: int | None) -> Span:
        chosen = [sums for day, sums in self._days.items() if length is None or today - length < day <= today]
        young = Recall(sum(sums.young for sums in chosen), sum(sums.young_recalled for sums in chosen))
        mature = Recall(sum(sums.mature for sums in chosen), sum(sums.mature_recalled for sums in chosen))
        answers = sum(sums.new + sums.learning + sums.young + sums.mature for sums in chosen)
        seconds = sum(sums.seconds for sums in chosen)
        if length is None:
            young += Recall(self._earlier.young, self._earlier.young_recalled)
            mature += Recall(self._earlier.mature, self._earlier.mature_recalled)
            answers += self._earlier.answers
            seconds += self._earlier.seconds
        return Span(length, answers, round(seconds / 60, 1), (young + mature).share, young, mature)


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


def _hours(answers: Mapping[tuple[int, int, int], int]) -> tuple[Hour, ...]:
    found = [[0, 0, 0] for _ in range(24)]
    for (hour, rating, state), number in answers.items():
        reviews = number * (state == State.REVIEW)
        for place, counted in enumerate((number, reviews, reviews * (rating > 1))):
            found[hour][place] += counted
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


def _calibration(answers: Mapping[tuple[float, int], int]) -> Calibration:
    """Points of a part of all answers each, so that each has its weight; and the log loss."""
    outcomes: dict[float, list[int]] = {}
    for (chance, rating), number in answers.items():
        outcomes.setdefault(chance, [0, 0])[rating > 1] += number
    total, loss, last = sum(answers.values()), 0.0, max(outcomes, default=None)
    points: list[Predicted] = []
    in_point = recalled = 0
    predicted = 0.0
    for chance, (forgotten, kept) in sorted(outcomes.items()):
        likely = min(max(chance, 1e-6), 1 - 1e-6)
        loss -= kept * log(likely) + forgotten * log(1 - likely)
        in_point += forgotten + kept
        recalled += kept
        predicted += chance * (forgotten + kept)
        if in_point >= total / POINTS or chance == last:
            low, high = wilson(recalled, in_point)
            points.append(Predicted(predicted / in_point, recalled / in_point, low, high, in_point))
            in_point, recalled, predicted = 0, 0, 0.0
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


def _troubles(rows: Iterable[Any]) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(row.id, row.deck, row.prompt, round(row.difficulty or 0.0, 1), row.lapses, getattr(row, "again", 0))
        for row in rows
    )


def _missed(rows: Iterable[Any]) -> tuple[Missed, ...]:
    return tuple(Missed(row.id, row.deck, row.prompt, row.item, row.missed, row.ticked) for row in rows)


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
