"""Commands for decks: what there is, their names and their options."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import App, now, printable
from srs.errors import ConfirmationNeeded

if TYPE_CHECKING:
    from srs.curating import DeckOptions


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def decks(app: App, as_json: bool) -> None:
    """List the decks, their cards and options.

    \b
    Example: srs decks
    """
    from srs.study import Session

    with app.store() as (store, settings):
        options = {deck.name: deck.options for deck in store.decks()}
        found = Session(store, settings, settings.days).waiting_by_deck(now())
    above = {name for deck in options if options[deck] for name in (deck, *_above(deck))}
    found = [counts for counts in found if counts.cards or counts.deck in above]
    if as_json:
        fields = ("deck", "cards", "new", "learning", "review")
        records = [
            {**{name: getattr(counts, name) for name in fields}, "options": dict(options.get(counts.deck, {}))}
            for counts in found
        ]
        click.echo(json.dumps(records, ensure_ascii=False))
        return
    if not found:
        click.echo("There are no decks yet. Next: srs import --starter")
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Deck", overflow="fold")
    table.add_column("Cards", justify="right")
    table.add_column("Options", overflow="fold")
    for counts in found:
        set_here = ", ".join(f"{name}={_written(name, value)}" for name, value in options.get(counts.deck, {}).items())
        name = "  " * counts.deck.count("/") + printable(counts.deck.rpartition("/")[2])
        table.add_row(Text(name), str(counts.cards), Text(printable(set_here)))
    app.console().print(table)


def _above(deck: str) -> list[str]:
    parts = deck.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


@click.group()
def deck() -> None:
    """Rename or delete a deck, or set its options.

    \b
    Example: srs deck set interview new_per_day=10
    """


@deck.command()
@click.argument("old", metavar="DECK")
@click.argument("new", metavar="NEW-NAME")
@click.pass_obj
def rename(app: App, old: str, new: str) -> None:
    """Rename a deck, and all below it. A document that names its deck itself keeps saying the old name: edit it there.

    \b
    Example: srs deck rename notes/hr interview/behavioral
    """
    from srs import curating

    with app.store() as (store, settings):
        old, new = curating.deck_path(old), curating.deck_path(new)
        number = curating.rename_deck(store, curating.moment(settings, now()), old, new)
    more = f", with {number - 1} below it" if number > 1 else ""
    click.echo(printable(f"Deck {old} is now {new}{more}."))


@deck.command("delete")
@click.argument("name", metavar="DECK")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_(app: App, name: str, yes: bool) -> None:
    """Delete the cards of a deck and of those below it.

    As srs delete does: cards made by hand go with their history; cards of documents are put away and stay away, with their
    history, until srs unsuspend. srs undo takes it back.

    \b
    Example: srs deck delete interview/old --yes
    """
    from srs import curating
    from srs.terms import Deck

    with app.store() as (store, settings):
        name = curating.deck_path(name)
        store.require_deck(name)
        at = curating.moment(settings, now())
        if not yes:
            _agree(name, store.count(Deck(name), at))
        done = curating.delete_deck(store, at, name)
    parts = [f"{curating.cards_(done.changed)} deleted"] if done.changed or not done.away else []
    parts += [f"{curating.cards_(done.away)} of documents put away"] if done.away else []
    click.echo(printable(f"Deck {name}: {', '.join(parts)}."))


def _agree(name: str, cards: int) -> None:
    """Ask before a deck goes. Raises ConfirmationNeeded where nobody can be asked."""
    loss = printable(f"the deck “{name}” with {cards} card{'' if cards == 1 else 's'} would be deleted")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfirmationNeeded(f"{loss}, so nothing was done: --yes goes ahead")
    try:
        agreed = click.confirm(f"{loss[0].upper()}{loss[1:]}. Go ahead?", err=True)
    except click.Abort:
        raise KeyboardInterrupt from None
    if not agreed:
        raise ConfirmationNeeded("nothing was deleted: srs cards shows what a deck holds")


class _WithOptions(click.Command):
    """Help that lists the options of decks, their defaults and what they may be."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from srs.cards import Preset
        from srs.settings import OPTIONS

        preset = Preset()
        with formatter.section("Keys, with their defaults and values"):
            rows = ((f"{name}={_written(name, getattr(preset, name))}", values) for name, values in OPTIONS.items())
            formatter.write_dl(list(rows), col_max=44)


@deck.command("set", cls=_WithOptions)
@click.argument("name", metavar="DECK")
@click.argument("values", metavar="[KEY=VALUE]…", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="What is in force then, as one JSON value.")
@click.pass_obj
def set_(app: App, name: str, values: tuple[str, ...], as_json: bool) -> None:
    """Set options of a deck, which those below it inherit; without values, show what is in force and from where.

    KEY= with nothing after it takes the option away.

    \b
    Example: srs deck set interview desired_retention=0.95 learning_steps=1m,10m
    """
    from srs import curating

    changes = {}
    for text in values:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise click.UsageError(f"“{printable(text)}” is not KEY=VALUE, such as new_per_day=10.")
        changes[key.strip()] = value
    with app.store() as (store, settings):
        name = curating.deck_path(name)
        at = curating.moment(settings, now())
        found = (
            curating.set_deck(store, settings, at, name, changes)
            if changes
            else curating.deck_options(store, settings, name)
        )
    if as_json:
        record = {o.name: {"value": o.value, "from": o.place} for o in found.options}
        click.echo(json.dumps({"deck": found.deck, "options": record}, ensure_ascii=False))
    else:
        _show(found)


def _show(found: "DeckOptions") -> None:
    for option in found.options:
        here = "this deck" if option.place == found.deck else option.place
        click.echo(printable(f"{option.name:<20} {_written(option.name, option.value) or 'none':<28} {here}"))


def _written(name: str, value: Any) -> str:
    """A value as `srs deck set` takes it."""
    if name.endswith("_steps"):
        return ",".join(f"{step:g}m" for step in value)
    if name == "easy_days":
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        return ",".join(f"{day}:{share:g}" for day, share in zip(days, value, strict=True) if share != 1)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
