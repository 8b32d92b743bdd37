"""Commands that bring notes in."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import App, now, printable
from srs.errors import ConfirmationNeeded

if TYPE_CHECKING:
    from srs.importing import ImportPlan
    from srs.store import Store

_LONG = 50  # documents from which a progress bar is worth its line


@click.command("import")
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--starter", is_flag=True, help="Import the decks that come with srs.")
@click.option("--deck", metavar="NAME", help="Put the cards into this deck, such as interview/behavioral.")
@click.option("--name", metavar="NAME", help="What the notes on stdin are known by: import them so again after edits.")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option("--yes", is_flag=True, help="Import also when a document would lose most of its cards.")
@click.option("--json", "as_json", is_flag=True, help="Report every change, as one JSON value.")
@click.pass_obj
def import_(
    app: App,
    paths: tuple[str, ...],
    starter: bool,
    deck: str | None,
    name: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make cards from Markdown notes: files, folders, or - for stdin.

    Import again after edits: a card that is still the same card keeps its schedule. srs undo takes an import back.

    Cards and reviews that srs export wrote (.csv, .jsonl, .parquet) come in as they were, with numbers and schedules;
    cards that are here already stay as they are.

    \b
    Example: srs import ~/notes/interviews --dry-run
    """
    from srs.importing import apply_plan, plan_import, plan_unchanged
    from srs.importing.reading import are_records
    from srs.processes import available
    from srs.store.glance import glance

    if not paths and not starter:
        raise click.UsageError("Name files or folders to import, or use --starter.")
    if any(map(are_records, paths)):
        if starter or deck or name or dry_run or not all(map(are_records, paths)):
            raise click.UsageError(
                "Records are imported by themselves, as they are: srs import cards.jsonl reviews.jsonl"
            )
        _import_records(app, paths, as_json=as_json)
        return
    if name is not None and ("-" not in paths or not name.strip()):
        raise click.UsageError("--name is for notes on stdin: srs import - --name standup")
    seen = glance(app.settings().database)
    plan = plan_unchanged(seen, paths, deck=deck, starter=starter) if seen is not None else None
    if plan is None:
        with _collection(app, look=dry_run) as store:
            with _progress() as progress:
                plan = plan_import(
                    store, paths, deck=deck, starter=starter, name=name, progress=progress, processes=available()
                )
            if not dry_run:
                if plan.losses and not yes:
                    _agree(plan)
                apply_plan(store, plan, now())
    _tell(app, plan, dry_run=dry_run, as_json=as_json)
    if plan.problems:
        raise click.exceptions.Exit(1)


def _tell(app: App, plan: "ImportPlan", *, dry_run: bool, as_json: bool) -> None:
    from srs.cli import changes

    if as_json:
        for piece in changes.as_json(plan, dry_run=dry_run):
            click.echo(piece, nl=False)
        click.echo()
    elif dry_run:
        color = app.color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()
        for line in changes.diff(plan, color=color):
            click.echo(line)
    else:
        for line in changes.summary(plan):
            click.echo(printable(line))
    for line in changes.remarks(plan, dry_run=dry_run):
        click.echo(printable(line), err=True)


def _import_records(app: App, paths: tuple[str, ...], *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from srs.importing.records import import_records

    with app.store() as (store, _):
        done = import_records(store, paths, now())
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    click.echo(f"{done.cards:,} card{'' if done.cards == 1 else 's'} and {done.reviews:,} answers imported.")
    if done.there:
        click.echo(f"{done.there:,} cards were here already and stayed as they are.")


@contextmanager
def _collection(app: App, *, look: bool) -> "Iterator[Store]":
    from srs.store import open_store

    settings = app.settings()
    store = open_store(settings.database, look=look, safeguard=None if look else app.safeguard(settings))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _progress() -> Iterator[Callable[[int, int], object]]:
    """A bar over the documents where someone watches and there are many."""
    bars: list[Any] = []

    def step(done: int, of: int) -> None:
        if of < _LONG or not sys.stderr.isatty():
            return
        if not bars:
            bars.append(click.progressbar(length=of, label="Reading documents", file=sys.stderr))
        bars[0].update(done - bars[0].pos)
        if done == of:
            bars.pop().render_finish()
            click.echo("Comparing them with the collection…", err=True)

    try:
        yield step
    finally:
        if bars:
            bars.pop().render_finish()


def _agree(plan: "ImportPlan") -> None:
    """Ask before a document loses most of its cards. Raises ConfirmationNeeded where nobody can be asked."""
    named = ", ".join(f"{path} ({retired} of {cards})" for path, retired, cards in plan.losses[:3])
    more = f" and {len(plan.losses) - 3} more" if len(plan.losses) > 3 else ""
    loss = printable(f"most cards of {named}{more} would be retired")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfirmationNeeded(f"{loss}, so nothing was imported: --yes goes ahead, --dry-run shows it all")
    try:
        agreed = click.confirm(f"{loss[0].upper()}{loss[1:]}. Go ahead?", err=True)
    except click.Abort:
        raise KeyboardInterrupt from None
    if not agreed:
        raise ConfirmationNeeded("nothing was imported: srs import --dry-run shows what would change")
