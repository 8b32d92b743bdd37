"""Imports that can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", _id, primary_key=True),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.Column("last_review", _id, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("edited", sa.Integer, nullable=False),
        sa.Column("moved", sa.Integer, nullable=False),
        sa.Column("revived", sa.Integer, nullable=False),
        sa.Column("retired", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "import_rows",
        sa.Column("id", _id, nullable=False),
        sa.Column("import_id", _id, nullable=False),
        sa.Column("table_name", sa.String(20), nullable=False),
        sa.Column("first_id", _id, nullable=False),
        sa.Column("last_id", _id, nullable=False),
        sa.Column("before", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_import_rows"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_rows_import_id"),
    )
    op.create_index("ix_import_rows_import_id", "import_rows", ["import_id"])
    for table in ("documents", "cards"):  # without them every deck that goes is looked for in all rows
        op.create_index(f"ix_{table}_deck_id", table, ["deck_id"])
