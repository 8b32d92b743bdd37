"""Commands that look after the collection."""

from pathlib import Path

import click

from srs.cli.app import App, now, printable
from srs.cli.changes import count


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(app: App, file: Path | None) -> None:
    """Copy the collection, to FILE or into the folder of its backups.

    One is made by itself each day before the first change, and before every upgrade.

    \b
    Example: srs backup /media/stick/srs.db
    """
    from srs.care import back_up

    made = back_up(app.settings(), now(), file)
    click.echo(printable(f"{count(made.cards, 'card')} and {count(made.answers, 'answer')} saved to {made.file}"))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def restore(app: App, file: Path) -> None:
    """Put a backup in the place of the collection.

    What the collection holds now is backed up first.

    \b
    Example: srs restore ~/.local/share/srs/backups/srs-2026-03-01.db
    """
    from srs.care import restore as put_back

    restored, before = put_back(app.settings(), now(), file)
    click.echo(
        printable(f"{count(restored.cards, 'card')} and {count(restored.answers, 'answer')} restored from {file}")
    )
    if before is not None:
        click.echo(printable(f"What was there before: {before}"), err=True)
