"""One index that the figures of a whole history are read from, in place of that on days alone."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    columns = ["day", "state_before", "rating", "scheduled_days", "seconds"]
    op.create_index("ix_revlog_figures", "revlog", columns)
    op.drop_index("ix_revlog_day", "revlog")
