"""class Store: one method for each question or change, one transaction each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from srs.cards import (
    Card,
    Changes,
    Counts,
    Document,
    KnownNote,
    Note,
    Rating,
    Review,
    Schedule,
    State,
    content_digest,
    normalised,
)
from srs.errors import DeckNotFound, NothingToUndo, StaleCard
from srs.store.database import open_engine, translated
from srs.store.rows import as_card, as_known_note, as_review, new_card_row, note_row, schedule_row
from srs.store.tables import Instant, cards, decks, documents, echoes, notes, revlog

_CHUNK = 500  # values in one IN (...): below every database's limit


def open_store(address: str) -> "Store":
    """The collection at a path or URL, made or upgraded if need be. Raises DatabaseError."""
    return Store(open_engine(address))


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document as the collection holds it: enough to see whether it has changed."""

    id: int
    path: str
    digest: bytes
    deck: str


class Store:
    """A collection, open. Every method is one transaction; what fails changes nothing, and raises DatabaseError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(srs_writes=True)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(self._engine), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(self._engine), self._writer.begin() as connection:
            yield connection

    # -- documents and notes -----------------------------------------------------------------------------------------

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
        found: dict[int, KnownNote] = {}
        with self._reading() as connection:
            for column, values in ((documents.c.path, paths), (notes.c.digest, digests)):
                for chunk in _chunks(values):
                    for row in connection.execute(query.where(column.in_(chunk))):
                        found[row.id] = as_known_note(row)
        return [found[id] for id in sorted(found)]

    def taken_prompts(self, new: Iterable[Note], paths: Collection[str]) -> set[str]:
        """Which prompts of the rest of the collection begin as those of these notes do; all of them, normalised."""
        fronts = sorted({note.front for note in new})
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
            for chunk in _chunks(content_digest(front) for front in fronts):
                taken.update(
                    normalised(prompt) for (prompt,) in connection.execute(query.where(notes.c.front_digest.in_(chunk)))
                )
        return taken

    def apply(self, changes: Changes, changed: Sequence[Document], gone: Collection[str], now: datetime) -> None:
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
            self._retire(connection, changes.retired)
            self._save_echoes(connection, changes.echoes, ids)
            for path in gone:
                row = connection.execute(select(documents.c.id).where(documents.c.path == path)).scalar()
                if row is not None:
                    connection.execute(update(documents).where(documents.c.id == row).values(digest=b""))

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

    # -- the queue ---------------------------------------------------------------------------------------------------

    def next_card(
        self,
        deck: str | None,
        *,
        now: datetime,
        ahead: datetime,
        new_left: int,
        reviews_left: int,
        skipped: Collection[int],
    ) -> Card | None:
        """The card to ask: learning cards due, then reviews, then new ones; last, learning cards due until `ahead`."""
        with self._reading() as connection:
            within = self._within(connection, deck)
            learning = cards.c.state.in_([State.LEARNING, State.RELEARNING])
            seen = cards.c.last_review.is_not(None)
            turns: list[tuple[bool, ColumnElement[bool]]] = [
                (True, and_(seen, learning, cards.c.due <= now)),
                (reviews_left > 0, and_(seen, cards.c.state == State.REVIEW, cards.c.due <= now)),
                (new_left > 0, cards.c.last_review.is_(None)),
                (True, and_(seen, learning, cards.c.due <= ahead)),
            ]
            for allowed, condition in turns:
                if not allowed:
                    continue
                query = (
                    _queue(now, condition, within)
                    .with_only_columns(cards.c.id)
                    .order_by(cards.c.due, cards.c.id)
                    .limit(1)
                )
                if skipped:
                    query = query.where(cards.c.id.not_in(list(skipped)))
                found = connection.execute(query).scalar()
                if found is not None:
                    return self._card(connection, found)
        return None

    def waiting(
        self, deck: str | None, *, now: datetime, day_end: datetime, new_left: int, reviews_left: int
    ) -> tuple[int, int, int]:
        """How many new, learning and review cards are left to ask until `day_end`, never more than the limits allow."""
        with self._reading() as connection:
            within = self._within(connection, deck)
            seen = cards.c.last_review.is_not(None)
            learning = and_(seen, cards.c.state.in_([State.LEARNING, State.RELEARNING]), cards.c.due < day_end)
            due = and_(seen, cards.c.state == State.REVIEW, cards.c.due <= now)

            def count(condition: ColumnElement[bool], limit: int | None) -> int:
                found = _queue(now, condition, within).with_only_columns(cards.c.id)
                if limit is not None:
                    found = found.limit(max(0, limit))
                return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()

            return count(cards.c.last_review.is_(None), new_left), count(learning, None), count(due, reviews_left)

    def due_from(self, deck: str | None, *, since: datetime | None, until: datetime) -> int:
        """Cards seen before that come due from `since`, or ever, until before `until`."""
        with self._reading() as connection:
            condition = and_(cards.c.last_review.is_not(None), cards.c.due < until)
            if since is not None:
                condition = and_(condition, cards.c.due >= since)
            query = select(func.count()).where(_asked(), condition, *self._within(connection, deck))
            return connection.execute(query).scalar_one()

    def card(self, card_id: int) -> Card | None:
        with self._reading() as connection:
            return self._card(connection, card_id)

    def _card(self, connection: Connection, card_id: int) -> Card | None:
        row = connection.execute(_card_query().where(cards.c.id == card_id)).first()
        return None if row is None else as_card(row)

    def cards(self, deck: str | None = None) -> Iterator[Card]:
        """All cards by id, streamed."""
        with self._reading() as connection:
            query = _card_query().where(*self._within(connection, deck)).order_by(cards.c.id)
            for row in connection.execution_options(stream_results=True, yield_per=1000).execute(query):
                yield as_card(row)

    # -- answers -----------------------------------------------------------------------------------------------------

    def record(self, review: Review, after: Schedule) -> None:
        """An answer: card row and revlog row together. Raises StaleCard when the card was answered elsewhere meanwhile."""
        before = review.before
        with self._writing() as connection:
            changed = connection.execute(
                update(cards)
                .where(cards.c.id == review.card_id, cards.c.reps == before.reps)
                .values(schedule_row(after))
            )
            if changed.rowcount != 1:
                raise StaleCard("this card was answered in another session meanwhile; that answer counts")
            connection.execute(
                insert(revlog).values(
                    card_id=review.card_id,
                    reviewed_at=review.at,
                    day=review.day,
                    rating=int(review.rating),
                    seconds=review.seconds,
                    state_before=int(before.state),
                    step_before=before.step,
                    due_before=before.due,
                    stability_before=before.stability,
                    difficulty_before=before.difficulty,
                    last_review_before=before.last_review,
                    lapses_before=before.lapses,
                    elapsed_days=review.elapsed_days,
                    scheduled_days=review.scheduled_days,
                    retrievability=review.retrievability,
                )
            )

    def undo(self) -> tuple[Card, Review]:
        """Take back the last answer of all: the card is exactly as the answer found it. Raises NothingToUndo."""
        with self._writing() as connection:
            row = connection.execute(select(revlog).order_by(revlog.c.id.desc()).limit(1)).first()
            if row is None:
                raise NothingToUndo("there is no answer to take back")
            reps = connection.execute(select(cards.c.reps).where(cards.c.id == row.card_id)).scalar_one()
            review = as_review(row, reps - 1)
            connection.execute(update(cards).where(cards.c.id == row.card_id).values(schedule_row(review.before)))
            connection.execute(delete(revlog).where(revlog.c.id == row.id))
            card = self._card(connection, row.card_id)
            assert card is not None
            return card, review

    def suspend(self, card_id: int) -> None:
        with self._writing() as connection:
            connection.execute(update(cards).where(cards.c.id == card_id).values(suspended=True))

    def bury(self, card_id: int, until: datetime) -> None:
        with self._writing() as connection:
            connection.execute(update(cards).where(cards.c.id == card_id).values(buried_until=until))

    def answered(self, day: int) -> tuple[int, int]:
        """How many new cards were begun on a study day, and how many reviews of cards in review were given."""
        new = func.count().filter(revlog.c.last_review_before.is_(None))
        review = func.count().filter(revlog.c.state_before == int(State.REVIEW))
        with self._reading() as connection:
            row = connection.execute(select(new, review).where(revlog.c.day == day)).one()
        return row[0], row[1]

    def history(self, card_id: int) -> list[Review]:
        """A card's answers, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(revlog).where(revlog.c.card_id == card_id).order_by(revlog.c.id)).all()
        return [as_review(row, reps) for reps, row in enumerate(rows)]

    # -- decks and figures -------------------------------------------------------------------------------------------

    def deck_names(self) -> list[str]:
        with self._reading() as connection:
            return list(connection.execute(select(decks.c.name).order_by(decks.c.name)).scalars())

    def counts(self, *, now: datetime, today: int) -> list[Counts]:
        """For each deck its own cards, without those of the decks below it, and without regard to daily limits."""
        asked = and_(_asked(), or_(cards.c.buried_until.is_(None), cards.c.buried_until <= now))
        seen = cards.c.last_review.is_not(None)
        learning = cards.c.state.in_([State.LEARNING, State.RELEARNING])
        query = (
            select(
                decks.c.name,
                func.count(cards.c.id).filter(cards.c.retired.is_(False)).label("cards"),
                func.count(cards.c.id).filter(and_(asked, cards.c.last_review.is_(None))).label("new"),
                func.count(cards.c.id).filter(and_(asked, seen, learning)).label("learning"),
                func.count(cards.c.id)
                .filter(and_(asked, seen, cards.c.state == State.REVIEW, cards.c.due <= now))
                .label("review"),
            )
            .join_from(decks, cards, isouter=True)
            .group_by(decks.c.name)
        )
        done = (
            select(decks.c.name, func.count().label("number"))
            .join_from(revlog, cards)
            .join(decks)
            .where(revlog.c.day == today)
            .group_by(decks.c.name)
        )
        with self._reading() as connection:
            answers = {row.name: row.number for row in connection.execute(done)}
            return [
                Counts(r.name, r.new, r.learning, r.review, answers.get(r.name, 0), r.cards)
                for r in connection.execute(query.order_by(decks.c.name))
            ]

    def by_state(self, deck: str | None) -> dict[str, int]:
        """Cards that the documents hold, by state; suspended ones count as suspended only."""
        with self._reading() as connection:
            query = (
                select(
                    cards.c.suspended,
                    cards.c.last_review.is_(None).label("new"),
                    cards.c.state,
                    func.count().label("number"),
                )
                .where(cards.c.retired.is_(False), *self._within(connection, deck))
                .group_by(cards.c.suspended, cards.c.last_review.is_(None), cards.c.state)
            )
            result = dict.fromkeys(("new", "learning", "review", "relearning", "suspended"), 0)
            for row in connection.execute(query):
                name = "suspended" if row.suspended else "new" if row.new else State(row.state).name.lower()
                result[name] += row.number
            return result

    def by_kind(self, deck: str | None) -> dict[str, int]:
        with self._reading() as connection:
            query = (
                select(notes.c.kind, func.count().label("number"))
                .join_from(cards, notes)
                .where(cards.c.retired.is_(False), *self._within(connection, deck))
                .group_by(notes.c.kind)
                .order_by(func.count().desc(), notes.c.kind)
            )
            return {row.kind: row.number for row in connection.execute(query)}

    def by_day(self, deck: str | None = None, *, since: int = 0) -> Iterator[Row[Any]]:
        """One row per study day and deck, oldest first: answers by rating, new cards, those in review and recalled, seconds."""
        in_review = revlog.c.state_before == int(State.REVIEW)
        rated = {
            rating: func.count().filter(revlog.c.rating == int(rating)).label(rating.name.lower()) for rating in Rating
        }
        with self._reading() as connection:
            query = (
                select(
                    revlog.c.day,
                    decks.c.name.label("deck"),
                    func.count().label("reviews"),
                    func.count().filter(revlog.c.last_review_before.is_(None)).label("new_cards"),
                    *rated.values(),
                    func.count().filter(in_review).label("in_review"),
                    func.count().filter(and_(in_review, revlog.c.rating > 1)).label("recalled"),
                    func.sum(revlog.c.seconds).label("seconds"),
                )
                .join_from(revlog, cards)
                .join(decks)
                .where(revlog.c.day >= since, *self._within(connection, deck))
                .group_by(revlog.c.day, decks.c.name)
                .order_by(revlog.c.day, decks.c.name)
            )
            yield from connection.execute(query)

    def stretches(self, deck: str | None = None) -> Iterator[Row[*tuple[Any, ...]]]:
        """For each answer: deck, day, and until the card's next answer (next_day, or None) its state_after and due_after."""

        def next_(column: ColumnElement[Any]) -> ColumnElement[Any]:
            return func.lead(column).over(partition_by=revlog.c.card_id, order_by=revlog.c.id)

        with self._reading() as connection:
            query = (
                select(
                    decks.c.name.label("deck"),
                    revlog.c.day,
                    next_(revlog.c.day).label("next_day"),
                    func.coalesce(next_(revlog.c.state_before), cards.c.state).label("state_after"),
                    func.coalesce(next_(revlog.c.due_before), cards.c.due, type_=Instant).label("due_after"),
                )
                .join_from(revlog, cards)
                .join(decks, decks.c.id == cards.c.deck_id)
                .where(*self._within(connection, deck))
            )
            yield from connection.execution_options(stream_results=True, yield_per=1000).execute(query)

    def reviews(self, deck: str | None = None) -> Iterator[Row[Any]]:
        """All answers, oldest first, streamed: the columns of revlog, with deck and kind."""
        with self._reading() as connection:
            query = (
                select(revlog, decks.c.name.label("deck"), notes.c.kind)
                .join_from(revlog, cards)
                .join(notes)
                .join(decks, decks.c.id == cards.c.deck_id)
                .where(*self._within(connection, deck))
                .order_by(revlog.c.id)
            )
            yield from connection.execution_options(stream_results=True, yield_per=1000).execute(query)

    def require_deck(self, deck: str) -> None:
        """Raises DeckNotFound, with the nearest names."""
        with self._reading() as connection:
            self._within(connection, deck)

    def _within(self, connection: Connection, deck: str | None) -> list[ColumnElement[bool]]:
        """The condition for cards of a deck and those below it; none for the whole collection."""
        if deck is None:
            return []
        name = deck.strip("/")
        rows = connection.execute(select(decks).order_by(decks.c.name)).all()
        ids = [row.id for row in rows if row.name == name or row.name.startswith(name + "/")]
        if not ids:
            raise DeckNotFound(_no_deck(deck, [row.name for row in rows]))
        return [cards.c.deck_id.in_(ids)]


