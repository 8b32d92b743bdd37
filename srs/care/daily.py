"""What stands before a change: the day's backup, and one before an upgrade. Each answer asks; nothing is loaded for a no."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from srs.settings import Settings
from srs.store.link import plain_file

if TYPE_CHECKING:
    from srs.store import Safeguard

FOLDER = "backups"
"""Beside the collection, or in the data folder. Only files named as backups are ever taken out of it."""


def safeguard(settings: Settings, now: datetime) -> "Safeguard | None":
    """What a collection calls before it is changed or upgraded: it sees to the day's backup. `None` on a server.

    To send all of it each day is no matter of one program: a server has its own backups for that.
    """
    collection = plain_file(settings.database) or _named_by_url(settings.database)
    if collection is None:
        return None
    day = date.fromordinal(settings.days.number(now))
    todays = folder_of(collection) / f"{stem_of(collection)}-{day}.db"

    def before(what: str) -> None:
        if what == "upgrade":
            from srs.care.backups import back_up_before_upgrade

            back_up_before_upgrade(settings, now)
        elif settings.backups is not None and not todays.exists():
            from srs.care.backups import back_up_day

            back_up_day(settings, now, collection, todays)

    return before


def folder_of(collection: Path) -> Path:
    """Where the backups of a collection are."""
    return collection.parent / FOLDER


def stem_of(collection: Path) -> str:
    """With what the names of its backups begin."""
    return collection.stem if collection.suffix == ".db" else collection.name


def _named_by_url(address: str) -> Path | None:
    from srs.store.files import file_of

    return file_of(address)
