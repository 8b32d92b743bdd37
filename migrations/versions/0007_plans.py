"""Plans: days on which the cards of a deck are to be recalled."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", _id, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("deck_id", _id),
        sa.Column("first_day", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("recall", sa.Float, nullable=False),
        sa.Column("least", sa.Float, nullable=False),
        sa.Column("new_per_day", sa.Integer, nullable=False),
        sa.Column("new_cards", sa.Integer, nullable=False),
        sa.Column("minutes", sa.Float, nullable=False),
        sa.Column("predicted", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
        sa.ForeignKeyConstraint(["deck_id"], ["decks.id"], name="fk_plans_deck_id"),
    )
    op.create_index("ix_plans_deck_id", "plans", ["deck_id"])
