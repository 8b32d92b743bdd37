"""Cards out, by the batch and as the database has them; and whole cards and answers in again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    select,
    type_coerce,
    update,
)

from srs.errors import RecordError
from srs.notes import Imported
from srs.store.base import Base, newest_review
from srs.store.imports import CHUNK, Journal
from srs.store.reviews import Which
from srs.store.tables import cards, decks, documents, imports, notes, revlog, ticks

BATCH = 2000
"""Rows at a time: enough that the work between two batches does not count, and little memory."""


def _raw(instant: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(instant, BigInteger)


CARD = (
    cards.c.id, cards.c.deck_id, notes.c.kind, notes.c.prompt, notes.c.answer, notes.c["items"], notes.c.tags,
    cards.c.own_tags, documents.c.path, notes.c.line, notes.c.rule, cards.c.state, _raw(cards.c.due), cards.c.stability,
    cards.c.difficulty, cards.c.reps, cards.c.lapses, cards.c.suspended, cards.c.retired, cards.c.note_id,
    cards.c.ordinal, cards.c.step, _raw(cards.c.last_review), _raw(cards.c.buried_until), notes.c.topic, notes.c.heading,
    notes.c.anchor, notes.c.digest, notes.c.front_digest,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restored:
    """How many cards and answers came in, and how many cards were there already and stayed as they are."""

    cards: int
    reviews: int
    there: int


class Records(Base):
    """A stream of cards, and the way back for cards and answers."""

    def deck_ids(self) -> dict[int, str]:
        with self._reading() as connection:
            return {row.id: row.name for row in connection.execute(select(decks.c.id, decks.c.name))}

    def card_batches(self, which: Which) -> Iterator[Sequence[Sequence[Any]]]:
        """Cards by id: the columns of `CARD`, instants as whole microseconds. Raises DeckNotFound."""
        query = select(*CARD).join_from(cards, notes).join(documents, isouter=True).order_by(cards.c.id)
        if which.kind is not None:
            query = query.where(notes.c.kind == which.kind)
        with self._reading() as connection:
            yield from _partitions(connection, query.where(*self._within(connection, which.deck)))

    def restore(self, card_rows: Iterable["CardRow"], review_rows: Iterable[dict[str, Any]], now: datetime) -> Restored:
        """Cards and answers as they were, with their numbers, in one transaction that `take_back` undoes.

        A card whose content is there already stays as it is there, and its answers stay out. Raises RecordError when a
        number belongs to another card here, or an answer to none; then nothing is written.
        """
        with self._writing() as connection:
            journal = Journal(connection, Imported(now), "records imported")
            incoming = _Incoming(connection, journal, now)
            for chunk in _portions(card_rows):
                incoming.cards(chunk)
            for answers in _portions(review_rows):
                incoming.reviews(answers)
            _count_on(connection)
            newest = newest_review(connection)
            said = f"{len(incoming.added)} cards and {incoming.answers} answers imported from records"
            last = connection.execute(select(imports.c.id).order_by(imports.c.id.desc()).limit(1)).scalar_one()
            connection.execute(update(imports).where(imports.c.id == last).values(last_review=newest, what=said))
        return Restored(len(incoming.added), incoming.answers, len(incoming.there))


def _partitions(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Sequence[Row[Any]]]:
    found = connection.execution_options(stream_results=True, yield_per=BATCH).execute(query)
    yield from found.partitions(BATCH)


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card on its way in: rows of card and note, the name of its deck, the path of its document; and where it was read."""

    card: dict[str, Any]
    note: dict[str, Any]
    deck: str
    path: str | None
    place: str