def _no_deck(deck: str, names: Sequence[str]) -> str:
    if not names:
        return f"there is no deck “{deck}”, nor any other yet: srs import PATH makes some"
    from difflib import get_close_matches

    parents = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 2)}
    by_end = {name.rpartition("/")[2]: name for name in sorted(parents)}
    near = get_close_matches(deck, sorted(parents), 1) or [
        by_end[end] for end in get_close_matches(deck, list(by_end), 1)
    ]
    return f"there is no deck “{deck}”: " + (f"did you mean “{near[0]}”? " if near else "") + "srs due lists them"


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    everything = list(values)
    for at in range(0, len(everything), _CHUNK):
        yield everything[at : at + _CHUNK]


def _asked() -> ColumnElement[bool]:
    return and_(cards.c.suspended.is_(False), cards.c.retired.is_(False))


def _queue(now: datetime, condition: ColumnElement[bool], within: Sequence[ColumnElement[bool]]) -> Select[Any]:
    buried = or_(cards.c.buried_until.is_(None), cards.c.buried_until <= now)
    return select(cards).where(_asked(), condition, buried, *within)


def _card_query() -> Select[Any]:
    content = [c for c in notes.c if c.name not in {"id", "document_id"}]
    return (
        select(cards, *content, documents.c.path, decks.c.name.label("deck"))
        .join_from(cards, notes)
        .join(decks, decks.c.id == cards.c.deck_id)
        .join(documents, documents.c.id == notes.c.document_id, isouter=True)
    )
