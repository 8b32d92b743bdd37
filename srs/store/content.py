"""Documents, notes and the cards made of them: what an import reads and writes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, exists, select

from srs.errors import StalePlan
from srs.notes import Changes, Document, Imported, KnownDocument, KnownNote, Note
from srs.store.base import Base
from srs.store.imports import Journal, chunks, newest_import
from srs.store.tables import cards, decks, documents, echoes, notes
from srs.store.written import as_known_note, new_cards, note_row
from srs.texts import normalised

_KNOWN: list[ColumnElement[Any]] = [
    notes.c.id, notes.c.kind, notes.c.prompt, notes.c.answer, notes.c.heading, documents.c.path, notes.c.line, notes.c.digest,
    notes.c.anchor, cards.c.retired, notes.c.rule, cast(notes.c.tags, Text), notes.c.front_digest, cards.c.id.label("card_id"),
]  # fmt: skip
"""What matching asks of a note, as `as_known_note` takes it. To read lists from JSON would take as long as all the rest."""


class Content(Base):
    """What the collection holds of the documents."""

    def documents(self) -> dict[str, KnownDocument]:
        """All documents that were imported, by path."""
        query = (
            select(documents.c.id, documents.c.path, documents.c.digest, decks.c.name)
            .join(decks)
            .order_by(documents.c.id)
        )
        with self._reading() as connection:
            return {
                row.path: KnownDocument(row.id, row.path, row.digest, row.name) for row in connection.execute(query)
            }

    def known_notes(self, paths: Collection[str], digests: Collection[bytes]) -> list[KnownNote]:
        """The notes of the documents named, and those of equal content anywhere."""
        twin = notes.alias()
        twins = (
            select(twin.c.id, twin.c.digest)
            .join_from(notes, twin, and_(twin.c.digest == notes.c.digest, twin.c.id != notes.c.id))
            .join(documents, documents.c.id == notes.c.document_id)
        )
        found: dict[int, KnownNote] = {}
        with self._reading() as connection:
            if connection.execute(select(notes.c.id).limit(1)).first() is None:
                return []
            for chunk in chunks(paths):
                found.update(_known(connection, documents.c.path.in_(chunk), set(paths)))
            # Most of what is of equal content was found in the documents: only what equals it elsewhere is looked for.
            here = {note.digest for note in found.values()}
            wanted = set(digests)
            alike = [
                row.id
                for chunk in chunks(paths if here else ())
                for row in connection.execute(twins.where(documents.c.path.in_(chunk))).all()
                if row.digest in wanted
            ]
            for chunk in chunks([digest for digest in digests if digest not in here]):
                alike += connection.execute(select(notes.c.id).where(notes.c.digest.in_(chunk))).scalars().all()
            for ids in chunks(sorted(set(alike) - found.keys())):
                found.update(_known(connection, notes.c.id.in_(ids), set(paths)))
        return [found[id] for id in sorted(found)]

    def asking(
        self, kinds: Collection[str], fronts: Collection[bytes], paths: Collection[str], *, retired: bool = False
    ) -> list[KnownNote]:
        """Notes of these kinds that ask one of these fronts, outside the documents named; in use, or retired ones."""
        query = (
            select(*_KNOWN)
            .join_from(notes, documents)
            .join(cards, and_(cards.c.note_id == notes.c.id, cards.c.ordinal == 0))
            .where(notes.c.kind.in_(list(kinds)), cards.c.retired.is_(retired))
        )
        found: list[KnownNote] = []
        with self._reading() as connection:
            for chunk in chunks(sorted(fronts)):
                rows = connection.execute(query.where(notes.c.front_digest.in_(chunk))).all()
                found += [as_known_note(row, elsewhere=False) for row in rows if row.path not in paths]
        return found

    def retired_answers(self) -> dict[bytes, str]:
        """The answers of the notes that are retired, by their digests; but of those not, that were put away by hand."""
        query = (
            select(notes.c.digest, notes.c.answer)
            .join_from(cards, notes)
            .where(cards.c.deck_id.in_(select(decks.c.id)))  # so that an index finds them: they are few
            .where(cards.c.retired.is_(True), cards.c.suspended.is_(False), cards.c.ordinal == 0)
        )
        with self._reading() as connection:
            return {row.digest: row.answer for row in connection.execute(query)}

    def taken_prompts(self, fronts: Iterable[bytes], paths: Collection[str]) -> set[str]:
        """The prompts of notes outside the documents named that have one of these front digests, normalised."""
        read = set(paths)
        taken: set[str] = set()
        query = (
            select(notes.c.prompt, documents.c.path)
            .join_from(notes, documents, isouter=True)
            .where(exists().where(cards.c.note_id == notes.c.id, cards.c.retired.is_(False)))
        )
        with self._reading() as connection:
            for chunk in chunks(sorted(fronts)):
                found = connection.execute(query.where(notes.c.front_digest.in_(chunk))).all()
                taken.update(normalised(prompt) for prompt, path in found if path not in read)
        return taken

    def apply(self, changes: Changes, changed: Sequence[Document], now: datetime, *, after: int | None = None) -> None:
        """All of an import, in one transaction that `take_back` undoes. An added note's card is new and due at once.

        Raises StalePlan when the newest import is not `after`, the one that the changes were planned on.
        """
        counts = {name: len(getattr(changes, name)) for name in ("added", "edited", "moved", "revived", "retired")}
        with self._writing() as connection:
            if after is not None and newest_import(connection) != after:
                raise StalePlan("another import came in between and nothing was written: import again")
            if (
                connection.dialect.name == "sqlite"
            ):  # whose own 2 MB hold less than the indexes that notes are written to
                connection.exec_driver_sql("PRAGMA cache_size = -16000")
            journal = Journal(connection, Imported(now, **counts))
            decks_by_name = self._save_decks(connection, journal, {document.deck for document in changed})
            ids = self._save_documents(connection, journal, changed, decks_by_name, now)
            deck_of = {document.path: decks_by_name[document.deck] for document in changed}
            for chunk in chunks(ids.values()):
                journal.remove(echoes, echoes.c.document_id.in_(chunk))
            new: list[int] = []
            for added in chunks(changes.added):
                new += journal.insert(notes, [note_row(note, ids[note.path]) for note in added])
            if new:
                journal.insert_found(cards, new_cards(new[0], new[-1], now))
            present = (*changes.kept, *changes.edited, *changes.moved, *changes.revived)
            for chunk in chunks(present):
                journal.change(notes, [(id, note_row(note, ids[note.path])) for id, note in chunk])
                self._change_cards(
                    connection,
                    journal,
                    {id: {"retired": False, "deck_id": deck_of[note.path]} for id, note in chunk},
                )
            for chunk in chunks((*changes.retired, *changes.left)):
                self._retire(connection, journal, chunk)
            for chunk in chunks(changes.followed):
                journal.change(notes, [(id, {"document_id": ids[path]}) for id, path in chunk])
                self._change_cards(connection, journal, {id: {"deck_id": deck_of[path]} for id, path in chunk})
            for chunk in chunks(changes.echoes):
                self._save_echoes(connection, journal, chunk, ids)

    def _save_decks(self, connection: Connection, journal: Journal, names: Collection[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for chunk in chunks(names):
            found.update((row.name, row.id) for row in connection.execute(select(decks).where(decks.c.name.in_(chunk))))
        new = sorted(set(names) - found.keys())
        return found | dict(zip(new, journal.insert(decks, [{"name": name} for name in new]), strict=True))

    def _save_documents(
        self,
        connection: Connection,
        journal: Journal,
        changed: Sequence[Document],
        deck_ids: Mapping[str, int],
        now: datetime,
    ) -> dict[str, int]:
        ids: dict[str, int] = {}
        for chunk in chunks([document.path for document in changed]):
            ids.update((r.path, r.id) for r in connection.execute(select(documents).where(documents.c.path.in_(chunk))))
        values = {d.path: {"deck_id": deck_ids[d.deck], "digest": d.digest, "imported_at": now} for d in changed}
        journal.change(documents, [(id, values[path]) for path, id in ids.items()])
        new = [path for path in values if path not in ids]
        return ids | dict(
            zip(new, journal.insert(documents, [{"path": path, **values[path]} for path in new]), strict=True)
        )

    def _change_cards(self, connection: Connection, journal: Journal, changes: Mapping[int, Mapping[str, Any]]) -> None:
        """The same for every card of a note; `changes` are by note."""
        found = connection.execute(select(cards.c.id, cards.c.note_id).where(cards.c.note_id.in_(changes)))
        journal.change(cards, [(row.id, changes[row.note_id]) for row in found])

    def _retire(self, connection: Connection, journal: Journal, note_ids: Sequence[int]) -> None:
        """Notes that are gone from where they stood: they live on at their next place, if they have one."""
        query = select(echoes, documents.c.deck_id).join(documents).where(echoes.c.note_id.in_(note_ids))
        next_place: dict[int, Any] = {}
        for echo in connection.execute(query.order_by(echoes.c.id)):
            next_place.setdefault(echo.note_id, echo)
        gone = {id: {"retired": True} for id in note_ids if id not in next_place}
        self._change_cards(connection, journal, gone)
        if next_place:
            places = {id: {"document_id": e.document_id, "line": e.line} for id, e in next_place.items()}
            journal.change(notes, places.items())
            self._change_cards(connection, journal, {id: {"deck_id": e.deck_id} for id, e in next_place.items()})
            journal.remove(echoes, echoes.c.id.in_([echo.id for echo in next_place.values()]))

    def _save_echoes(
        self, connection: Connection, journal: Journal, found: Sequence[Note], ids: Mapping[str, int]
    ) -> None:
        """The other documents that a note stands in, once each: further lines of one document tell nothing more."""
        digests = [note.digest for note in found]
        query = select(notes.c.digest, notes.c.id, notes.c.document_id).where(notes.c.digest.in_(set(digests)))
        by_digest = {row.digest: row for row in connection.execute(query.order_by(notes.c.id.desc()))}
        places: dict[tuple[int, int], int] = {}
        for note, digest in zip(found, digests, strict=True):
            known = by_digest.get(digest)
            if known is not None and known.document_id != ids[note.path]:
                places.setdefault((known.id, ids[note.path]), note.line)
        if places:
            saved = select(echoes.c.note_id, echoes.c.document_id).where(echoes.c.note_id.in_({id for id, _ in places}))
            for row in connection.execute(saved):
                places.pop((row.note_id, row.document_id), None)
        journal.insert(
            echoes, [{"note_id": note, "document_id": at, "line": line} for (note, at), line in places.items()]
        )


def _known(connection: Connection, condition: ColumnElement[bool], read: Collection[str]) -> dict[int, KnownNote]:
    """Notes by their numbers; `elsewhere` is said of those that also stand in documents other than those `read`."""
    query = (
        select(*_KNOWN)
        .join_from(notes, documents, isouter=True)
        .join(cards, and_(cards.c.note_id == notes.c.id, cards.c.ordinal == 0), isouter=True)
    )
    rows = connection.execute(query.where(condition)).all()
    echoed = select(echoes.c.note_id, documents.c.path).join_from(echoes, documents)
    has_echoes = connection.execute(select(echoes.c.id).limit(1)).first() is not None
    also = {
        note_id
        for ids in chunks([row.id for row in rows] if has_echoes else ())
        for note_id, path in connection.execute(echoed.where(echoes.c.note_id.in_(ids))).all()
        if path not in read
    }
    return {row[0]: as_known_note(row, elsewhere=row[0] in also) for row in rows}
