"""Commands that bring notes in."""

import json
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import App, now, printable

if TYPE_CHECKING:
    from srs.importing import ImportReport


@click.command("import")
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--starter", is_flag=True, help="Import the decks that come with srs.")
@click.option("--deck", metavar="NAME", help="Put the cards into this deck, such as interview/behavioral.")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON value.")
@click.pass_obj
def import_(app: App, paths: tuple[str, ...], starter: bool, deck: str | None, as_json: bool) -> None:
    """Make cards from Markdown notes: files, folders, or - for stdin.

    Import again after edits: a card that is still the same card keeps its schedule.

    \b
    Example: srs import ~/notes/interviews
    """
    from srs.importing import import_documents, shipped_recipe

    if not paths and not starter:
        raise click.UsageError("Name files or folders to import, or use --starter.")
    with app.store() as (store, _):
        report = import_documents(store, paths, shipped_recipe(), now(), deck=deck, starter=starter)
    if as_json:
        click.echo(json.dumps(_as_json(report), ensure_ascii=False))
    else:
        for line in _summary(report):
            click.echo(printable(line))
    for path, repaired, lost in report.repairs:
        left = f", {_count(lost, 'sign')} could not be told and left out" if lost else ""
        click.echo(
            printable(f"{path}: text damaged by a wrong encoding: {_count(repaired, 'place')} repaired{left}"), err=True
        )
    for note in report.changes.echoes:
        click.echo(
            printable(f"{note.path}:{note.line}: the same card stands elsewhere too; it is asked once"), err=True
        )
    for problem in report.problems:
        click.echo(printable(str(problem)), err=True)
    if report.problems:
        raise click.exceptions.Exit(1)


def _summary(report: "ImportReport") -> list[str]:
    changes = report.changes
    if report.documents == len(report.problems) and report.nothing_changed:
        return []
    if report.nothing_changed and not changes.kept and not report.empty:
        return [f"Nothing changed in {_count(report.documents, 'document')}."]
    lines = [
        f"No cards found in {path}: srs looks for questions with key themes, lists of phrases, bad answers with reasons."
        for path in report.empty[:3]
    ]
    if len(report.empty) > 3:
        lines.append(f"No cards found in {len(report.empty) - 3} more documents.")
    for path, kinds in report.by_document.items():
        if kinds:
            detail = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
            lines.append(f"{path}: {_count(kinds.total(), 'card')} ({detail})")
    parts = [
        f"{len(group)} {name}"
        for name, group in (
            ("new", changes.added),
            ("edited", changes.edited),
            ("moved", changes.moved),
            ("back again", changes.revived),
            ("retired", changes.retired),
        )
        if group
    ]
    if report.unchanged:
        parts.append(f"{report.unchanged} unchanged")
    if parts:
        lines.append(f"{', '.join(parts)}.{' Next: srs review' if changes.added else ''}")
    return lines


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _as_json(report: "ImportReport") -> dict[str, Any]:
    changes = report.changes
    return {
        "documents": report.documents,
        "documents_unchanged": report.unread,
        "decks": sorted(report.decks),
        "added": len(changes.added),
        "edited": len(changes.edited),
        "moved": len(changes.moved),
        "revived": len(changes.revived),
        "retired": len(changes.retired),
        "unchanged": report.unchanged,
        "kinds": {path: dict(kinds) for path, kinds in report.by_document.items()},
        "repaired": [{"path": path, "places": places, "lost": lost} for path, places, lost in report.repairs],
        "problems": [{"path": p.path, "line": p.line, "message": p.message} for p in report.problems],
    }
