"""Records out: cards, reviews and daily figures, streamed in batches of rows. Their columns are those of `records.schema`."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from srs.cards import Card, State
from srs.days import Days
from srs.records.schema import COLUMNS, SCHEMAS
from srs.records.writing import opened
from srs.store import Store
from srs.store.records import BATCH, Which

Batches = Iterator[Sequence[Sequence[Any]]]

_NAMES = {int(state): state.name.lower() for state in State}
_DAY = 24 * 60 * 60 * 1000  # milliseconds
_EPOCH = date(1970, 1, 1).toordinal()
# Small tables: the seconds of a whole day would be looked up in slower memory, for twice the time.
_MINUTES = tuple(f"T{at // 60:02}:{at % 60:02}:" for at in range(24 * 60))
_SECONDS = tuple(f"{at:02}." for at in range(60))
_PARTS = tuple(f"{part:03}Z" for part in range(1000))


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


def batches(store: Store, what: str, days: Days, which: Which | None = None) -> Batches:
    """Rows of `cards`, `reviews` or `stats`, their values in the order of the schema. Raises DeckNotFound."""
    which = which or Which()
    if which.deck is not None:
        store.require_deck(which.deck)
    match what:
        case "cards":
            return _cards(store, which)
        case "reviews":
            return _reviews(store, which)
        case "stats":
            return _daily(store, days, which)
    raise ValueError(what)


def records(store: Store, what: str, days: Days, which: Which | None = None) -> Iterator[dict[str, Any]]:
    """The same as records. Raises DeckNotFound."""
    objects = [place for place, field in enumerate(SCHEMAS[what]) if field.type == "json"]
    found = batches(store, what, days, which)
    return (dict(zip(COLUMNS[what], opened(row, objects), strict=True)) for batch in found for row in batch)


def _clock() -> Callable[[int | None], str | None]:
    """Whole microseconds since 1970 -> what `instant` makes of them; each day and each minute is spelt out only once."""
    begins, minutes, seconds, parts = _Days(), _MINUTES, _SECONDS, _PARTS

    def spelt(microseconds: int | None) -> str | None:
        if microseconds is None:
            return None
        day, rest = divmod(microseconds // 1000, _DAY)
        return f"{begins[day + _EPOCH]}{minutes[rest // 60_000]}{seconds[rest // 1000 % 60]}{parts[rest % 1000]}"

    return spelt


def _cards(store: Store, which: Which) -> Batches:
    decks, at = store.deck_ids(), _clock()
    for batch in store.card_batches(which):
        yield [_card(row, decks, at) for row in batch]


def _card(row: Sequence[Any], decks: dict[int, str], at: Callable[[int | None], str | None]) -> Sequence[Any]:
    (id, deck, kind, prompt, answer, items, tags, own_tags, path, line, rule, state, due, stability, difficulty, reps,
     lapses, suspended, retired, note_id, ordinal, step, last, buried, topic, heading, anchor, digest, front) = row  # fmt: skip
    source = None if path is None else {"path": path, "line": line, "rule": rule}
    return (
        id, decks[deck], kind, prompt, answer, items, list(dict.fromkeys((*tags, *own_tags))), source,
        "new" if last is None else _NAMES[state], at(due), stability, difficulty, reps, lapses, suspended, retired,
        note_id, ordinal, step, at(last), at(buried), tags, own_tags, topic, heading, anchor, digest.hex(), front.hex(),
    )  # fmt: skip


def _reviews(store: Store, which: Which) -> Batches:
    decks, at, days = store.deck_ids(), _clock(), _Days()
    for batch, places in store.review_batches(which):
        yield [
            (
                card, decks[places[card][0]], places[card][1], at(when), rating, "new" if last is None else _NAMES[state],
                elapsed, scheduled, stability, difficulty, chance, seconds, id, days[day], step, at(due), at(last), lapses,
                leech, ticks,
            )
            for card, when, rating, state, elapsed, scheduled, stability, difficulty, chance, seconds, id, day,
                step, due, last, lapses, leech, ticks in batch
        ]  # fmt: skip


class _Days(dict[int, str]):
    """Study days as ISO dates, each spelt out once."""

    def __missing__(self, day: int) -> str:
        self[day] = date.fromordinal(day).isoformat()
        return self[day]


def _daily(store: Store, days: Days, which: Which) -> Batches:
    rows = _day_rows(store, days, which)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _day_rows(store: Store, days: Days, which: Which) -> Iterator[Sequence[Any]]:
    in_review, due_next = _levels(store, days, which)
    for row in store.by_day(which.deck, which.kind):
        levels = in_review[row.deck].up_to(row.day), due_next[row.deck].up_to(row.day)
        if (which.since is None or row.day >= which.since) and (which.until is None or row.day <= which.until):
            yield (
                date.fromordinal(row.day).isoformat(), row.deck, row.reviews, row.new_cards, row.again, row.hard, row.good,
                row.easy, row.recalled / row.in_review if row.in_review else None, round(row.seconds / 60, 2), *levels,
            )  # fmt: skip


class _Level:
    """A number that rises and falls on certain days; asked for days in order."""

    def __init__(self) -> None:
        self.change: dict[int, int] = defaultdict(int)
        self._level = 0

    def up_to(self, day: int) -> int:
        for past in [d for d in self.change if d <= day]:
            self._level += self.change.pop(past)
        return self._level


def _levels(store: Store, days: Days, which: Which) -> tuple[dict[str, _Level], dict[str, _Level]]:
    """By deck, at the end of each day: how many cards are in review, and how many come due by the end of the next day."""
    in_review: dict[str, _Level] = defaultdict(_Level)
    due_next: dict[str, _Level] = defaultdict(_Level)
    for row in store.stretches(which.deck, which.kind):
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
