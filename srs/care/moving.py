"""A collection on another database: from a file to a server, from a server to a file."""

from contextlib import closing

from srs.errors import DatabaseError
from srs.store import open_store
from srs.store.copying import copy_rows
from srs.store.files import file_of


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
