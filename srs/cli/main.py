"""The group of commands, and the one place where errors become a line and an exit code."""

import sys
from typing import Any

import click

from srs import __version__
from srs.cli import cards, care, check, content, decks, progress, session, writing
from srs.cli.app import App, printable
from srs.errors import SrsError


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
        progress.today(ctx.obj)


for _command in (
    content.import_,
    check.check,
    session.review,
    session.undo,
    progress.due,
    cards.cards,
    cards.card,
    writing.add,
    writing.edit,
    cards.suspend,
    cards.unsuspend,
    cards.bury,
    cards.reset,
    cards.tag,
    cards.move,
    cards.delete,
    decks.decks,
    decks.deck,
    progress.stats_,
    progress.export_,
    care.backup,
    care.restore,
    care.doctor,
    care.copy_,
):
    main.add_command(_command)
