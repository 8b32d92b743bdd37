"""Options of decks, tags of single cards, what an answer changed besides the schedule, and other changes to take back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("decks", sa.Column("options", sa.JSON))
    op.add_column("cards", sa.Column("own_tags", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("revlog", sa.Column("card_before", sa.JSON))
    op.add_column("imports", sa.Column("what", sa.Text))
