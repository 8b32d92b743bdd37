"""Looking after a collection: backups, its health, and copies on another database."""
