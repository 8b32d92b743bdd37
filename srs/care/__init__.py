"""Looking after a collection: backups, its health, and copies on another database."""

from srs.care.backups import Backup, back_up, backups, kept, restore, safeguard

__all__ = ["Backup", "back_up", "backups", "kept", "restore", "safeguard"]
