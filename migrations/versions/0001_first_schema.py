"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_name = sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "decks",
        sa.Column("id", _id, nullable=False),
        sa.Column("name", _name, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decks"),
        sa.UniqueConstraint("name", name="uq_decks_name"),
    )
    op.create_table(
        "documents",
        sa.Column("id", _id, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("deck_id", _id, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("path", name="uq_documents_path"),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name="fk_documents_deck_id"),
    )
    op.create_table(
        "notes",
        sa.Column("id", _id, primary_key=True),
        sa.Column("document_id", _id),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("anchor", sa.Text),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("front_digest", sa.LargeBinary(16), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_notes_document_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_document_id", "notes", ["document_id"])
    op.create_index("ix_notes_digest", "notes", ["digest"])
    op.create_index("ix_notes_front_digest", "notes", ["front_digest"])
    op.create_table(
        "echoes",
        sa.Column("id", _id, nullable=False),
        sa.Column("note_id", _id, nullable=False),
        sa.Column("document_id", _id, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_echoes"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_echoes_note_id"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_echoes_document_id"),
    )
    op.create_index("ix_echoes_note_id", "echoes", ["note_id"])
    op.create_index("ix_echoes_document_id", "echoes", ["document_id"])
    op.create_table(
        "cards",
        sa.Column("id", _id, primary_key=True),
        sa.Column("note_id", _id, nullable=False),
        sa.Column("ordinal", sa.SmallInteger, nullable=False),
        sa.Column("deck_id", _id, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("step", sa.SmallInteger),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("stability", sa.Float),
        sa.Column("difficulty", sa.Float),
        sa.Column("last_review", sa.BigInteger),
        sa.Column("reps", sa.Integer, nullable=False),
        sa.Column("lapses", sa.Integer, nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("buried_until", sa.BigInteger),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_cards_note_id"),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name="fk_cards_deck_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_cards_note_id_ordinal", "cards", ["note_id", "ordinal"], unique=True)
    cards = sa.table("cards", *(sa.column(name) for name in ("suspended", "retired", "last_review")))
    asked = cards.c.suspended.is_(False) & cards.c.retired.is_(False)
    new = asked & cards.c.last_review.is_(None)
    seen = asked & cards.c.last_review.is_not(None)
    for name, columns, where in (
        ("ix_cards_new", ["due", "id"], new),
        ("ix_cards_new_by_deck", ["deck_id", "due", "id"], new),
        ("ix_cards_queue", ["state", "due", "id"], seen),
        ("ix_cards_queue_by_deck", ["deck_id", "state", "due", "id"], seen),
    ):
        op.create_index(name, "cards", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "revlog",
        sa.Column("id", _id, nullable=False),
        sa.Column("card_id", _id, nullable=False),
        sa.Column("reviewed_at", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("rating", sa.SmallInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("state_before", sa.SmallInteger, nullable=False),
        sa.Column("step_before", sa.SmallInteger),
        sa.Column("due_before", sa.BigInteger, nullable=False),
        sa.Column("stability_before", sa.Float),
        sa.Column("difficulty_before", sa.Float),
        sa.Column("last_review_before", sa.BigInteger),
        sa.Column("lapses_before", sa.Integer, nullable=False),
        sa.Column("elapsed_days", sa.Integer),
        sa.Column("scheduled_days", sa.Float),
        sa.Column("retrievability", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_revlog"),
        sa.ForeignKeyConstraint(["card_id"], ["cards.id"], name="fk_revlog_card_id"),
    )
    op.create_index("ix_revlog_card_id", "revlog", ["card_id"])
    op.create_index("ix_revlog_day", "revlog", ["day"])
