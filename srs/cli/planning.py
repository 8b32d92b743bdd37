"""`srs plan`: the way to the day of an interview."""

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import App, now, printable

if TYPE_CHECKING:
    from datetime import datetime

    from srs.planning.plans import Expected, Proposal
    from srs.settings import Settings
    from srs.store import Store
    from srs.store.queue import Queue


@click.command()
@click.argument("deck", required=False)
@click.option("--by", metavar="DATE", help="The day, such as 2026-12-10.")
@click.option(
    "--recall", type=float, default=0.9, show_default=True, metavar="R", help="Mean recall wanted on the day."
)
@click.option("--minutes", type=float, metavar="M", help="Minutes that a day may take. [default: as without a plan]")
@click.option("--apply", "applied", is_flag=True, help="Have srs review follow the plan.")
@click.option("--cancel", is_flag=True, help="End the plan.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of the simulated answers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def plan(
    app: App,
    deck: str | None,
    by: str | None,
    recall: float,
    minutes: float | None,
    applied: bool,
    cancel: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Work backwards from the day of an interview.

    Says how many new cards and which minutes a day it takes, and which recall is predicted for the day. With --apply the
    queue follows: new cards in time, last answers shortly before the day, the weakest cards once more on the eve. Alone,
    it lists the plans. srs undo takes back what was applied or cancelled.

    \b
    Example: srs plan interview --by 2026-12-10 --apply
    """
    if (applied and by is None) or (cancel and by is not None):
        raise click.UsageError("--apply needs --by DATE; --cancel stands alone, or with a DECK.")
    day = None if by is None else _date(by)
    from srs.planning import plans

    deck = None if deck is None else deck.strip("/")
    with app.store() as (store, settings):
        at = now()
        if cancel:
            ended = plans.cancel(store, deck, at)
            said = f"The plan by {date.fromordinal(ended.day)} is cancelled; cards keep their due days. srs undo takes that back."
            click.echo(json.dumps({"cancelled": True, "deck": deck}) if as_json else said)
        elif day is None:
            _list(store, settings, deck, at, as_json)
        else:
            found = plans.propose(store, settings, deck, day, at, recall=recall, minutes=minutes, seed=seed)
            if applied:
                plans.apply(store, found, at)
            if as_json:
                click.echo(json.dumps(_record(found, applied), ensure_ascii=False))
            else:
                _show(app, found, applied)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise click.UsageError(f"“{printable(text)}” is no date: write one such as 2026-12-10.") from None


def _list(store: "Store", settings: "Settings", deck: str | None, at: "datetime", as_json: bool) -> None:
    from srs.planning.plans import standings

    if deck is not None:
        store.require_deck(deck)
    found = standings(store, settings, at, deck)
    if as_json:
        click.echo(json.dumps([standing.as_json() for standing in found], ensure_ascii=False))
        return
    if not found:
        click.echo("There is no plan. Next: srs plan --by DATE")
    for standing in found:
        of = standing.plan
        minutes = f"{of.minutes:.0f} minutes" if of.minutes >= 1.5 else "1 minute"
        click.echo(printable(f"{standing}; {of.new_per_day} new and about {minutes} a day"))


def lines(queue: "Queue", settings: "Settings", deck: str | None = None) -> list[str]:
    """A line for each plan, for the commands that show how things stand."""
    if not queue.plans():
        return []
    from srs.planning.plans import standings

    return [printable(str(standing)) for standing in standings(queue.whole, settings, now(), deck)]


def _record(found: "Proposal", applied: bool) -> dict[str, Any]:
    plan = found.plan
    return {
        "deck": plan.deck,
        "day": date.fromordinal(plan.day).isoformat(),
        "days": found.days,
        "recall_wanted": plan.recall,
        "feasible": not found.shortfall,
        "shortfall": found.shortfall or None,
        "cards": found.cards,
        "new_cards": plan.new_cards,
        "new_per_day": plan.new_per_day,
        "least_recall": plan.least,
        "brought_forward": len(found.due),
        "planned": _rounded(found.planned),
        "ordinary": _rounded(found.ordinary),
        "decks": [
            {"deck": deck, "cards": cards, "new_cards": new, "recall": round(recall, 4)}
            for deck, cards, new, recall in found.by_deck
        ],
        "applied": applied,
    }


def _rounded(expected: "Expected") -> dict[str, float]:
    names = {"minutes": "minutes_per_day", "most": "minutes_longest_day", "unseen": "cards_still_new"}
    return {names.get(name, name): round(value, 4) for name, value in asdict(expected).items()}


def _show(app: App, found: "Proposal", applied: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from srs.curating import cards_

    plan, console = found.plan, app.console()
    days = f"{found.days} day{'' if found.days == 1 else 's'}"
    console.print(f"{days} to {date.fromordinal(plan.day)}: {cards_(found.cards)}, {plan.new_cards} of them new.\n")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "New a day", "Minutes a day", "Longest day", "Recall on the day"):
        table.add_column(name, justify="right" if name else "left")
    for name, new, way in (("Planned", plan.new_per_day, found.planned), ("Without a plan", None, found.ordinary)):
        pace = "–" if new is None else str(new)
        table.add_row(name, pace, f"{way.minutes:.1f}", f"{way.most:.1f}", f"{way.recall:.3f}")
    console.print(table)
    if len(found.by_deck) > 1:
        decks = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in ("Deck", "Cards", "New", "Recall on the day"):
            decks.add_column(name, justify="left" if name == "Deck" else "right", overflow="fold")
        for deck, cards, new_cards, recall in found.by_deck:
            decks.add_row(Text(printable(deck)), str(cards), str(new_cards), f"{recall:.3f}")
        console.print(decks)
    console.print(f"It cannot be done: {found.shortfall}." if found.shortfall else "It can be done.")
    if applied:
        number = len(found.due)
        moved = f" {number} card{' comes' if number == 1 else 's come'} due earlier for it." if number else ""
        console.print(f"srs review follows the plan until the day.{moved} srs undo takes it back.")
    else:
        console.print("Nothing was changed: --apply has srs review follow the plan.")
