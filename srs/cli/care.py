"""Commands that look after the collection."""

import json
from pathlib import Path

import click

from srs.cli.app import App, now, printable
from srs.cli.changes import count


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(app: App, file: Path | None) -> None:
    """Copy the collection, to FILE or into the folder of its backups.

    One is made by itself each day before the first change, and before every upgrade; not of a collection on a server.

    \b
    Example: srs backup /media/stick/srs.db
    """
    from srs.care.backups import back_up

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
    from srs.care.backups import restore as put_back

    restored, before = put_back(app.settings(), now(), file)
    click.echo(
        printable(f"{count(restored.cards, 'card')} and {count(restored.answers, 'answer')} restored from {file}")
    )
    if before is not None:
        click.echo(printable(f"What was there before: {before}"), err=True)


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without loss, after a backup.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
@click.pass_obj
def doctor(app: App, fix: bool, as_json: bool) -> None:
    """Examine the collection: its file, references, schedules against their answers, times.

    Exit code 1 says that something is left to mend.

    \b
    Example: srs doctor --fix
    """
    from srs.care.backups import back_up
    from srs.care.doctor import diagnose, treat
    from srs.store import open_store

    settings = app.settings()
    store = open_store(settings.database, safeguard=app.safeguard(settings))
    try:
        before = findings = diagnose(store, settings, now())
        if fix and any(finding.mendable for finding in findings):
            click.echo(printable(f"What was there before: {back_up(settings, now()).file}"), err=True)
            treat(store, settings, now(), findings)
            findings = diagnose(store, settings, now())
    finally:
        store.close()
    mended = [finding for finding in before if finding not in findings]
    if as_json:
        report = {"findings": [f.as_json() for f in findings], "mended": [f.as_json() for f in mended]}
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for finding in mended:
            click.echo(printable(f"mended: {finding.message}"))
        for finding in findings:
            remedy = " (srs doctor --fix mends it)" if finding.mendable and not fix else ""
            click.echo(printable(f"{finding.check}: {finding.message}{remedy}"))
        if not findings:
            click.echo("Nothing is wrong with the collection." if not mended else "Nothing else is wrong.")
    if findings:
        raise click.exceptions.Exit(1)


@click.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy_(source: str, target: str) -> None:
    """Copy a collection to another database: paths of files, or URLs of servers.

    TO is new or empty. It arrives whole and compared, or not at all.

    \b
    Example: srs copy srs.db 'postgresql://host/name?options=-csearch_path%3Dana'
    """
    from srs.care.moving import copy

    cards, answers = copy(source, target)
    click.echo(f"{count(cards, 'card')} and {count(answers, 'answer')} copied and compared.")
