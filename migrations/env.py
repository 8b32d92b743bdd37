"""Run by the program on the connection that it passes; there is no alembic.ini."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], version_table="srs_version", transaction_per_migration=False
)
context.run_migrations()
