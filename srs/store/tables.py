"""The schema as Core tables. A change here needs a migration, and its number in `version`; a test compares the two."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from srs.store.rows import instant, number


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime as whole microseconds since 1970: exact, small, and the same arithmetic on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else number(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else instant(value)


# SQLite gives out ids by itself only for a column that is INTEGER to the letter.
_Id = BigInteger().with_variant(Integer, "sqlite")

# A server may sort names by the rules of some language: sorted by their signs they are in the same order everywhere.
_Name = String(500).with_variant(String(500, collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

decks = Table(
    "decks",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", _Name, nullable=False, unique=True),
    Column("options", JSON(none_as_null=True)),
)

documents = Table(
    "documents",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("deck_id", ForeignKey("decks.id"), nullable=False, index=True),
    Column("digest", LargeBinary(16), nullable=False),
    Column("imported_at", Instant, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("document_id", ForeignKey("documents.id"), index=True),
    Column("line", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("items", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("topic", Text, nullable=False),
    Column("heading", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("anchor", Text),
    Column("digest", LargeBinary(16), nullable=False, index=True),
    Column("front_digest", LargeBinary(16), nullable=False, index=True),
    sqlite_autoincrement=True,
)

# Further places of a note that stands in several documents: when the first place goes, the note lives on in the next.
echoes = Table(
    "echoes",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("note_id", ForeignKey("notes.id"), nullable=False, index=True),
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("line", Integer, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("note_id", ForeignKey("notes.id"), nullable=False),
    Column("ordinal", SmallInteger, nullable=False),
    Column("deck_id", ForeignKey("decks.id"), nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("step", SmallInteger),
    Column("due", Instant, nullable=False),
    Column("stability", Float),
    Column("difficulty", Float),
    Column("last_review", Instant),
    Column("reps", Integer, nullable=False),
    Column("lapses", Integer, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("buried_until", Instant),
    Column("own_tags", JSON, nullable=False, server_default="[]"),
    Index("uq_cards_note_id_ordinal", "note_id", "ordinal", unique=True),
    Index("ix_cards_deck_id", "deck_id", "retired"),  # counts what a deck holds without reading the cards
    sqlite_autoincrement=True,
)

# Only cards that can be asked are in the queue's indexes: new cards by document order, the rest by state and due. Of those
# seen the index holds all that the queue asks of a row, so that to order a long backlog no row need be read but the first.
# On PostgreSQL they are the same, by the migrations: to say so here too would load its dialect at every start.
_asked = (cards.c.suspended.is_(False)) & (cards.c.retired.is_(False))
_new = _asked & cards.c.last_review.is_(None)
_seen = _asked & cards.c.last_review.is_not(None)
_held = (cards.c.due, cards.c.id, cards.c.last_review, cards.c.stability, cards.c.note_id, cards.c.buried_until)
for _name, _columns, _where in (
    ("ix_cards_new", (cards.c.due, cards.c.id), _new),
    ("ix_cards_new_by_deck", (cards.c.deck_id, cards.c.due, cards.c.id), _new),
    ("ix_cards_queue", (cards.c.state, *_held), _seen),
    ("ix_cards_queue_by_deck", (cards.c.deck_id, cards.c.state, *_held), _seen),
):
    Index(_name, *_columns, sqlite_where=_where)

# One row per answer, with the schedule as the answer found it: undo is exact, and the schedule can be replayed.
revlog = Table(
    "revlog",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("card_id", ForeignKey("cards.id"), nullable=False, index=True),
    Column("reviewed_at", Instant, nullable=False),
    Column("day", Integer, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("state_before", SmallInteger, nullable=False),
    Column("step_before", SmallInteger),
    Column("due_before", Instant, nullable=False),
    Column("stability_before", Float),
    Column("difficulty_before", Float),
    Column("last_review_before", Instant),
    Column("lapses_before", Integer, nullable=False),
    Column("elapsed_days", Integer),
    Column("scheduled_days", Float),
    Column("retrievability", Float),
    Column("card_before", JSON(none_as_null=True)),
    # Covers the figures by day: they are read in the order of their groups, and the rows stay where they are.
    Index("ix_revlog_figures", "day", "state_before", "rating", "scheduled_days", "seconds"),
)

# Items of a list that an answer was ticked off against. The item is kept as it read then: an edit of it begins anew.
ticks = Table(
    "ticks",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("review_id", ForeignKey("revlog.id"), nullable=False, index=True),
    Column("item", Text, nullable=False),
    Column("covered", Boolean, nullable=False),
)

# The newest imports, so that each can be taken back: `last_review` is the newest answer that it found, 0 for none.
imports = Table(
    "imports",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("imported_at", Instant, nullable=False),
    Column("last_review", _Id, nullable=False),
    Column("added", Integer, nullable=False),
    Column("edited", Integer, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("revived", Integer, nullable=False),
    Column("retired", Integer, nullable=False),
    Column("what", Text),
    sqlite_autoincrement=True,
)

# What an import did to rows of the other tables. `before` holds nothing for rows that it inserted, the whole row for one
# that it deleted, and the old values of the columns that it changed.
import_rows = Table(
    "import_rows",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("import_id", ForeignKey("imports.id"), nullable=False, index=True),
    Column("table_name", String(20), nullable=False),
    Column("first_id", _Id, nullable=False),
    Column("last_id", _Id, nullable=False),
    Column("before", JSON(none_as_null=True)),
)

# What was fitted, by deck, `NULL` for the whole collection: the newest row counts, and none in it means what is inherited.
parameters = Table(
    "parameters",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("fitted_at", Instant, nullable=False),
    Column("deck_id", ForeignKey("decks.id"), index=True),
    Column("model", String(20), nullable=False),
    Column("numbers", JSON(none_as_null=True)),
    Column("reviews", Integer, nullable=False),
    Column("log_loss_before", Float),
    Column("log_loss_after", Float),
    sqlite_autoincrement=True,
)

# One at most for a deck with all below it, and for the whole collection, where there is no deck.
plans = Table(
    "plans",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("deck_id", ForeignKey("decks.id"), index=True),
    Column("first_day", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("recall", Float, nullable=False),
    Column("least", Float, nullable=False),
    Column("new_per_day", Integer, nullable=False),
    Column("new_cards", Integer, nullable=False),
    Column("minutes", Float, nullable=False),
    Column("predicted", Float, nullable=False),
)
