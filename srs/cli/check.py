"""`srs check`: what an import would make of documents, without making it."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import printable
from srs.cli.changes import as_record, count

if TYPE_CHECKING:
    from srs.importing.checking import Checked, CheckReport
    from srs.notes import Note


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option("--starter", is_flag=True, help="Check the decks that come with srs.")
@click.option("--json", "as_json", is_flag=True, help="Report all of it, as one JSON value.")
def check(paths: tuple[str, ...], starter: bool, as_json: bool) -> None:
    """Show what cards documents would make; write nothing.

    From which line, by which rule, and which cards could be better. Rules are in recipes: an srs-recipe.toml beside
    your notes adds to them.

    \b
    Example: srs check ~/notes/interviews
    """
    from srs.importing.checking import check_documents

    if not paths and not starter:
        raise click.UsageError("Name files or folders to check, or use --starter.")
    report = check_documents(paths, starter=starter)
    if as_json:
        click.echo(json.dumps(_as_json(report), ensure_ascii=False))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        for line in _lines(report, width):
            click.echo(printable(line))
    for problem in report.problems:
        click.echo(printable(str(problem)), err=True)
    if report.problems:
        raise click.exceptions.Exit(1)


def _lines(report: "CheckReport", width: int) -> Iterator[str]:
    """The report line by line; cards are cut to `width` columns, unless it is 0."""
    remarks: dict[str, list[str]] = {}
    for remark in report.remarks:
        remarks.setdefault(remark.path, []).append(str(remark))
    for document in report.documents:
        yield from _document(document, width)
        yield from (f"  remark: {line}" for line in remarks.get(document.path, ()))
        yield ""
    for first, second in report.near:
        yield f"nearly the same: {_place(first)} “{first.front}” and {_place(second)} “{second.front}”"
    cards = sum(len(document.notes) for document in report.documents)
    yield f"{count(cards, 'card')} from {count(len(report.documents), 'document')}, {count(len(report.remarks), 'remark')}."


def _document(document: "Checked", width: int) -> Iterator[str]:
    kinds = Counter(note.kind for note in document.notes)
    yield f"{document.path}: {count(kinds.total(), 'card')}" + (f" ({_listed(kinds)})" if kinds else "")
    digits = len(str(max((note.line for note in document.notes), default=0)))
    for note in document.notes:
        shown = " → ".join(" ".join(side.split()) for side in (note.prompt, note.answer) if side)
        line = printable(f"  {note.line:>{digits}}  {note.kind} by “{note.rule}”: {shown}")
        yield _cut(line, width) if width else line
    for note in document.answered:
        yield f"  {note.line:>{digits}}  answered elsewhere, no card of its own: {note.front}"
    if document.without:
        places = ", ".join(f"{heading or '(no words)'} (line {line})" for line, heading in document.without)
        yield f"  no card from: {places}"


def _cut(line: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size  # a sign may be two columns wide

    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())


def _place(note: "Note") -> str:
    return f"{note.path}:{note.line}"


def _as_json(report: "CheckReport") -> dict[str, Any]:
    return {
        "documents": [
            {
                "path": document.path,
                "cards": [_card(note) for note in document.notes],
                "answered": [{"line": note.line, "question": note.front} for note in document.answered],
                "without": [{"line": line, "heading": heading} for line, heading in document.without],
            }
            for document in report.documents
        ],
        "remarks": [
            {"path": remark.path, "line": remark.line, "check": remark.check, "message": remark.message}
            for remark in report.remarks
        ],
        "near_duplicates": [
            [{"path": note.path, "line": note.line, "question": note.front} for note in pair] for pair in report.near
        ],
        "problems": [as_record(problem) for problem in report.problems],
    }


def _card(note: "Note") -> dict[str, Any]:
    return {
        "kind": note.kind,
        "prompt": note.prompt,
        "answer": note.answer,
        "items": list(note.items),
        "tags": list(note.tags),
        "source": {"path": note.path, "line": note.line, "rule": note.rule},
    }
