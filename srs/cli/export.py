"""The command that hands records out."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from srs.cli.app import App, printable
from srs.cli.files import replacing
from srs.errors import SrsError
from srs.notes import KINDS

if TYPE_CHECKING:
    from srs.settings import Settings
    from srs.store.queue import Queue
    from srs.store.reviews import Which

_DATE = click.DateTime(["%Y-%m-%d"])
_PATIENCE = 1.0  # seconds after which one wants to see that something happens


@click.command("export")
@click.argument("what", type=click.Choice(["stats", "cards", "reviews"]))
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), help="Form.  [default: csv]")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write to a file.  [default: stdout]")
@click.option("--deck", metavar="DECK", help="Only this deck, and those below it.")
@click.option("--kind", type=click.Choice(KINDS), help="Only cards of this kind.")
@click.option("--since", metavar="DATE", type=_DATE, help="From this study day on, such as 2026-01-31.")
@click.option("--until", metavar="DATE", type=_DATE, help="Up to this study day.")
@click.option("--fields", is_flag=True, help="Say what each column means, and export nothing.")
@click.pass_obj
def export_(
    app: App,
    what: str,
    form: str | None,
    output: str | None,
    deck: str | None,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    fields: bool,
) -> None:
    """Write cards, reviews or daily stats as records.

    The form is that of the file's name, or CSV. In CSV a text that a spreadsheet would take for a formula has an
    apostrophe before it. srs import takes cards and reviews in again.

    \b
    Example: srs export reviews --since 2026-01-01 --output reviews.csv
    """
    if fields:
        _print_fields(what)
        return
    if what == "cards" and (since or until):
        raise click.UsageError("--since and --until are for reviews and stats: cards have no day.")
    form = form or _form_of(output)
    if form == "parquet" and output is None:
        raise click.UsageError("Parquet goes to a file: name one with --output.")
    from srs.records.writing import require_arrow
    from srs.store.reviews import Which

    if form == "parquet":
        require_arrow()
    which = Which(deck, kind, *(None if day is None else day.date().toordinal() for day in (since, until)))
    with app.queue() as (collection, settings), _progress() as progress:
        number = _write(collection, settings, what, which, form, output, progress)
    if output is not None:
        click.echo(printable(f"{number:,} records written to {output}"), err=True)


def _form_of(output: str | None) -> str:
    suffix = Path(output or "").suffix.lower().lstrip(".")
    return {"jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}.get(suffix, "csv")


def _write(
    collection: "Queue",
    settings: "Settings",
    what: str,
    which: "Which",
    form: str,
    output: str | None,
    progress: Callable[[int], object],
) -> int:
    from srs.export import batches, pieces
    from srs.processes import available
    from srs.records.writing import write, write_parquet

    if form == "parquet" and output is not None:
        rows = batches(collection, what, settings.days, which)
        with replacing(output, "--output") as path:
            return write_parquet(rows, what, path, progress)
    address = settings.database if available() > 1 else None
    with closing(pieces(collection, what, form, settings.days, which, address)) as found, _opened(output) as out:
        return write(found, what, form, out, progress)


@contextmanager
def _opened(output: str | None) -> Iterator[BinaryIO]:
    if output is None:
        try:
            yield _Shown() if sys.stdout.isatty() else sys.stdout.buffer
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            sys.stdout = None  # it would try once more, and say so
            raise SrsError(f"records cannot be written ({error.strerror}): name a file with --output") from None
        return
    with replacing(output, "--output") as path, path.open("wb") as file:
        yield file


class _Shown(BytesIO):
    """A terminal, over which the text of cards has no power; in a file it stands as it is."""

    def write(self, text: Any) -> int:
        from srs.render import harmless

        return sys.stdout.write(harmless(text.decode().replace("\r\n", "\n")))


@contextmanager
def _progress() -> Iterator[Callable[[int], object]]:
    """Says how many records are written, where someone watches and it takes long."""
    begun = shown = time.monotonic()
    watched = sys.stderr.isatty()

    def step(number: int) -> None:
        nonlocal shown
        at = time.monotonic()
        if watched and at - begun > _PATIENCE and at - shown > 0.2:
            shown = at
            click.echo(f"\r{number:,} records…", nl=False, err=True)

    try:
        yield step
    finally:
        if shown > begun:
            click.echo("\r\x1b[K", nl=False, err=True)


def _print_fields(what: str) -> None:
    from srs.records.schema import SCHEMAS, VERSION

    click.echo(f"srs export {what}, version {VERSION}")
    for field in SCHEMAS[what]:
        kind = f"{field.type}{', or empty' if field.null else ''}"
        unit = f" ({field.unit})" if field.unit else ""
        click.echo(f"  {field.name:<20} {kind:<18} {field.meaning}{unit}")
