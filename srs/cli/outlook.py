"""Commands that look ahead: `srs simulate`, and `srs reschedule`."""

import json
import sys
from datetime import date
from typing import TYPE_CHECKING

import click

from srs.cli.app import App, now
from srs.errors import ConfirmationNeeded

if TYPE_CHECKING:
    from srs.planning.outlook import At, Outlook
    from srs.planning.rescheduling import Rescheduling

_WIDE = 40  # letters of a bar


@click.command()
@click.argument("deck", required=False)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, metavar="N", help="Study days.")
@click.option("--new", type=click.IntRange(0, 9999), metavar="N", help="New cards a day, whatever the deck's limit.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of the simulated answers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value, with knowledge over time.")
@click.pass_obj
def simulate(app: App, deck: str | None, days: int, new: int | None, seed: int, as_json: bool) -> None:
    """Show what each desired retention would cost and give.

    Your cards are studied in simulation, with your answer times and habits: where there are few answers of yours, with those
    of a typical learner.

    \b
    Example: srs simulate --days 90 --new 10
    """
    from srs.planning import outlook

    with app.store() as (store, settings):
        found = outlook.simulate(store, settings, deck, now(), days=days, new=new, seed=seed)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _show(app, found)


def _show(app: App, found: "Outlook") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from srs.curating import cards_

    console = app.console()
    cards = f"{cards_(found.cards)}, {found.new} of them new"
    console.print(
        f"{found.days} days with {cards}; at most {found.new_per_day} new and {found.reviews_per_day} reviews a day."
    )
    habits = f"your {found.answers} newest answers" if found.answers else "the habits of a typical learner"
    console.print(f"Reckoned with {habits} and {'your own' if found.fitted else 'the default'} parameters.\n")
    shown = [at for at in found.at if at is found.own or round(at.retention * 100) % 3 == 1]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Desired retention", "Reviews a day", "Minutes a day", "Known at the end"):
        table.add_column(name, justify="right")
    for at in shown:
        table.add_row(f"{at.retention:.2f}", f"{at.reviews:.1f}", f"{at.minutes:.1f}", f"{at.known:.0f}")
    console.print(table)
    console.print("Minutes a day, by desired retention")
    most = max(at.minutes for at in shown) or 1
    for at in shown:
        you = "  you are here" if at is found.own else ""
        console.print(
            f"  {at.retention:.2f}  {at.minutes:>6.1f}  {'█' * round(at.minutes / most * _WIDE)}{you}".rstrip()
        )
    console.print(f"\nCards known over time, at your desired retention of {found.retention:g}")
    for day, known in _some(found.own):
        bar = "█" * round(known / max(found.cards, 1) * _WIDE)
        console.print(f"  day {day:>5}  {known:>7.0f}  {bar}".rstrip())
    console.print(
        "\nMore minutes buy more knowledge, and ever less of it: where to stand on this curve is yours to choose."
    )


def _some(own: "At", most: int = 10) -> list[tuple[int, float]]:
    """Some of the days, the first and the last among them."""
    number = len(own.knowledge)
    places = sorted({round(at * (number - 1) / (most - 1)) for at in range(most)})
    return [own.knowledge[place] for place in places]


@click.command()
@click.argument("deck", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def reschedule(app: App, deck: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Give cards the due days that what is in force now would give.

    After srs optimize, or another desired_retention, each card goes by the new schedule from its next answer on: nothing needs
    to be done. This command has all of them go by it at once, by a replay of their answers; due days that are right already
    stay. srs undo takes it back.

    \b
    Example: srs reschedule --dry-run
    """
    from srs.planning import rescheduling

    with app.store() as (store, settings):
        at = now()
        found = rescheduling.preview(store, settings, deck, at)
        applied = False
        if not as_json:
            _preview(app, found)
        if found.changes and not dry_run:
            if not yes:
                _agree(found)
            rescheduling.apply(store, found, at)
            applied = True
    if as_json:
        click.echo(json.dumps({"deck": deck, **found.as_json(), "applied": applied}, ensure_ascii=False))
    elif applied:
        click.echo("Rescheduled. srs undo takes it back.")
    else:
        click.echo("Nothing was changed." if found.changes else "All due days are right already.")


def _preview(app: App, found: "Rescheduling") -> None:
    from srs.curating import cards_

    console = app.console()
    console.print(f"{cards_(found.cards)} in review; {found.moved} would have another due day.")
    if not found.moved:
        return
    console.print(f"Due today: {found.before[0]} before, {found.after[0]} after.\n")
    most = max(*found.before, *found.after, 1)
    console.print("  Day         Before  After")
    for at, (before, after) in enumerate(zip(found.before, found.after, strict=True)):
        day = "today     " if at == 0 else date.fromordinal(found.first_day + at).isoformat()
        console.print(f"  {day}  {before:>6}  {after:>5}  {'█' * round(after / most * _WIDE)}".rstrip())


def _agree(found: "Rescheduling") -> None:
    """Ask first. Raises ConfirmationNeeded where nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfirmationNeeded(
            f"{found.moved} of {found.cards} cards would have another due day, so nothing was done: --yes goes ahead"
        )
    try:
        agreed = click.confirm("Reschedule them?", err=True)
    except click.Abort:
        raise KeyboardInterrupt from None
    if not agreed:
        raise ConfirmationNeeded("nothing was rescheduled: --dry-run only shows what would be")
