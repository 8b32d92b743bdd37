"""The index of cards by deck says which are retired: how many a deck holds is counted without reading the cards."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.drop_index("ix_cards_deck_id", "cards")
    op.create_index("ix_cards_deck_id", "cards", ["deck_id", "retired"])
