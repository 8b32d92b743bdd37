"""Commands that look for cards, show one, and change those named by number or query."""

import json
import shutil
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import App, now, printable

if TYPE_CHECKING:
    from datetime import datetime

    from srs.cards import Card, Review
    from srs.curating import Done
    from srs.scheduling import Scheduler
    from srs.settings import Settings
    from srs.store import Store
    from srs.store.search import Moment
    from srs.terms import Query

QUERY_HELP = """\b
Words beside each other must all hold; or, -, not and ( ) combine them.
  word  "two words"    in prompt or answer
  deck:interview       the deck and those below it
  kind:phrase  tag:hr  path:notes/2025   * stands for any letters
  is:due  is:new  is:learning  is:review  is:suspended
  is:buried  is:leech  is:retired
  rated:7:1            answered Again in the last 7 study days; rated:7 any
  added:3              made in the last 3 study days
  prop:stability<10    or difficulty, interval, due, reps, lapses,
                       retrievability
  id:12,14"""


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("query", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON value: a list of records, as in srs export cards.")
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="N", help="N cards at most.")
@click.pass_obj
def cards(app: App, query: tuple[str, ...], as_json: bool, limit: int | None) -> None:
    """Look for cards, and list them."""
    from srs.curating import moment, search

    for part in query:
        if part.startswith("--"):
            raise click.NoSuchOption(part.partition("=")[0])
    with app.store() as (store, settings):
        found = search(store, " ".join(query), moment(settings, now(), store.fits()), limit)
        if as_json:
            from srs.export import card_record

            click.echo("[", nl=False)
            for number, card in enumerate(found):
                click.echo((",\n " if number else "") + json.dumps(card_record(card), ensure_ascii=False), nl=False)
            click.echo("]")
            return
        number, width = 0, max(shutil.get_terminal_size((100, 24)).columns, 60)
        for card in found:
            number += 1
            click.echo(_line(card, settings, width))
    if not number:
        click.echo("No card is so." if query else "There are no cards yet. Next: srs import --starter", err=True)


cards.help = f"""Look for cards, and list them.

Each with its number, when it is due, its deck and its prompt.

{QUERY_HELP}

\b
Example: srs cards deck:interview is:due -tag:easy
"""


def _line(card: "Card", settings: "Settings", width: int) -> str:
    line = f"{card.id:>6}  {_when(card, settings):<10}  {card.deck}  {' '.join(card.prompt.split())}"
    line = printable(line)
    return line if len(line) <= width else line[: width - 1] + "…"


def _when(card: "Card", settings: "Settings") -> str:
    """In a word: the day on which the card is due, or why it is not asked."""
    from datetime import date

    if card.retired:
        return "retired"
    if card.suspended:
        return "suspended"
    if card.schedule.last_review is None:
        return "new"
    return date.fromordinal(settings.days.number(card.schedule.due)).isoformat()


@click.command()
@click.argument("card_id", metavar="ID", type=click.IntRange(1, 2**62))
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def card(app: App, card_id: int, as_json: bool) -> None:
    """Show one card: text, source line, schedule, history.

    \b
    Example: srs card 12
    """
    from srs.curating import the_card
    from srs.scheduling import Scheduler

    at = now()
    with app.store() as (store, settings):
        found = the_card(store, card_id)
        history = store.history(card_id)
        until = store.buried_until(card_id)
        options = {deck.name: deck.options for deck in store.decks()}
        scheduler = Scheduler(settings.preset_for(found.deck, options, store.fits()), settings.days)
    buried = until if until is not None and until > at else None
    if as_json:
        click.echo(json.dumps(_record(found, history, buried), ensure_ascii=False))
    else:
        _show(app, found, history, buried, scheduler, at)


def _record(card: "Card", history: "list[Review]", buried: "datetime | None") -> dict[str, Any]:
    from srs.export import card_record
    from srs.export.times import instant

    reviews = [
        {
            "reviewed_at": instant(review.at),
            "rating": int(review.rating),
            "state_before": review.before.state_name,
            "elapsed_days": review.elapsed_days,
            "scheduled_days": review.scheduled_days,
            "retrievability": review.retrievability,
            "duration_seconds": review.seconds,
        }
        for review in history
    ]
    return {**card_record(card), "buried_until": buried and instant(buried), "history": reviews}


def _show(
    app: App, card: "Card", history: "list[Review]", buried: "datetime | None", scheduler: "Scheduler", at: "datetime"
) -> None:
    from srs.render import harmless, terminal

    console, schedule, zone = app.console(), card.schedule, scheduler.days.zone

    def say(text: str) -> None:
        console.print(harmless(text), soft_wrap=True)

    say(f"Card {card.id} · {card.kind} · {card.deck}{''.join(f' · #{tag}' for tag in card.tags)}")
    say(f"{card.path}:{card.line} ({card.rule})" if card.path else "made by hand: srs edit changes it")
    console.print()
    console.print(terminal(card.prompt), style="bold")
    console.print()
    if card.answer:
        console.print(terminal(card.answer))
        console.print()
    state = [schedule.state_name]
    state += ["suspended"] if card.suspended else []
    state += ["retired: its text is gone, or it was deleted"] if card.retired else []
    state += [f"buried until {buried.astimezone(zone):%Y-%m-%d %H:%M}"] if buried else []
    say(f"State: {', '.join(state)}; {schedule.reps} answers, {schedule.lapses} lapses")
    if schedule.last_review is not None:
        say(f"Due: {schedule.due.astimezone(zone):%Y-%m-%d %H:%M}")
    if schedule.stability is not None and schedule.difficulty is not None:
        chance = scheduler.retrievability(schedule, at)
        say(
            f"Stability {schedule.stability:.1f} days, difficulty {schedule.difficulty:.1f} of 10, "
            f"chance of recall now {chance:.0%}"
        )
    for review in history:
        was = (
            "" if review.scheduled_days is None else f", after {review.elapsed_days} of {review.scheduled_days:g} days"
        )
        when = review.at.astimezone(zone)
        say(f"{when:%Y-%m-%d %H:%M}  {review.rating.name.capitalize():<5}  {review.seconds:.0f} s{was}")


