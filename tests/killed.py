"""A learner who may be killed at any moment: the same operations each time, every one told when it is done, and not before.

What the collection must hold after each operation is known beforehand, from the same operations without a kill.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from databases import numbers_given, share_compiled_statements
from sqlalchemy import select

from srs.cards import Preset, Rating
from srs.care import backups as care
from srs.care.daily import safeguard
from srs.days import Days
from srs.errors import NothingToUndo
from srs.importing import import_documents, shipped_recipe
from srs.settings import Settings
from srs.store import Store, open_store
from srs.store.tables import metadata
from srs.study import Session

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)
OLD = Path(__file__).parent / "collections" / "0001.sql"
KINDS = ("import", *["review"] * 5, "undo", "review", "backup", "import", "undo", "migration", "restore")


@dataclass(frozen=True)
class Learner:
    """The folder of a learner, and a collection. All that happens in them follows from the number of the operation."""

    folder: Path
    database: str

    @property
    def settings(self) -> Settings:
        return Settings(self.database, Days(UTC), Preset(new_per_day=9999, reviews_per_day=9999))

    def do(self, number: int) -> str:
        """One operation, and what it was."""
        kind, random, at = KINDS[number % len(KINDS)], Random(number), NOW + number * timedelta(hours=5)
        if kind == "migration":
            self.migrate(number)
        elif kind == "backup":
            if not self.saved(number).exists():  # else it was made just before the kill
                care.back_up(self.settings, at, self.saved(number))
        elif kind == "restore":
            last = number - (KINDS.index("restore") - KINDS.index("backup"))
            care.restore(self.settings, at, self.saved(last))
        else:
            with closing(open_store(self.settings.database, safeguard=safeguard(self.settings, at))) as store:
                self.use(store, kind, random, at)
        return kind

    def use(self, store: Store, kind: str, random: Random, at: datetime) -> None:
        if kind == "import":
            notes = self.folder / "notes"
            notes.mkdir(exist_ok=True)
            for name in random.sample("abc", 2):
                phrases = "".join(f"- Phrase {random.randrange(40)} of {name}.\n" for _ in range(12))
                (notes / f"{name}.md").write_text(f"# Talks\n\n## Phrases\n\n### Opening\n\n{phrases}", "utf-8")
            import_documents(store, [str(notes)], shipped_recipe(), at)
        elif kind == "undo":
            with suppress(NothingToUndo):
                store.take_back()
        else:
            session = Session(store, self.settings, self.settings.days, cram=True, cram_counts=True)
            card = session.next(at)
            if card is not None:
                session.answer(card, random.choice(list(Rating)), at, 1.5)

    def saved(self, number: int) -> Path:
        return self.folder / f"saved-{number}.db"

    def migrated(self) -> list[Path]:
        return sorted(self.folder.glob("old-*.db"))

    def migrate(self, number: int) -> None:
        """Open a collection that an older version left."""
        old = self.folder / f"old-{number}.db"
        if not old.exists():
            made = old.with_suffix(".made")
            made.unlink(missing_ok=True)
            with closing(sqlite3.connect(made)) as connection:
                connection.executescript(OLD.read_text("utf-8"))
            made.rename(old)
        open_store(str(old)).close()

    def state(self) -> str:
        return digest(self.database, self.folder)


def digest(database: str, folder: Path) -> str:
    """All rows of a collection in a word, wherever the folder is. A server may be about to end what a killed one began."""
    found = blake2b(digest_size=12)
    with closing(open_store(database)) as store, store._writing() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table).order_by(table.c.id)):
                found.update(repr(tuple(row)).replace(str(folder), "").encode())
    return found.hexdigest()


def work(learner: Learner, first: int, end: int, tell: Connection) -> None:
    """Operations one after the other, until killed."""
    os.environ["XDG_DATA_HOME"] = str(learner.folder)  # what was there before a restore on a server is kept in it
    share_compiled_statements()
    shipped_recipe()  # what takes its time once is done before the first moment
    tell.send(None)
    for number in range(first, end):
        learner.do(number)
        tell.send(number)


def undisturbed(learner: Learner, operations: int) -> tuple[list[str], list[dict[str, int]]]:
    """What the collection holds before and after each operation when nobody is killed, and the numbers given until then."""
    states, given = [learner.state()], [numbers_given(learner.database)]
    for number in range(operations):
        learner.do(number)
        states.append(learner.state())
        given.append(numbers_given(learner.database))
    return states, given
