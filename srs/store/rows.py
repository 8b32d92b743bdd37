"""Rows and values: one function for each kind of row, and what the driver takes for an instant and for a list."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from srs.cards import Card, Fitted, Plan, Rating, Review, Schedule, State

if TYPE_CHECKING:
    pass

LEECH = "leech"
SCHEDULE = ("state", "step", "due", "stability", "difficulty", "last_review", "reps", "lapses")

CARD = (
    "cards.id", "decks.name", "notes.kind", "notes.prompt", "notes.answer", "documents.path", "notes.line", "notes.rule",
    "notes.heading", "cards.suspended", "cards.retired", "cards.state", "cards.step", "cards.stability", "cards.difficulty",
    "cards.reps", "cards.lapses", "cards.due", "cards.last_review", "notes.items", "notes.tags", "cards.own_tags",
)  # fmt: skip
"""The columns of a card: the first of a row that `as_card` is given."""

REVIEW = (
    "card_id", "rating", "reviewed_at", "day", "seconds", "elapsed_days", "scheduled_days", "retrievability",
    "state_before", "due_before", "step_before", "stability_before", "difficulty_before", "last_review_before",
    "lapses_before",
)  # fmt: skip
"""The columns of an answer: the first of a row that `as_review` is given."""

ANSWER = (*REVIEW, "card_before")

PLAN = ("first_day", "day", "recall", "least", "new_per_day", "new_cards", "minutes", "predicted")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def number(at: datetime) -> int:
    """An instant as the database holds it: whole microseconds since 1970, exact, and the same arithmetic everywhere."""
    return (at - _EPOCH) // _MICROSECOND


def instant(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


def loaded(value: Any) -> Any:
    """A list or a table of options, from the driver: SQLite's gives its text, that of a server what it says."""
    return json.loads(value) if isinstance(value, str) else value


def as_card(row: Sequence[Any]) -> Card:
    (id, deck, kind, prompt, answer, path, line, rule, heading, suspended, retired,
     state, step, stability, difficulty, reps, lapses, due, last_review, items, tags, own_tags) = row[: len(CARD)]  # fmt: skip
    return Card(
        id=id,
        deck=deck,
        kind=kind,
        prompt=prompt,
        answer=answer,
        items=tuple(items),
        tags=tuple(dict.fromkeys((*tags, *own_tags))),
        path=path,
        line=line,
        rule=rule,
        schedule=Schedule(State(state), due, step, stability, difficulty, last_review, reps, lapses),
        suspended=bool(suspended),
        retired=bool(retired),
        heading=heading,
    )


def card_of_driver(row: Sequence[Any]) -> Card:
    """The same from the driver's own values."""
    *others, due, last_review, items, tags, own_tags = row
    last = None if last_review is None else instant(last_review)
    return as_card((*others, instant(due), last, loaded(items), loaded(tags), loaded(own_tags)))


def as_review(row: Sequence[Any], reps_before: int) -> Review:
    (card_id, rating, at, day, seconds, elapsed, scheduled, retrievability,
     state, due, step, stability, difficulty, last_review, lapses) = row[: len(REVIEW)]  # fmt: skip
    before = Schedule(State(state), due, step, stability, difficulty, last_review, reps_before, lapses)
    return Review(card_id, Rating(rating), at, day, seconds, before, elapsed, scheduled, retrievability)


def review_of_driver(row: Sequence[Any], reps_before: int) -> Review:
    """The same from the driver's own values."""
    values = dict(zip(REVIEW, row, strict=True))
    for name in ("reviewed_at", "due_before", "last_review_before"):
        values[name] = None if values[name] is None else instant(values[name])
    return as_review(tuple(values.values()), reps_before)


def as_plan(row: Sequence[Any]) -> Plan:
    """From the deck's name and the columns of `PLAN`."""
    return Plan(*row)


def as_fitted(row: Sequence[Any]) -> Fitted:
    """From the driver's own values: when, numbers, model, reviews, loss before and after."""
    at, numbers, *others = row
    return Fitted(instant(at), tuple(loaded(numbers)), *others)


def answer_row(review: Review, card_before: dict[str, Any] | None) -> dict[str, Any]:
    """For the driver. `card_before`: what the answer changes of the card besides its schedule, as it was."""
    before = review.before
    return {
        "card_id": review.card_id,
        "reviewed_at": number(review.at),
        "day": review.day,
        "rating": int(review.rating),
        "seconds": review.seconds,
        "state_before": int(before.state),
        "step_before": before.step,
        "due_before": number(before.due),
        "stability_before": before.stability,
        "difficulty_before": before.difficulty,
        "last_review_before": _number(before.last_review),
        "lapses_before": before.lapses,
        "elapsed_days": review.elapsed_days,
        "scheduled_days": review.scheduled_days,
        "retrievability": review.retrievability,
        "card_before": None if card_before is None else json.dumps(card_before),
    }


def schedule_row(schedule: Schedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in SCHEDULE} | {"state": int(schedule.state)}


def schedule_for_driver(schedule: Schedule) -> dict[str, Any]:
    row = schedule_row(schedule)
    return row | {"due": number(schedule.due), "last_review": _number(schedule.last_review)}


def _number(at: datetime | None) -> int | None:
    return None if at is None else number(at)
