"""Figures from the revlog. Days and streaks are study days; definitions are those of the field."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from srs.days import Days
from srs.store import Store


@dataclass(frozen=True, slots=True)
class Span:
    """The answers of the last `days` study days, today included; `days` None is all of them.

    Attributes:
        true_retention: share of reviews of cards in review not rated Again; `None` without any.
    """

    days: int | None
    reviews: int
    minutes: float
    true_retention: float | None


@dataclass(frozen=True, slots=True)
class Stats:
    """Attributes:
    streak: study days in a row with an answer, up to today, or to yesterday while today has none.
    forecast: (day as ISO date, cards in review or learning that come due on it), today with all that is overdue.
    """

    deck: str | None
    spans: tuple[Span, ...]
    streak: int
    by_state: dict[str, int]
    by_kind: dict[str, int]
    forecast: tuple[tuple[str, int], ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def stats(store: Store, deck: str | None, days: Days, now: datetime, *, forecast_days: int = 7) -> Stats:
    """The figures of a deck with those below it, or of all. Raises DeckNotFound."""
    today = days.number(now)
    by_state = store.by_state(deck)
    per_day: dict[int, tuple[int, float, int, int]] = {}
    for row in store.by_day(deck):
        reviews, seconds, in_review, recalled = per_day.get(row.day, (0, 0.0, 0, 0))
        per_day[row.day] = (
            reviews + row.reviews,
            seconds + row.seconds,
            in_review + row.in_review,
            recalled + row.recalled,
        )
    forecast = []
    for ahead in range(forecast_days):
        since = days.begin(today + ahead) if ahead else None
        due = store.due_from(deck, since=since, until=days.begin(today + ahead + 1))
        forecast.append((date.fromordinal(today + ahead).isoformat(), due))
    return Stats(
        deck=deck,
        spans=tuple(_span(per_day, today, length) for length in (1, 7, 30, None)),
        streak=_streak(set(per_day), today),
        by_state=by_state,
        by_kind=store.by_kind(deck),
        forecast=tuple(forecast),
    )


def _span(per_day: dict[int, tuple[int, float, int, int]], today: int, length: int | None) -> Span:
    chosen = [figures for day, figures in per_day.items() if length is None or today - length < day <= today]
    in_review, recalled = sum(f[2] for f in chosen), sum(f[3] for f in chosen)
    minutes = round(sum(f[1] for f in chosen) / 60, 1)
    return Span(length, sum(f[0] for f in chosen), minutes, recalled / in_review if in_review else None)


def _streak(studied: set[int], today: int) -> int:
    day = today if today in studied else today - 1
    length = 0
    while day - length in studied:
        length += 1
    return length
