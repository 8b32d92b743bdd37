"""A collection on another database: from a file to a server, from a server to a file."""

import os
from contextlib import closing
from pathlib import Path

from srs.errors import DatabaseError
from srs.store import open_store
from srs.store.copying import bear_rows_astray, copy_rows
from srs.store.database import is_there
from srs.store.files import Held, copy_file, file_of


def copy(source: str, target: str) -> tuple[int, int]:
    """Copy a collection to an empty or new place; returns how many cards and answers that are. Raises DatabaseError.

    It arrives whole, compared row by row, or not at all; the source is only read.
    """
    file = file_of(source)
    if file is not None and not file.exists():
        raise DatabaseError(f"there is no collection at {file}: check the path")
    if source == target:
        raise DatabaseError("a collection is not copied to itself: name another place")
    with closing(open_store(source, look=True)) as origin, closing(open_store(target)) as place:
        copied = copy_rows(origin, place)
    return copied["cards"].rows, copied["revlog"].rows


def to_file(server: str, target: Path) -> Held:
    """Copy a collection on a server to a new file, as it is: whole, compared row by row and verified, or not at all.

    Raises DatabaseError.
    """
    rows = target.with_name(f".{target.name}.{os.getpid()}.rows.part")
    try:
        with closing(open_store(server, look=True)) as origin, closing(open_store(str(rows))) as place:
            bear_rows_astray(place)
            copy_rows(origin, place)
        return copy_file(rows, target)
    finally:
        for tail in ("", "-wal", "-shm"):
            rows.with_name(rows.name + tail).unlink(missing_ok=True)


def from_file(source: Path, server: str) -> None:
    """Make a collection on a server hold what a file holds, in one transaction. Raises DatabaseError; then all is as it was."""
    with closing(open_store(str(source), look=True)) as origin, closing(open_store(server)) as place:
        copy_rows(origin, place, replacing=True)


def holds_cards(server: str) -> bool:
    """Whether there is a collection on a server, and a card in it."""
    if not is_there(server):
        return False
    with closing(open_store(server, look=True)) as store:
        return any(True for _ in store.cards())
