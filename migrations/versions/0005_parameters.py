"""Parameters of the model of memory, fitted to the learner's own answers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "parameters",
        sa.Column("id", _id, primary_key=True),
        sa.Column("fitted_at", sa.BigInteger, nullable=False),
        sa.Column("deck_id", _id, sa.ForeignKey("decks.id", name="fk_parameters_deck_id")),
        sa.Column("model", sa.String(20), nullable=False),
        sa.Column("numbers", sa.JSON),
        sa.Column("reviews", sa.Integer, nullable=False),
        sa.Column("log_loss_before", sa.Float),
        sa.Column("log_loss_after", sa.Float),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_parameters_deck_id", "parameters", ["deck_id"])
