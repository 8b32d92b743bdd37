"""Rows of what is written: notes as documents have them, and the new card of one."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, literal, select

from srs.cards import Schedule
from srs.notes import KnownNote, Note
from srs.store.rows import schedule_row
from srs.store.tables import cards, documents, notes


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
    return tuple(json.loads(written))


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


def new_cards(first: int, last: int, now: datetime) -> Select[Any]:
    """The same of the notes with these numbers, each in the deck of its document: the database makes them by itself."""
    alike = {name: value for name, value in new_card_row(0, 0, now).items() if name not in {"note_id", "deck_id"}}
    values = [literal(value, cards.c[name].type).label(name) for name, value in alike.items() if value is not None]
    query = select(notes.c.id.label("note_id"), documents.c.deck_id, *values).join_from(notes, documents)
    return query.where(notes.c.id.between(first, last)).order_by(notes.c.id)


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
