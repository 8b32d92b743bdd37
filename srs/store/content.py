"""Documents, notes and the cards made of them: what an import reads and writes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from srs.cards import (
    Changes,
    Document,
    KnownNote,
    Note,
    normalised,
)
from srs.store.base import Base
from srs.store.rows import as_known_note, new_card_row, note_row
from srs.store.tables import cards, decks, documents, echoes, notes

_CHUNK = 500  # values in one IN (...): below every database's limit


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document as the collection holds it: enough to see whether it has changed."""

    id: int
    path: str
    digest: bytes
    deck: str


class Content(Base):
    """What the collection holds of the documents."""

    def documents(self) -> dict[str, KnownDocument]:
        """All documents that were imported, by path."""
        query = select(documents.c.id, documents.c.path, documents.c.digest, decks.c.name).join(decks)
        with self._reading() as connection:
            return {
                row.path: KnownDocument(row.id, row.path, row.digest, row.name) for row in connection.execute(query)
            }

    def known_notes(self, paths: Collection[str], digests: Collection[bytes]) -> list[KnownNote]:
        """The notes of the documents named, and those of equal content anywhere."""
        first = (
            select(cards.c.retired)
            .where(cards.c.note_id == notes.c.id)
            .order_by(cards.c.ordinal)
            .limit(1)
            .scalar_subquery()
        )
        columns = (notes, documents.c.path, first.label("retired"))
        query = select(*columns).join_from(notes, documents, isouter=True)
        echoed = select(echoes.c.note_id, documents.c.path).join_from(echoes, documents)
        read = set(paths)
        found: dict[int, KnownNote] = {}
        with self._reading() as connection:
            elsewhere = {row.note_id for row in connection.execute(echoed) if row.path not in read}
            for column, values in ((documents.c.path, paths), (notes.c.digest, digests)):
                for chunk in _chunks(values):
                    for row in connection.execute(query.where(column.in_(chunk))):
                        found[row.id] = as_known_note(row, elsewhere=row.id in elsewhere)
        return [found[id] for id in sorted(found)]

    def taken_prompts(self, new: Iterable[Note], paths: Collection[str]) -> set[str]:
        """Which prompts of the rest of the collection begin as those of these notes do; all of them, normalised."""
        fronts = sorted({note.front_digest for note in new})
        taken: set[str] = set()
        query = (
            select(notes.c.prompt)
            .join_from(notes, documents, isouter=True)
            .where(
                exists().where(cards.c.note_id == notes.c.id, cards.c.retired.is_(False)),
                or_(notes.c.document_id.is_(None), documents.c.path.not_in(list(paths) or [""])),
            )
        )
        with self._reading() as connection:
            for chunk in _chunks(fronts):
                taken.update(
                    normalised(prompt) for (prompt,) in connection.execute(query.where(notes.c.front_digest.in_(chunk)))
                )
        return taken

    def apply(self, changes: Changes, changed: Sequence[Document], now: datetime) -> None:
        """All of an import, in one transaction. An added note's card is new and due at once."""
        with self._writing() as connection:
            deck_ids = self._deck_ids(connection, {document.deck for document in changed})
            ids = self._save_documents(connection, changed, deck_ids, now)
            deck_of = {document.path: deck_ids[document.deck] for document in changed}
            if ids:
                connection.execute(delete(echoes).where(echoes.c.document_id.in_(list(ids.values()))))
            if changes.added:
                rows = [note_row(note, ids[note.path]) for note in changes.added]
                added = (
                    connection.execute(insert(notes).returning(notes.c.id, sort_by_parameter_order=True), rows)
                    .scalars()
                    .all()
                )
                connection.execute(
                    insert(cards),
                    [new_card_row(id, deck_of[note.path], now) for id, note in zip(added, changes.added, strict=True)],
                )
            present = [
                pair for group in (changes.kept, changes.edited, changes.moved, changes.revived) for pair in group
            ]
            self._rewrite(connection, present, ids, deck_of)
            self._retire(connection, (*changes.retired, *changes.left))
            self._save_echoes(connection, changes.echoes, ids)

    def _deck_ids(self, connection: Connection, names: Collection[str]) -> dict[str, int]:
        found = {row.name: row.id for row in connection.execute(select(decks).where(decks.c.name.in_(list(names))))}
        for name in sorted(set(names) - found.keys()):
            found[name] = connection.execute(insert(decks).values(name=name).returning(decks.c.id)).scalar_one()
        return found

    def _save_documents(
        self, connection: Connection, changed: Sequence[Document], deck_ids: Mapping[str, int], now: datetime
    ) -> dict[str, int]:
        ids: dict[str, int] = {}
        for chunk in _chunks(document.path for document in changed):
            ids.update({r.path: r.id for r in connection.execute(select(documents).where(documents.c.path.in_(chunk)))})
        for document in changed:
            values = {"deck_id": deck_ids[document.deck], "digest": document.digest, "imported_at": now}
            if document.path in ids:
                connection.execute(update(documents).where(documents.c.id == ids[document.path]).values(values))
            else:
                statement = insert(documents).values(path=document.path, **values).returning(documents.c.id)
                ids[document.path] = connection.execute(statement).scalar_one()
        return ids

    def _rewrite(
        self,
        connection: Connection,
        present: Sequence[tuple[int, Note]],
        ids: Mapping[str, int],
        deck_of: Mapping[str, int],
    ) -> None:
        if not present:
            return
        by_id = [{"note": id, **note_row(note, ids[note.path])} for id, note in present]
        names = [name for name in by_id[0] if name != "note"]
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        connection.execute(update(notes).where(notes.c.id == bindparam("note")).values(values), by_id)
        connection.execute(
            update(cards).where(cards.c.note_id == bindparam("note")).values(retired=False, deck_id=bindparam("deck")),
            [{"note": id, "deck": deck_of[note.path]} for id, note in present],
        )

    def _retire(self, connection: Connection, retired: Sequence[int]) -> None:
        for note_id in retired:
            query = (
                select(echoes, documents.c.deck_id)
                .join(documents)
                .where(echoes.c.note_id == note_id)
                .order_by(echoes.c.id)
            )
            echo = connection.execute(query.limit(1)).first()
            if echo is None:
                connection.execute(update(cards).where(cards.c.note_id == note_id).values(retired=True))
            else:
                place = {"document_id": echo.document_id, "line": echo.line}
                connection.execute(update(notes).where(notes.c.id == note_id).values(place))
                connection.execute(update(cards).where(cards.c.note_id == note_id).values(deck_id=echo.deck_id))
                connection.execute(delete(echoes).where(echoes.c.id == echo.id))

    def _save_echoes(self, connection: Connection, found: Sequence[Note], ids: Mapping[str, int]) -> None:
        for note in found:
            note_id = connection.execute(
                select(notes.c.id).where(notes.c.digest == note.digest).order_by(notes.c.id)
            ).scalar()
            if note_id is not None:
                connection.execute(insert(echoes).values(note_id=note_id, document_id=ids[note.path], line=note.line))


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    everything = list(values)
    for at in range(0, len(everything), _CHUNK):
        yield everything[at : at + _CHUNK]
