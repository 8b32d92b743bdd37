"""Taking back a whole import or change: what it writes goes through a journal, and the journal is played backwards."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from srs.cards import Card, Review
from srs.errors import NothingToUndo
from srs.notes import Imported
from srs.store.answers import Answers
from srs.store.base import newest_review
from srs.store.tables import (
    Instant,
    cards,
    decks,
    documents,
    import_rows,
    imports,
    metadata,
    parameters,
    plans,
    revlog,
    ticks,
)

KEPT = 20
"""Imports that can be taken back; of older ones nothing is kept but what they wrote."""

KEPT_CHANGES = 200
"""Changes by hand that can be taken back: they are smaller, and a session makes them with one key."""

CHUNK = 500  # rows at a time, and values in one IN (...): below every database's limit, and memory stays flat


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in lists of at most `CHUNK`."""
    everything = values if isinstance(values, Sequence) else list(values)
    for at in range(0, len(everything), CHUNK):
        yield list(everything[at : at + CHUNK])


@dataclass(frozen=True, slots=True)
class Changed:
    """Something other than an import that was done to the collection: when, and what, such as "12 cards suspended"."""

    at: datetime
    what: str


class Journal:
    """Writes rows for one import, and notes how each write is taken back: of an inserted row its number is enough.

    `what` says what is done when it is no import.
    """

    def __init__(self, connection: Connection, counts: Imported, what: str | None = None) -> None:
        self._connection = connection
        values = {name: getattr(counts, name) for name in ("added", "edited", "moved", "revived", "retired")}
        values |= {"imported_at": counts.at, "last_review": newest_review(connection), "what": what}
        self._import = connection.execute(insert(imports).values(values).returning(imports.c.id)).scalar_one()
        alike = imports.c.what.is_(None) if what is None else imports.c.what.is_not(None)
        kept = KEPT if what is None else KEPT_CHANGES
        old = select(imports.c.id).where(alike).order_by(imports.c.id.desc()).offset(kept)
        for id in connection.execute(old).scalars().all():
            _forget(connection, id)

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert rows; returns their numbers in the same order."""
        ids: list[int] = []
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        if self._connection.dialect.name == "sqlite" and rows:
            # There SQLAlchemy can only insert one by one to know the order. But nobody else writes meanwhile: after the
            # number of the first row the next ones are free.
            first = self._connection.execute(statement, rows[0]).scalar_one()
            ids = list(range(first, first + len(rows)))
            for at in range(1, len(rows), CHUNK):
                _insert_many(self._connection, table, ids[at : at + CHUNK], rows[at : at + CHUNK])
        else:
            for chunk in chunks(rows):
                ids += self._connection.execute(statement, chunk).scalars()
        self._note_new(table, ids)
        return ids

    def insert_found(self, table: Table, query: Select[Any]) -> None:
        """Insert the rows that a query finds, in its order; its columns are named as those of the table."""
        statement = insert(table).from_select(query.selected_columns.keys(), query).returning(table.c.id)
        self._note_new(table, sorted(self._connection.execute(statement).scalars().all()))

    def _note_new(self, table: Table, ids: Iterable[int]) -> None:
        self._note([self._row(table, first, last) for first, last in _ranges(ids)])

    def change(self, table: Table, changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Give rows, by their numbers, new values; all name the same columns. What is so already is not written."""
        for chunk in chunks(changes):
            new = dict(chunk)
            names = list(next(iter(new.values())))
            query = (
                select(table.c.id, *(table.c[name] for name in names)).where(table.c.id.in_(new)).order_by(table.c.id)
            )
            noted, written = [], []
            for row in self._connection.execute(query).mappings():
                before = {name: row[name] for name in names if row[name] != new[row["id"]][name]}
                if before:
                    noted.append(self._row(table, row["id"], row["id"], before))
                    written.append({"row": row["id"], **new[row["id"]]})
            _update(self._connection, table, names, written)
            self._note(noted)

    def remove(self, table: Table, condition: ColumnElement[bool]) -> None:
        """Delete the rows that fulfil the condition."""
        for chunk in chunks(
            self._connection.execute(select(table).where(condition).order_by(table.c.id)).mappings().all()
        ):
            self._note([self._row(table, row["id"], row["id"], row) for row in chunk])
            self._connection.execute(delete(table).where(table.c.id.in_([row["id"] for row in chunk])))

    def remove_answers(self, card_ids: Sequence[int]) -> None:
        """Delete the answers to cards. The next answer may get the number of one of them, and is newer than this change."""
        for chunk in chunks(card_ids):
            self.remove(ticks, ticks.c.review_id.in_(select(revlog.c.id).where(revlog.c.card_id.in_(chunk))))
            self.remove(revlog, revlog.c.card_id.in_(chunk))
        newest = newest_review(self._connection)
        query = select(imports.c.id).where(imports.c.last_review > newest, imports.c.id != self._import)
        self.change(imports, [(id, {"last_review": newest}) for id in self._connection.execute(query).scalars()])
        self._connection.execute(update(imports).where(imports.c.id == self._import).values(last_review=newest))

    def _row(self, table: Table, first: int, last: int, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        kept = None if before is None else {name: _plain(value, table.c[name]) for name, value in before.items()}
        return {
            "import_id": self._import,
            "table_name": table.name,
            "first_id": first,
            "last_id": last,
            "before": kept,
        }

    def _note(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(import_rows), rows)


class Imports(Answers):
    """Answers, imports and changes as one stack: the newest is taken back first."""

    def last_import(self) -> int:
        """Number of the newest import, 0 when there is none: it changes whenever one is made or taken back."""
        with self._reading() as connection:
            return newest_import(connection)

    def undo(self) -> tuple[Card, Review] | tuple[Card, Changed]:
        """Take back the newest answer, or the newest change if that is newer and was done to one card alone.

        An answer is taken back also when an import came after it. Raises NothingToUndo, which names the change that is
        newer and is not a session's to take back.
        """
        with self._writing() as connection:
            row = _newest(connection, changes_only=True)
            if row is None or row.last_review < newest_review(connection):
                return self._undo_newest_answer(connection)
            only = _only_card(connection, row.id)
            if only is None or row.id != newest_import(connection):
                raise NothingToUndo(f"the newest change is “{row.what}”, or an import after it: srs undo takes it back")
            _take_off(connection, row.id)
            card = self._card(self._ask(connection), only)
            assert card is not None
            return card, Changed(row.imported_at, row.what)

    def _undo_answer(self, connection: Connection, review_id: int) -> tuple[Card, Review]:
        query = select(cards.c.reps).join_from(revlog, cards).where(revlog.c.id == review_id)
        if connection.execute(query).scalar_one() < 1:  # a reset that is too old to be taken back
            raise NothingToUndo("the card of the last answer was reset since: what came before is there to stay")
        return super()._undo_answer(connection, review_id)

    def take_back(self) -> Imported | Changed | tuple[Card, Review]:
        """Undo the newest answer, import or change: the collection is exactly as that found it. Raises NothingToUndo."""
        with self._writing() as connection:
            answer = newest_review(connection)
            row = _newest(connection)
            if row is None or row.last_review < answer:
                return self._undo_newest_answer(connection)
            _take_off(connection, row.id)
            if row.what is not None:
                return Changed(row.imported_at, row.what)
            return Imported(row.imported_at, row.added, row.edited, row.moved, row.revived, row.retired)


def _newest(connection: Connection, *, changes_only: bool = False) -> Row[Any] | None:
    """The newest import or change."""
    query = select(imports).order_by(imports.c.id.desc()).limit(1)
    return connection.execute(query.where(imports.c.what.is_not(None)) if changes_only else query).first()


def _only_card(connection: Connection, import_id: int) -> int | None:
    """The card that a change was done to, if it was one row of one card and nothing else."""
    rows = connection.execute(select(import_rows).where(import_rows.c.import_id == import_id).limit(2)).all()
    is_one = len(rows) == 1 and rows[0].table_name == cards.name and rows[0].before is not None
    return rows[0].first_id if is_one else None


def _take_off(connection: Connection, import_id: int) -> None:
    _play_back(connection, import_id)
    _forget(connection, import_id)


def newest_import(connection: Connection) -> int:
    """Number of the newest import, 0 when there is none."""
    return connection.execute(select(imports.c.id).order_by(imports.c.id.desc()).limit(1)).scalar() or 0


def _play_back(connection: Connection, import_id: int) -> None:
    """Undo what was done, last thing first, so that no row is ever without the row that it points to."""
    query = select(import_rows).where(import_rows.c.import_id == import_id).order_by(import_rows.c.id.desc())
    rows = connection.execute(query.limit(CHUNK)).all()
    while rows:
        for (name, columns), alike in groupby(
            rows, lambda r: (r.table_name, None if r.before is None else [*r.before])
        ):
            table = metadata.tables[name]
            group = list(alike)
            if columns is None:
                for row in group:
                    _delete_unused(connection, table, row.first_id, row.last_id)
                continue
            values = [{key: _typed(value, table.c[key]) for key, value in row.before.items()} for row in group]
            if "id" in columns:
                connection.execute(insert(table), values)
            else:
                pairs = zip(group, values, strict=True)
                _update(connection, table, columns, [{"row": row.first_id, **value} for row, value in pairs])
        rows = connection.execute(query.where(import_rows.c.id < rows[-1].id).limit(CHUNK)).all()


def _delete_unused(connection: Connection, table: Table, first: int, last: int) -> None:
    statement = delete(table).where(table.c.id.between(first, last))
    if (
        table is decks
    ):  # another card or document may have come to live in it since, or parameters be fitted to it, or a plan made
        for other in (cards, documents, parameters, plans):
            statement = statement.where(table.c.id.not_in(select(other.c.deck_id).where(other.c.deck_id.is_not(None))))
    connection.execute(statement)


def _forget(connection: Connection, import_id: int) -> None:
    connection.execute(delete(import_rows).where(import_rows.c.import_id == import_id))
    connection.execute(delete(imports).where(imports.c.id == import_id))


def _update(connection: Connection, table: Table, names: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        connection.execute(update(table).where(table.c.id == bindparam("row")).values(values), rows)


def _insert_many(connection: Connection, table: Table, ids: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with these numbers, which all name the same columns.

    They are prepared column by column: row by row takes SQLAlchemy longer than SQLite.
    """
    dialect, quoted = connection.dialect, connection.dialect.identifier_preparer.quote
    columns: list[Sequence[Any]] = [ids]
    for name in rows[0]:
        prepare = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = list(map(itemgetter(name), rows))
        columns.append(values if prepare is None else _prepared(values, prepare))
    names, marks = ", ".join(map(quoted, ("id", *rows[0]))), ", ".join("?" * len(columns))
    statement = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _prepared(values: Iterable[Any], prepare: Callable[[Any], Any]) -> list[Any]:
    """The values as the driver takes them; one that is the same as the one before is not prepared again."""
    found: list[Any] = []
    before, made = object(), None
    for value in values:
        if value is not before:
            before, made = value, prepare(value)
        found.append(made)
    return found


def _ranges(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as runs without a gap, first and last: all that one import adds is few of them."""
    found: list[tuple[int, int]] = []
    for id in ids:
        if found and found[-1][1] == id - 1:
            found[-1] = (found[-1][0], id)
        else:
            found.append((id, id))
    return found


def _plain(value: Any, column: Column[Any]) -> Any:
    """A column's value as JSON can hold it."""
    if isinstance(value, bytes):
        return value.hex()
    return column.type.process_bind_param(value, None) if isinstance(column.type, Instant) else value


def _typed(value: Any, column: Column[Any]) -> Any:
    if isinstance(column.type, LargeBinary) and value is not None:
        return bytes.fromhex(value)
    return column.type.process_result_value(value, None) if isinstance(column.type, Instant) else value
