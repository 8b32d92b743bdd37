"""Collections as files: copies by SQLite's own backup, verified when they are made, and put in the place of another one."""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from srs.errors import CollectionDamaged, DatabaseError
from srs.store import database, link
from srs.store.link import FOREIGN_PARTS
from srs.store.remedies import remedy, says_damage
from srs.store.tables import metadata
from srs.store.version import SCHEMA, VERSION_TABLE

_PAGES = 2000  # copied at a time: between two parts the copy can be given up


@dataclass(frozen=True, slots=True)
class Held:
    """What a file holds: its schema's version, and the number of rows by table."""

    version: str
    rows: Mapping[str, int]


def file_of(address: str) -> Path | None:
    """The file of a collection; `None` where it is on a server or in memory. Raises DatabaseError for no address at all."""
    return database.file_of(database.url_of(address))


def verified(file: Path) -> Held:
    """What a collection in a file holds. Raises CollectionDamaged, or DatabaseError when it is newer or something else's."""
    with _said(file), closing(_opened(file, "ro")) as connection:
        return _verified(connection, file)


def copy_file(source: Path, target: Path) -> Held:
    """Copy a collection, of which others may write at the same time, to a new file that only its owner may read.

    The copy is there whole and verified, or not at all. Raises DatabaseError.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _make_private(part)
        with _said(source), closing(_opened(source, "rw")) as origin:
            origin.execute("BEGIN")  # one state for the counts and the copy
            counted = _held(origin, source)
            with _said(target), closing(_opened(part, "rw")) as copy:
                _copy(origin, copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # a copy is one file
        try:
            copied = verified(part)
        except CollectionDamaged:
            raise CollectionDamaged(f"{source} is damaged, and so would be its copy: srs doctor says more") from None
        if copied != counted:
            raise DatabaseError(f"the copy of {source} did not turn out the same and was not kept: try again")
        with _said(target):
            _on_disk(part)
            _settle(part, target)
            _on_disk(target.parent)
        return counted
    finally:
        with suppress(OSError):
            part.unlink()


def put_in_place(source: Path, target: Path) -> Held:
    """Make a collection hold what a file holds, in one transaction: others may have it open, and see the change at once.

    A file that is not there, or is damaged, is replaced as a file. Raises DatabaseError; then all is as it was.
    """
    found = verified(source)
    if target.exists() and target.stat().st_size and _is_whole(target):
        with _said(target), closing(_opened(target, "rw")) as collection, closing(_opened(source, "ro")) as origin:
            _copy(origin, collection)
        verified(target)
        return found
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    with suppress(OSError):
        fresh.unlink()
    copy_file(source, fresh)
    with _said(target):
        for tail in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + tail).unlink(missing_ok=True)
        fresh.replace(target)
        _on_disk(target.parent)
    return found


def held(file: Path) -> Held:
    """What a collection in a file holds, as it says itself: quicker than `verified`."""
    with _said(file), closing(_opened(file, "ro")) as connection:
        return _held(connection, file)


def make_private_folder(folder: Path) -> None:
    """A folder that only its owner may look into, unless it is there already."""
    with _said(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def set_aside(file: Path, target: Path) -> None:
    """A plain copy of a damaged file and what SQLite keeps beside it."""
    with _said(target):
        for tail in ("", "-wal"):
            part = file.with_name(file.name + tail)
            if part.exists():
                copy = target.with_name(target.name + tail)
                _make_private(copy)
                copy.write_bytes(part.read_bytes())


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=link.LOCK_WAIT_SECONDS
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _copy(origin: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """Copy all pages in one transaction; one that another program holds up for too long is given up."""
    last = [time.monotonic(), -1.0]

    def step(_status: int, remaining: int, _total: int) -> None:
        if remaining != last[1]:
            last[:] = time.monotonic(), remaining
        elif time.monotonic() - last[0] > link.LOCK_WAIT_SECONDS:
            raise sqlite3.OperationalError("database is locked")

    origin.backup(copy, pages=_PAGES, progress=step, sleep=0.05)


def _verified(connection: sqlite3.Connection, file: Path) -> Held:
    connection.execute("BEGIN")
    found = _held(connection, file)
    if found.version > SCHEMA:
        raise DatabaseError(f"{file} was made by a newer srs: upgrade with pip install --upgrade srs")
    said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
    if said != ["ok"]:
        raise CollectionDamaged(f"{file} is damaged ({'; '.join(said)}): restore another copy")
    return found


def _held(connection: sqlite3.Connection, file: Path) -> Held:
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if VERSION_TABLE not in names:
        raise DatabaseError(f"{file} is no collection of srs: name another file")
    if connection.execute(FOREIGN_PARTS).fetchone()[0]:
        raise DatabaseError(f"{file} {database.HAS_FOREIGN_PARTS}")
    versions = [str(row[0]) for row in connection.execute(f"SELECT version_num FROM {VERSION_TABLE}")]
    if len(versions) != 1 or not versions[0].isdigit():
        raise DatabaseError(f"{file} has no version that srs knows: name another file")
    tables = sorted(names & metadata.tables.keys())
    return Held(versions[0], {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables})


@contextmanager
def _said(file: Path) -> Iterator[None]:
    """What goes wrong with a file, in one line."""
    try:
        yield
    except sqlite3.Error as error:
        said = str(error)
        kind = CollectionDamaged if says_damage(said) else DatabaseError
        raise kind(f"{file} {remedy(said) or f'cannot be used ({said}): name another file'}") from error
    except FileExistsError:
        raise DatabaseError(f"{file} is there already and is left as it is: name another file") from None
    except OSError as error:
        raise DatabaseError(f"{file} cannot be written ({error.strerror}): nothing was changed") from error


def _is_whole(file: Path) -> bool:
    try:
        verified(file)
    except CollectionDamaged:
        return False
    return True


def _settle(part: Path, target: Path) -> None:
    """Give a file its name, but never in the place of another one."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # not every file system knows links
        if target.exists():
            raise FileExistsError from None
        part.rename(target)


def _make_private(file: Path) -> None:
    with _said(file):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _on_disk(path: Path) -> None:
    """A file, or the names in a folder, survive a power cut from here on."""
    if path.is_dir() and os.name == "nt":
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
