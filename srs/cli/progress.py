"""Commands that show progress and hand it out."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from srs.cli.app import App, now, printable
from srs.errors import SrsError

if TYPE_CHECKING:
    from rich.table import Table

    from srs.stats import Stats


def today(app: App) -> None:
    """`srs` alone: what is due, and what to type next."""
    from srs.study import Session

    with app.store() as (store, settings):
        session = Session(store, settings, settings.days)
        new, learning, review = session.waiting(now())
        names = store.deck_names()
    if not names:
        click.echo("Welcome. There are no cards yet.\n")
        click.echo("  srs import --starter     start with the decks that come with srs")
        click.echo("  srs import my-notes/     or with your own Markdown notes")
    elif new + learning + review:
        click.echo(f"Today: {new} new, {learning} learning, {review} to review.\n\n  srs review     begin")
    else:
        click.echo(
            "Nothing is due today.\n\n  srs stats              how it is going\n  srs review --new 10    ten new cards anyway"
        )
    click.echo("  srs --help     all commands")


@click.command()
@click.argument("deck", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def due(app: App, deck: str | None, as_json: bool) -> None:
    """Count what is due, by deck.

    \b
    Example: srs due interview
    """
    from srs.study import Session

    with app.store() as (store, settings):
        decks = Session(store, settings, settings.days, deck).waiting_by_deck(now())
    if as_json:
        fields = ("deck", "new", "learning", "review", "done_today", "cards")
        click.echo(
            json.dumps([{name: getattr(counts, name) for name in fields} for counts in decks], ensure_ascii=False)
        )
        return
    if not decks:
        click.echo("There are no decks yet. Next: srs import --starter")
        return
    from rich.text import Text

    table = _table("Deck", "New", "Learning", "Review", "Done today", "Cards")
    for counts in decks:
        depth = counts.deck.count("/") - (deck.strip("/").count("/") if deck else 0)
        numbers = (counts.new, counts.learning, counts.review, counts.done_today, counts.cards)
        table.add_row(
            Text("  " * depth + printable(counts.deck.rpartition("/")[2])), *(str(number) for number in numbers)
        )
    app.console().print(table)


@click.command("stats")
@click.argument("deck", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def stats_(app: App, deck: str | None, as_json: bool) -> None:
    """Show progress: answers, retention, what comes due.

    \b
    Example: srs stats speaking
    """
    from srs.stats import stats

    with app.store() as (store, settings):
        figures = stats(store, deck, settings.days, now())
    if as_json:
        click.echo(json.dumps(figures.as_json(), ensure_ascii=False))
    else:
        _print_stats(app, figures)


def _table(first: str, *numbers: str) -> "Table":
    """A table of figures: names on the left, numbers on the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _print_stats(app: App, figures: "Stats") -> None:
    console = app.console()
    if not sum(figures.by_state.values()):
        console.print("There are no cards yet. Next: srs import --starter")
        return
    names = {1: "Today", 7: "Last 7 days", 30: "Last 30 days", None: "All"}
    table = _table("", "Answers", "Minutes", "True retention")
    for span in figures.spans:
        retention = "–" if span.true_retention is None else f"{span.true_retention:.0%}"
        table.add_row(names[span.days], str(span.reviews), f"{span.minutes:.0f}", retention)
    console.print(table)
    console.print(f"Streak: {figures.streak} day{'' if figures.streak == 1 else 's'} in a row")
    console.print("Cards:  " + ", ".join(f"{number} {name}" for name, number in figures.by_state.items() if number))
    console.print("Kinds:  " + ", ".join(f"{number} {name}" for name, number in figures.by_kind.items()))
    console.print("\nDue in the next days, besides new cards")
    most = max(number for _, number in figures.forecast) or 1
    for at, (day, number) in enumerate(figures.forecast):
        bar = "█" * round(number / most * 40)
        console.print(f"  {'today     ' if at == 0 else day}  {number:>5}  {bar}".rstrip())


@click.command("export")
@click.argument("what", type=click.Choice(["stats", "cards", "reviews"]))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="Form of the records.",
)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write to a file. [default: stdout]")
@click.option("--deck", metavar="DECK", help="Only this deck, and those below it.")
@click.pass_obj
def export_(app: App, what: str, form: str, output: str | None, deck: str | None) -> None:
    """Write cards, reviews or daily stats as records.

    \b
    Example: srs export reviews --format csv --output reviews.csv
    """
    from srs.export import COLUMNS, records, write

    with app.store() as (store, settings):
        rows = records(store, what, settings.days, deck)
        if output is None:
            sys.stdout.reconfigure(newline="", encoding="utf-8")  # type: ignore[union-attr]
            write(rows, COLUMNS[what], form, _Shown() if sys.stdout.isatty() else sys.stdout)
            return
        try:
            with _replacing(Path(output)) as file:
                number = write(rows, COLUMNS[what], form, file)
        except OSError as error:
            raise SrsError(f"{output} cannot be written ({error.strerror}): name another file with --output") from None
    click.echo(printable(f"{number} records written to {output}"), err=True)


class _Shown(StringIO):
    """A terminal, over which the text of cards has no power; in a file it stands as it is."""

    def write(self, text: str) -> int:
        from srs.render import harmless

        return sys.stdout.write(harmless(text.replace("\r\n", "\n")))


def _private(path: str, flags: int) -> int:
    """A new file is for its owner's eyes only."""
    return os.open(path, flags, 0o600)


@contextmanager
def _replacing(target: Path) -> Iterator[TextIO]:
    """A file to write that takes the place of `target` at the end, and leaves it as it was when that is not reached."""
    target = target.resolve()
    part = target.with_name(target.name + ".part")
    if target.exists() and not target.is_file():  # a pipe or a device is written to, never replaced
        part = target
    try:
        with open(part, "w", encoding="utf-8", newline="", opener=_private) as file:
            yield file
        if part != target:
            part.replace(target)
    except BaseException:
        if part != target:
            part.unlink(missing_ok=True)
        raise
