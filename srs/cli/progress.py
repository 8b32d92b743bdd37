"""What is due: in all, and by deck."""

import json
from typing import TYPE_CHECKING

import click

from srs.cli import planning
from srs.cli.app import App, now, printable

if TYPE_CHECKING:
    from rich.table import Table


def today(app: App) -> None:
    """`srs` alone: what is due, and what to type next."""
    from srs.study import Session

    with app.queue() as (queue, settings):
        session = Session(queue, settings, settings.days)
        new, learning, review = session.waiting(now())
        names = queue.deck_names()
        plans = planning.lines(queue, settings)
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
    for line in plans and ["", *plans]:
        click.echo(line)


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

    with app.queue() as (queue, settings):
        decks = Session(queue, settings, settings.days, deck).waiting_by_deck(now())
        plans = [] if as_json else planning.lines(queue, settings, deck)
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
    for line in plans:
        click.echo(line)


def _table(first: str, *numbers: str) -> "Table":
    """A table of figures: names on the left, numbers on the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right")
    return table
