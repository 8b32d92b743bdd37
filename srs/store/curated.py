"""What is done by hand to cards and decks. Each is one transaction, and goes through the journal: `take_back` undoes it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select

from srs.errors import DeckExists
from srs.notes import Imported, Note
from srs.store.base import card_query
from srs.store.imports import Journal, chunks
from srs.store.search import Moment, Search
from srs.store.tables import cards, decks, documents, echoes, notes, parameters, plans
from srs.store.written import new_card_row, note_row

if TYPE_CHECKING:
    from srs.terms import Query

Said = Callable[[int], str]
"""What was done, by the number of cards: "12 cards suspended"."""

_HAS_DOCUMENT = or_(notes.c.document_id.is_not(None), exists().where(echoes.c.note_id == notes.c.id))


class Curated(Search):
    """Changes by hand. Those by query return how many cards it found, and how many of these are now another way."""

    def change_cards(
        self, query: "Query", at: Moment, said: Said, new: Callable[[Row[Any]], Mapping[str, Any]]
    ) -> tuple[int, int]:
        """Give the cards that a query finds new values; `new` says them by row, the same columns for each."""
        with self._writing() as connection:
            found, changed = 0, []
            query_ = card_query().where(self._found(connection, query, at)).order_by(cards.c.id)
            for row in connection.execute(query_):
                found += 1
                values = new(row)
                if any(getattr(row, name) != value for name, value in values.items()):
                    changed.append((row.id, values))
            if changed:
                Journal(connection, Imported(at.now), said(len(changed))).change(cards, changed)
        return found, len(changed)

    def move_cards(self, query: "Query", at: Moment, said: Said, deck: str) -> tuple[int, int]:
        """Put the cards that a query finds into a deck, which is made if it is not there."""
        with self._writing() as connection:
            deck_id = connection.execute(select(decks.c.id).where(decks.c.name == deck)).scalar()
            condition = self._found(connection, query, at)
            places = connection.execute(card_query().where(condition).with_only_columns(cards.c.id, cards.c.deck_id))
            there = {row.id: row.deck_id for row in places}
            moving = [id for id, place in there.items() if place != deck_id]
            if moving:
                journal = Journal(connection, Imported(at.now), said(len(moving)))
                if deck_id is None:
                    [deck_id] = journal.insert(decks, [{"name": deck}])
                journal.change(cards, [(id, {"deck_id": deck_id}) for id in moving])
        return len(there), len(moving)

    def from_documents(self, query: "Query", at: Moment) -> int:
        """How many of the cards that a query finds stand in a document."""
        with self._reading() as connection:
            condition = self._found(connection, query, at)
            query_ = card_query().where(condition, notes.c.document_id.is_not(None)).with_only_columns(cards.c.id)
            return len(connection.execute(query_).all())

    def delete_cards(self, query: "Query", at: Moment, said: Callable[[int, int], str]) -> tuple[int, int, int]:
        """Delete cards with their answers; those that a document holds are retired and suspended, so that they stay away.

        Returns how many cards the query found, and how many were deleted and put away.
        """
        with self._writing() as connection:
            found, gone, away = self._to_delete(connection, self._found(connection, query, at))
            if gone or away:
                journal = Journal(connection, Imported(at.now), said(len(gone), len(away)))
                _delete(connection, journal, gone, away)
        return found, len(gone), len(away)

    def delete_deck(self, deck: str, at: Moment, said: Callable[[int, int], str]) -> tuple[int, int]:
        """Delete the cards of a deck and those below it, as `delete_cards` does; and the decks that nothing is left in."""
        with self._writing() as connection:
            shown = and_(cards.c.retired.is_(False), *self._within(connection, deck))
            _, gone, away = self._to_delete(connection, shown)
            ids = [row.id for row in self._rows_below(connection, deck)]
            journal = Journal(connection, Imported(at.now), said(len(gone), len(away)))
            _delete(connection, journal, gone, away)
            for chunk in chunks(ids):
                journal.change(decks, [(id, {"options": None}) for id in chunk])
                journal.remove(parameters, parameters.c.deck_id.in_(chunk))
                journal.remove(plans, plans.c.deck_id.in_(chunk))
                used = [exists().where(other.c.deck_id == decks.c.id) for other in (cards, documents)]
                journal.remove(decks, decks.c.id.in_(chunk) & ~or_(*used))
        return len(gone), len(away)

    def _to_delete(self, connection: Connection, condition: ColumnElement[bool]) -> tuple[int, list[int], list[int]]:
        """How many cards there are; those to delete, and those to put away. Some may have been put away already."""
        query = card_query().where(condition).with_only_columns(cards.c.id, cards.c.suspended, cards.c.retired)
        rows = connection.execute(query.add_columns(_HAS_DOCUMENT.label("written"))).all()
        gone = [row.id for row in rows if not row.written or (row.retired and not row.suspended)]
        away = [row.id for row in rows if row.written and not row.retired]
        return len(rows), gone, away

    def rename_deck(self, old: str, new: str, at: Moment, said: str) -> int:
        """Give a deck, with all below it, another name; returns how many decks that are. Raises DeckNotFound, DeckExists."""
        with self._writing() as connection:
            rows = self._rows_below(connection, old)
            names = {row.name: new + row.name[len(old) :] for row in rows}
            taken = set(connection.execute(select(decks.c.name)).scalars()) - names.keys()
            if clash := sorted(taken & set(names.values())):
                raise DeckExists(
                    f'there is a deck “{clash[0]}” already: srs move --query \'deck:"{old}"\' --to "{new}" moves the cards'
                )
            journal = Journal(connection, Imported(at.now), said)
            # One by one, those first whose new name another one does not still have.
            for row in sorted(rows, key=lambda row: row.name, reverse=not f"{old}/".startswith(f"{new}/")):
                journal.change(decks, [(row.id, {"name": names[row.name]})])
        return len(rows)

    def set_options(self, deck: str, options: Mapping[str, Any] | None, at: Moment, said: str) -> None:
        """Give a deck, or what stands over decks, options of its own; `None` or none at all takes them away."""
        with self._writing() as connection:
            self._within(connection, deck)
            id = connection.execute(select(decks.c.id).where(decks.c.name == deck)).scalar()
            journal = Journal(connection, Imported(at.now), said)
            values = dict(options) if options else None
            if id is not None:
                journal.change(decks, [(id, {"options": values})])
            elif values:
                journal.insert(decks, [{"name": deck, "options": values}])

    def add_note(self, note: Note, deck: str, at: Moment) -> int:
        """A note of no document; returns the number of its card. Its tags are the card's own, which can be taken off."""
        with self._writing() as connection:
            deck_id = connection.execute(select(decks.c.id).where(decks.c.name == deck)).scalar()
            journal = Journal(connection, Imported(at.now), f"1 card added to {deck}")
            if deck_id is None:
                [deck_id] = journal.insert(decks, [{"name": deck}])
            [note_id] = journal.insert(notes, [note_row(note, 0) | {"document_id": None, "tags": []}])
            row = new_card_row(note_id, deck_id, at.now) | {"own_tags": list(note.tags)}
            [number] = journal.insert(cards, [row])
        return number

    def edit_note(self, card_id: int, note: Note, at: Moment) -> None:
        """Another text for the note of a card."""
        names = ("prompt", "answer", "items", "digest", "front_digest")
        with self._writing() as connection:
            note_id = connection.execute(select(cards.c.note_id).where(cards.c.id == card_id)).scalar_one()
            row = note_row(note, 0)
            journal = Journal(connection, Imported(at.now), f"card {card_id} edited")
            journal.change(notes, [(note_id, {name: row[name] for name in names})])

    def buried_until(self, card_id: int) -> datetime | None:
        """Until when a card is buried, or was last; `None` for never."""
        with self._reading() as connection:
            until: datetime | None = connection.execute(
                select(cards.c.buried_until).where(cards.c.id == card_id)
            ).scalar_one()
            return until

    def existing(self, card_ids: Iterable[int]) -> set[int]:
        """Those of the numbers that cards have."""
        with self._reading() as connection:
            found: set[int] = set()
            for chunk in chunks(list(card_ids)):
                found.update(connection.execute(select(cards.c.id).where(cards.c.id.in_(chunk))).scalars())
        return found

    def _rows_below(self, connection: Connection, deck: str) -> list[Row[int, str]]:
        self._within(connection, deck)
        rows = connection.execute(select(decks.c.id, decks.c.name))
        return [row for row in rows if f"{row.name}/".startswith(f"{deck}/")]


def _delete(connection: Connection, journal: Journal, gone: Sequence[int], away: Sequence[int]) -> None:
    journal.change(cards, [(id, {"retired": True, "suspended": True}) for id in away])
    if not gone:
        return
    journal.remove_answers(gone)
    for chunk in chunks(gone):
        note_ids = connection.execute(select(cards.c.note_id).where(cards.c.id.in_(chunk))).scalars().all()
        journal.remove(cards, cards.c.id.in_(chunk))
        left = exists().where(cards.c.note_id == notes.c.id)
        empty = connection.execute(select(notes.c.id).where(notes.c.id.in_(note_ids), ~left)).scalars().all()
        journal.remove(echoes, echoes.c.note_id.in_(empty))
        journal.remove(notes, notes.c.id.in_(empty))
