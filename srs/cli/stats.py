"""The command that shows how it is going: on the terminal, as JSON, or as a page."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srs.cli import planning
from srs.cli.app import App, now
from srs.cli.files import replacing

if TYPE_CHECKING:
    from srs.figures import Stats


@click.command("stats")
@click.argument("deck", required=False)
@click.option("--days", type=click.IntRange(1, 100_000), metavar="N", help="Days to look back on.  [default: 365]")
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write a page that works offline.")
@click.pass_obj
def stats_(app: App, deck: str | None, days: int | None, as_json: bool, html: str | None) -> None:
    """Show progress: retention, what comes due, what is forgotten.

    True retention is the share of reviews of cards in review that were not answered Again; a card is mature when the
    interval was 21 days or more. Charts of the past are about the last N days; spans and streaks go back for ever.

    \b
    Example: srs stats speaking --html progress.html
    """
    from srs.stats import YEAR, stats

    if html is not None:
        from srs.page import require_charts

        require_charts()
    with app.queue() as (store, settings):
        options = {held.name: held.options for held in store.decks()}
        preset = settings.preset_for(deck, options, store.fits())
        figures = stats(store, deck, settings.days, now(), preset=preset, period_days=days or YEAR)
        plans = [] if as_json else planning.lines(store, settings, deck)
    if html is not None:
        _write_page(figures, html)
    if as_json:
        click.echo(json.dumps(figures.as_json(), ensure_ascii=False))
    elif html is None:
        _show(app, figures, plans)


def _show(app: App, figures: "Stats", plans: list[str]) -> None:
    if not figures.cards and not figures.days_studied:
        click.echo("There are no cards yet. Next: srs import --starter")
        return
    from srs.cli.charts import show

    for line in plans:
        click.echo(line)
    show(app.console(), figures)


def _write_page(figures: "Stats", target: str) -> None:
    from srs.page import page

    with replacing(target, "--html") as path:
        Path(path).write_text(page(figures), "utf-8")
    click.echo(f"Written to {target}: open it in a browser.", err=True)
