"""What of a list was covered, item by item; the queue's indexes hold all that the queue asks of a row."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "ticks",
        sa.Column("id", _id, nullable=False),
        sa.Column("review_id", _id, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("covered", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticks"),
        sa.ForeignKeyConstraint(["review_id"], ["revlog.id"], name="fk_ticks_review_id"),
    )
    op.create_index("ix_ticks_review_id", "ticks", ["review_id"])
    cards = sa.table("cards", *(sa.column(name) for name in ("suspended", "retired", "last_review")))
    seen = cards.c.suspended.is_(False) & cards.c.retired.is_(False) & cards.c.last_review.is_not(None)
    held = ["state", "due", "id", "last_review", "stability", "note_id", "buried_until"]
    for name, columns in (("ix_cards_queue", held), ("ix_cards_queue_by_deck", ["deck_id", *held])):
        op.drop_index(name, "cards")
        op.create_index(name, "cards", columns, sqlite_where=seen, postgresql_where=seen)
