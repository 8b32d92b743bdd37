"""Records out: cards, reviews and daily figures, streamed in batches of rows. Their columns are those of `records.schema`."""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from srs.cards import Card, State
from srs.days import Days
from srs.export import answers
from srs.export.daily import daily
from srs.export.times import clock, instant
from srs.records.schema import COLUMNS, SCHEMAS
from srs.records.writing import Piece, opened, speller
from srs.store.reviews import Which

if TYPE_CHECKING:
    from srs.store import Store
    from srs.store.queue import Queue

Batches = Iterator[Sequence[Sequence[Any]]]

_NAMES = {int(state): state.name.lower() for state in State}


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


def batches(collection: "Queue", what: str, days: Days, which: Which | None = None) -> Batches:
    """Rows of `cards`, `reviews` or `stats`, their values in the order of the schema. Raises DeckNotFound."""
    which = which or Which()
    if which.deck is not None:
        collection.require_deck(which.deck)
    match what:
        case "cards":
            return _cards(collection.whole, which)
        case "reviews":
            return answers.batches(collection, which)
        case "stats":
            return daily(collection.whole, days, which)
    raise ValueError(what)


def records(collection: "Queue", what: str, days: Days, which: Which | None = None) -> Iterator[dict[str, Any]]:
    """The same as records. Raises DeckNotFound."""
    objects = [place for place, field in enumerate(SCHEMAS[what]) if field.type == "json"]
    found = batches(collection, what, days, which)
    return (dict(zip(COLUMNS[what], opened(row, objects), strict=True)) for batch in found for row in batch)


def pieces(
    collection: "Queue", what: str, form: str, days: Days, which: Which | None = None, address: str | None = None
) -> Generator[Piece, None, None]:
    """The same as text, `csv` or `jsonl`. Raises DeckNotFound.

    `address` is where the collection is, if another process may help with many answers.
    """
    found = batches(collection, what, days, which)
    if what == "reviews" and address is not None:
        from srs.export import helping

        return helping.pieces(collection, which or Which(), form, address)
    spell = speller(what, form)
    return ((len(batch), spell(batch)) for batch in found)


def _cards(store: "Store", which: Which) -> Batches:
    decks, at = store.deck_ids(), clock()
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
