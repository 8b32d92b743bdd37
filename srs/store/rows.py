"""One function for each kind of row: a row as a value, a value as a row."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from srs.cards import Card, KnownNote, Note, Rating, Review, Schedule, State

LEECH = "leech"
SCHEDULE = ("state", "step", "due", "stability", "difficulty", "last_review", "reps", "lapses")


def as_card(row: Row[Any]) -> Card:
    schedule = Schedule(
        State(row.state), row.due, row.step, row.stability, row.difficulty, row.last_review, row.reps, row.lapses
    )
    return Card(
        id=row.id,
        deck=row.deck,
        kind=row.kind,
        prompt=row.prompt,
        answer=row.answer,
        items=tuple(row.items),
        tags=tuple(dict.fromkeys((*row.tags, *row.own_tags))),
        path=row.path,
        line=row.line,
        rule=row.rule,
        schedule=schedule,
        suspended=row.suspended,
        retired=row.retired,
        heading=row.heading,
    )


def as_known_note(row: Row[*tuple[Any, ...]], *, elsewhere: bool) -> KnownNote:
    """`row` has the columns in the order of the arguments below, tags as they are written."""
    id, kind, prompt, answer, heading, path, line, digest, anchor, retired, rule, tags, front_digest, card_id = row
    return KnownNote(
        id, kind, prompt, answer, heading, path or "", line, digest, anchor, bool(retired), rule, _tags(tags), elsewhere,
        front_digest, card_id or 0,
    )  # fmt: skip


@lru_cache
def _tags(written: str) -> tuple[str, ...]:
    """All notes of a document have the same."""
    import json

    return tuple(json.loads(written))


def as_review(row: Row[Any], reps_before: int) -> Review:
    before = Schedule(
        State(row.state_before),
        row.due_before,
        row.step_before,
        row.stability_before,
        row.difficulty_before,
        row.last_review_before,
        reps_before,
        row.lapses_before,
    )
    return Review(
        row.card_id,
        Rating(row.rating),
        row.reviewed_at,
        row.day,
        row.seconds,
        before,
        row.elapsed_days,
        row.scheduled_days,
        row.retrievability,
    )


def answer_row(review: Review, card_before: dict[str, Any] | None) -> dict[str, Any]:
    """`card_before`: what the answer changes of the card besides its schedule, as it was."""
    before = review.before
    return {
        "card_id": review.card_id,
        "reviewed_at": review.at,
        "day": review.day,
        "rating": int(review.rating),
        "seconds": review.seconds,
        "state_before": int(before.state),
        "step_before": before.step,
        "due_before": before.due,
        "stability_before": before.stability,
        "difficulty_before": before.difficulty,
        "last_review_before": before.last_review,
        "lapses_before": before.lapses,
        "elapsed_days": review.elapsed_days,
        "scheduled_days": review.scheduled_days,
        "retrievability": review.retrievability,
        "card_before": card_before,
    }


def before_leech(card: Row[*tuple[Any, ...]], *, suspended: bool) -> dict[str, Any]:
    """What an answer that makes a leech changes of the card besides its schedule, as it was: in the answer's row, for undo."""
    return {"own_tags": card.own_tags} | ({"suspended": card.suspended} if suspended else {})


def schedule_row(schedule: Schedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in SCHEDULE} | {"state": int(schedule.state)}


def new_card_row(note_id: int, deck_id: int, now: datetime) -> dict[str, Any]:
    row = {
        "note_id": note_id,
        "ordinal": 0,
        "deck_id": deck_id,
        "suspended": False,
        "retired": False,
        "buried_until": None,
    }
    return row | schedule_row(Schedule.new(now))


_NONE: list[str] = []


def note_row(note: Note, document_id: int) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "line": note.line,
        "kind": note.kind,
        "prompt": note.prompt,
        "answer": note.answer,
        "items": list(note.items) or _NONE,
        "tags": list(note.tags) or _NONE,
        "topic": note.topic,
        "heading": note.heading,
        "rule": note.rule,
        "anchor": note.anchor,
        "digest": note.digest,
        "front_digest": note.front_digest,
    }
