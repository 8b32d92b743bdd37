"""The command that hands records out."""

import sys

import click

from srs.cli.app import App, printable
from srs.cli.files import replacing


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
            write(rows, COLUMNS[what], form, sys.stdout)
            return
        with replacing(output, "--output") as path, path.open("w", encoding="utf-8", newline="") as file:
            number = write(rows, COLUMNS[what], form, file)
    click.echo(printable(f"{number} records written to {output}"), err=True)
