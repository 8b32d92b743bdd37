"""Records out: cards, reviews and daily figures as CSV or JSON lines, streamed."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any, TextIO

from srs.cards import Card, State
from srs.days import Days
from srs.store import Store

COLUMNS = {
    "cards": (
        "id", "deck", "kind", "prompt", "answer", "items", "tags", "source", "state", "due", "stability_days", "difficulty",
        "reps", "lapses", "suspended", "retired",
    ),
    "reviews": (
        "card_id", "deck", "kind", "reviewed_at", "rating", "state_before", "elapsed_days", "scheduled_days", "stability_before",
        "difficulty_before", "retrievability", "duration_seconds",
    ),
    "stats": (
        "day", "deck", "reviews", "new_cards", "again", "hard", "good", "easy", "true_retention", "minutes", "cards_in_review",
        "cards_due_next_day",
    ),
}  # fmt: skip


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def card_record(card: Card) -> dict[str, Any]:
    schedule = card.schedule
    return {
        "id": card.id,
        "deck": card.deck,
        "kind": card.kind,
        "prompt": card.prompt,
        "answer": card.answer,
        "items": list(card.items),
        "tags": list(card.tags),
        "source": None if card.path is None else {"path": card.path, "line": card.line, "rule": card.rule},
        "state": schedule.state_name,
        "due": instant(schedule.due),
        "stability_days": schedule.stability,
        "difficulty": schedule.difficulty,
        "reps": schedule.reps,
        "lapses": schedule.lapses,
        "suspended": card.suspended,
        "retired": card.retired,
    }


def records(store: Store, what: str, days: Days, deck: str | None = None) -> Iterator[dict[str, Any]]:
    """The records of `cards`, `reviews` or `stats`, in the order and with the keys of COLUMNS. Raises DeckNotFound."""
    if deck is not None:
        store.require_deck(deck)
    match what:
        case "cards":
            return (card_record(card) for card in store.cards(deck))
        case "reviews":
            return _reviews(store, deck)
        case "stats":
            return _daily(store, days, deck)
    raise ValueError(what)


def _reviews(store: Store, deck: str | None) -> Iterator[dict[str, Any]]:
    for row in store.reviews(deck):
        yield {
            "card_id": row.card_id,
            "deck": row.deck,
            "kind": row.kind,
            "reviewed_at": instant(row.reviewed_at),
            "rating": row.rating,
            "state_before": "new" if row.last_review_before is None else State(row.state_before).name.lower(),
            "elapsed_days": row.elapsed_days,
            "scheduled_days": row.scheduled_days,
            "stability_before": row.stability_before,
            "difficulty_before": row.difficulty_before,
            "retrievability": row.retrievability,
            "duration_seconds": row.seconds,
        }


def _daily(store: Store, days: Days, deck: str | None) -> Iterator[dict[str, Any]]:
    in_review, due_next = _levels(store, days, deck)
    for row in store.by_day(deck):
        yield {
            "day": date.fromordinal(row.day).isoformat(),
            "deck": row.deck,
            "reviews": row.reviews,
            "new_cards": row.new_cards,
            "again": row.again,
            "hard": row.hard,
            "good": row.good,
            "easy": row.easy,
            "true_retention": row.recalled / row.in_review if row.in_review else None,
            "minutes": round(row.seconds / 60, 2),
            "cards_in_review": in_review[row.deck].up_to(row.day),
            "cards_due_next_day": due_next[row.deck].up_to(row.day),
        }


class _Level:
    """A number that rises and falls on certain days; asked for days in order."""

    def __init__(self) -> None:
        self.change: dict[int, int] = defaultdict(int)
        self._level = 0

    def up_to(self, day: int) -> int:
        for past in [d for d in self.change if d <= day]:
            self._level += self.change.pop(past)
        return self._level


def _levels(store: Store, days: Days, deck: str | None) -> tuple[dict[str, _Level], dict[str, _Level]]:
    """By deck, at the end of each day: how many cards are in review, and how many come due by the end of the next day."""
    in_review: dict[str, _Level] = defaultdict(_Level)
    due_next: dict[str, _Level] = defaultdict(_Level)
    for row in store.stretches(deck):
        # One row is the stretch from an answer to the card's next: in it state and due date stand still.
        if row.state_after == State.REVIEW:
            in_review[row.deck].change[row.day] += 1
            if row.next_day is not None:
                in_review[row.deck].change[row.next_day] -= 1
        from_day = max(row.day, days.number(row.due_after) - 1)
        if row.next_day is None or from_day < row.next_day:
            due_next[row.deck].change[from_day] += 1
            if row.next_day is not None:
                due_next[row.deck].change[row.next_day] -= 1
    return in_review, due_next


def write(rows: Iterable[dict[str, Any]], columns: tuple[str, ...], form: str, out: TextIO) -> int:
    """Write records as `csv` (RFC 4180, header first; lists and objects as JSON) or `jsonl`; how many were written."""
    number = 0
    if form == "jsonl":
        for row in rows:
            number += 1
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        return number
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        number += 1
        writer.writerow([_cell(row[name]) for name in columns])
    return number


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
