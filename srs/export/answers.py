"""Answers as rows, and as text, block by block."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from srs.cards import State
from srs.export.times import IsoDays, clock
from srs.records.writing import Piece, speller
from srs.store.reviews import DUE, Reviews, Which

if TYPE_CHECKING:
    from srs.store.queue import Queue

Block = tuple[int, Sequence[Sequence[Any]]]
Spelt = tuple[int, Piece]
"""A block's number, and its text."""

_NAMES = {int(state): state.name.lower() for state in State}


def batches(collection: "Queue", which: Which) -> Iterator[Sequence[Sequence[Any]]]:
    with collection.reviews(which) as reviews:
        for _, rows in _rows(reviews):
            yield rows


def _rows(reviews: Reviews, *, after: int = -1, half: int | None = None) -> Iterator[Block]:
    """Blocks of answers, with the values of the schema."""
    at, days, places = clock(), IsoDays(), reviews.places
    for block, found in reviews.blocks(after=after, half=half):
        dues = {due: at(due) for due in {row[DUE] for row in found}}  # most fall on the beginnings of few days
        yield block, [
            (
                card, (place := places[card])[0], place[1], at(when), rating, "new" if last is None else _NAMES[state],
                elapsed, scheduled, stability, difficulty, chance, seconds, id, days[day], step, dues[due], at(last), lapses,
                leech, ticks,
            )
            for card, when, rating, state, elapsed, scheduled, stability, difficulty, chance, seconds, id, day,
                step, due, last, lapses, leech, ticks in found
        ]  # fmt: skip


def spelt(reviews: Reviews, form: str, *, after: int = -1, half: int | None = None) -> Iterator[Spelt]:
    spell = speller("reviews", form)
    for block, rows in _rows(reviews, after=after, half=half):
        yield block, (len(rows), spell(rows))