class _Incoming:
    """One import of records as it goes on.

    Attributes:
        added, there: numbers of cards that came in, and of those that were there.
    """

    def __init__(self, connection: Connection, journal: Journal, now: datetime) -> None:
        self._connection, self._journal, self._now = connection, journal, now
        self._decks = {row.name: row.id for row in connection.execute(select(decks.c.id, decks.c.name))}
        self._paths = {row.path: row.id for row in connection.execute(select(documents.c.id, documents.c.path))}
        self._notes: dict[int, bytes] = {}
        self._shift: int | None = None
        self.added: set[int] = set()
        self.there: set[int] = set()
        self.answers = 0

    def cards(self, rows: Sequence[CardRow]) -> None:
        new = [row for row in rows if not self._is_there(row, self._known(rows))]
        for row in new:
            if row.card["id"] in self.added:
                raise RecordError(f"{row.place}: card {row.card['id']} is there twice: take one of the lines out")
            self.added.add(row.card["id"])
        of_notes = {row.card["note_id"]: row for row in new if row.card["note_id"] not in self._notes}
        for deck in dict.fromkeys(row.deck for row in new if row.deck not in self._decks):
            [self._decks[deck]] = self._journal.insert(decks, [{"name": deck}])
        for row in of_notes.values():
            if row.path is not None and row.path not in self._paths:
                # A digest that no document has: the next import of the document reads it anew.
                values = {"path": row.path, "deck_id": self._decks[row.deck], "digest": b"\0", "imported_at": self._now}
                [self._paths[row.path]] = self._journal.insert(documents, [values])
        places = {id: None if row.path is None else self._paths[row.path] for id, row in of_notes.items()}
        self._journal.insert(notes, [row.note | {"id": id, "document_id": places[id]} for id, row in of_notes.items()])
        self._notes.update((id, row.note["digest"]) for id, row in of_notes.items())
        self._journal.insert(cards, [row.card | {"deck_id": self._decks[row.deck]} for row in new])

    def _known(self, rows: Sequence[CardRow]) -> tuple[dict[int, bytes], dict[int, bytes], set[bytes]]:
        """Digests here by number of card and of note, and which of those coming in are here at all."""
        by_card = select(cards.c.id, notes.c.digest).join_from(cards, notes)
        by_note = select(notes.c.id, notes.c.digest)
        found = self._connection.execute(by_card.where(cards.c.id.in_([row.card["id"] for row in rows])))
        taken = {row.id: row.digest for row in found if row.id not in self.added}
        found = self._connection.execute(by_note.where(notes.c.id.in_([row.card["note_id"] for row in rows])))
        as_notes = {row.id: row.digest for row in found if row.id not in self._notes}
        found = self._connection.execute(by_note.where(notes.c.digest.in_([row.note["digest"] for row in rows])))
        return taken, as_notes, {row.digest for row in found if row.id not in self._notes}

    def _is_there(self, row: CardRow, known: tuple[dict[int, bytes], dict[int, bytes], set[bytes]]) -> bool:
        by_card, by_note, digests = known
        number, digest = row.card["id"], row.note["digest"]
        if digest in digests:
            self.there.add(number)
            return True
        if number in by_card or row.card["note_id"] in by_note:
            raise RecordError(
                f"{row.place}: number {number} belongs to another card here, and nothing was imported: "
                "import the records into an empty collection, with --database"
            )
        return False

    def reviews(self, rows: Sequence[dict[str, Any]]) -> None:
        new = []
        for row in rows:
            if row["card_id"] in self.added:
                new.append({name: value for name, value in row.items() if name != "place"})
            elif row["card_id"] not in self.there:
                raise RecordError(
                    f"{row['place']}: card {row['card_id']} is in none of the files, and nothing was imported: "
                    "name the file of its cards too"
                )
        if not new:
            return
        if self._shift is None:  # answers are newer than those that are here, or become so
            newest = newest_review(self._connection)
            self._shift = max(0, newest + 1 - new[0]["id"])
        ticked = [row.pop("ticks") for row in new]
        numbers = self._journal.insert(revlog, [row | {"id": row["id"] + self._shift} for row in new])
        items = [
            {"review_id": number, "item": item, "covered": covered}
            for number, of in zip(numbers, ticked, strict=True)
            for item, covered in (of or {}).items()
        ]
        if items:
            self._journal.insert(ticks, items)
        self.answers += len(numbers)


def _count_on(connection: Connection) -> None:
    """PostgreSQL counts by itself, and would give out numbers that came in; SQLite goes on from the highest."""
    if connection.dialect.name == "postgresql":
        for table in (notes, cards, revlog):
            highest = select(func.max(table.c.id)).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), highest)))


def _portions(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows, as they come, in lists of at most `CHUNK`."""
    waiting = iter(rows)
    while portion := list(islice(waiting, CHUNK)):
        yield portion
