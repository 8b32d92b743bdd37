"""The group of commands, and the one place where errors become a line and an exit code."""

import gc
import sys
from importlib import import_module
from typing import Any

import click

from srs import __version__
from srs.cli.app import LOADING, App, printable
from srs.errors import SrsError

COMMANDS = {
    "import": ("content.import_", "Make cards from Markdown notes: files, folders, or - for stdin."),
    "check": ("check.check", "Show what cards documents would make; write nothing."),
    "review": ("session.review", "Answer the cards that are due today."),
    "undo": ("session.undo", "Take back the last answer, import or change."),
    "due": ("progress.due", "Count what is due, by deck."),
    "cards": ("cards.cards", "Look for cards, and list them."),
    "card": ("cards.card", "Show one card: text, source line, schedule, history."),
    "add": ("writing.add", "Make one card by hand: by options, or in $EDITOR on a terminal."),
    "edit": ("writing.edit", "Edit a card in $EDITOR: its document, at its line."),
    "suspend": ("cards.suspend", "Do not ask cards until told."),
    "unsuspend": ("cards.unsuspend", "Ask cards again."),
    "bury": ("cards.bury", "Do not ask cards until the next study day."),
    "reset": ("cards.reset", "Make cards new again; their history stays."),
    "tag": ("cards.tag", "Give cards tags of your own, or take them off."),
    "move": ("cards.move", "Put cards into another deck."),
    "delete": ("cards.delete", "Delete cards with their history."),
    "decks": ("decks.decks", "List the decks, their cards and options."),
    "deck": ("decks.deck", "Rename or delete a deck, or set its options."),
    "stats": ("stats.stats_", "Show progress: retention, what comes due, what is forgotten."),
    "plan": ("planning.plan", "Work backwards from the day of an interview."),
    "optimize": ("tuning.optimize", "Fit the schedule to your own answers."),
    "evaluate": ("tuning.evaluate", "Say how well your answers are predicted."),
    "simulate": ("outlook.simulate", "Show what each desired retention would cost and give."),
    "reschedule": ("outlook.reschedule", "Give cards the due days that what is in force now would give."),
    "backup": ("care.backup", "Copy the collection, to FILE or into the folder of its backups."),
    "restore": ("care.restore", "Put a backup in the place of the collection."),
    "doctor": ("care.doctor", "Examine the collection: its file, references, schedules against their answers, times."),
    "copy": ("care.copy_", "Copy a collection to another database: paths of files, or URLs of servers."),
    "export": ("export.export_", "Write cards, reviews or daily stats as records."),
}
"""By name, in the order of a learner's day: where a command is, and the first line of its help. It is loaded when it is run."""


class Commands(click.Group):
    """Turns an SrsError into one line on stderr and exit code 1, wherever in a command it was raised."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The program, begun. Nothing of what is loaded at the start is garbage: to look for it takes a tenth of the start."""
        gc.set_threshold(LOADING)
        return super().__call__(*args, **kwargs)

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
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(".")
        found = getattr(import_module(f"srs.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


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
