"""What a collection says of its own health: rows that point nowhere, what the schema lacks, histories to be replayed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, inspect, or_, select

from srs.cards import Card, Review
from srs.store.base import Base, card_query, streamed
from srs.store.imports import chunks
from srs.store.rows import REVIEW, as_card, as_review
from srs.store.tables import cards, documents, echoes, import_rows, imports, metadata, notes, revlog, ticks

UNREACHED = (echoes, import_rows, ticks)
"""Tables whose rows say something of another row, and nothing without it."""


@dataclass(frozen=True, slots=True)
class Astray:
    """Rows of a table that point to rows of another one that are not there."""

    table: str
    column: str
    other: str
    rows: int


class Health(Base):
    """Questions about the collection as a whole. They read every row, but hold few in memory."""

    def damage(self) -> list[str]:
        """What SQLite finds wrong with its file, in its words; a server sees to that itself."""
        if self._engine.dialect.name != "sqlite":
            return []
        with self._reading() as connection:
            said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        return [] if said == ["ok"] else said

    def astray(self) -> list[Astray]:
        """References that lead nowhere."""
        found = []
        with self._reading() as connection:
            for table, column, other in _references():
                number = connection.execute(
                    select(func.count()).where(_leads_nowhere(table, column, other))
                ).scalar_one()
                if number:
                    found.append(Astray(table.name, column, other.name, number))
        return found

    def lacking(self) -> list[str]:
        """Tables, columns and indexes of the schema that the collection does not have: "cards.due", "index ix_cards_new"."""
        found = []
        with self._reading() as connection:
            seen = inspect(connection)
            for table in metadata.sorted_tables:
                if not seen.has_table(table.name):
                    found.append(f"table {table.name}")
                    continue
                columns = {column["name"] for column in seen.get_columns(table.name)}
                found += [f"column {table.name}.{name}" for name in table.columns.keys() if name not in columns]  # noqa: SIM118
                indexes = {index["name"] for index in seen.get_indexes(table.name)}
                found += [f"index {index.name}" for index in table.indexes if index.name not in indexes]
        return found

    def make_indexes(self) -> None:
        """Make the indexes that are not there."""
        with self._writing() as connection:
            for table in metadata.sorted_tables:
                for index in table.indexes:
                    index.create(connection, checkfirst=True)

    def take_out_unreached(self) -> None:
        """Delete the rows of `UNREACHED` tables that say something of a row that is not there."""
        with self._writing() as connection:
            for table, column, other in _references():
                if table in UNREACHED:
                    connection.execute(delete(table).where(_leads_nowhere(table, column, other)))

    def cardless(self) -> int:
        """Notes without a card: nothing asks them."""
        with self._reading() as connection:
            query = select(func.count()).select_from(notes).where(~exists().where(cards.c.note_id == notes.c.id))
            return connection.execute(query).scalar_one()

    def twins(self) -> list[tuple[int, int]]:
        """Pairs of cards in use with the same kind, front and answer: numbers of the first and of the last such card."""
        query = (
            select(func.min(cards.c.id), func.max(cards.c.id))
            .join_from(cards, notes)
            .where(cards.c.retired.is_(False))
            .group_by(notes.c.digest, cards.c.ordinal)
            .having(func.count() > 1)
            .order_by(func.min(cards.c.id))
        )
        with self._reading() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def after(self, now: datetime) -> tuple[int, int]:
        """How many answers, and how many documents and changes, carry a time that has not come yet."""
        with self._reading() as connection:
            answers = connection.execute(select(func.count()).where(revlog.c.reviewed_at > now)).scalar_one()
            others = sum(
                connection.execute(select(func.count()).where(column > now)).scalar_one()
                for column in (documents.c.imported_at, imports.c.imported_at)
            )
            return answers, others

    def backwards(self) -> int:
        """Answers given before the one that they follow: a clock was set back in between."""
        with self._reading() as connection:
            query = select(func.count()).where(revlog.c.reviewed_at < revlog.c.last_review_before)
            return connection.execute(query).scalar_one()

    def histories(self) -> Iterator[tuple[Card, list[Review]]]:
        """Every card that was ever answered, or looks so, with its answers, oldest first. Cards come by number."""
        answered = or_(
            cards.c.reps > 0, cards.c.last_review.is_not(None), exists().where(revlog.c.card_id == cards.c.id)
        )
        with self._reading() as connection:
            numbers = connection.execute(select(cards.c.id).where(answered).order_by(cards.c.id)).scalars().all()
            for chunk in chunks(numbers):
                answers = select(*(revlog.c[name] for name in REVIEW)).where(revlog.c.card_id.in_(chunk))
                rows = streamed(connection, answers.order_by(revlog.c.card_id, revlog.c.id))
                given = {card: list(each) for card, each in groupby(rows, lambda row: row.card_id)}
                found = connection.execute(card_query().where(cards.c.id.in_(chunk)).order_by(cards.c.id)).all()
                for row in found:
                    yield as_card(row), [as_review(answer, at) for at, answer in enumerate(given.get(row.id, ()))]


def _references() -> Sequence[tuple[Table, str, Table]]:
    """Every reference from one table to another."""
    return [
        (table, column.name, key.column.table)
        for table in metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
    ]


def _leads_nowhere(table: Table, column: str, other: Table) -> ColumnElement[bool]:
    there = other.alias("there")
    return and_(table.c[column].is_not(None), ~exists().where(there.c.id == table.c[column]))
