"""What every command shares: the clock, the collection, the console."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from srs.errors import SrsError

if TYPE_CHECKING:
    from typing import TypeVar

    from rich.console import Console

    from srs.settings import Settings
    from srs.store import Safeguard, Store
    from srs.store.queue import Queue

    Opened = TypeVar("Opened", bound=Queue)


LOADING = 1_000_000
"""New objects until garbage is looked for, while a program starts."""


def now() -> datetime:
    """The one clock of the program."""
    return datetime.now(UTC)


class App:
    """What every command shares: where the collection is, and how to print."""

    def __init__(
        self, database: str | None, config: str | None, color: bool
    ) -> None:  # no dataclass: --help loads none
        self.database, self.config, self.color = database, config, color

    def settings(self) -> "Settings":
        from srs.settings import load_settings

        return load_settings(self.database, self.config)

    @contextmanager
    def store(self) -> Iterator["tuple[Store, Settings]"]:
        from srs.store import open_store

        settings = self.settings()
        with _open(open_store(settings.database, safeguard=self.safeguard(settings))) as store:
            yield store, settings

    @contextmanager
    def queue(self) -> Iterator["tuple[Queue, Settings]"]:
        """The collection for a sitting: there sooner than all that can be done to it."""
        from srs.store.queue import open_queue

        settings = self.settings()
        with _open(open_queue(settings.database, self.safeguard(settings))) as queue:
            yield queue, settings

    def safeguard(self, settings: "Settings") -> "Safeguard | None":
        """The day's backup, and the one before an upgrade. That the first cannot be made stops no answer, but is said."""
        from srs.care.daily import safeguard

        before, said = safeguard(settings, now()), False

        def warned(what: str) -> None:
            nonlocal said
            try:
                if before is not None:
                    before(what)
            except SrsError as error:
                if what == "upgrade":
                    raise
                if not said:
                    click.echo(f"No backup was made today: {printable(str(error))}", err=True)
                said = True

        return warned if before is not None else None

    def console(self, *, stderr: bool = False) -> "Console":
        from rich.console import Console

        plain = not self.color or bool(os.environ.get("NO_COLOR"))
        return Console(stderr=stderr, no_color=plain, highlight=False, soft_wrap=False, emoji=False, markup=False)


@contextmanager
def _open(collection: "Opened") -> "Iterator[Opened]":
    if gc.get_threshold()[0] == LOADING:
        gc.freeze()  # most is loaded by now; from here on a command may leave garbage behind
        gc.set_threshold(50_000)
    try:
        yield collection
    finally:
        collection.close()


def printable(text: str) -> str:
    """File names and messages may hold control characters; on the screen they are spelled out."""
    return "".join(c if c.isprintable() or c == " " else repr(c)[1:-1] for c in text)
