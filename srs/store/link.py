"""A collection in a file, by SQLite's own driver: what a sitting asks and writes takes no more, and starts at once.

What is asked through it is SQL as the driver takes it. Both databases are asked the same, but for the words of `Dialect`.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from srs.errors import DatabaseError
from srs.store.remedies import explained
from srs.store.version import SCHEMA, VERSION_TABLE

LOCK_WAIT_SECONDS = 5

Ask = Callable[[str, Mapping[str, Any]], Any]
"""Runs a statement with its values, which it names as `:name`; returns the driver's cursor, or what can do the same."""

Safeguard = Callable[[str], None]
"""Called with what is about to be done: "change" before anything is written, "upgrade" before the schema is changed."""


class Dialect:
    """The words that SQLite and PostgreSQL do not share.

    Attributes:
        no: after a truth value, that it is not so. SQLite takes its indexes of cards for no other words than theirs.
        same: between values that may be NULL, that they are equal.
        numbers: rows of the numbers in `:numbers`, a list as JSON.
    """

    def __init__(self, no: str, same: str, numbers: str, listed: str, cut: str) -> None:
        self.no, self.same, self.numbers, self._listed, self._cut = no, same, numbers, listed, cut

    def listed(self, value: str, between: str) -> str:
        """All values but NULL as one text, in any order; NULL without any."""
        return self._listed.format(value, between)

    def cut(self, value: str) -> str:
        """A figure of 0 or more without what is after its point."""
        return self._cut.format(value)


SQLITE = Dialect(
    no="IS 0",
    same="IS",
    numbers="SELECT value FROM json_each(:numbers)",
    listed="group_concat({}, '{}')",
    cut="CAST({} AS INTEGER)",
)
POSTGRESQL = Dialect(
    no="IS false",
    same="IS NOT DISTINCT FROM",
    numbers="SELECT CAST(json_array_elements_text(CAST(:numbers AS json)) AS bigint)",
    listed="string_agg(CAST({} AS TEXT), '{}')",
    cut="CAST(floor({}) AS BIGINT)",
)


class FileLink:
    """One connection to a collection in a file."""

    def __init__(self, file: Path) -> None:
        """Raises sqlite3.Error when the file is not there, or cannot be opened."""
        self._file = file
        self._to = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        tell(self._to)
        self._opened = identity(file)

    @contextmanager
    def transaction(self, *, writes: bool = False, on_trial: bool = False) -> Iterator[Ask]:
        """All that is asked inside is of one state; what is written inside is durable when it is left, or was never there.

        What is written `on_trial` was never there, and to write does not wait for others. Raises DatabaseError.
        """
        try:
            self._to.rollback()  # of one that Ctrl-C cut off just as it began or ended
            if writes:
                self._opened = require_the_same(self._file, self._opened)
            with self._impatient() if on_trial else nullcontext():
                self._to.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            try:
                yield self._to.execute
                if not on_trial:
                    self._to.execute("COMMIT")
            finally:
                self._to.rollback()
        except sqlite3.Error as error:
            known = explained(str(self._file), str(error))
            if known is None:
                raise
            raise known from error

    @contextmanager
    def _impatient(self) -> Iterator[None]:
        self._to.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self._to.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS * 1000:.0f}")

    @contextmanager
    def beside(self) -> Iterator[Callable[[], AbstractContextManager[Ask]]]:
        """Transactions on another connection to the same collection, for the thread that asks for it."""
        with closing(FileLink(self._file)) as other:
            yield other.transaction

    def others(self) -> int:
        """A number that changes when somebody else writes to the file."""
        return int(self._to.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._to.close()


def link(address: str) -> FileLink | None:
    """To a sound and up-to-date collection in a file; `None` for any other: to open it as a store says more."""
    file, found = plain_file(address), None
    try:
        if file is not None and file.is_file():
            found = FileLink(file)
            with found.transaction() as ask:
                foreign = ask(FOREIGN_PARTS, {}).fetchone()[0]
                if not foreign and ask(f"SELECT version_num FROM {VERSION_TABLE}", {}).fetchall() == [(SCHEMA,)]:
                    return found
            found.close()
    except (sqlite3.Error, DatabaseError):
        if found is not None:
            found.close()
    return None


Beside = AbstractContextManager[Callable[[], AbstractContextManager[Ask]] | None]
"""Gives transactions on another connection than one's own; `None` where there is no other one."""


def side_by_side(
    questions: Sequence[Callable[[Ask, Dialect], Any]],
    dialect: Dialect,
    asking: Callable[[], AbstractContextManager[Ask]],
    beside: Callable[[], Beside],
) -> list[Any]:
    """The answers to questions that are asked in transactions of their own, by two threads: whichever is free takes the next."""
    from threading import Thread

    answers: dict[int, Any] = {}
    failed: list[BaseException] = []
    left = iter(enumerate(questions))

    def answer(asking: Callable[[], AbstractContextManager[Ask]]) -> None:
        for place, question in left:
            with asking() as ask:
                answers[place] = question(ask, dialect)

    def help_() -> None:
        try:
            with beside() as other:
                if other is not None:
                    answer(other)
        except BaseException as error:  # noqa: BLE001 - raised below, where it is waited for
            failed.append(error)
            deque(left, 0)  # none is asked any more

    helper = Thread(target=help_)
    helper.start()
    try:
        answer(asking)
    finally:
        deque(left, 0)
        helper.join()
    if failed:
        raise failed[0]
    return [answers[place] for place in range(len(questions))]


def plain_file(address: str) -> Path | None:
    """The file of a collection that is named by its path; `None` for URLs and a collection in memory."""
    return None if "://" in address or address.startswith((":", "file:")) else Path(address).expanduser()


FOREIGN_PARTS = "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"
"""Triggers would write when we do, and views could stand in for tables: no collection of ours has any."""


def tell(connection: sqlite3.Connection) -> None:
    """What each connection must be told. Its `isolation_level` is `None`: with the driver's own transactions a rollback
    would leave created tables behind."""
    connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS * 1000:.0f}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")  # a file from a stranger calls no function of ours


def identity(file: Path) -> tuple[int, int] | None:
    """Which file stands at a path; `None` where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def require_the_same(file: Path, opened: tuple[int, int] | None) -> tuple[int, int] | None:
    """Refuse to write when the file was moved, deleted or replaced since it was opened: what is written would be lost.

    Returns what was opened, now that it is there.
    """
    found = identity(file)
    if found != (opened or found):
        raise DatabaseError(
            f"the collection {file} is no longer where it was when it was opened: nothing was changed; "
            "put it back, or start again"
        )
    return found
