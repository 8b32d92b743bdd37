"""Exported cards and reviews -> the collection they came from: what is not there comes in as it was."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from srs.cards import State
from srs.errors import RecordError
from srs.notes import KINDS
from srs.records.reading import kind_of, read
from srs.store import Store
from srs.store.records import CardRow, Restored

_BY_HAND = "by hand"  # the rule of cards that stand in no document
_STATES = {state.name.lower(): int(state) for state in State} | {"new": int(State.LEARNING)}


def import_records(store: Store, names: Sequence[str], now: datetime) -> Restored:
    """Take in cards, then reviews, whatever the order of the files; all or nothing. Raises RecordError.

    Cards whose content is there already stay as they are there, and their reviews stay out.
    """
    found: dict[str, list[Path]] = {"cards": [], "reviews": [], "nothing": []}
    for path in map(Path, names):
        found[kind_of(path)].append(path)
    cards = (_card(*line) for path in found["cards"] for line in read(path, "cards"))
    reviews = (_review(*line) for path in found["reviews"] for line in read(path, "reviews"))
    return store.restore(cards, reviews, now)


def _card(place: str, record: dict[str, Any]) -> CardRow:
    source = record["source"] or {"path": None, "line": 0, "rule": _BY_HAND}
    _one_of(place, "kind", record["kind"], KINDS)
    _within(place, record, ("id", "note_id"), 1, 2**62)
    _within(place, record, ("ordinal", "step", "reps", "lapses"), 0, 32767)
    same = ("id", "note_id", "ordinal", "step", "due", "difficulty", "last_review", "reps", "lapses", "suspended",
            "retired", "buried_until", "own_tags")  # fmt: skip
    card = {name: record[name] for name in same}
    card |= {
        "state": _state(place, "state", record["state"], record["last_review"]),
        "stability": record["stability_days"],
    }
    note = {name: record[name] for name in ("kind", "prompt", "answer", "items", "topic", "heading", "anchor")}
    note |= {"tags": record["document_tags"], "line": source["line"], "rule": source["rule"]}
    note |= {name: _digest(place, name, record[name]) for name in ("digest", "front_digest")}
    return CardRow(card, note, record["deck"], source["path"], place)


def _review(place: str, record: dict[str, Any]) -> dict[str, Any]:
    _within(place, record, ("id", "card_id"), 1, 2**62)
    _within(place, record, ("rating",), 1, 4)
    _within(place, record, ("step_before", "lapses_before", "elapsed_days"), 0, 32767)
    same = ("id", "card_id", "reviewed_at", "rating", "step_before", "due_before", "stability_before",
            "difficulty_before", "last_review_before", "lapses_before", "elapsed_days", "scheduled_days",
            "retrievability")  # fmt: skip
    row = {name: record[name] for name in same}
    row["state_before"] = _state(place, "state_before", record["state_before"], record["last_review_before"])
    row |= {
        "day": record["day"].toordinal(),
        "seconds": record["duration_seconds"],
        "card_before": record["leech_before"],
        "ticks": record["ticks"],
    }
    return row | {"place": place}


def _state(place: str, name: str, value: str, last_review: datetime | None) -> int:
    _one_of(place, name, value, tuple(_STATES))
    if (value == "new") != (last_review is None):
        raise RecordError(f"{place}: {name} is {value}, which does not fit the last review: export the file anew")
    return _STATES[value]


def _one_of(place: str, name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise RecordError(f"{place}: {name} is one of {', '.join(known)}, not “{value}”")


def _within(place: str, record: dict[str, Any], names: Sequence[str], least: int, most: int) -> None:
    for name in names:
        if record[name] is not None and not least <= record[name] <= most:
            raise RecordError(f"{place}: {name} is {least} to {most}, not {record[name]}")


def _digest(place: str, name: str, value: str) -> bytes:
    try:
        digest = bytes.fromhex(value)
    except ValueError:
        digest = b""
    if len(digest) != 16:
        raise RecordError(f"{place}: {name} is 32 hexadecimal digits: export the file anew")
    return digest