# -- changes of the cards named -----------------------------------------------------------------------------------------

_Change = Callable[["Store", "Query", "Moment"], "Done"]


def _named(command: Callable[..., tuple[_Change, str]]) -> Callable[..., None]:
    """The numbers or the query that name cards; what the command gives is done to them, and said."""

    def run(app: App, /, ids: tuple[int, ...], query: str | None, **options: Any) -> None:
        if bool(ids) == (query is not None):
            raise click.UsageError("Name the cards by number, or by --query.")
        if query is not None and not query.strip():
            raise click.UsageError("An empty query names every card: --query 'deck:*' does so, too.")
        change, said = command(**options)
        from srs.curating import chosen, moment

        with app.store() as (store, settings):
            done = change(store, chosen(store, ids, query), moment(settings, now(), store.fits()))
        click.echo(_said(done, said))
        for note in done.notes:
            click.echo(printable(note), err=True)

    update_wrapper(run, command)
    query_option = click.option("--query", metavar="QUERY", help="The cards that this finds, as in srs cards.")
    ids_argument = click.argument("ids", nargs=-1, metavar="[ID]…", type=click.IntRange(1, 2**62))
    return ids_argument(query_option(click.pass_obj(run)))


def _said(done: "Done", said: str) -> str:
    """`12 cards suspended; 3 were so already.`"""
    from srs.curating import cards_

    if not done.found:
        return "No card is so: nothing was done."
    rest = done.found - done.changed - done.away
    if rest == done.found:
        return f"Nothing to do: {cards_(rest)} {'was' if rest == 1 else 'were'} so already."
    parts = [f"{cards_(done.changed)} {said}"] if done.changed or not done.away else []
    if done.away:
        parts.append(f"{cards_(done.away)} put away, for a document holds {'it' if done.away == 1 else 'them'}")
    if rest:
        parts.append(f"{rest} {'was' if rest == 1 else 'were'} so already")
    return printable("; ".join(parts)) + "."


@click.command()
@_named
def suspend() -> tuple[_Change, str]:
    """Do not ask cards until told.

    \b
    Example: srs suspend 12 14
    """
    from srs import curating

    return curating.suspend, "suspended"


@click.command()
@_named
def unsuspend() -> tuple[_Change, str]:
    """Ask cards again.

    Also brings back cards of documents that were deleted by srs delete.

    \b
    Example: srs unsuspend --query "is:suspended deck:interview"
    """
    from srs import curating

    return curating.unsuspend, "unsuspended"


@click.command()
@_named
def bury() -> tuple[_Change, str]:
    """Do not ask cards until the next study day.

    \b
    Example: srs bury --query "is:due rated:1"
    """
    from srs import curating

    return curating.bury, "buried until tomorrow"


@click.command()
@_named
def reset() -> tuple[_Change, str]:
    """Make cards new again; their history stays.

    \b
    Example: srs reset --query "prop:lapses>=8"
    """
    from srs import curating

    return curating.reset, "reset: new again"


@click.command()
@_named
@click.option(
    "--to", "deck", required=True, metavar="DECK", help="Deck, such as interview/behavioral; made if need be."
)
def move(deck: str) -> tuple[_Change, str]:
    """Put cards into another deck.

    Cards of a document return to its deck when it is imported after an edit; `deck: NAME` between two lines of --- at its
    top moves all of them for good.

    \b
    Example: srs move --query "deck:notes tag:hr" --to interview/behavioral
    """
    from srs import curating

    path = curating.deck_path(deck)
    return lambda store, which, at: curating.move(store, which, at, path), f"moved to {path}"


@click.command()
@_named
def delete() -> tuple[_Change, str]:
    """Delete cards with their history.

    A card that a document holds is put away instead: it is in no list, and is not asked, also when the document is
    imported again. srs unsuspend ID brings it back. To be rid of its text, take it out of the document. A card that is
    retired because its text is gone is deleted.

    \b
    Example: srs delete 12
    """
    from srs import curating

    return curating.delete, "deleted"


@click.group()
def tag() -> None:
    """Give cards tags of your own, or take them off.

    \b
    Example: srs tag add hard --query "prop:difficulty>8"
    """


def _tag_name(_context: Any, _parameter: Any, value: str) -> str:
    name = value.strip().lstrip("#")
    if not name or any(c.isspace() or not c.isprintable() or c in '*"(),' for c in name):
        raise click.BadParameter('A tag is one word, without * " ( ) and commas.')
    return name


@tag.command("add")
@click.argument("name", metavar="TAG", callback=_tag_name)
@_named
def tag_add(name: str) -> tuple[_Change, str]:
    """Give cards a tag.

    \b
    Example: srs tag add hard 12 14
    """
    from srs import curating

    return lambda store, which, at: curating.tag(store, which, at, name), f"tagged {name}"


@tag.command("remove")
@click.argument("name", metavar="TAG", callback=_tag_name)
@_named
def tag_remove(name: str) -> tuple[_Change, str]:
    """Take a tag off cards.

    \b
    Example: srs tag remove hard --query tag:hard
    """
    from srs import curating

    return lambda store, which, at: curating.untag(store, which, at, name), f"without the tag {name}"
