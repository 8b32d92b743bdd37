"""What of a list was covered, item by item."""

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
