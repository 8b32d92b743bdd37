"""The group of commands, the options they share, and the one place where errors become a line and an exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from srs import __version__
from srs.errors import SrsError

if TYPE_CHECKING:
    from rich.console import Console

    from srs.settings import Settings
    from srs.store import Store


def now() -> datetime:
    """The one clock of the program."""
    return datetime.now(UTC)


@dataclass(slots=True)
class App:
    """What every command shares: where the collection is, and how to print."""

    database: str | None
    config: str | None
    color: bool

    def settings(self) -> "Settings":
        from srs.settings import load_settings

        return load_settings(self.database, self.config)

    @contextmanager
    def store(self) -> Iterator["tuple[Store, Settings]"]:
        from srs.store import open_store

        settings = self.settings()
        store = open_store(settings.database)
        try:
            yield store, settings
        finally:
            store.close()

    def console(self, *, stderr: bool = False) -> "Console":
        from rich.console import Console

        plain = not self.color or bool(os.environ.get("NO_COLOR"))
        return Console(stderr=stderr, no_color=plain, highlight=False, soft_wrap=False, emoji=False, markup=False)


class Commands(click.Group):
    """Turns an SrsError into one line on stderr and exit code 1, wherever in a command it was raised."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SrsError as error:
            click.echo(f"Error: {printable(str(error))}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            ctx.exit(130)
        except BrokenPipeError:  # the reader, such as head, has seen enough
            sys.stdout = None
            ctx.exit(0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of a learner's day


def printable(text: str) -> str:
    """File names and messages may hold control characters; on the screen they are spelled out."""
    return "".join(c if c.isprintable() or c == " " else repr(c)[1:-1] for c in text)


HELP = """Flashcards from the Markdown notes you already have.

Import notes, answer what is due each day, see your progress:

\b
  srs import --starter     start with the decks that come with srs
  srs import my-notes/     or with your own notes; again after each edit
  srs review               today's session
  srs stats                how it is going
"""


@click.group(
    cls=Commands,
    help=HELP,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--database", metavar="URL-OR-PATH", help="The collection. [default: $SRS_DATABASE, or srs.db in your data folder]"
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Settings. [default: srs.toml in your config folder]",
)
@click.option("--no-color", is_flag=True, help="No colour. NO_COLOR=1 does the same.")
@click.version_option(__version__, prog_name="srs")
@click.pass_context
def main(ctx: click.Context, database: str | None, config: str | None, no_color: bool) -> None:
    """All that the commands share; without a command, what is due today."""
    ctx.obj = App(database, config, not no_color)
    if ctx.invoked_subcommand is None:
        from srs.cli.progress import today

        today(ctx.obj)


from srs.cli import content, progress, session  # noqa: E402  the group must exist before its commands

for _command in (content.import_, session.review, session.undo, progress.due, progress.stats_, progress.export_):
    main.add_command(_command)
